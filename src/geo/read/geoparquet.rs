//! GeoParquet 1.1: the primary column, where it is encoded as WKB.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::{DataType, SerReader};
use polars_io::parquet::read::{ParallelStrategy, ParquetReader};
use polars_parquet::parquet::metadata::RowGroupMetadata;
use serde_json::Value;

use super::broken;
use super::source::{Features, Layer, name_column, with_area};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;
use crate::geo::{parquet, wkb};
use crate::limits::ReadBudget;

/// The file's `geo` metadata, as far as it matters here.
struct Geo {
    column: String,
    crs: Crs,
}

pub(super) fn read(bytes: &[u8], budget: &ReadBudget) -> Result<Layer> {
    parquet::guarded(|| layer(bytes, budget))
}

fn layer(bytes: &[u8], budget: &ReadBudget) -> Result<Layer> {
    let mut metadata = parquet::read_metadata(&mut Cursor::new(bytes))?;
    let rows = metadata.num_rows;
    // The schema of the writer's memory goes with the rest: it gives geometries a type of
    // their own, again.
    let pairs = metadata.key_value_metadata.take().unwrap_or_default();
    let geo = pairs.iter().find(|pair| pair.key == "geo");
    let geo = geo.and_then(|pair| pair.value.as_deref()).ok_or_else(|| {
        Error::invalid(
            "the Parquet file has no `geo` metadata: write it as GeoParquet (geopandas: `to_parquet`)",
        )
    })?;
    let geo = described(geo)?;
    budget.check_count(rows, "features")?;
    // One thread, so that a panic stays here.
    let mut reader = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None);
    let metadata = Arc::new(metadata);
    reader.set_metadata(metadata.clone());
    let schema = reader.schema().map_err(broken("Parquet"))?;
    let name = name_column(schema.iter_names().map(|name| name.as_str())).map(str::to_owned);
    let columns: Vec<String> = [geo.column.clone()].into_iter().chain(name.clone()).collect();
    for column in metadata.row_groups.iter().flat_map(RowGroupMetadata::parquet_columns) {
        let path = &column.descriptor().path_in_schema;
        if path.first().is_some_and(|name| columns.iter().any(|wanted| wanted == name.as_str())) {
            budget.take_bytes(column.uncompressed_size().max(0).unsigned_abs())?;
        }
    }
    let frame = reader.with_columns(Some(columns)).finish().map_err(broken("Parquet"))?;
    let shapes =
        frame.column(&geo.column).and_then(|column| column.binary()).map_err(broken("GeoParquet"))?;
    let names = name.and_then(|name| frame.column(&name).ok()?.cast(&DataType::String).ok());
    let names = names.as_ref().and_then(|names| names.str().ok());
    let mut features = Features::new(budget);
    for (row, shape) in shapes.iter().enumerate() {
        let name = names.and_then(|names| names.get(row)).filter(|name| !name.is_empty());
        let shape = shape.map_or(Ok(None), |shape| wkb::read(shape).map(with_area));
        features.push(name.map(str::to_owned), shape)?;
    }
    Ok(Layer { name: None, crs: geo.crs, features: features.found })
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
        // Longitude and latitude, says the standard.
        None => Crs::Wgs84,
        Some(Value::Null) => Crs::Unknown("undefined".to_owned()),
        Some(crs) => Crs::from_projjson(crs),
    };
    Ok(Geo { column, crs })
}
