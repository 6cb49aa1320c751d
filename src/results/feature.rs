use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::renamed::Renamed;
use super::safe_path::safe_path;
use crate::batch::JobRecord;
use crate::jobs::JobId;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::limits::ReadBudget;
use up42_core::sanitize::sanitize;

/// Property with the path of a feature's file (`docs/up42-api.md`, 5).
pub(super) const PATH: &str = "up42.data_path";
/// Property of the path in older blocks, named by their capability.
const OLDER_PATH: &str = "up42.data.aoiclipped";
/// Member of a `data.json` written by this library: more features may follow.
pub(super) const MAY_GROW: &str = "up42.may_grow";

/// Result of a job: a feature of its `data.json` and the referenced file.
#[derive(Clone)]
#[non_exhaustive]
pub struct ResultFeature {
    /// Job of the result.
    pub job: JobId,
    /// Label of the job: usually place and dates.
    pub label: String,
    /// Path of the raster; `None` if the feature refers to no existing file.
    pub path: Option<PathBuf>,
    /// Footprint, as GeoJSON.
    pub geometry: Value,
    /// Properties of the feature.
    pub properties: Map<String, Value>,
    /// Path of the file in the job's folder, whether it exists or not.
    pub(super) file: Option<String>,
    /// Other members of the feature, such as `id` and `bbox`.
    pub(super) rest: Map<String, Value>,
    parameters: Arc<Map<String, Value>>,
}

impl ResultFeature {
    /// Returns the parameters of the job: task to parameters.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Reads the features of a job whose results were unpacked to a folder.
    pub(super) fn read_all(
        folder: &Path,
        renamed: &Renamed,
        record: &JobRecord,
        id: &JobId,
    ) -> Result<Vec<Self>> {
        let path = folder.join(renamed.path("data.json"));
        let features = features(&path).with_context(|| format!("read `{}`", path.display()))?;
        let parameters = Arc::new(record.inputs.clone());
        let feature = |feature| Self::read(feature, folder, renamed, record, id, parameters.clone());
        Ok(features.into_iter().map(feature).collect())
    }

    fn read(
        feature: Value,
        folder: &Path,
        renamed: &Renamed,
        record: &JobRecord,
        id: &JobId,
        parameters: Arc<Map<String, Value>>,
    ) -> Self {
        let mut rest = match feature {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        rest.shift_remove("type");
        let geometry = rest.shift_remove("geometry").unwrap_or_default();
        let properties = match rest.shift_remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        let named = [PATH, OLDER_PATH].iter().find_map(|key| properties.get(*key)?.as_str());
        let file = named.and_then(|named| safe_path(named).ok()).map(|named| renamed.path(&named).to_owned());
        // The path comes from outside: only files within the folder are accepted.
        let path = file.as_ref().map(|file| folder.join(file)).filter(|path| {
            let inside = path.canonicalize().ok().zip(folder.canonicalize().ok());
            inside.is_some_and(|(path, folder)| path.starts_with(folder) && path.is_file())
        });
        let (job, label) = (id.clone(), record.label.clone());
        Self { job, label, path, geometry, properties, file, rest, parameters }
    }

    pub(super) fn file_name(&self) -> String {
        let name = self.path.as_ref().and_then(|path| path.file_name());
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Returns the size of the file, in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        Some(self.path.as_ref()?.metadata().ok()?.len())
    }
}

/// Reads the features of a `data.json`.
pub(super) fn features(path: &Path) -> Result<Vec<Value>> {
    match document(path)?["features"].take() {
        Value::Array(features) => Ok(features),
        _ => Err(Error::response("`features` is missing")),
    }
}

/// Reads a `data.json`, which must be an object.
pub(super) fn document(path: &Path) -> Result<Value> {
    let budget = ReadBudget::fixed(
        "the rasters beside it are whole; read it with a program for large GeoJSON, such as ogr2ogr",
    );
    let bytes = budget.read_to_end(File::open(path)?)?;
    budget.take_json(&bytes)?;
    let json: Value =
        serde_json::from_slice(&bytes).map_err(|error| Error::foreign(ErrorKind::Response, error))?;
    if json.is_object() { Ok(json) } else { Err(Error::response("it is no object")) }
}

impl fmt::Debug for ResultFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.path.as_ref().map_or("no file".to_owned(), |path| path.display().to_string());
        write!(f, "{}: {}", sanitize(&self.label, 200), sanitize(&file, 400))
    }
}
