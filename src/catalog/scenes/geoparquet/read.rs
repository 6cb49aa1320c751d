use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use geo::CoordsIter;
use polars_arrow::array::{Array, BinaryViewArray};
use serde_json::{Map, Value};

use super::{ASSETS, BBOX, EXTENSIONS, LINKS, OURS, PREFIX, QUICKLOOK, ROW, VERSION};
use crate::catalog::scenes::parts::Rest;
use crate::catalog::scenes::preview::{self, QuicklookSource};
use crate::catalog::scenes::{Scene, Scenes};
use up42_core::error::{Context, Error, Result};
use up42_core::geo::parquet::{ParquetFile, json};
use up42_core::geo::wkb;
use up42_core::json::Walk;
use up42_core::limits::{ReadBudget, ReadLimits};

/// Members of an item that are not properties.
const MEMBERS: [&str; 9] = ["id", "type", "collection", "geometry", BBOX, LINKS, ASSETS, VERSION, EXTENSIONS];

impl Scenes {
    /// Reads scenes from a GeoParquet file: one of [`to_geoparquet`](Self::to_geoparquet), or
    /// STAC-GeoParquet of other programs.
    ///
    /// Scenes are read as they were written, in their order, except that an integer may become a
    /// float (`26` becomes `26.0`), that instants are in UTC, and that a property with null is
    /// missing.
    ///
    /// All scenes are read into memory, within [`ReadLimits::for_scenes`];
    /// [`read_within`](Self::read_within) takes other limits. For larger files,
    /// [`scan_geoparquet`](crate::catalog::scan_geoparquet) reads only what a query needs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is not Parquet, lacks the
    /// column `id` or `geometry`, or exceeds a limit.
    pub fn read_geoparquet(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        read(path, &ReadBudget::new(ReadLimits::for_scenes()))
            .with_context(|| format!("read scenes `{}`", path.display()))
    }
}

/// Reads a file of scenes within limits.
pub(in crate::catalog::scenes) fn read(path: &Path, budget: &ReadBudget) -> Result<Scenes> {
    let file = ParquetFile::open(path, budget)?;
    for column in ["id", "geometry"] {
        if file.fields.get(column).is_none() {
            return Err(Error::invalid(format!(
                "there is no column `{column}`: items of STAC-GeoParquet have one; `Aoi::read` reads areas"
            )));
        }
    }
    budget.take_count(file.rows(), "scenes")?;
    let layout = Layout::of(&file);
    let mut rows = Vec::new();
    for group in 0..file.groups().len() {
        let columns = file.fields.iter_values().filter(|field| field.name != BBOX);
        let columns = columns.map(|field| Ok((field.name.as_str(), file.column(group, field, budget)?)));
        let columns = Columns { layout: &layout, arrays: columns.collect::<Result<_>>()?, budget };
        for row in 0..file.groups()[group].num_rows() {
            let number = columns.at(ROW, row).as_i64();
            rows.push((number.unwrap_or(rows.len() as i64), columns.scene(row)?));
        }
    }
    rows.sort_by_key(|(number, _)| *number);
    Ok(Scenes::new(rows.into_iter().map(|(_, scene)| scene).collect(), false))
}

/// Meaning of the columns, from the metadata of our own files, else as in STAC-GeoParquet.
struct Layout {
    is_ours: bool,
    /// Our columns whose values are derived from other columns.
    derived: HashSet<String>,
    json: HashSet<String>,
}

impl Layout {
    fn of(file: &ParquetFile) -> Self {
        let note = file.note(OURS).unwrap_or_default();
        let list = |key: &str| -> HashSet<String> {
            let names = note.get(key).and_then(Value::as_array).into_iter().flatten();
            names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
        };
        let same = list("same");
        let derived = list("columns").into_iter().filter(|name| !same.contains(name)).collect();
        let mut json = list("json");
        if !note.is_object() {
            json.extend([LINKS, ASSETS, EXTENSIONS].map(str::to_owned));
            json.extend(file.json_columns().map(str::to_owned));
        }
        Self { is_ours: note.is_object(), derived, json }
    }

    /// Returns the name of the property that a column contains; `None` if it is no property.
    fn property<'a>(&self, column: &'a str) -> Option<&'a str> {
        if let (true, Some(name)) = (self.is_ours, column.strip_prefix(PREFIX)) {
            return Some(name);
        }
        // Classic features have `id` and `collection` among their properties too.
        let is_member = MEMBERS.contains(&column) && (!self.is_ours || self.derived.contains(column));
        let is_own = self.derived.contains(column) || column.starts_with("up42:");
        let is_stac = [LINKS, ASSETS, VERSION, EXTENSIONS, BBOX].contains(&column);
        (!is_member && !is_own && !is_stac).then_some(column)
    }
}

/// Columns of a row group.
struct Columns<'a> {
    layout: &'a Layout,
    arrays: Vec<(&'a str, Box<dyn Array>)>,
    budget: &'a ReadBudget,
}

impl Columns<'_> {
    fn array(&self, name: &str) -> Option<&dyn Array> {
        self.arrays.iter().find(|(known, _)| *known == name).map(|(_, array)| &**array)
    }

    fn at(&self, name: &str, row: usize) -> Value {
        self.array(name).map(|array| json::value(array, row, self.budget)).unwrap_or_default()
    }

    fn text(&self, name: &str, row: usize) -> Option<String> {
        self.at(name, row).as_str().map(str::to_owned)
    }

    /// Returns a nested value, or the JSON text of one, as JSON text.
    fn nested(&self, name: &str, row: usize) -> Option<Arc<str>> {
        match self.at(name, row) {
            Value::Null => None,
            Value::String(text) if self.layout.json.contains(name) => Some(text.into()),
            value => Some(value.to_string().into()),
        }
    }

    fn scene(&self, row: usize) -> Result<Scene> {
        let values = self.arrays.iter().filter(|(name, _)| *name != "geometry");
        let size =
            values.fold(0, |sum: u64, (_, array)| sum.saturating_add(json::size(&**array, row, self.budget)));
        self.budget.take_values(size)?;
        let mut notes = Vec::new();
        let footprint = match self.footprint(row) {
            Ok(None) => {
                notes.push("no footprint".to_owned());
                None
            }
            Ok(shape) => {
                self.budget.take_positions(shape.as_ref().map_or(0, CoordsIter::coords_count))?;
                shape
            }
            // A footprint that exceeds the limits is an error, not a note.
            Err(error) if self.budget.check_positions(self.footprint_bytes(row) / 16).is_err() => {
                return Err(error);
            }
            Err(error) => {
                notes.push(format!("the footprint cannot be read: {error}"));
                None
            }
        };
        let rest = Rest {
            version: self.text(VERSION, row).map(|version| Value::from(version).to_string().into()),
            extensions: self.nested(EXTENSIONS, row),
            links: self.nested(LINKS, row),
            assets: self.nested(ASSETS, row),
        };
        let id = self.text("id", row).filter(|id| !id.is_empty()).unwrap_or_else(|| {
            notes.push("no id".to_owned());
            format!("unnamed-{row}")
        });
        let collection = self.text("collection", row);
        let mut scene = Scene::made(Some(id), collection, footprint, self.properties(row)?, rest);
        if scene.datetime.is_none() {
            notes.push("no acquisition date".to_owned());
        }
        scene.note = (!notes.is_empty()).then(|| notes.join("; "));
        match self.layout.is_ours {
            true => {
                scene.note = self.text("note", row);
                scene.aoi_coverage = self.at("aoi_coverage", row).as_f64();
                scene.quicklook = match self.text(QUICKLOOK, row) {
                    Some(source) => match source.strip_prefix("classic:") {
                        Some(provider) => QuicklookSource::Classic(provider.into()),
                        None => QuicklookSource::Asset(source.into()),
                    },
                    None => QuicklookSource::None,
                };
            }
            false => {
                let assets = scene.rest.assets.as_deref().unwrap_or("{}");
                let named = preview::named(&mut Walk::new(assets)).unwrap_or_default();
                scene.quicklook = preview::of_assets(&named, scene.rest.links.as_deref(), "");
            }
        }
        Ok(scene)
    }

    fn properties(&self, row: usize) -> Result<Map<String, Value>> {
        let mut properties = Map::new();
        for (column, array) in &self.arrays {
            let Some(name) = self.layout.property(column) else { continue };
            let value = match json::value(&**array, row, self.budget) {
                Value::Null => continue,
                Value::String(text) if self.layout.json.contains(*column) => {
                    self.budget.take_json(text.as_bytes())?;
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                }
                value => value,
            };
            properties.insert(name.to_owned(), value);
        }
        Ok(properties)
    }

    /// Returns the size of the footprint in bytes.
    fn footprint_bytes(&self, row: usize) -> usize {
        let array = self.array("geometry").and_then(|array| array.as_any().downcast_ref::<BinaryViewArray>());
        array.map_or(0, |array| array.value(row).len())
    }

    fn footprint(&self, row: usize) -> Result<Option<geo_types::Geometry>> {
        let array = self.array("geometry").and_then(|array| array.as_any().downcast_ref::<BinaryViewArray>());
        let array = array.ok_or_else(|| Error::invalid("the column `geometry` is not binary"))?;
        array.is_valid(row).then(|| wkb::read(array.value(row), self.budget)).transpose()
    }
}
