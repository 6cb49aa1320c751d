//! Listing, renaming and cancelling jobs (section 4 of the interface).

use serde_json::Value;

use super::PROJECT_ID;
use super::auth::WORKSPACE_ID;
use super::books::Books;
use super::call::Call;
use super::job::Job;
use super::platform::{Platform, wrong_method};
use super::reply::{Answer, Reply};
use super::spring::sort;

const PAGE: usize = 100;

impl Platform {
    pub(super) fn jobs(&self, call: &Call, path: &[&str]) -> Answer {
        match (call.method.as_str(), path) {
            ("GET", []) => self.list_jobs(call),
            ("POST", ["validate"]) => self.validate_job(call),
            ("GET", [id]) => self.with_job(id, |job, now| Ok(Reply::data(job.json(now)))),
            ("POST", [id, "cancel"]) => self.with_job(id, |job, now| {
                job.cancel(now);
                Ok(Reply::empty(204))
            }),
            ("GET", [id, "tasks"]) => self.with_job(id, |job, now| Ok(Reply::data(job.tasks_json(now)))),
            ("GET", [id, "credits"]) => self.with_job(id, |job, now| Ok(Reply::data(job.credits_json(now)))),
            ("GET", [id, "estimate"]) => self.job_estimate(id),
            ("GET", [id, rest @ ..]) => self.job_outputs(id, rest),
            (_, [] | [_] | [_, "cancel" | "tasks" | "credits" | "estimate"])
            | (_, [_, "outputs" | "downloads", _] | [_, "tasks", _, ..]) => Err(wrong_method(call)),
            _ => Err(Reply::nothing_here()),
        }
    }

    pub(super) fn with_job(
        &self,
        id: &str,
        answer: impl FnOnce(&mut Job, jiff::Timestamp) -> Answer,
    ) -> Answer {
        let now = self.clock.now();
        let mut books = self.books();
        answer(job(&mut books, id)?, now)
    }

    /// 4.4
    pub(super) fn rename_job(&self, call: &Call, workflow: &str, id: &str) -> Answer {
        job_of(&mut self.books(), workflow, id)?;
        let body = call.json()?;
        let name = body["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Reply::refused(400, 400, "Field \"name\" must not be empty"))?;
        self.with_job(id, |job, now| {
            job.name = Some(name.to_string());
            job.updated = now;
            Ok(Reply::data(job.json(now)))
        })
    }

    /// 4.6: everything without `page`, else pages until one is empty.
    fn list_jobs(&self, call: &Call) -> Answer {
        let now = self.clock.now();
        let books = self.books();
        let seen = self.clock.steady();
        let listed = books.jobs.iter().filter(|job| job.listed <= seen);
        let mut jobs: Vec<Value> = listed.map(|job| job.json(now)).collect();
        let known = ["createdAt", "updatedAt", "name", "id", "mode", "status", "startedAt", "finishedAt"];
        sort(&mut jobs, call, "Job", &known)?;
        if let Some(page) = call.number("page")? {
            let size = call.number("size")?.unwrap_or(PAGE).clamp(1, PAGE);
            jobs = jobs.into_iter().skip(page.saturating_mul(size)).take(size).collect();
        }
        Ok(Reply::data(jobs))
    }
}

pub(super) fn job<'a>(books: &'a mut Books, id: &str) -> Result<&'a mut Job, Reply> {
    books.jobs.iter_mut().find(|job| job.id == id).ok_or_else(|| unknown(id))
}

/// A job under the workflow that it ran.
pub(super) fn job_of<'a>(books: &'a mut Books, workflow: &str, id: &str) -> Result<&'a mut Job, Reply> {
    let job = job(books, id)?;
    if job.workflow_id == workflow { Ok(job) } else { Err(unknown(id)) }
}

fn unknown(id: &str) -> Reply {
    let message = format!("Job not found for id {id} and projectId {PROJECT_ID} and userId {WORKSPACE_ID}");
    Reply::refused(404, 404, message)
}
