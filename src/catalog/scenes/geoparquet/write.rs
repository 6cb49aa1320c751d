use std::collections::BTreeSet;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use geo::BoundingRect;
use polars::prelude::{CompatLevel, DataFrame, TimeUnit};
use polars_arrow::array::{Array, PrimitiveArray, StructArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, TimeUnit as ArrowTimeUnit};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, FileWriter, KeyValue, RowGroupIterator, StatisticsOptions, Version, WriteOptions,
    get_dtype_encoding,
};
use serde_json::json;

use super::order::place;
use super::{ASSETS, BBOX, EXTENSIONS, LINKS, OURS, PREFIX, QUICKLOOK, ROW, SIDES, VERSION};
use crate::catalog::scenes::frame::own_columns;
use crate::catalog::scenes::preview::QuicklookSource;
use crate::catalog::scenes::{Scene, Scenes};
use crate::frame::{Values, properties};
use up42_core::error::{Context, Result};
use up42_core::file::AtomicFile;
use up42_core::geo::wkb;
use up42_core::redact;

/// Rows of a row group: the unit that a reader has in memory, and that a spatial filter can skip.
const GROUP: usize = 10_000;
/// Bytes of a text that are stored in the bounds of a column.
const BOUND: u64 = 64;

type Arrays = Vec<(Field, Box<dyn Array>)>;

impl Scenes {
    /// Writes the scenes to a GeoParquet file (version 1.1), for any tool that reads one:
    /// [`scan_geoparquet`](crate::catalog::scan_geoparquet), geopandas, DuckDB, Spark.
    ///
    /// The columns are those of [`to_dataframe`](Self::to_dataframe), with instants in
    /// microseconds, and those of an item in STAC-GeoParquet: the properties under their own names
    /// (`properties.NAME` if a column above has that name and other values), `bbox` as the
    /// covering, `links`, `assets` and `stac_extensions`. Nested values are JSON text. Secrets are
    /// removed as in a frame: only the host, the path and harmless parameters of a URL are kept.
    ///
    /// If there are more than 10,000 scenes, neighbours on Earth (along a Hilbert curve) share a
    /// row group, so that a spatial filter skips most of the file;
    /// [`read_geoparquet`](Self::read_geoparquet) restores the order.
    ///
    /// The file is written completely or not at all.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::{Scenes, Search};
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).limit(5))?;
    /// let folder = tempfile::tempdir()?;
    /// scenes.to_geoparquet(folder.path().join("dakar.parquet"))?;
    /// assert_eq!(Scenes::read_geoparquet(folder.path().join("dakar.parquet"))?.len(), 5);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written.
    pub fn to_geoparquet(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let context = || format!("write scenes `{}`", path.display());
        write(self, path).with_context(context)
    }
}

fn write(scenes: &Scenes, path: &Path) -> Result<()> {
    let mut rows: Vec<(usize, &Scene)> = scenes.iter().enumerate().collect();
    let is_ordered = rows.len() > GROUP;
    if is_ordered {
        rows.sort_by_cached_key(|(_, scene)| place(scene));
    }
    let ordered: Vec<&Scene> = rows.iter().map(|(_, scene)| *scene).collect();
    let mut table = Table::of(&ordered)?;
    let options = WriteOptions {
        statistics: StatisticsOptions {
            binary_statistics_truncate_length: Some(BOUND),
            ..StatisticsOptions::default()
        },
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let file = AtomicFile::create(path)?;
    let group = |range: std::ops::Range<usize>| {
        let mut arrays = table.arrays(range.clone());
        arrays.extend(members(&ordered[range.clone()]));
        if is_ordered {
            let numbers = rows[range].iter().map(|(row, _)| *row as i64);
            arrays.push(named(ROW, PrimitiveArray::from_vec(numbers.collect()).boxed()));
        }
        arrays
    };
    let schema: ArrowSchema = group(0..0).into_iter().map(|(field, _)| (field.name.clone(), field)).collect();
    let shared = Arc::new(schema.clone());
    let encodings = schema.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
    let batches = (0..ordered.len()).step_by(GROUP).map(|start| {
        let range = start..(start + GROUP).min(ordered.len());
        let arrays = group(range.clone()).into_iter().map(|(_, array)| array).collect();
        RecordBatchT::try_new(range.len(), shared.clone(), arrays)
    });
    let groups = RowGroupIterator::try_new(batches, &schema, options, encodings)?;
    let mut writer = FileWriter::try_new(BufWriter::new(file), schema, options)?;
    for (index, group) in groups.enumerate() {
        let count = GROUP.min(ordered.len() - index * GROUP);
        writer.write(count as u64, group?)?;
    }
    let notes = [("geo", geo_metadata(&ordered)), (OURS, std::mem::take(&mut table.note))];
    writer.end(Some(notes.map(|(key, text)| KeyValue { key: key.into(), value: Some(text) }).into()))?;
    Ok(writer.into_inner().into_inner().map_err(|error| error.into_error())?.commit()?)
}

/// Columns that a frame can hold, and the metadata to read them back.
struct Table {
    frame: DataFrame,
    note: String,
}

impl Table {
    fn of(scenes: &[&Scene]) -> Result<Self> {
        let mut frame = own_columns(scenes)?;
        let own: Vec<_> = frame.names().map(str::to_owned).collect();
        let datetimes: Vec<_> = scenes.iter().map(|scene| scene.datetime).collect();
        frame.replace(crate::frame::instants("datetime", &datetimes, TimeUnit::Microseconds)?);
        let (mut json, mut same) = ([LINKS, ASSETS, EXTENSIONS].map(str::to_owned).to_vec(), Vec::new());
        for property in properties(scenes.iter().map(|scene| &scene.properties)) {
            let column = property.column(&property.name, TimeUnit::Microseconds)?;
            let is_taken = [VERSION, EXTENSIONS, LINKS, ASSETS, BBOX].contains(&&*property.name)
                || property.name.starts_with(PREFIX)
                || property.name.starts_with("up42:");
            let name = match frame.column(&property.name) {
                Some(known) if known.dtype() == column.dtype() && known.equals_missing(&column) => {
                    same.push(property.name.into_owned());
                    continue;
                }
                None if !is_taken => property.name.into_owned(),
                _ => format!("{PREFIX}{}", property.name),
            };
            if matches!(property.values, Values::Json(_)) {
                json.push(name.clone());
            }
            frame.push(column.with_name(name.into()));
        }
        let note = json!({"version": 1, "columns": own, "same": same, "json": json}).to_string();
        Ok(Self { frame: frame.finish()?, note })
    }

    fn arrays(&self, rows: std::ops::Range<usize>) -> Arrays {
        let mut part = self.frame.slice(rows.start as i64, rows.len());
        part.rechunk_mut();
        let columns = part.columns().iter().map(|column| {
            let array = column.as_materialized_series().to_arrow(0, CompatLevel::newest());
            named(column.name(), utc(array))
        });
        columns.collect()
    }
}

fn named(name: &str, array: Box<dyn Array>) -> (Field, Box<dyn Array>) {
    (Field::new(name.into(), array.dtype().clone(), true), array)
}

/// Adds the zone UTC to instants, as other programs need it.
fn utc(array: Box<dyn Array>) -> Box<dyn Array> {
    let zoned = ArrowDataType::Timestamp(ArrowTimeUnit::Microsecond, Some("UTC".into()));
    match (array.dtype(), array.as_any().downcast_ref::<PrimitiveArray<i64>>()) {
        (ArrowDataType::Timestamp(..), Some(instants)) => instants.clone().to(zoned).boxed(),
        _ => array,
    }
}

/// Returns the columns that a frame does not have: the covering, and an item's members beside its
/// properties.
fn members(scenes: &[&Scene]) -> Arrays {
    let text = |name: &str, value: &dyn Fn(&Scene) -> Option<String>| {
        let values: Vec<_> = scenes.iter().map(|scene| value(scene)).collect();
        named(name, Utf8ViewArray::from_slice(values).boxed())
    };
    let clean = |json: &Option<Arc<str>>| json.as_deref().map(|json| redact::json(json).into_owned());
    vec![
        covering(scenes),
        text(VERSION, &|scene| Some(scene.rest.version.as_deref()?.trim_matches('"').to_owned())),
        text(EXTENSIONS, &|scene| clean(&scene.rest.extensions)),
        text(LINKS, &|scene| clean(&scene.rest.links)),
        text(ASSETS, &|scene| clean(&scene.rest.assets)),
        text(QUICKLOOK, &|scene| match &scene.quicklook {
            QuicklookSource::Asset(href) => Some(redact::data(href).into_owned()),
            QuicklookSource::Classic(provider) => Some(format!("classic:{provider}")),
            QuicklookSource::None => None,
        }),
    ]
}

/// Returns the planar bounding box of each geometry, as query engines compute it.
fn covering(scenes: &[&Scene]) -> (Field, Box<dyn Array>) {
    let boxes: Vec<_> = scenes.iter().map(|scene| scene.footprint.as_ref()?.bounding_rect()).collect();
    let side = |read: &dyn Fn(geo::Rect) -> f64| -> Box<dyn Array> {
        PrimitiveArray::from(boxes.iter().map(|one| one.map(read)).collect::<Vec<_>>()).boxed()
    };
    let values = vec![
        side(&|rect| rect.min().x),
        side(&|rect| rect.min().y),
        side(&|rect| rect.max().x),
        side(&|rect| rect.max().y),
    ];
    let fields = SIDES.map(|name| Field::new(name.into(), ArrowDataType::Float64, true)).to_vec();
    let known: Bitmap = boxes.iter().map(Option::is_some).collect();
    let array = StructArray::new(ArrowDataType::Struct(fields), scenes.len(), values, Some(known));
    named(BBOX, array.boxed())
}

/// Returns the metadata of GeoParquet 1.1 ("File metadata"); without a `crs` it is OGC:CRS84.
fn geo_metadata(scenes: &[&Scene]) -> String {
    let shapes = || scenes.iter().filter_map(|scene| scene.footprint.as_ref());
    let types: BTreeSet<_> = shapes().map(wkb::type_name).collect();
    let whole = shapes().filter_map(BoundingRect::bounding_rect).map(|rect| [rect.min(), rect.max()]);
    let whole = whole
        .reduce(|[a, b], [c, d]| [(a.x.min(c.x), a.y.min(c.y)).into(), (b.x.max(d.x), b.y.max(d.y)).into()]);
    let path = |side: &str| json!([BBOX, side]);
    let [xmin, ymin, xmax, ymax] = SIDES;
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": types,
        "covering": {"bbox": {xmin: path(xmin), ymin: path(ymin), xmax: path(xmax), ymax: path(ymax)}},
    });
    if let Some([min, max]) = whole {
        column["bbox"] = json!([min.x, min.y, max.x, max.y]);
    }
    json!({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}).to_string()
}
