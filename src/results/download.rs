use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use serde_json::{Map, Value, json};

use super::archive::{Limits, unpack};
use crate::batch::{JobCollection, JobRecord, Outcome};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::jobs::JobId;
use crate::list::list;
use crate::parallel::in_parallel;
use crate::plain::plain;

/// Archives at a time: they are large, and come from one host.
const AT_ONCE: usize = 8;

/// The results of a batch on disk: `job_<id>/` for each job, and a `data.json` that
/// lists all features.
#[derive(Clone)]
pub struct Results {
    folder: PathBuf,
    features: Vec<ResultFeature>,
    failed: Vec<(String, Error)>,
}

/// One result of one job: a feature of its `data.json` and the file it names.
#[derive(Clone)]
#[non_exhaustive]
pub struct ResultFeature {
    /// The job it came from.
    pub job: JobId,
    /// What set the job apart: place and dates.
    pub label: String,
    /// The raster; `None` where the feature names none.
    pub path: Option<PathBuf>,
    /// The outline, as GeoJSON.
    pub geometry: Value,
    /// What the blocks say of it.
    pub properties: Map<String, Value>,
    /// The feature's other members, such as `id` and `bbox`.
    rest: Map<String, Value>,
}

impl JobCollection {
    /// Downloads the results of every job that succeeded, several at a time, and
    /// unpacks them. What is there whole already is not downloaded again; a download
    /// that was cut off goes on.
    ///
    /// Archives are refused as a whole when an entry would leave the folder, is not
    /// a plain file, or when they unpack to too much.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the folder cannot be written. What befalls a single
    /// job is kept in [`failed`](Results::failed).
    pub fn download_results(&self, folder: impl AsRef<Path>) -> Result<Results> {
        let folder = folder.as_ref();
        let told = || format!("download results to `{}`", folder.display());
        fs::create_dir_all(folder).with_context(told)?;
        let finished: Vec<(&JobRecord, &JobId)> = self
            .iter()
            .filter(|record| matches!(record.outcome, Outcome::Succeeded { .. }))
            .filter_map(|record| Some((record, &record.job.as_ref()?.id)))
            .collect();
        let fetched = in_parallel(&finished, AT_ONCE, |(record, id)| self.fetch(folder, record, id));
        let mut results = Results { folder: folder.to_owned(), features: Vec::new(), failed: Vec::new() };
        for ((record, _), features) in finished.iter().zip(fetched) {
            match features {
                Ok(features) => results.features.extend(features),
                Err(error) => results.failed.push((record.label.clone(), error)),
            }
        }
        results.write_merged().with_context(told)?;
        Ok(results)
    }

    fn fetch(&self, folder: &Path, record: &JobRecord, id: &JobId) -> Result<Vec<ResultFeature>> {
        let told = || format!("results of job `{id}`");
        let target = folder.join(folder_of(id).with_context(told)?);
        if !target.is_dir() {
            let archive = target.with_extension("archive");
            self.download(id, &archive).with_context(told)?;
            unpack(&archive, &target, Limits::default()).with_context(told)?;
            fs::remove_file(&archive).with_context(told)?;
        }
        read_features(&target, record, id).with_context(told)
    }

    /// A signed URL lives for minutes and may have ended while its turn came: then a
    /// new one is asked for, once.
    fn download(&self, id: &JobId, archive: &Path) -> Result<()> {
        let fetch = || self.project().client().download(&self.results_url(id)?, archive);
        match fetch() {
            Err(error) if error.kind() == ErrorKind::Auth => fetch(),
            other => other,
        }
    }
}

/// `job_<id>`: ids are UUIDs, and anything else might lead out of the folder.
fn folder_of(id: &JobId) -> Result<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match !id.as_str().is_empty() && id.as_str().chars().all(is_plain) {
        true => Ok(format!("job_{id}")),
        false => Err(Error::response("the job's id cannot be the name of a folder")),
    }
}

fn read_features(target: &Path, record: &JobRecord, id: &JobId) -> Result<Vec<ResultFeature>> {
    let path = target.join("data.json");
    let told = || format!("read `{}`", path.display());
    let text = fs::read(&path).with_context(told)?;
    let json: Value = serde_json::from_slice(&text)
        .map_err(|error| Error::foreign(ErrorKind::Response, error))
        .with_context(told)?;
    let features = json.get("features").and_then(Value::as_array);
    let features = features.ok_or_else(|| Error::response("`features` is missing")).with_context(told)?;
    Ok(features.iter().map(|feature| read_feature(feature, target, record, id)).collect())
}

fn read_feature(feature: &Value, target: &Path, record: &JobRecord, id: &JobId) -> ResultFeature {
    let properties = feature.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    // Older blocks name the file by their own capability (API reference, 5).
    let file =
        ["up42.data_path", "up42.data.aoiclipped"].iter().find_map(|key| properties.get(*key)?.as_str());
    // The name comes from outside: only a file that was unpacked here counts.
    let path = file.map(|file| target.join(file)).filter(|path| {
        let inside = path.canonicalize().ok().zip(target.canonicalize().ok());
        inside.is_some_and(|(path, target)| path.starts_with(target) && path.is_file())
    });
    ResultFeature {
        job: id.clone(),
        label: record.label.clone(),
        path,
        geometry: feature.get("geometry").cloned().unwrap_or_default(),
        properties,
        rest: rest_of(feature),
    }
}

fn rest_of(feature: &Value) -> Map<String, Value> {
    let members = feature.as_object().into_iter().flatten();
    let others = members.filter(|(name, _)| !["type", "geometry", "properties"].contains(&name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

list!(Results(features: ResultFeature), "The results, one by one.");

impl Results {
    /// The folder they are in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Jobs whose results could not be had, by label, and why.
    pub fn failed(&self) -> &[(String, Error)] {
        &self.failed
    }

    /// The results as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | null means | source |
    /// |---|---|---|---|
    /// | `job` | String | never null | the job's id |
    /// | `label` | String | never null | place and dates of the job |
    /// | `path` | String | the feature names no file | `up42.data_path` |
    /// | `properties` | String | never null | all properties, as JSON |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let path = |feature: &ResultFeature| Some(feature.path.as_ref()?.display().to_string());
        let properties =
            |feature: &ResultFeature| Some(Value::Object(feature.properties.clone()).to_string());
        Frame::of(&self.features)
            .text("job", |feature| Some(feature.job.as_str()))
            .text("label", |feature| Some(&feature.label))
            .strings("path", self.iter().map(path).collect())
            .strings("properties", self.iter().map(properties).collect())
            .finish()
            .context("results to a DataFrame")
    }

    /// One `data.json` over all jobs, as the SDK makes it: each feature with its
    /// `job_id`, and its path from the folder. All else in it stays as it is.
    fn write_merged(&self) -> Result<()> {
        let features: Vec<Value> = self
            .iter()
            .map(|feature| {
                let mut properties = feature.properties.clone();
                properties.insert("job_id".into(), feature.job.as_str().into());
                if let Some(path) =
                    feature.path.as_ref().and_then(|path| path.strip_prefix(&self.folder).ok())
                {
                    let path: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                    properties.insert("up42.data_path".into(), path.join("/").into());
                }
                let mut merged = feature.rest.clone();
                merged.insert("type".into(), "Feature".into());
                merged.insert("geometry".into(), feature.geometry.clone());
                merged.insert("properties".into(), properties.into());
                merged.into()
            })
            .collect();
        let json = json!({"type": "FeatureCollection", "features": features});
        // Whole or not there.
        let part = self.folder.join(".data.json.part");
        fs::write(&part, json.to_string())?;
        fs::rename(part, self.folder.join("data.json"))?;
        Ok(())
    }
}

impl fmt::Debug for ResultFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.path.as_ref().map_or("no file".to_owned(), |path| path.display().to_string());
        write!(f, "{}: {}", plain(&self.label, 200), plain(&file, 400))
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} results in {}", self.len(), self.folder.display())?;
        if !self.failed.is_empty() {
            write!(f, ", {} jobs could not be downloaded", self.failed.len())?;
        }
        Ok(())
    }
}
