//! Reader of GeoParquet 1.1: the primary column, if it is encoded as WKB.

use std::path::Path;

use polars_arrow::array::{Array, BinaryViewArray};
use serde_json::Value;

use super::broken;
use super::source::{Features, Layer, name_column, with_area};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::geo::parquet::{ParquetFile, json};
use crate::geo::wkb;
use crate::limits::ReadBudget;

/// The members of the file's `geo` metadata that are used.
struct Geo {
    column: String,
    crs: Crs,
}

/// Reads the columns of geometries and names.
pub fn read(path: &Path, budget: &ReadBudget) -> Result<Layer> {
    let file = ParquetFile::open(path, budget)?;
    let geo = file.text("geo").ok_or_else(|| {
        Error::invalid(
            "the Parquet file has no `geo` metadata: write it as GeoParquet (geopandas: `to_parquet`)",
        )
    })?;
    let geo = described(geo)?;
    budget.check_count(file.rows(), "features")?;
    let column = |name: &str| file.fields.get(name);
    let shapes = column(&geo.column)
        .ok_or_else(|| Error::invalid(format!("not GeoParquet: there is no column `{}`", geo.column)))?;
    let name = name_column(file.fields.iter_names().map(|name| name.as_str())).and_then(column);
    let mut features = Features::new(budget);
    for group in 0..file.groups().len() {
        let shapes = file.column(group, shapes, budget)?;
        let shapes = shapes.as_any().downcast_ref::<BinaryViewArray>().ok_or_else(|| {
            Error::invalid(format!("not GeoParquet: the column `{}` is not binary", geo.column))
        })?;
        let names = name.map(|name| file.column(group, name, budget)).transpose()?;
        for row in 0..shapes.len() {
            let name = names.as_deref().map(|names| name_of(names, row, budget)).transpose()?.flatten();
            let shape = shapes.is_valid(row).then(|| wkb::read(shapes.value(row), budget)).transpose();
            features.push(name, shape.map(|shape| shape.and_then(with_area)))?;
        }
    }
    Ok(Layer { name: None, crs: geo.crs, features: features.found })
}

/// Returns the name in a row, if it is text or a number.
fn name_of(names: &dyn Array, row: usize, budget: &ReadBudget) -> Result<Option<String>> {
    budget.take_values(json::size(names, row, budget))?;
    Ok(match json::value(names, row, budget) {
        Value::String(name) => Some(name).filter(|name| !name.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn described(geo: &str) -> Result<Geo> {
    let geo: Value = serde_json::from_str(geo).map_err(broken("GeoParquet"))?;
    let column = geo["primary_column"].as_str().unwrap_or("geometry").to_owned();
    let described = &geo["columns"][&column];
    match described["encoding"].as_str() {
        Some("WKB") => {}
        Some(other) => {
            return Err(Error::invalid(format!(
                "column `{column}` is encoded as `{other}`: write it with the encoding `WKB`"
            )));
        }
        None => return Err(Error::invalid(format!("not GeoParquet: column `{column}` has no encoding"))),
    }
    let crs = match described.get("crs") {
        // Longitude and latitude, by the standard.
        None => Crs::Wgs84,
        Some(Value::Null) => Crs::Unknown("undefined".to_owned()),
        Some(crs) => Crs::from_projjson(crs),
    };
    Ok(Geo { column, crs })
}
