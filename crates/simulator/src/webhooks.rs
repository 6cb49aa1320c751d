//! Registered webhooks (`docs/up42-api.md`, 14). Nothing is sent to their URLs.

use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::catalog::query::strings;
use super::platform::{Platform, wrong_method};
use super::reply::{Answer, Reply};
use super::request::Request;
use super::store::stamp;

/// Name, title and description of the events.
const EVENTS: [(&str, &str, &str); 2] = [
    ("job.status", "Job status", "A job or one of its tasks has another status"),
    ("order.status", "Order status", "An order has another status"),
];

/// Webhooks of the workspace, which exist until the program ends.
#[derive(Default)]
pub(super) struct Webhooks(Mutex<Vec<Webhook>>);

struct Webhook {
    id: String,
    created: Timestamp,
    updated: Timestamp,
    registration: Registration,
}

/// Settings of the user.
struct Registration {
    name: String,
    url: String,
    events: Vec<String>,
    secret: Option<String>,
    is_active: bool,
}

impl Webhooks {
    fn lock(&self) -> MutexGuard<'_, Vec<Webhook>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Registration {
    fn read(body: &Value) -> Result<Self, Reply> {
        let wrong = |message: String| Reply::refused(400, 400, message);
        let text = |name: &str| {
            let text = body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            text.ok_or_else(|| wrong(format!("Field \"{name}\" must not be empty")))
        };
        let (name, url) = (text("name")?, text("url")?);
        if !url.starts_with("https://") {
            return Err(wrong("Field \"url\" must start with https://".into()));
        }
        let events = strings(&body["events"], "events").map_err(wrong)?.unwrap_or_default();
        let is_known = |event: &String| EVENTS.iter().any(|(name, ..)| name == event);
        if let Some(unknown) = events.iter().find(|event| !is_known(event)) {
            return Err(wrong(format!("Field \"events\" has an unknown value: {unknown}")));
        }
        let secret = body["secret"].as_str().map(str::to_owned);
        Ok(Self { name, url, events, secret, is_active: body["active"].as_bool().unwrap_or_default() })
    }
}

impl Webhook {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.registration.name,
            "url": self.registration.url,
            "events": self.registration.events,
            "secret": self.registration.secret,
            "active": self.registration.is_active,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
        })
    }
}

impl Platform {
    pub(super) fn webhook_events(&self) -> Answer {
        let event = |(name, title, description): (&str, &str, &str)| json!({"name": name, "title": title, "category": "STATUS", "description": description, "documentation": null});
        Ok(Reply::data(EVENTS.map(event).to_vec()))
    }

    /// Handles requests below `W/webhooks`.
    pub(super) fn webhooks(&self, request: &Request, path: &[&str]) -> Answer {
        let now = self.clock.now();
        let mut webhooks = self.webhooks.lock();
        let place = |id: &str, webhooks: &[Webhook]| {
            let place = webhooks.iter().position(|webhook| webhook.id == id);
            place.ok_or_else(|| Reply::refused(404, 404, format!("Webhook not found for id {id}")))
        };
        match (request.method.as_str(), path) {
            ("GET", []) => Ok(Reply::data(webhooks.iter().map(Webhook::json).collect::<Vec<_>>())),
            ("POST", []) => {
                let registration = Registration::read(&request.json()?)?;
                let id = Uuid::new_v4().to_string();
                let webhook = Webhook { id, created: now, updated: now, registration };
                let reply = Reply::data(webhook.json());
                webhooks.push(webhook);
                Ok(reply)
            }
            ("GET", [id]) => Ok(Reply::data(webhooks[place(id, &webhooks)?].json())),
            ("PUT", [id]) => {
                let place = place(id, &webhooks)?;
                let webhook = &mut webhooks[place];
                (webhook.registration, webhook.updated) = (Registration::read(&request.json()?)?, now);
                Ok(Reply::data(webhook.json()))
            }
            ("DELETE", [id]) => {
                let place = place(id, &webhooks)?;
                webhooks.remove(place);
                Ok(Reply::empty(204))
            }
            ("POST", [id, "tests"]) => {
                let events = webhooks[place(id, &webhooks)?].registration.events.len();
                Ok(Reply::data(json!({"startedAt": stamp(now), "testsRun": events, "testsSucceeded": 0})))
            }
            (_, [] | [_] | [_, "tests"]) => Err(wrong_method(request)),
            _ => Err(Reply::not_found()),
        }
    }
}
