//! Names of bands, and how a band is found by its name.

use up42_core::suggest::suggest;
use up42_core::{Error, Result};

/// Reference to a band of a raster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BandRef {
    /// Name, such as `red` or `B04`.
    Name(String),
    /// Number in the file, from 1.
    Number(usize),
}

impl From<&str> for BandRef {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for BandRef {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for BandRef {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

/// Numbers less than 1, which no band has, become 0.
impl From<i32> for BandRef {
    fn from(number: i32) -> Self {
        Self::Number(usize::try_from(number).unwrap_or(0))
    }
}

/// Common names of the EO extension of STAC (version 2.0), each with other names of the same band:
/// older common names, and the bands of Sentinel-2 (`B02`, …) and Landsat 8 and 9 (`SR_B2`, …,
/// collection 2).
const COMMON: [(&str, &[&str]); 14] = [
    ("coastal", &["B01", "SR_B1"]),
    ("blue", &["B02", "SR_B2"]),
    ("green", &["B03", "SR_B3"]),
    ("red", &["B04", "SR_B4"]),
    ("rededge071", &["rededge1", "B05"]),
    ("rededge075", &["rededge2", "B06"]),
    ("rededge078", &["rededge3", "B07"]),
    ("nir", &["B08"]),
    (NARROW_NIR, &["B8A", "SR_B5"]),
    ("nir09", &["B09"]),
    ("cirrus", &["B10"]),
    ("swir16", &["B11", "SR_B6"]),
    ("swir22", &["B12", "SR_B7"]),
    ("lwir11", &["ST_B10"]),
];

/// Common name of the band at 865 nm, which stands in for `nir` where there is none at 842 nm, as on
/// Landsat.
const NARROW_NIR: &str = "nir08";

/// Returns the names to search for a band, in order.
fn names_of(wanted: &str) -> Vec<&str> {
    let is = |name: &str| name.eq_ignore_ascii_case(wanted);
    let same = COMMON.iter().find(|(common, others)| is(common) || others.iter().any(|other| is(other)));
    let mut names = vec![wanted];
    if let Some((common, others)) = same {
        names.push(common);
        names.extend_from_slice(others);
    }
    if is("nir") {
        names.extend(names_of(NARROW_NIR));
    }
    names
}

/// Returns the position of a band among the names of a raster's bands.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](up42_core::ErrorKind::InvalidInput) with the nearest names.
pub(crate) fn find<S: AsRef<str>>(names: &[S], band: &BandRef) -> Result<usize> {
    let wanted = match band {
        BandRef::Name(name) => name,
        BandRef::Number(number) => {
            let index = number.checked_sub(1).filter(|index| *index < names.len());
            let message =
                || format!("there is no band {number}: the raster has {}, numbered from 1", names.len());
            return index.ok_or_else(|| Error::invalid(message()));
        }
    };
    let position = |is: &dyn Fn(&str) -> bool| names.iter().position(|name| is(name.as_ref()));
    position(&|name| name == wanted)
        .or_else(|| {
            let mut others = names_of(wanted).into_iter();
            others.find_map(|other| position(&|name| name.eq_ignore_ascii_case(other)))
        })
        .or_else(|| number(wanted).filter(|index| *index < names.len()))
        .ok_or_else(|| unknown(names, wanted))
}

/// Returns the index of a band that is named by its number, such as `b1`; `B01` and `B1` are names of
/// instruments.
fn number(name: &str) -> Option<usize> {
    let digits = name.strip_prefix('b').filter(|digits| !digits.starts_with('0'))?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}

fn unknown<S: AsRef<str>>(names: &[S], wanted: &str) -> Error {
    let named: Vec<&str> = names.iter().map(AsRef::as_ref).filter(|name| !name.is_empty()).collect();
    Error::invalid(match named.is_empty() {
        true => format!(
            "there is no band `{wanted}`: the bands of the raster have no names, use their numbers from 1 to {}",
            names.len()
        ),
        false => format!("there is no band `{wanted}`: did you mean {}?", suggest(named, wanted)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], wanted: &str) -> Option<usize> {
        find(names, &wanted.into()).ok()
    }

    #[test]
    fn bands_are_found_by_their_common_names() {
        let sentinel = ["B02", "B03", "B04", "B08", "B8A", "B11"];
        assert_eq!(found(&sentinel, "green"), Some(1));
        assert_eq!(found(&sentinel, "nir"), Some(3));
        assert_eq!(found(&sentinel, "nir08"), Some(4));
        assert_eq!(found(&sentinel, "swir22"), None);
        let landsat = ["SR_B4", "SR_B5"];
        assert_eq!(found(&landsat, "NIR"), Some(1));
        let earth_search = ["nir08", "nir", "rededge1"];
        assert_eq!(found(&earth_search, "B8A"), Some(0));
        assert_eq!(found(&earth_search, "B08"), Some(1));
        assert_eq!(found(&earth_search, "rededge071"), Some(2));
        assert_eq!(found(&["nir08", "red"], "nir"), Some(0));
        // But not the other way round.
        assert_eq!(found(&["nir"], "nir08"), None);
        assert_eq!(found(&["nir"], "B8A"), None);
    }

    #[test]
    fn the_name_as_it_is_comes_first() {
        assert_eq!(found(&["RED", "red"], "red"), Some(1));
        assert_eq!(found(&["x", "B1"], "B1"), Some(1));
        assert_eq!(found(&["x", "y"], "b2"), Some(1));
        assert_eq!(found(&["x", "y"], "B02"), None);
    }

    #[test]
    fn an_unknown_band_of_a_raster_without_names_is_explained() {
        assert_eq!(
            find(&["", ""], &"red".into()).unwrap_err().to_string(),
            "there is no band `red`: the bands of the raster have no names, use their numbers from 1 to 2"
        );
    }
}
