use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};

use super::feature::{PATH, features, stays_inside};
use super::folder::Folder;
use super::{ResultFeature, Results};
use crate::display::file;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobId;
use crate::redact;

impl Results {
    /// One `data.json` over all jobs, as the SDK makes it: each feature with its `job_id`,
    /// and its path from the folder (API reference, 5). All else in it stays as it is,
    /// but for [secrets](redact::data). A path that leads out of the job's folder is left out.
    ///
    /// What it lists already stays in front, but what is of the jobs asked for now, and of
    /// jobs whose folder is gone. One that cannot be read is replaced.
    pub(super) fn write_merged(&self, folder: &Folder, asked: &[&JobId]) -> Result<()> {
        let path = folder.path().join("data.json");
        let mut all = features(&path).unwrap_or_default();
        let asked: HashSet<&str> = asked.iter().map(|id| id.as_str()).collect();
        all.retain(|feature| {
            let job = feature["properties"]["job_id"].as_str().filter(|id| !asked.contains(id));
            job.is_some_and(|id| folder.place(&JobId::from(id)).is_ok_and(|place| place.is_whole()))
        });
        all.extend(self.iter().map(merged));
        let mut text = Vec::from(r#"{"type": "FeatureCollection", "features": ["#);
        for (place, feature) in all.iter().enumerate() {
            text.extend_from_slice(if place == 0 { b"\n" } else { b",\n" });
            let written = serde_json::to_writer(&mut text, feature);
            written.map_err(|error| Error::foreign(ErrorKind::Io, error))?;
        }
        text.write_all(b"\n]}\n")?;
        file::write(&path, &text)
    }
}

fn merged(feature: &ResultFeature) -> Value {
    let (mut properties, mut rest) =
        (Value::from(feature.properties.clone()), Value::from(feature.rest.clone()));
    let _ = (redact::value(&mut properties), redact::value(&mut rest));
    let mut properties = properties.as_object_mut().map(std::mem::take).unwrap_or_default();
    properties.insert("job_id".into(), feature.job.as_str().into());
    let path = feature.properties.get(PATH).and_then(Value::as_str);
    let path =
        path.map(|path| stays_inside(path).then(|| format!("job_{}/{}", feature.job, redact::data(path))));
    match path {
        Some(Some(path)) => drop(properties.insert(PATH.into(), path.into())),
        Some(None) => drop(properties.shift_remove(PATH)),
        None => {}
    }
    let mut merged = json!({"type": "Feature", "geometry": feature.geometry, "properties": properties});
    if let Some(members) = merged.as_object_mut() {
        members.extend(rest.as_object_mut().map(std::mem::take).unwrap_or_default());
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{JobRecord, Outcome};

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
        let features = ResultFeature::read_all(folder.path(), &record, &JobId("j".into())).unwrap();
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
