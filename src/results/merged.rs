//! Merged `data.json` with the features of all jobs in a folder.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::feature::PATH;
use super::folder::{Folder, folder_name};
use super::{ResultFeature, Results};
use crate::jobs::JobId;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file;
use up42_core::hash::{hex, hex_of};
use up42_core::redact;

/// First line of the file, before and after the hash of all other lines. A file with another hash
/// was written or changed by others.
const HEAD: [&str; 2] = [r#"{"type": "FeatureCollection", "up42.sha256": ""#, r#"", "features": ["#];

impl Results {
    /// Writes one `data.json` for all jobs, as in the SDK: each feature with its `job_id`, and its
    /// path relative to the folder (`docs/up42-api.md`, 5). Other members are unchanged except for
    /// [secrets](redact::data). A path that leaves the job's folder is omitted.
    ///
    /// Existing entries stay first, except those of the jobs in `asked` and of jobs without a
    /// folder.
    pub(super) fn write_merged(&self, folder: &Folder, requested: &[&JobId]) -> Result<()> {
        let requested: HashSet<&str> = requested.iter().map(|id| id.as_str()).collect();
        let mut lines = existing_features(&self.data, |feature| {
            let job = feature["properties"]["job_id"].as_str().filter(|id| !requested.contains(id));
            job.is_some_and(|id| folder.place(&JobId::from(id)).is_whole())
        })?;
        lines.extend(self.iter().map(|feature| merged(feature).to_string()));
        Ok(file::write(&self.data, text(&lines).as_bytes())?)
    }
}

/// Returns the path of the list in a folder: `data.json`, or the first of `data-2.json`,
/// `data-3.json` … that was not written or changed by others.
pub(super) fn data_path(folder: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let name = if number == 1 { "data.json".to_owned() } else { format!("data-{number}.json") };
        let path = folder.join(name);
        match is_unmodified(&path) {
            Ok(true) => return Ok(path),
            Ok(false) => number += 1,
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => number += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
}

/// Returns the content of the file. Each feature has its own line, so that a list of any length can
/// be read line by line.
fn text(features: &[String]) -> String {
    let lines = format!("\n{}\n]}}\n", features.join(",\n"));
    head(&hex(&lines, 32)) + &lines
}

fn head(hash: &str) -> String {
    let [start, end] = HEAD;
    format!("{start}{hash}{end}")
}

/// Returns the features of an existing list for which `keeps` returns `true`, as JSON; empty if
/// there is no list.
fn existing_features(path: &Path, keeps: impl Fn(&Value) -> bool) -> Result<Vec<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let mut existing_features = Vec::new();
    for line in BufReader::new(file).lines().skip(1) {
        let line = line?;
        let feature = line.strip_suffix(',').unwrap_or(&line);
        if feature.is_empty() || feature == "]}" {
            continue;
        }
        let read = serde_json::from_str(feature).map_err(|error| Error::foreign(ErrorKind::Io, error));
        if keeps(&read.with_context(|| format!("read `{}`", path.display()))?) {
            existing_features.push(feature.to_owned());
        }
    }
    Ok(existing_features)
}

/// Returns whether a file was written by this library and not changed since.
fn is_unmodified(path: &Path) -> io::Result<bool> {
    let mut file = BufReader::new(File::open(path)?);
    let length = head(&"0".repeat(64)).len();
    let mut first = Vec::new();
    file.by_ref().take(length as u64).read_to_end(&mut first)?;
    Ok(first == head(&hex_of(file, 32)?).as_bytes())
}

fn merged(feature: &ResultFeature) -> Value {
    let (mut properties, mut rest) =
        (Value::from(feature.properties.clone()), Value::from(feature.rest.clone()));
    let _ = (redact::value(&mut properties), redact::value(&mut rest));
    let mut properties = properties.as_object_mut().map(std::mem::take).unwrap_or_default();
    properties.insert("job_id".into(), feature.job.as_str().into());
    let listed_path = feature.properties.get(PATH).and_then(Value::as_str).map(redact::data);
    match (&feature.file, listed_path) {
        // The name of an existing file contains no secret.
        (Some(file), _) if feature.path.is_some() => {
            properties.insert(PATH.into(), format!("{}/{file}", folder_name(&feature.job)).into());
        }
        (Some(_), Some(listed_path)) => {
            properties.insert(PATH.into(), format!("{}/{listed_path}", folder_name(&feature.job)).into());
        }
        _ => drop(properties.shift_remove(PATH)),
    }
    let mut merged = json!({"type": "Feature", "geometry": feature.geometry, "properties": properties});
    if let Some(members) = merged.as_object_mut() {
        members.extend(rest.as_object_mut().map(std::mem::take).unwrap_or_default());
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::batch::{JobRecord, Outcome};
    use crate::results::renamed::Renamed;

    #[test]
    fn data_json_of_others_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let name = || data_path(folder.path()).unwrap().file_name().unwrap().to_owned();
        let path = folder.path().join("data.json");
        assert_eq!(name(), "data.json");
        for features in [&[][..], &[json!({"a": "b\n"}), json!(1)]] {
            let lines: Vec<String> = features.iter().map(Value::to_string).collect();
            fs::write(&path, text(&lines)).unwrap();
            assert_eq!(name(), "data.json");
            assert_eq!(crate::results::feature::features(&path).unwrap(), features);
            assert_eq!(existing_features(&path, |_| true).unwrap(), lines);
            assert_eq!(existing_features(&path, |feature| *feature == 1).unwrap().len(), features.len() / 2);
        }
        let own = fs::read_to_string(&path).unwrap();
        let sdk = r#"{"type": "FeatureCollection", "features": []}"#;
        for other in [sdk, "", "notes", &own.replace('1', "2"), own.trim_end()] {
            fs::write(&path, other).unwrap();
            assert_eq!(name(), "data-2.json", "{other}");
        }
        fs::write(folder.path().join("data-2.json"), "notes").unwrap();
        assert_eq!(name(), "data-3.json");
        fs::write(&path, own).unwrap();
        assert_eq!(name(), "data.json");
    }

    #[test]
    fn each_feature_has_its_job_and_its_relative_path() {
        let folder = tempfile::tempdir().unwrap();
        let feature = |properties: Value| json!({"type": "Feature", "id": 7, "geometry": null, "properties": properties});
        let features = [
            feature(json!({"up42.data_path": "a/b.tif", "x": 1})),
            feature(json!({"up42.data.aoiclipped": "a.tif"})),
            feature(json!({"up42.data_path": "../../evil"})),
            feature(json!({"up42.data_path": "C:\\evil"})),
        ];
        std::fs::write(folder.path().join("data.json"), json!({"features": features}).to_string()).unwrap();
        let record = JobRecord {
            index: 0,
            label: "a".into(),
            inputs: Default::default(),
            job: None,
            outcome: Outcome::Unfinished,
        };
        let features =
            ResultFeature::read_all(folder.path(), &Renamed::default(), &record, &JobId("j".into())).unwrap();
        let merged: Vec<String> =
            features.iter().map(|feature| merged(feature)["properties"].to_string()).collect();
        assert_eq!(
            merged,
            [
                r#"{"up42.data_path":"job_j/a/b.tif","x":1,"job_id":"j"}"#,
                r#"{"up42.data.aoiclipped":"a.tif","job_id":"j"}"#,
                r#"{"job_id":"j"}"#,
                r#"{"job_id":"j"}"#,
            ]
        );
        assert_eq!(super::merged(&features[0])["id"], 7);
    }
}
