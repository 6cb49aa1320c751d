//! Registered webhooks (`docs/up42-api.md`, 14). Nothing is sent to their URLs.

use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::catalog::query::strings;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, delete, get, post, put};
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

/// Returns the endpoints of webhooks.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/webhooks/events", |platform, _, []| platform.webhook_events()),
        get("/workspaces/{workspace}/webhooks", |platform, _, [_]| {
            Ok(Reply::data(platform.webhooks.lock().iter().map(Webhook::json).collect::<Vec<_>>()))
        }),
        post("/workspaces/{workspace}/webhooks", |platform, request, [_]| platform.create_webhook(request)),
        get("/workspaces/{workspace}/webhooks/{id}", |platform, _, [_, id]| {
            platform.with_webhook(id, |webhook| Ok(Reply::data(webhook.json())))
        }),
        put("/workspaces/{workspace}/webhooks/{id}", |platform, request, [_, id]| {
            platform.change_webhook(request, id)
        }),
        delete("/workspaces/{workspace}/webhooks/{id}", |platform, _, [_, id]| platform.delete_webhook(id)),
        post("/workspaces/{workspace}/webhooks/{id}/tests", |platform, _, [_, id]| platform.test_webhook(id)),
    ]
}

impl Platform {
    fn webhook_events(&self) -> Answer {
        let event = |(name, title, description): (&str, &str, &str)| json!({"name": name, "title": title, "category": "STATUS", "description": description, "documentation": null});
        Ok(Reply::data(EVENTS.map(event).to_vec()))
    }

    fn with_webhook(&self, id: &str, answer: impl FnOnce(&mut Webhook) -> Answer) -> Answer {
        let mut webhooks = self.webhooks.lock();
        let webhook = webhooks.iter_mut().find(|webhook| webhook.id == id);
        answer(webhook.ok_or_else(|| unknown(id))?)
    }

    fn create_webhook(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let registration = Registration::read(&request.json()?)?;
        let id = Uuid::new_v4().to_string();
        let webhook = Webhook { id, created: now, updated: now, registration };
        let reply = Reply::data(webhook.json());
        self.webhooks.lock().push(webhook);
        Ok(reply)
    }

    fn change_webhook(&self, request: &Request, id: &str) -> Answer {
        let now = self.clock.now();
        self.with_webhook(id, |webhook| {
            (webhook.registration, webhook.updated) = (Registration::read(&request.json()?)?, now);
            Ok(Reply::data(webhook.json()))
        })
    }

    fn delete_webhook(&self, id: &str) -> Answer {
        let mut webhooks = self.webhooks.lock();
        let place = webhooks.iter().position(|webhook| webhook.id == id).ok_or_else(|| unknown(id))?;
        webhooks.remove(place);
        Ok(Reply::empty(204))
    }

    fn test_webhook(&self, id: &str) -> Answer {
        let now = self.clock.now();
        self.with_webhook(id, |webhook| {
            let events = webhook.registration.events.len();
            Ok(Reply::data(json!({"startedAt": stamp(now), "testsRun": events, "testsSucceeded": 0})))
        })
    }
}

fn unknown(id: &str) -> Reply {
    Reply::refused(404, 404, format!("Webhook not found for id {id}"))
}
