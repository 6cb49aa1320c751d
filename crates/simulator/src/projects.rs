//! Project and its settings (`docs/up42-api.md`, 2).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::PROJECT_ID;
use super::auth::WORKSPACE_ID;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post, put};
use super::store::{MAX_AOI_SIZE, Setting, stamp};

/// Returns the endpoints of the project.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/projects/{project}", |platform, _, [_]| platform.project_info()),
        get("/projects/{project}/settings", |platform, _, [_]| platform.settings()),
        put("/projects/{project}/settings", |platform, request, [_]| platform.put_settings(request)),
        post("/projects/{project}/settings", |platform, request, [_]| platform.post_settings(request)),
        post("/projects/{project}/estimate/job", |platform, request, [_]| platform.estimate_job(request)),
    ]
}

/// Returns the error response of an endpoint for a project that does not exist.
pub(super) fn unknown(project: &str, rest: &[&str]) -> Reply {
    match rest {
        ["settings"] => {
            Reply::refused(404, "RESOURCE_NOT_FOUND", format!("Project not found with id '{project}'"))
        }
        _ => {
            let message = format!("Project not found for id {project} and userId {WORKSPACE_ID}");
            Reply::refused(404, 404, message)
        }
    }
}

impl Platform {
    /// Handles a request for the project (2.1, 1.6).
    fn project_info(&self) -> Answer {
        let opened = stamp(self.store().opened);
        Ok(Reply::data(json!({
            "id": PROJECT_ID,
            "displayId": &PROJECT_ID[..8],
            "workspaceId": WORKSPACE_ID,
            "name": "Simulated project",
            "description": "Everything in a box",
            "createdAt": opened,
            "updatedAt": opened,
        })))
    }

    /// Handles a request for the settings (2.2).
    fn settings(&self) -> Answer {
        Ok(Reply::data(self.store().settings.iter().map(Setting::json).collect::<Vec<_>>()))
    }

    /// Handles a change of settings by a list of names and values (2.3).
    fn put_settings(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let list = body.as_array().ok_or_else(|| Reply::refused(400, 400, "the body must be a list"))?;
        let entries = list.iter().map(|entry| (entry["name"].as_str().unwrap_or_default(), &entry["value"]));
        self.change_settings(entries)?;
        self.settings()
    }

    /// Handles a change of settings by an object of names and values (2.4).
    fn post_settings(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let object = body["settings"]
            .as_object()
            .ok_or_else(|| Reply::refused(400, 400, "Field \"settings\" must not be empty"))?;
        self.change_settings(object.iter().map(|(name, value)| (name.as_str(), value)))?;
        Ok(self.settings()?.with_status(201))
    }

    /// Changes all settings, or none if one value is out of range.
    fn change_settings<'a>(&self, entries: impl Iterator<Item = (&'a str, &'a Value)>) -> Result<(), Reply> {
        let now = self.clock.now();
        let mut store = self.store();
        let mut settings = store.settings.clone();
        for (place, (name, value)) in entries.enumerate() {
            // The SDK's fixtures use a shorter name for the limit of the area.
            let name = if name == "MAX_AOI_SIZE" { MAX_AOI_SIZE } else { name };
            let invalid = |message: String| Reply::refused(400, "VALIDATION_ERROR", message);
            let setting = settings.iter_mut().find(|setting| setting.name == name);
            let setting =
                setting.ok_or_else(|| invalid(format!("Field \"list[{place}].name\" is unknown: {name}")))?;
            let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            let (min, max) = setting.range;
            match number.filter(|number| (min..=max).contains(number)) {
                Some(number) => setting.set(number, now),
                None => {
                    let got = value.as_str().map_or_else(|| value.to_string(), String::from);
                    return Err(invalid(format!(
                        "Field \"list[{place}].value\" must be in range Range[{min},{max}], got {got}"
                    )));
                }
            }
        }
        store.settings = settings;
        Ok(())
    }
}

impl Setting {
    fn set(&mut self, value: i64, now: Timestamp) {
        self.value = value;
        self.updated = now;
    }

    fn json(&self) -> Value {
        let (min, max) = self.range;
        json!({
            "id": self.id,
            "displayId": &self.id[..8],
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "name": self.name,
            "value": self.value.to_string(),
            "range": {"min": min, "max": max},
        })
    }
}
