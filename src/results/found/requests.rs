//! Requests for the results of a dry run (`docs/up42-api.md`, 4 and 5).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::batch::JobRecord;
use crate::catalog::{QuicklookOutcome, Scene, Scenes, picture};
use crate::client::{Client, data, items};
use crate::jobs::{JobId, Price, Project};
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_view::picture::MOST_BYTES;

/// Scene found by a job.
pub(super) struct Listed {
    pub(super) scene: Scene,
    /// URL of its quicklook.
    pub(super) quicklook: Option<String>,
}

/// Returns the scenes of a job that has ended, newest first.
pub(super) fn scenes(project: &Project, id: &JobId) -> Result<Vec<Listed>> {
    let client = project.client();
    let read = || -> Result<Vec<Listed>> {
        let tasks = project.job_tasks(id)?;
        // Only the data block, which is the first task, finds scenes.
        let task = tasks.first().ok_or_else(|| Error::response("the job has no task"))?;
        let output = |path: &str| client.json(Request::get(task.url(path)?));
        let named = names(output("/outputs/quicklooks/")?)?;
        let data = output("/outputs/data-json")?;
        let scenes = Scenes::from_geojson(&data.to_string())
            .map_err(|error| Error::response(format!("`data.json`: {error}")))?;
        let mut known: HashMap<_, _> = scenes.iter().map(|scene| (scene.id.clone(), scene.clone())).collect();
        let mut found: Vec<Listed> = Vec::new();
        for (id, name) in &named {
            let scene = known.remove(id).map_or_else(|| bare(id), Ok)?;
            found.push(Listed { scene, quicklook: Some(task.quicklook_url(name)?) });
        }
        found.extend(known.into_values().map(|scene| Listed { scene, quicklook: None }));
        found.sort_by(|a, b| (b.scene.datetime, &b.scene.id).cmp(&(a.scene.datetime, &a.scene.id)));
        Ok(found)
    };
    read().with_context(|| format!("scenes of job `{id}`"))
}

/// Estimates the price of the job as a real job.
pub(super) fn price(project: &Project, id: &JobId, record: &JobRecord) -> Result<Price> {
    let json = project.client().get(&project.path(&format!("/jobs/{id}/estimate"))).and_then(data);
    json.and_then(|json| Price::of_job(&json, &record.inputs))
        .with_context(|| format!("estimate of job `{id}`"))
}

/// Returns scene ids to file names: a quicklook is named by its scene.
fn names(json: Value) -> Result<HashMap<String, String>> {
    let id = |name: &str| match name.rsplit_once('.') {
        Some((id, "jpeg" | "jpg" | "png")) => id.to_owned(),
        _ => name.to_owned(),
    };
    let list = items(data(json)?, "data")?;
    Ok(list.iter().filter_map(Value::as_str).map(|name| (id(name), name.to_owned())).collect())
}

/// Creates a scene of which only the quicklook's name is known.
fn bare(id: &str) -> Result<Scene> {
    let feature = json!({"type": "Feature", "id": id, "geometry": null, "properties": {}});
    let scene = Scenes::from_geojson(&feature.to_string())?.iter().next().cloned();
    scene.ok_or_else(|| Error::response(format!("`{id}` is no scene")))
}

/// Downloads a quicklook.
pub(super) fn picture_at(client: &Client, url: &str) -> QuicklookOutcome {
    let answer = client.send(Request::get(url).at_most(MOST_BYTES));
    match answer.and_then(|answer| picture(answer.body)) {
        Ok(bytes) => QuicklookOutcome::Picture(bytes.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => QuicklookOutcome::Missing,
        Err(error) => QuicklookOutcome::Failed(error),
    }
}
