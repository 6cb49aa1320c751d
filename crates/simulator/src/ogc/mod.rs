//! Small OGC API - Processes server (1.0): it has no credits, and requires a login only if
//! [`SimulatorBuilder::ogc_wants_login`] is set.
//!
//! Its jobs exist until the program ends. Its list contains the inputs of each job, which the
//! standard does not require, unless [`SimulatorBuilder::ogc_hides_inputs`] is set.
//!
//! [`SimulatorBuilder::ogc_wants_login`]: super::SimulatorBuilder::ogc_wants_login
//! [`SimulatorBuilder::ogc_hides_inputs`]: super::SimulatorBuilder::ogc_hides_inputs

mod job;
mod processes;

use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

pub(super) use job::OgcJob;
use processes::{PROCESSES, Process};

use super::OGC_KEY;
use super::fault::{FaultKind, FaultPoint};
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, delete, get, post};
use super::seeded_rng::SeededRng;

/// Largest and default page size.
const PAGES: (usize, usize) = (1000, 10);

/// Asynchronous jobs, oldest first.
#[derive(Debug, Default)]
pub(super) struct OgcJobs(Mutex<Vec<OgcJob>>);

impl OgcJobs {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Vec<OgcJob>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// Returns the endpoints of the OGC server.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/ogc", |platform, _, []| Ok(platform.ogc_landing())),
        get("/ogc/conformance", |_, _, []| Ok(Reply::json(200, &conformance()))),
        get("/ogc/processes", |platform, request, []| {
            let all = PROCESSES.iter().map(Process::summary).collect();
            Ok(Reply::json(200, &platform.ogc_page(request, "processes", all)?))
        }),
        get("/ogc/processes/{id}", |_, _, [id]| Ok(Reply::json(200, &process(id)?.description()))),
        post("/ogc/processes/{id}/execution", |platform, request, [id]| {
            platform.execute(request, process(id)?)
        }),
        get("/ogc/jobs", |platform, request, []| platform.ogc_list(request)),
        get("/ogc/jobs/{id}", |platform, _, [id]| {
            platform.with_ogc_job(id, |job| Ok(Reply::json(200, &job.json(platform))))
        }),
        delete("/ogc/jobs/{id}", |platform, _, [id]| {
            platform.with_ogc_job(id, |job| {
                job.dismiss(platform.clock.now());
                Ok(Reply::json(200, &job.json(platform)))
            })
        }),
        get("/ogc/jobs/{id}/results", |platform, _, [id]| {
            platform.with_ogc_job(id, |job| job.results(platform))
        }),
        get("/ogc/files/{id}/grid.geojson", |platform, _, [id]| {
            platform.with_ogc_job(id, |job| {
                Ok(Reply::file("application/geo+json", job.grid().to_string().into_bytes()))
            })
        }),
    ]
}

impl Platform {
    /// Fails without the key, if the OGC server requires a login.
    pub(super) fn check_ogc_login(&self, request: &Request) -> Result<(), Reply> {
        match self.ogc_wants_login && !opens(request) {
            true => Err(exception(401, "unauthorized", "a login is needed")),
            false => Ok(()),
        }
    }

    pub(super) fn ogc_url(&self, path: &str) -> String {
        format!("{}/ogc{path}", self.api_url)
    }

    fn ogc_landing(&self) -> Reply {
        let link = |rel: &str, path: &str| json!({"rel": rel, "type": "application/json", "href": self.ogc_url(path)});
        let processes = "http://www.opengis.net/def/rel/ogc/1.0/processes";
        Reply::json(
            200,
            &json!({
                "title": "Processes of the simulator",
                "description": "Small processes that run while nobody waits",
                "links": [link("self", "/"), link("conformance", "/conformance"), link(processes, "/processes"),
                    link("http://www.opengis.net/def/rel/ogc/1.0/job-list", "/jobs")],
            }),
        )
    }

    /// Returns a page of a list, with a link to the next.
    fn ogc_page(&self, request: &Request, name: &str, list: Vec<Value>) -> Result<Value, Reply> {
        let limit = request.number("limit")?.unwrap_or(PAGES.1).clamp(1, PAGES.0);
        let offset = request.number("offset")?.unwrap_or(0);
        let mut links = vec![json!({"rel": "self", "href": self.ogc_url(&format!("/{name}"))})];
        if list.len() > offset.saturating_add(limit) {
            let href = self.ogc_url(&format!("/{name}?limit={limit}&offset={}", offset + limit));
            links.push(json!({"rel": "next", "type": "application/json", "href": href}));
        }
        let page: Vec<Value> = list.into_iter().skip(offset).take(limit).collect();
        Ok(json!({name: page, "links": links}))
    }

    fn ogc_list(&self, request: &Request) -> Answer {
        let seen = self.clock.steady();
        let jobs = self.ogc_jobs.lock();
        let newest = jobs.iter().rev().filter(|job| job.listed <= seen).map(|job| job.json(self)).collect();
        drop(jobs);
        Ok(Reply::json(200, &self.ogc_page(request, "jobs", newest)?))
    }

    fn with_ogc_job(&self, id: &str, answer: impl FnOnce(&mut OgcJob) -> Answer) -> Answer {
        match self.ogc_jobs.lock().iter_mut().find(|job| job.id == id) {
            Some(job) => answer(job),
            None => Err(exception(404, "no-such-job", id)),
        }
    }

    fn execute(&self, request: &Request, process: &'static Process) -> Answer {
        let body = request.json()?;
        let inputs = body["inputs"].as_object().cloned().unwrap_or_default();
        process.check(&inputs).map_err(|message| exception(400, "InvalidParameterValue", &message))?;
        let mut jobs = self.ogc_jobs.lock();
        let key = self.key_of(&inputs);
        let nth = jobs.iter().filter(|job| job.key == key).count() as u64;
        let mut rng = SeededRng::of(&[key, nth, 5]);
        let now = self.clock.now();
        let mut job = OgcJob::new(process, inputs, now, self.listed_from(), &mut rng, self.run_times);
        (job.key, job.is_document) = (key, body["response"] == "document");
        match self.faults.take(request, FaultPoint::Job) {
            Some(FaultKind::FailingJob(_)) => job.fails = true,
            Some(FaultKind::HangingJob) => job.hang(),
            _ => job.fails = rng.unit() < self.failing,
        }
        if !(process.is_async && request.prefers_async()) {
            return job.outcome(self);
        }
        let reply = Reply::json(201, &job.json(self))
            .with_header("location", self.ogc_url(&format!("/jobs/{}", job.id)))
            .with_header("preference-applied", "respond-async");
        jobs.push(job);
        Ok(reply)
    }
}

/// Returns whether the request contains the key, in any supported way.
fn opens(request: &Request) -> bool {
    let (scheme, given) = request.authorization.as_deref().and_then(|header| header.split_once(' ')).unzip();
    let is_key = |given: &str| given == OGC_KEY;
    let is_password = |given: &str| {
        let decoded = BASE64_STANDARD.decode(given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.is_some_and(|login| login.split_once(':').is_some_and(|(_, password)| is_key(password)))
    };
    match scheme.zip(given) {
        Some(("Bearer", token)) => is_key(token),
        Some(("Basic", login)) => is_password(login),
        _ => request.api_key.as_deref().is_some_and(is_key),
    }
}

fn process(id: &str) -> Result<&'static Process, Reply> {
    PROCESSES.iter().find(|process| process.id == id).ok_or_else(|| exception(404, "no-such-process", id))
}

/// Returns the error for an unknown path.
pub(super) fn no_such_path() -> Reply {
    exception(404, "no-such-path", "There is nothing here")
}

/// Returns an error response of the standard.
fn exception(status: u16, kind: &str, detail: &str) -> Reply {
    let kind = format!("http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/{kind}");
    Reply::json(status, &json!({"type": kind, "title": detail, "status": status}))
        .with_header("content-type", "application/problem+json")
}

fn conformance() -> Value {
    let class = |name: &str| format!("http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/{name}");
    let classes = ["core", "ogc-process-description", "json", "job-list", "dismiss"].map(class);
    json!({"conformsTo": classes})
}

#[cfg(test)]
mod tests;
