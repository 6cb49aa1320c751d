//! Coordinate system from GeoKeys (OGC GeoTIFF 1.1, clause 7 and annex B).

use std::collections::BTreeMap;
use std::fmt::Write;

use up42_core::Result;
use up42_core::geo::crs::Crs;

use super::directory::{Directory, Reader};
use super::tags;

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const CITATION: u16 = 1026;
const GEODETIC_CRS: u16 = 2048;
const GEODETIC_CITATION: u16 = 2049;
const DATUM: u16 = 2050;
const ANGULAR_UNITS: u16 = 2054;
const ELLIPSOID: u16 = 2056;
const SEMI_MAJOR_AXIS: u16 = 2057;
const SEMI_MINOR_AXIS: u16 = 2058;
const INVERSE_FLATTENING: u16 = 2059;
const PRIME_MERIDIAN_LONGITUDE: u16 = 2061;
const TO_WGS84: u16 = 2062;
const PROJECTED_CRS: u16 = 3072;
const PROJECTED_CITATION: u16 = 3073;
const PROJECTION: u16 = 3074;
const METHOD: u16 = 3075;
const LINEAR_UNITS: u16 = 3076;
const LINEAR_UNIT_SIZE: u16 = 3077;

/// Value of keys for a system that other keys define.
const USER_DEFINED: u16 = 32767;

/// Prefix of citations with well-known text, as ESRI's programs write it.
const WELL_KNOWN_TEXT: &str = "ESRI PE String = ";

/// Parameters of projections: keys, and the name in well-known text. The keys of an origin exclude
/// each other.
const PARAMETERS: [(&[u16], &str); 7] = [
    (&[3078], "standard_parallel_1"),
    (&[3079], "standard_parallel_2"),
    (&[3080, 3084, 3088, 3095], "central_meridian"),
    (&[3081, 3085, 3089], "latitude_of_origin"),
    (&[3082, 3086, 3090], "false_easting"),
    (&[3083, 3087, 3091], "false_northing"),
    (&[3092, 3093], "scale_factor"),
];

/// GeoKeys by their numbers.
#[derive(Debug, Default)]
pub struct GeoKeys {
    codes: BTreeMap<u16, u16>,
    numbers: BTreeMap<u16, Vec<f64>>,
    texts: BTreeMap<u16, String>,
}

impl GeoKeys {
    pub fn read(reader: &Reader, directory: &Directory) -> Result<Self> {
        let keys = reader.all(directory, tags::GEO_KEY_DIRECTORY)?;
        let entry = |tag| directory.entries.get(&tag);
        let numbers = entry(tags::GEO_DOUBLE_PARAMS).map_or(Ok(Vec::new()), |entry| reader.reals(entry))?;
        let text = entry(tags::GEO_ASCII_PARAMS).map_or(Ok(Vec::new()), |entry| reader.blob(entry))?;
        let mut found = Self::default();
        for key in keys.chunks_exact(4).skip(1) {
            let [key, place, count, value] = [0, 1, 2, 3].map(|index| key[index] as u16);
            let range = usize::from(value)..usize::from(value) + usize::from(count);
            match place {
                0 => {
                    found.codes.insert(key, value);
                }
                tags::GEO_DOUBLE_PARAMS => {
                    found.numbers.extend(numbers.get(range).map(|numbers| (key, numbers.to_vec())));
                }
                tags::GEO_ASCII_PARAMS => {
                    let text = text.get(range).map(|text| String::from_utf8_lossy(text));
                    let text = text.map(|text| text.trim_end_matches(['|', '\0']).to_owned());
                    found.texts.extend(text.map(|text| (key, text)));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Returns whether positions in pixels are those of pixel centres.
    pub fn is_point(&self) -> bool {
        self.code(RASTER_TYPE) == Some(2)
    }

    /// Returns the coordinate system; `None` if no key states one.
    pub fn crs(&self) -> Option<Crs> {
        let text = [PROJECTED_CITATION, CITATION, GEODETIC_CITATION].iter().find_map(|key| {
            let text = self.texts.get(key)?.strip_prefix(WELL_KNOWN_TEXT)?;
            Some(Crs::from_wkt(text))
        });
        match (self.code(PROJECTED_CRS), self.code(GEODETIC_CRS), self.code(MODEL_TYPE)) {
            (Some(code), ..) if code != USER_DEFINED => Some(epsg(code)),
            (Some(_), ..) | (None, _, Some(1)) => Some(text.unwrap_or_else(|| self.projected())),
            (None, Some(code), _) if code != USER_DEFINED => Some(epsg(code)),
            (None, Some(_), _) | (None, None, Some(2)) => {
                Some(text.unwrap_or_else(|| Crs::Text(self.geographic())))
            }
            (None, None, Some(USER_DEFINED)) => text,
            (None, None, Some(3)) => Some(Crs::Unknown("geocentric".to_owned())),
            (None, None, _) => text,
        }
    }

    fn code(&self, key: u16) -> Option<u16> {
        self.codes.get(&key).copied().filter(|code| *code != 0)
    }

    fn number(&self, key: u16) -> Option<f64> {
        self.numbers.get(&key)?.first().copied().filter(|number| number.is_finite())
    }

    /// Returns a projected system in the well-known text of OGC 01-009.
    fn projected(&self) -> Crs {
        let mut parameters = String::new();
        let projection = match (self.code(PROJECTION), self.code(METHOD)) {
            // EPSG's conversions of UTM: 16001 to 16060 in the north, 16101 to 16160 in the south.
            (Some(code @ (16001..=16060 | 16101..=16160)), _) => {
                let meridian = i32::from(code % 100) * 6 - 183;
                let north = if code < 16100 { 0 } else { 10_000_000 };
                let _ = write!(
                    parameters,
                    r#",PARAMETER["central_meridian",{meridian}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",{north}]"#
                );
                "Transverse_Mercator"
            }
            (_, Some(1)) => "Transverse_Mercator",
            (_, Some(7)) => "Mercator",
            (_, Some(8)) => "Lambert_Conformal_Conic_2SP",
            (_, Some(9)) => "Lambert_Conformal_Conic_1SP",
            (_, Some(10)) => "Lambert_Azimuthal_Equal_Area",
            (_, Some(11)) => "Albers_Conic_Equal_Area",
            (_, Some(16)) => "Oblique_Stereographic",
            (_, Some(28)) => "Cylindrical_Equal_Area",
            (Some(code), _) if code != USER_DEFINED => {
                return Crs::Unknown(format!("GeoTIFF with conversion EPSG:{code}"));
            }
            (_, Some(method)) => return Crs::Unknown(format!("GeoTIFF with projection method {method}")),
            _ => return Crs::Unknown("GeoTIFF without projection method".to_owned()),
        };
        for (keys, name) in PARAMETERS {
            if let Some(value) = keys.iter().find_map(|key| self.number(*key)) {
                let _ = write!(parameters, r#",PARAMETER["{name}",{value}]"#);
            }
        }
        let unit = match self.code(LINEAR_UNITS) {
            None | Some(9001) => 1.0,
            Some(9002) => 0.3048,
            Some(9003) => 1200.0 / 3937.0,
            _ => self.number(LINEAR_UNIT_SIZE).unwrap_or(f64::NAN),
        };
        let name = self.texts.get(&PROJECTED_CITATION).or(self.texts.get(&CITATION));
        Crs::Text(format!(
            r#"PROJCS["{}",{},PROJECTION["{projection}"]{parameters},UNIT["unit",{unit}]]"#,
            quoted(name.map_or("unnamed", String::as_str)),
            self.geographic()
        ))
    }

    /// Returns the geographic system, alone or below a projected one.
    fn geographic(&self) -> String {
        let name = quoted(self.texts.get(&GEODETIC_CITATION).map_or("unnamed", String::as_str));
        let code = self.code(GEODETIC_CRS).filter(|code| *code != USER_DEFINED);
        // EPSG gave the geographic system of a datum the same number less 2000.
        let of_datum = self.code(DATUM).filter(|code| (6001..=6999).contains(code)).map(|code| code - 2000);
        if let Some(code) = code.or(of_datum) {
            return format!(r#"GEOGCS["{name}",AUTHORITY["EPSG","{code}"]]"#);
        }
        let (axis, flattening) = self.ellipsoid();
        let meridian = self.number(PRIME_MERIDIAN_LONGITUDE).unwrap_or(0.0);
        let shift = self.numbers.get(&TO_WGS84).map(|shift| {
            let shift: Vec<_> = shift.iter().map(f64::to_string).collect();
            format!(",TOWGS84[{}]", shift.join(","))
        });
        let unit = match self.code(ANGULAR_UNITS) {
            None | Some(9102) => 1.0_f64.to_radians(),
            Some(9101) => 1.0,
            _ => f64::NAN,
        };
        format!(
            r#"GEOGCS["{name}",DATUM["{name}",SPHEROID["ellipsoid",{axis},{flattening}]{}],PRIMEM["meridian",{meridian}],UNIT["unit",{unit}]]"#,
            shift.unwrap_or_default()
        )
    }

    /// Returns semi-major axis and inverse flattening.
    fn ellipsoid(&self) -> (f64, f64) {
        let axis = self.number(SEMI_MAJOR_AXIS);
        let minor = self.number(SEMI_MINOR_AXIS);
        let flattening = self.number(INVERSE_FLATTENING);
        let flattening = flattening.or(axis.zip(minor).map(|(axis, minor)| axis / (axis - minor)));
        match (axis.zip(flattening), self.code(ELLIPSOID)) {
            (Some(ellipsoid), _) => ellipsoid,
            (None, Some(7030)) => (6_378_137.0, 298.257_223_563),
            (None, Some(7019)) => (6_378_137.0, 298.257_222_101),
            (None, _) => (f64::NAN, f64::NAN),
        }
    }
}

fn epsg(code: u16) -> Crs {
    Crs::from_authority("EPSG", &code.to_string())
}

/// Returns a name that can stand in quotes.
fn quoted(name: &str) -> String {
    name.replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys as read from a file: codes, and numbers.
    fn keys(codes: &[(u16, u16)], numbers: &[(u16, f64)]) -> GeoKeys {
        GeoKeys {
            codes: codes.iter().copied().collect(),
            numbers: numbers.iter().map(|(key, number)| (*key, vec![*number])).collect(),
            texts: BTreeMap::new(),
        }
    }

    #[test]
    fn codes_name_systems() {
        assert_eq!(keys(&[(1024, 1), (3072, 32628)], &[]).crs(), Some(Crs::Epsg(32628)));
        assert_eq!(keys(&[(1024, 2), (2048, 4326)], &[]).crs(), Some(Crs::Wgs84));
        assert_eq!(keys(&[], &[]).crs(), None);
        assert!(keys(&[(1025, 2)], &[]).is_point());
    }

    #[test]
    fn parameters_define_a_system() {
        let utm = keys(&[(1024, 1), (3072, 32767), (3074, 16028), (2048, 4326)], &[]).crs().unwrap();
        let found = utm.to_wgs84().unwrap().unwrap().to_lon_lat(500_000.0, 1_600_000.0).unwrap();
        let known = Crs::Epsg(32628).to_wgs84().unwrap().unwrap().to_lon_lat(500_000.0, 1_600_000.0).unwrap();
        assert!((found.0 - known.0).abs() < 1e-9 && (found.1 - known.1).abs() < 1e-9, "{found:?} {known:?}");
        let method = keys(&[(3072, 32767), (3075, 18)], &[]).crs().unwrap();
        insta::assert_snapshot!(method.to_wgs84().unwrap_err(), @"coordinate system `GeoTIFF with projection method 18`: it is not known: reproject to WGS 84 (EPSG:4326) first");
    }

    #[test]
    fn text_of_citations_is_parsed() {
        let mut found = keys(&[(1024, 1), (3072, 32767)], &[]);
        let text = r#"ESRI PE String = PROJCS["x",GEOGCS["y"],AUTHORITY["EPSG","2056"]]"#;
        found.texts.insert(CITATION, text.to_owned());
        assert_eq!(found.crs(), Some(Crs::Epsg(2056)));
    }
}
