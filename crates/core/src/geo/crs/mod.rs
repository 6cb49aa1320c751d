//! Coordinate systems and their transformation to WGS 84.
//!
//! A system is refused by name unless its transformation is certainly right: a datum with an
//! unknown shift would move an area by some hundred metres without an error. Positions are easting
//! and northing, or longitude and latitude, as in the formats, whatever order the system's
//! definition states.

mod definition;
mod reproject;
mod tree;

use std::fmt;

pub use self::reproject::{Transformation, refined};
use crate::error::Result;
use crate::sanitize::sanitize;

/// Coordinate system as stated by a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Crs {
    /// Longitude and latitude, WGS 84.
    Wgs84,
    /// EPSG code.
    Epsg(u32),
    /// Well-known text without a code.
    Text(String),
    /// Name without a definition.
    Unknown(String),
}

impl fmt::Display for Crs {
    /// Formats the code or the name, such as `EPSG:32628`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wgs84 => f.write_str("WGS 84"),
            Self::Epsg(code) => write!(f, "EPSG:{code}"),
            Self::Text(text) | Self::Unknown(text) => {
                let name = tree::parse(text).map(|tree| tree.name().to_owned());
                match name.as_deref().unwrap_or(text) {
                    "" | "unnamed" | "unknown" => f.write_str("without a name"),
                    name => f.write_str(&sanitize(name, 80)),
                }
            }
        }
    }
}

impl Crs {
    /// Parses a name such as `EPSG:25832`, `urn:ogc:def:crs:OGC:1.3:CRS84` or
    /// `http://www.opengis.net/def/crs/EPSG/0/4326`.
    pub fn from_name(name: &str) -> Self {
        let mut parts = name.rsplit([':', '/']).filter(|part| !part.is_empty());
        let code = parts.next().unwrap_or_default();
        match parts.find(|part| part.eq_ignore_ascii_case("EPSG") || part.eq_ignore_ascii_case("OGC")) {
            Some(authority) => Self::from_authority(authority, code),
            None => Self::Unknown(name.to_owned()),
        }
    }

    /// Returns the system with a code of an authority, such as `EPSG` and `32628`.
    pub fn from_authority(authority: &str, code: &str) -> Self {
        let is_epsg = authority.eq_ignore_ascii_case("EPSG");
        match (authority.to_ascii_uppercase().as_str(), code.to_ascii_uppercase().as_str()) {
            ("EPSG", "4326" | "4979") | ("OGC", "CRS84" | "CRS84H") => Self::Wgs84,
            _ => match code.parse() {
                Ok(code) if is_epsg => Self::Epsg(code),
                _ => Self::Unknown(format!("{authority}:{code}")),
            },
        }
    }

    /// Parses well-known text: a `.prj`, or a definition in a GeoPackage.
    pub fn from_wkt(text: &str) -> Self {
        let text = text.trim().trim_end_matches('\0');
        let tree = tree::parse(text);
        let code = tree.as_ref().and_then(definition::epsg).map(|code| Self::from_authority("EPSG", code));
        // A code that is missing in the table may still have a definition in the text.
        match code {
            Some(Self::Epsg(code)) if definition::of_epsg(code).is_none() => Self::Text(text.to_owned()),
            Some(crs) => crs,
            None => Self::Text(text.to_owned()),
        }
    }

    /// Parses PROJJSON by its id.
    #[cfg(feature = "polars")]
    pub fn from_projjson(json: &serde_json::Value) -> Self {
        let code = &json["id"]["code"];
        let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
        match json["id"]["authority"].as_str() {
            Some(authority) => Self::from_authority(authority, &code),
            None => Self::Unknown(json["name"].as_str().unwrap_or("without a name").to_owned()),
        }
    }

    /// Returns the transformation to WGS 84; `None` if none is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the system is not supported;
    /// the error contains its name.
    pub fn to_wgs84(&self) -> Result<Option<Transformation>> {
        self.to_wgs84_within(0.0)
    }

    /// Returns the transformation to WGS 84, whose shift of the datum may be wrong by `tolerance`
    /// metres; `None` if none is needed.
    ///
    /// # Errors
    ///
    /// As [`to_wgs84`](Self::to_wgs84).
    pub fn to_wgs84_within(&self, tolerance: f64) -> Result<Option<Transformation>> {
        match self {
            Self::Wgs84 => Ok(None),
            other => definition::of(other, tolerance).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_forms_of_names_are_parsed() {
        for name in [
            "EPSG:4326",
            "urn:ogc:def:crs:OGC:1.3:CRS84",
            "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            "http://www.opengis.net/def/crs/EPSG/0/4326",
        ] {
            assert_eq!(Crs::from_name(name), Crs::Wgs84, "{name}");
        }
        assert_eq!(Crs::from_name("urn:ogc:def:crs:EPSG::25832"), Crs::Epsg(25832));
        assert_eq!(Crs::from_name("my own"), Crs::Unknown("my own".into()));
        assert_eq!(Crs::from_authority("ESRI", "54030"), Crs::Unknown("ESRI:54030".into()));
        assert_eq!(Crs::from_projjson(&json!({"id": {"authority": "OGC", "code": "CRS84"}})), Crs::Wgs84);
        assert_eq!(Crs::from_projjson(&json!({"id": {"authority": "EPSG", "code": 3857}})), Crs::Epsg(3857));
        assert_eq!(Crs::from_projjson(&json!({"name": "site grid"})), Crs::Unknown("site grid".into()));
    }
}
