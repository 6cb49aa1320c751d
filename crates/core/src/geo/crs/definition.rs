//! Definition of a coordinate system in the form that `proj4rs` reads.
//!
//! Well-known text is translated here and not by `proj4wkt`, which silently ignores a prime
//! meridian, a unit in WKT 2 and any unknown parameter.

use super::Crs;
use super::reproject::Transformation;
use super::tree::{Node, parse};
use crate::error::{Error, Result};
use crate::sanitize::sanitize;

/// Datums that have the ellipsoid of WGS 84 or GRS 80 but lie far from it, by words of their names:
/// Greece (325 m), Vietnam (225 m), Israel (78 m), Kuwait (24 m). All others of the EPSG registry
/// lie within six metres, most within one.
const FAR: [&str; 6] = ["ggrs", "greek", "vietnam", "israel", "ig05", "kuwait"];

/// One degree in radians, rounded as in definitions.
const DEGREE: f64 = 0.017_453_292_519_943_3;

/// Mean shift of NAD27 in the contiguous United States (EPSG:1173), in metres.
const NAD27_SHIFT: &str = "+ellps=clrk66 +towgs84=-8,160,176";

/// Largest error of that shift there and in the south of Canada, in metres.
const NAD27_ERROR: f64 = 20.0;

/// Returns the transformation of a system; `tolerance` is the largest error of the shift of its
/// datum, in metres.
pub fn of(crs: &Crs, tolerance: f64) -> Result<Transformation> {
    let (name, definition) = match crs {
        Crs::Epsg(code) => {
            let definition = of_epsg(*code).map(str::to_owned);
            (
                format!("EPSG:{code}"),
                definition.ok_or_else(|| "it is not in the table of definitions".to_owned()),
            )
        }
        Crs::Text(text) => match parse(text) {
            Some(tree) => (tree.name().to_owned(), of_tree(&tree)),
            None => (sanitize(text, 60), Err("its text cannot be read".to_owned())),
        },
        Crs::Unknown(name) => (name.clone(), Err("it is not known".to_owned())),
        Crs::Wgs84 => ("EPSG:4326".to_owned(), Ok("+proj=longlat +datum=WGS84".to_owned())),
    };
    let made = definition.and_then(|definition| {
        let definition = match tolerance >= NAD27_ERROR {
            true => definition.replace("+datum=NAD27", NAD27_SHIFT),
            false => definition,
        };
        check(&definition)?;
        // `proj4rs` 0.1 knows only the old name of PROJ's parameter, and computes a wrong flattening
        // from a minor axis (positions 70 m off).
        let definition = definition
            .replace("+k_0=", "+k=")
            .replace("+ellps=clrk66", "+a=6378206.4 +rf=294.9786982138982")
            .replace("+ellps=mod_airy", "+a=6377340.189 +rf=299.3249646");
        Transformation::new(&name, &definition).map_err(|error| error.to_string())
    });
    made.map_err(|why| {
        Error::invalid(format!("coordinate system `{name}`: {why}: reproject to WGS 84 (EPSG:4326) first"))
    })
}

/// Returns the definition of an EPSG code.
pub fn of_epsg(code: u32) -> Option<&'static str> {
    let code = u16::try_from(code).ok()?;
    crs_definitions::from_code(code).map(|definition| definition.proj4)
}

/// Returns the EPSG code that a definition states for itself.
pub fn epsg<'a>(tree: &Node<'a>) -> Option<&'a str> {
    let id = tree.children.iter().rev().find(|child| child.is(&["AUTHORITY", "ID"]))?;
    id.values.first().filter(|authority| authority.eq_ignore_ascii_case("EPSG"))?;
    id.values.get(1).copied()
}

/// Refuses a definition that would lead to wrong positions.
fn check(definition: &str) -> Result<(), String> {
    let value = |key: &str| {
        definition
            .split_whitespace()
            .find_map(|part| part.strip_prefix('+')?.strip_prefix(key)?.strip_prefix('='))
    };
    let ellipsoid = value("ellps").or(value("a"));
    match (value("datum"), value("nadgrids"), value("towgs84")) {
        (Some("NAD27"), ..) => return Err("its datum needs a grid of shifts".to_owned()),
        (_, Some(grid), _) if grid != "@null" => return Err(format!("its datum needs the grid `{grid}`")),
        (Some(_), ..) | (_, Some(_), _) | (.., Some(_)) => {}
        // The table has a shift for datums far from WGS 84.
        _ if matches!(ellipsoid, Some("GRS80" | "WGS84")) => {}
        _ => return Err("the shift of its datum is not known".to_owned()),
    }
    match (value("proj"), value("pm")) {
        (Some("geocent"), _) => Err("it is geocentric".to_owned()),
        // `proj4rs` 0.1 reads the meridian's degrees as radians.
        (_, Some(_)) => Err("it counts from another meridian than Greenwich".to_owned()),
        _ => Ok(()),
    }
}

fn of_tree(tree: &Node) -> Result<String, String> {
    const GEOGRAPHIC: [&str; 4] = ["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS"];
    const PROJECTED: [&str; 3] = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
    let base = [&GEOGRAPHIC[..], &["BASEGEOGCRS", "BASEGEODCRS"]].concat();
    if tree.is(&GEOGRAPHIC) {
        return Ok(format!("+proj=longlat{}", datum(tree)?));
    }
    if tree.is(&PROJECTED) {
        let base = tree.child(&base).ok_or("it has no geographic system below it")?;
        return Ok(format!("{}{}", projection(tree)?, datum(base)?));
    }
    // A vertical system does not matter.
    if tree.is(&["COMPD_CS", "COMPOUNDCRS"])
        && let Some(below) = tree.child(&[&GEOGRAPHIC[..], &PROJECTED[..]].concat())
    {
        let known = epsg(below).and_then(|code| of_epsg(code.parse().ok()?));
        return known.map_or_else(|| of_tree(below), |definition| Ok(definition.to_owned()));
    }
    Err(format!("a `{}` cannot be used", sanitize(tree.keyword, 40)))
}

/// Returns ellipsoid and shift of a geographic system, from its text or from its code.
fn datum(tree: &Node) -> Result<String, String> {
    datum_of_text(tree).or_else(|message| {
        let definition = epsg(tree).and_then(|code| of_epsg(code.parse().ok()?));
        let datum = definition.and_then(|definition| definition.strip_prefix("+proj=longlat"));
        datum.map(str::to_owned).ok_or(message)
    })
}

fn datum_of_text(tree: &Node) -> Result<String, String> {
    if let Some(unit) = tree.child(&["UNIT", "ANGLEUNIT"])
        && unit.number(1).is_none_or(|factor| (factor - DEGREE).abs() > 1e-9)
    {
        return Err(format!("its angles are in `{}`", sanitize(unit.name(), 40)));
    }
    if tree.child(&["PRIMEM", "PRIMEMERIDIAN"]).is_some_and(|meridian| meridian.number(1) != Some(0.0)) {
        return Err("it counts from another meridian than Greenwich".to_owned());
    }
    let datum = tree.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]).ok_or("it has no datum")?;
    let ellipsoid = datum.child(&["SPHEROID", "ELLIPSOID"]).ok_or("it has no ellipsoid")?;
    let (axis, flattening) = (ellipsoid.number(1).unwrap_or(0.0), ellipsoid.number(2).unwrap_or(0.0));
    let shift = datum.child(&["TOWGS84"]).filter(|shift| shift.values.len() == 7 || shift.values.len() == 3);
    // WGS 84 and GRS 80 differ by a tenth of a millimetre.
    let name = folded(datum.name());
    let is_wgs84 = axis == 6_378_137.0
        && (298.257..298.2573).contains(&flattening)
        && !FAR.iter().any(|far| name.contains(far));
    match shift {
        Some(shift) => Ok(format!(" +a={axis} +rf={flattening} +towgs84={}", shift.values.join(","))),
        None if is_wgs84 => Ok(" +ellps=WGS84 +towgs84=0,0,0".to_owned()),
        None => Err(format!("the shift of its datum `{}` is not known", sanitize(datum.name(), 60))),
    }
}

/// Returns method and parameters of a projection, from WKT 1 as written by OGC and ESRI, and from
/// WKT 2.
fn projection(tree: &Node) -> Result<String, String> {
    let conversion = tree.child(&["CONVERSION"]).unwrap_or(tree);
    const UNIT: [&str; 2] = ["UNIT", "LENGTHUNIT"];
    let method = conversion.child(&["PROJECTION", "METHOD"]).ok_or("it has no projection")?;
    let parameters: Vec<_> = conversion.children.iter().filter(|child| child.is(&["PARAMETER"])).collect();
    let has_second = parameters.iter().any(|parameter| {
        let name = folded(parameter.name());
        name == "standardparallel2" || name.starts_with("latitudeof2nd")
    });
    let mut single = "lat_1";
    let head = match folded(method.name()).as_str() {
        "transversemercator" | "gausskruger" => "+proj=tmerc",
        "lambertconformalconic" | "lambertconformalconic1sp" | "lambertconicconformal1sp" if !has_second => {
            "+proj=lcc"
        }
        "lambertconformalconic" | "lambertconformalconic2sp" | "lambertconicconformal2sp" => "+proj=lcc",
        "albers" | "albersconicequalarea" | "albersequalarea" => "+proj=aea",
        "lambertazimuthalequalarea" => "+proj=laea",
        "mercator" | "mercator1sp" | "mercator2sp" | "mercatorvarianta" | "mercatorvariantb" => {
            single = "lat_ts";
            "+proj=merc"
        }
        "mercatorauxiliarysphere" | "popularvisualisationpseudomercator" => {
            single = "lat_ts";
            "+proj=merc +a=6378137 +b=6378137 +nadgrids=@null"
        }
        "cylindricalequalarea" | "lambertcylindricalequalarea" => {
            single = "lat_ts";
            "+proj=cea"
        }
        "doublestereographic" | "obliquestereographic" => "+proj=sterea",
        _ => return Err(format!("its projection `{}` is not known", sanitize(method.name(), 60))),
    };
    // WKT 2 may state it at the axes.
    let unit = tree.child(&UNIT).or_else(|| tree.child(&["AXIS"])?.child(&UNIT)).ok_or("it has no unit")?;
    let unit = unit.number(1).filter(|unit| *unit > 0.0).ok_or("its unit cannot be read")?;
    let mut made = head.to_owned();
    let mut origin = None;
    for parameter in parameters {
        let value = parameter.number(1).ok_or("a parameter has no value")?;
        let own = parameter.child(&["LENGTHUNIT", "ANGLEUNIT"]).and_then(|unit| unit.number(1));
        let key = match folded(parameter.name()).as_str() {
            "falseeasting" | "eastingatfalseorigin" => "x_0",
            "falsenorthing" | "northingatfalseorigin" => "y_0",
            "centralmeridian"
            | "longitudeoforigin"
            | "longitudeofcenter"
            | "longitudeofnaturalorigin"
            | "longitudeoffalseorigin" => "lon_0",
            "latitudeoforigin" | "latitudeofcenter" | "latitudeofnaturalorigin" | "latitudeoffalseorigin" => {
                origin = Some(value);
                "lat_0"
            }
            "standardparallel1" | "latitudeof1ststandardparallel" => single,
            "standardparallel2" | "latitudeof2ndstandardparallel" => "lat_2",
            "scalefactor" | "scalefactoratnaturalorigin" => "k_0",
            // ESRI's type of sphere, and parameters without effect.
            _ if value == 0.0 => continue,
            _ => return Err(format!("its parameter `{}` is not known", sanitize(parameter.name(), 60))),
        };
        let value = match key {
            "x_0" | "y_0" => value * own.unwrap_or(unit),
            "k_0" => value,
            _ if own.is_some_and(|own| (own - DEGREE).abs() > 1e-9) => {
                return Err("its angles are not in degrees".to_owned());
            }
            _ => value,
        };
        made.push_str(&format!(" +{key}={value}"));
    }
    if let (true, Some(origin)) = (head == "+proj=lcc" && !has_second && !made.contains("+lat_1="), origin) {
        made.push_str(&format!(" +lat_1={origin}"));
    }
    Ok(format!("{made} +to_meter={unit}"))
}

/// Returns letters and digits alone, in lower case: other characters differ between writers.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAD83: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

    fn message(text: &str) -> String {
        of(&Crs::Text(text.to_owned()), 0.0).map_or_else(|error| error.to_string(), |_| "followed".to_owned())
    }

    #[test]
    fn text_becomes_a_definition_in_metres() {
        let albers = format!(
            r#"PROJCS["Conus",{NAD83},PROJECTION["Albers"],PARAMETER["False_Easting",1000.0],PARAMETER["Central_Meridian",-96.0],PARAMETER["Standard_Parallel_1",29.5],PARAMETER["Standard_Parallel_2",45.5],PARAMETER["Latitude_Of_Origin",23.0],UNIT["Foot_US",0.3048006096012192]]"#
        );
        insta::assert_snapshot!(of_tree(&parse(&albers).unwrap()).unwrap(), @"+proj=aea +x_0=304.8006096012192 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +lat_0=23 +to_meter=0.3048006096012192 +ellps=WGS84 +towgs84=0,0,0");
        let newer = r#"PROJCRS["x",BASEGEOGCRS["ETRS89",ENSEMBLE["e",MEMBER["m"],ELLIPSOID["GRS 1980",6378137,298.257222101]]],CONVERSION["c",METHOD["Transverse Mercator"],PARAMETER["Longitude of natural origin",9],PARAMETER["Scale factor at natural origin",0.9996],PARAMETER["False easting",500,LENGTHUNIT["kilometre",1000]]],CS[Cartesian,2],AXIS["(E)",east,LENGTHUNIT["metre",1]]]"#;
        insta::assert_snapshot!(of_tree(&parse(newer).unwrap()).unwrap(), @"+proj=tmerc +lon_0=9 +k_0=0.9996 +x_0=500000 +to_meter=1 +ellps=WGS84 +towgs84=0,0,0");
        let coded = r#"PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4269"]],PROJECTION["Albers"],UNIT["m",1]]"#;
        insta::assert_snapshot!(of_tree(&parse(coded).unwrap()).unwrap(), @"+proj=aea +to_meter=1 +datum=NAD83 +no_defs");
        let high = format!(r#"COMPD_CS["both",{NAD83},VERT_CS["height"]]"#);
        assert_eq!(message(&high), "followed");
    }

    #[test]
    fn ellipsoids_with_a_minor_axis_are_followed() {
        // Positions computed by PROJ 9.5.1 with the definitions of the table.
        let positions = [
            (2736, 500_000.0, 8_200_000.0, 32.999_622_988_2, -16.282_956_909_6),
            (3123, 500_000.0, 1_600_000.0, 121.001_362_511_3, 14.466_979_641_1),
            (29903, 315_000.0, 234_000.0, -6.274_060_296_7, 53.343_966_930_6),
        ];
        for (code, x, y, lon, lat) in positions {
            let found = of(&Crs::Epsg(code), 0.0).unwrap().to_lon_lat(x, y).unwrap();
            assert!((found.0 - lon).abs() < 1e-6 && (found.1 - lat).abs() < 1e-6, "{code}: {found:?}");
        }
    }

    #[test]
    fn nad27_is_followed_within_its_error() {
        let corner = |tolerance| of(&Crs::Epsg(26711), tolerance)?.to_lon_lat(440_720.0, 3_751_320.0);
        assert!(corner(19.0).is_err());
        // Position computed by rasterio 1.4.4 (GDAL 3.10.3).
        let (lon, lat) = corner(20.0).unwrap();
        assert!((lon + 117.642_042_8).abs() < 1e-4 && (lat - 33.902_368_4).abs() < 1e-4, "{lon} {lat}");
    }

    #[test]
    fn unsupported_definitions_are_refused() {
        insta::assert_snapshot!(message(&NAD83.replace("North_American_1983", "Vietnam_2000")), @"coordinate system `GCS_Vietnam_2000`: the shift of its datum `D_Vietnam_2000` is not known: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(message(&NAD83.replace("6378137.0,298.257222101", "6378388.0,297.0")), @"coordinate system `GCS_North_American_1983`: the shift of its datum `D_North_American_1983` is not known: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(message(&NAD83.replace("0.0174532925199433", "0.01570796326794897")), @"coordinate system `GCS_North_American_1983`: its angles are in `Degree`: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(message(&NAD83.replace("Greenwich\",0.0", "Paris\",2.3")), @"coordinate system `GCS_North_American_1983`: it counts from another meridian than Greenwich: reproject to WGS 84 (EPSG:4326) first");
        let projected = |rest: &str| message(&format!(r#"PROJCS["x",{NAD83},{rest},UNIT["m",1]]"#));
        insta::assert_snapshot!(projected(r#"PROJECTION["Bonne"]"#), @"coordinate system `x`: its projection `Bonne` is not known: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(projected(r#"PROJECTION["Albers"],PARAMETER["Azimuth",3]"#), @"coordinate system `x`: its parameter `Azimuth` is not known: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(message("GEOGCS["), @"coordinate system `GEOGCS[`: its text cannot be read: reproject to WGS 84 (EPSG:4326) first");
        let code = |code| of(&Crs::Epsg(code), 0.0).unwrap_err().to_string();
        insta::assert_snapshot!(code(4267), @"coordinate system `EPSG:4267`: its datum needs a grid of shifts: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(code(4807), @"coordinate system `EPSG:4807`: it counts from another meridian than Greenwich: reproject to WGS 84 (EPSG:4326) first");
        insta::assert_snapshot!(code(99_999), @"coordinate system `EPSG:99999`: it is not in the table of definitions: reproject to WGS 84 (EPSG:4326) first");
    }
}
