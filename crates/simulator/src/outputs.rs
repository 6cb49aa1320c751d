//! Outputs of jobs: data, archives, logs, quicklooks (`docs/up42-api.md`, 5).

use jiff::Timestamp;
use serde_json::json;

use super::archives::GivenArchive;
use super::catalog::scene::Scene;
use super::job::Job;
use super::jobs::job;
use super::platform::Platform;
use super::quicklook::QUICKLOOK;
use super::reply::{Answer, Reply};

impl Platform {
    /// Handles GET requests below `P/jobs/{j}`.
    pub(super) fn job_outputs(&self, id: &str, path: &[&str]) -> Answer {
        let now = self.clock.now();
        let job = job(&mut self.store(), id)?.clone();
        match path {
            ["outputs", "data-json"] => Ok(self.job_data(&job, job.status(now))),
            ["downloads", "results"] => self.results_url(&job, job.status(now)),
            ["tasks", task, rest @ ..] => self.task_outputs(&job, task, rest, now),
            _ => Err(not_found(id)),
        }
    }

    fn task_outputs(&self, job: &Job, task: &str, path: &[&str], now: Timestamp) -> Answer {
        let place = job.tasks.iter().position(|known| known.id == task).ok_or_else(|| not_found(task))?;
        let status = job.task_status(place, now);
        match path {
            ["logs"] => Ok(Reply::text(log(job, place, status, now))),
            ["outputs", "data-json"] => Ok(self.job_data(job, status)),
            ["downloads", "results"] => self.results_url(job, status),
            ["outputs", "quicklooks"] => {
                let shown = place == 0 && status == "SUCCEEDED";
                let scenes = if shown { job.scenes.as_slice() } else { &[] };
                let names: Vec<_> = scenes.iter().map(|scene| format!("{}.jpeg", scene.id)).collect();
                Ok(Reply::json(200, &json!({"error": null, "data": names})))
            }
            ["outputs", "quicklooks", name] => {
                let id = name.rsplit_once('.').map_or(*name, |(id, _)| id);
                let scene = job.scenes.iter().find(|scene| place == 0 && scene.id == id);
                let picture = scene.and_then(|scene| self.job_quicklook(job, scene));
                picture.ok_or_else(|| not_found(name))
            }
            _ => Err(not_found(task)),
        }
    }

    /// Returns a quicklook of a job (5.8): the scene as delivered, or the whole scene for a test
    /// query.
    fn job_quicklook(&self, job: &Job, scene: &Scene) -> Option<Reply> {
        if job.dry_run || self.given_archive(job).is_some() {
            return self.picture(&scene.id, "quicklook");
        }
        let view = self.view_of(scene, job.frame(scene));
        Some(Reply::file("image/jpeg", view.fitted(QUICKLOOK).jpeg()?))
    }

    /// Returns the features of a job (5.1); empty until it has succeeded.
    fn job_data(&self, job: &Job, status: &str) -> Reply {
        let data = match status {
            "SUCCEEDED" => self.data_json(job),
            _ => json!({"type": "FeatureCollection", "features": []}),
        };
        Reply::json(200, &data)
    }

    /// Handles a request for the URL of the results (5.2).
    fn results_url(&self, job: &Job, status: &str) -> Answer {
        if status != "SUCCEEDED" {
            return Err(Reply::refused(
                404,
                404,
                format!("Results not found for job {}: it is {status}", job.id),
            ));
        }
        let name = self.given_archive(job).map_or("output.tgz", GivenArchive::file_name);
        let url = self.signed_url(&format!("/jobs/{}/{name}", job.id), name);
        Ok(Reply::data(json!({"url": url})))
    }
}

fn not_found(what: &str) -> Reply {
    Reply::refused(404, 404, format!("Nothing found for {what}"))
}

/// Returns the log of a task (5.4).
fn log(job: &Job, place: usize, status: &str, now: Timestamp) -> String {
    let task = &job.tasks[place];
    let Some(run) = job.run(place).filter(|run| run.start <= now) else { return String::new() };
    let mut lines =
        vec![format!("{:.0} INFO  {} {}: started", run.start, task.block.name, task.block.version)];
    if place == 0 && job.error_message.is_none() {
        lines.push(format!("{:.0} INFO  {} scenes found", run.start, job.scenes.len()));
    }
    if run.end <= now {
        match job.error_message.as_ref().filter(|_| place == 0 && status == job.ending) {
            Some(error_message) => lines.push(format!("{:.0} ERROR {error_message}", run.end)),
            None => lines.push(format!("{:.0} INFO  ended with {status}", run.end)),
        }
    }
    lines.join("\n") + "\n"
}
