//! One list of the features of all jobs in a folder.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::feature::{PATH, features};
use super::folder::{Folder, folder_name};
use super::{ResultFeature, Results};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::hash::hex;
use crate::jobs::JobId;
use crate::limits::ReadBudget;
use crate::redact;

/// The first line of the file, without the hash of all other lines that stands between the two
/// parts. A file whose hash does not fit was written or changed by somebody else.
const HEAD: [&str; 2] = [r#"{"type": "FeatureCollection", "up42.sha256": ""#, r#"", "features": ["#];

impl Results {
    /// One `data.json` over all jobs, as the SDK makes it: each feature with its `job_id`,
    /// and its path from the folder (API reference, 5). All else in it stays as it is,
    /// but for [secrets](redact::data). A path that leads out of the job's folder is left out.
    ///
    /// What it lists already stays in front, but what is of the jobs asked for now, and of
    /// jobs whose folder is gone.
    pub(super) fn write_merged(&self, folder: &Folder, asked: &[&JobId]) -> Result<()> {
        let mut all = if self.data.exists() { features(&self.data)? } else { Vec::new() };
        let asked: HashSet<&str> = asked.iter().map(|id| id.as_str()).collect();
        all.retain(|feature| {
            let job = feature["properties"]["job_id"].as_str().filter(|id| !asked.contains(id));
            job.is_some_and(|id| folder.place(&JobId::from(id)).is_whole())
        });
        all.extend(self.iter().map(merged));
        Ok(file::write(&self.data, &text(&all)?)?)
    }
}

/// Returns the path of the list of a folder: `data.json`, or the first of `data-2.json`,
/// `data-3.json` … that is not somebody else's file.
pub(super) fn data_path(folder: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let name = if number == 1 { "data.json".to_owned() } else { format!("data-{number}.json") };
        let path = folder.join(name);
        // One that is too large to be read counts as somebody else's: it is not written to.
        match File::open(&path).map(|file| ReadBudget::default().read_to_end(file)) {
            Ok(Ok(bytes)) if is_own(&bytes) => return Ok(path),
            Ok(_) => number += 1,
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => number += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
}

fn text(features: &[Value]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for (place, feature) in features.iter().enumerate() {
        lines.extend_from_slice(if place == 0 { b"\n" } else { b",\n" });
        let written = serde_json::to_writer(&mut lines, feature);
        written.map_err(|error| Error::foreign(ErrorKind::Io, error))?;
    }
    lines.extend_from_slice(b"\n]}\n");
    Ok([head(&lines).as_bytes(), &lines].concat())
}

fn head(lines: &[u8]) -> String {
    let [start, end] = HEAD;
    format!("{start}{}{end}", hex(lines, 32))
}

/// Returns whether a file was written here and has not been changed since.
fn is_own(file: &[u8]) -> bool {
    let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
    let (first, lines) = file.split_at(end);
    first == head(lines).as_bytes()
}

fn merged(feature: &ResultFeature) -> Value {
    let (mut properties, mut rest) =
        (Value::from(feature.properties.clone()), Value::from(feature.rest.clone()));
    let _ = (redact::value(&mut properties), redact::value(&mut rest));
    let mut properties = properties.as_object_mut().map(std::mem::take).unwrap_or_default();
    properties.insert("job_id".into(), feature.job.as_str().into());
    let promised = feature.properties.get(PATH).and_then(Value::as_str).map(redact::data);
    match (&feature.file, promised) {
        // What is there is called so: its name has no key.
        (Some(file), _) if feature.path.is_some() => {
            properties.insert(PATH.into(), format!("{}/{file}", folder_name(&feature.job)).into());
        }
        (Some(_), Some(promised)) => {
            properties.insert(PATH.into(), format!("{}/{promised}", folder_name(&feature.job)).into());
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
    fn what_somebody_else_has_written_or_changed_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let name = || data_path(folder.path()).unwrap().file_name().unwrap().to_owned();
        let path = folder.path().join("data.json");
        assert_eq!(name(), "data.json");
        for features in [&[][..], &[json!({"a": "b\n"}), json!(1)]] {
            fs::write(&path, text(features).unwrap()).unwrap();
            assert_eq!(
                (name().to_str(), super::features(&path).unwrap()),
                (Some("data.json"), features.to_vec())
            );
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
    fn each_feature_has_its_job_and_its_path_from_the_folder() {
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
