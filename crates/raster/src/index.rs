//! Named spectral indices.

use std::fmt;
use std::sync::LazyLock;

use up42_core::suggest::suggest;
use up42_core::{Error, Result};

use crate::expression::Expression;

/// Spectral index of the public table *Awesome Spectral Indices*.
///
/// Contains the indices that need only bands of Sentinel-2, Landsat 8 and 9 or Pléiades. The bands
/// are found by their common names, as [`band`](crate::band) does. Most formulas with constants, such as
/// [`Evi`](Self::Evi), are made for reflectance from 0 to 1: evaluate them on scaled values.
///
/// ```
/// use up42_raster::Index;
///
/// let index = Index::by_name("ndvi")?;
/// assert_eq!(index, Index::Ndvi);
/// assert_eq!(index.expression().to_string(), "(nir - red) / (nir + red)");
/// # Ok::<(), up42_core::Error>(())
/// ```
///
/// Source: Montero, D. et al., Scientific Data 10, 197 (2023), version of `spyndex` 0.12.0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Index(&'static str);

/// Row of the table.
struct Row {
    name: &'static str,
    long_name: &'static str,
    domain: &'static str,
    formula: &'static str,
    reference: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        Row { name: next(), long_name: next(), domain: next(), formula: next(), reference: next() }
    };
    include_str!("../assets/spectral-indices/indices.tsv").lines().map(row).collect()
});

/// Names and default values of the constants.
static CONSTANTS: LazyLock<Vec<(&str, f64)>> = LazyLock::new(|| {
    let constant = |line: &'static str| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?.parse().ok()?))
    };
    include_str!("../assets/spectral-indices/constants.tsv").lines().filter_map(constant).collect()
});

/// Bands by their letters in the table, with the common names of STAC's EO extension.
const LETTERS: [(&str, &str); 13] = [
    ("A", "coastal"),
    ("B", "blue"),
    ("G", "green"),
    ("R", "red"),
    ("RE1", "rededge071"),
    ("RE2", "rededge075"),
    ("RE3", "rededge078"),
    ("N", "nir"),
    ("N2", "nir08"),
    ("WV", "nir09"),
    ("S1", "swir16"),
    ("S2", "swir22"),
    ("T1", "lwir11"),
];

// Named like variants, so that `Index` reads like an enum of the most used indices.
#[allow(non_upper_case_globals)]
impl Index {
    /// Enhanced Vegetation Index.
    pub const Evi: Self = Self("EVI");
    /// Green Normalized Difference Vegetation Index.
    pub const Gndvi: Self = Self("GNDVI");
    /// Modified Normalized Difference Water Index.
    pub const Mndwi: Self = Self("MNDWI");
    /// Modified Soil-Adjusted Vegetation Index.
    pub const Msavi: Self = Self("MSAVI");
    /// Normalized Burn Ratio.
    pub const Nbr: Self = Self("NBR");
    /// Normalized Difference Built-Up Index.
    pub const Ndbi: Self = Self("NDBI");
    /// Normalized Difference Moisture Index.
    pub const Ndmi: Self = Self("NDMI");
    /// Normalized Difference Red Edge Index.
    pub const Ndrei: Self = Self("NDREI");
    /// Normalized Difference Snow Index.
    pub const Ndsi: Self = Self("NDSI");
    /// Normalized Difference Vegetation Index.
    pub const Ndvi: Self = Self("NDVI");
    /// Normalized Difference Water Index.
    pub const Ndwi: Self = Self("NDWI");
    /// Optimized Soil-Adjusted Vegetation Index.
    pub const Osavi: Self = Self("OSAVI");
    /// Soil-Adjusted Vegetation Index.
    pub const Savi: Self = Self("SAVI");

    /// Returns the index with a name of the table, such as `EVI`; case matters only where two names
    /// differ in nothing else (`BAI` and `BaI`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) with the nearest names.
    pub fn by_name(name: &str) -> Result<Self> {
        let same = |row: &&Row| row.name == name;
        let similar = |row: &&Row| row.name.eq_ignore_ascii_case(name);
        match ROWS.iter().find(same).or_else(|| ROWS.iter().find(similar)) {
            Some(row) => Ok(Self(row.name)),
            None => {
                let near = suggest(ROWS.iter().map(|row| row.name), name);
                Err(Error::invalid(format!("there is no index `{name}`: did you mean {near}?")))
            }
        }
    }

    /// Returns all indices, sorted by name.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ROWS.iter().map(|row| Self(row.name))
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.name == self.0).expect("an index is made of a row")
    }

    /// Returns the short name, such as `NDVI`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Returns the long name, such as `Normalized Difference Vegetation Index`.
    pub fn long_name(self) -> &'static str {
        self.row().long_name
    }

    /// Returns the domain: `vegetation`, `water`, `burn`, `snow`, `soil`, `urban` or `clouds`.
    pub fn domain(self) -> &'static str {
        self.row().domain
    }

    /// Returns the formula of the table, in its letters for bands and constants.
    pub fn formula(self) -> &'static str {
        self.row().formula
    }

    /// Returns the link of the publication.
    pub fn reference(self) -> &'static str {
        self.row().reference
    }

    /// Returns the expression over the common names of the bands, with the default values of the
    /// constants. Its name is the index's, in lower case.
    pub fn expression(self) -> Expression {
        self.expression_with(&[])
    }

    /// Returns the expression with other values of constants, such as `("L", 0.5)` for
    /// [`Savi`](Self::Savi), whose default is 1.
    pub fn expression_with(self, constants: &[(&str, f64)]) -> Expression {
        let constant = |name: &str| {
            let mut all = constants.iter().chain(CONSTANTS.iter());
            all.find(|(constant, _)| *constant == name).map(|(_, value)| *value)
        };
        let letter = |name: &str| LETTERS.iter().find(|(letter, _)| *letter == name).map(|(_, band)| *band);
        Expression::parse(self.formula())
            .expect("the formulas of the table are tested")
            .with_constants(constant)
            .with_names(letter)
            .named(self.0.to_lowercase())
    }
}

impl From<Index> for Expression {
    fn from(index: Index) -> Self {
        index.expression()
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band_names::BandRef;

    #[test]
    fn every_formula_consists_of_known_bands() {
        assert_eq!(Index::all().len(), 235);
        for index in Index::all() {
            for band in index.expression().bands() {
                let BandRef::Name(name) = band else { panic!("{index}: {band:?}") };
                assert!(LETTERS.iter().any(|(_, common)| common == name), "{index}: {name}");
            }
        }
    }

    #[test]
    fn named_indices_are_in_the_table() {
        for (index, long_name) in [
            (Index::Evi, "Enhanced Vegetation Index"),
            (Index::Gndvi, "Green Normalized Difference Vegetation Index"),
            (Index::Mndwi, "Modified Normalized Difference Water Index"),
            (Index::Msavi, "Modified Soil-Adjusted Vegetation Index"),
            (Index::Nbr, "Normalized Burn Ratio"),
            (Index::Ndbi, "Normalized Difference Built-Up Index"),
            (Index::Ndmi, "Normalized Difference Moisture Index"),
            (Index::Ndrei, "Normalized Difference Red Edge Index"),
            (Index::Ndsi, "Normalized Difference Snow Index"),
            (Index::Ndvi, "Normalized Difference Vegetation Index"),
            (Index::Ndwi, "Normalized Difference Water Index"),
            (Index::Osavi, "Optimized Soil-Adjusted Vegetation Index"),
            (Index::Savi, "Soil-Adjusted Vegetation Index"),
        ] {
            assert_eq!(index.long_name(), long_name);
        }
    }

    #[test]
    fn names_are_found_regardless_of_case() {
        assert_eq!(Index::by_name("savi").unwrap(), Index::Savi);
        assert_eq!(Index::by_name("BaI").unwrap().name(), "BaI");
        assert_eq!(
            Index::by_name("GNDVX").unwrap_err().to_string(),
            "there is no index `GNDVX`: did you mean `GNDVI`, `BNDVI`, `ENDVI`?"
        );
    }

    #[test]
    fn constants_have_defaults_and_can_be_set() {
        let text = Index::Savi.expression_with(&[("L", 0.5)]).to_string();
        assert_eq!(text, "(1 + 0.5) * (nir - red) / (nir + red + 0.5)");
        assert!(Index::Evi.expression().to_string().contains("7.5 * blue + 1"));
        assert_eq!(Index::Evi.expression().name(), "evi");
    }
}
