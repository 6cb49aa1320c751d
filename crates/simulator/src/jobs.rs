//! List, renaming and cancellation of jobs (`docs/up42-api.md`, 4).

use serde_json::Value;

use super::PROJECT_ID;
use super::auth::WORKSPACE_ID;
use super::job::Job;
use super::pagination::sort;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post};
use super::store::Store;

const PAGE: usize = 100;

/// Returns the endpoints of jobs, except those of their outputs.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/projects/{project}/jobs", |platform, request, [_]| platform.list_jobs(request)),
        post("/projects/{project}/jobs/validate", |platform, request, [_]| platform.validate_job(request)),
        get("/projects/{project}/jobs/{id}", |platform, _, [_, id]| {
            platform.with_job(id, |job, now| Ok(Reply::data(job.json(now))))
        }),
        post("/projects/{project}/jobs/{id}/cancel", |platform, _, [_, id]| {
            platform.with_job(id, |job, now| {
                job.cancel(now);
                Ok(Reply::empty(204))
            })
        }),
        get("/projects/{project}/jobs/{id}/tasks", |platform, _, [_, id]| {
            platform.with_job(id, |job, now| Ok(Reply::data(job.tasks_json(now))))
        }),
        get("/projects/{project}/jobs/{id}/credits", |platform, _, [_, id]| {
            platform.with_job(id, |job, now| Ok(Reply::data(job.credits_json(now))))
        }),
        get("/projects/{project}/jobs/{id}/estimate", |platform, _, [_, id]| platform.job_estimate(id)),
    ]
}

impl Platform {
    fn with_job(&self, id: &str, answer: impl FnOnce(&mut Job, jiff::Timestamp) -> Answer) -> Answer {
        let now = self.clock.now();
        let mut store = self.store();
        answer(job(&mut store, id)?, now)
    }

    /// Handles the renaming of a job (4.4).
    pub(super) fn rename_job(&self, request: &Request, workflow: &str, id: &str) -> Answer {
        job_of(&mut self.store(), workflow, id)?;
        let body = request.json()?;
        let name = body["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Reply::refused(400, 400, "Field \"name\" must not be empty"))?;
        self.with_job(id, |job, now| {
            job.name = Some(name.to_string());
            job.updated = now;
            Ok(Reply::data(job.json(now)))
        })
    }

    /// Handles a request for the list of jobs (4.6): all jobs without `page`, or else a page, which
    /// is empty after the last one.
    fn list_jobs(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let seen = self.clock.steady();
        let listed = store.jobs.iter().filter(|job| job.listed <= seen);
        let mut jobs: Vec<Value> = listed.map(|job| job.json(now)).collect();
        let known = ["createdAt", "updatedAt", "name", "id", "mode", "status", "startedAt", "finishedAt"];
        sort(&mut jobs, request, "Job", &known)?;
        if let Some(page) = request.number("page")? {
            let size = request.number("size")?.unwrap_or(PAGE).clamp(1, PAGE);
            jobs = jobs.into_iter().skip(page.saturating_mul(size)).take(size).collect();
        }
        Ok(Reply::data(jobs))
    }
}

pub(super) fn job<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Job, Reply> {
    store.jobs.iter_mut().find(|job| job.id == id).ok_or_else(|| unknown(id))
}

/// Returns a job of a workflow.
pub(super) fn job_of<'a>(store: &'a mut Store, workflow: &str, id: &str) -> Result<&'a mut Job, Reply> {
    let job = job(store, id)?;
    if job.workflow_id == workflow { Ok(job) } else { Err(unknown(id)) }
}

fn unknown(id: &str) -> Reply {
    let message = format!("Job not found for id {id} and projectId {PROJECT_ID} and userId {WORKSPACE_ID}");
    Reply::refused(404, 404, message)
}
