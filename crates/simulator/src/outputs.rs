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
use super::routes::{Route, get};

/// Returns the endpoints of the outputs of jobs and of their tasks.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/projects/{project}/jobs/{id}/outputs/data-json", |platform, _, [_, id]| {
            let (job, now) = platform.job_at_present(id)?;
            Ok(platform.job_data(&job, job.status(now)))
        }),
        get("/projects/{project}/jobs/{id}/downloads/results", |platform, _, [_, id]| {
            let (job, now) = platform.job_at_present(id)?;
            platform.results_url(&job, job.status(now))
        }),
        get("/projects/{project}/jobs/{id}/tasks/{task}/logs", |platform, _, [_, id, task]| {
            platform.with_task(id, task, |job, place, now| Ok(Reply::text(log(job, place, now))))
        }),
        get("/projects/{project}/jobs/{id}/tasks/{task}/outputs/data-json", |platform, _, [_, id, task]| {
            platform.with_task(id, task, |job, place, now| {
                Ok(platform.job_data(job, job.task_status(place, now)))
            })
        }),
        get("/projects/{project}/jobs/{id}/tasks/{task}/downloads/results", |platform, _, [_, id, task]| {
            platform
                .with_task(id, task, |job, place, now| platform.results_url(job, job.task_status(place, now)))
        }),
        get("/projects/{project}/jobs/{id}/tasks/{task}/outputs/quicklooks", |platform, _, [_, id, task]| {
            platform.with_task(id, task, |job, place, now| Ok(quicklook_names(job, place, now)))
        }),
        get(
            "/projects/{project}/jobs/{id}/tasks/{task}/outputs/quicklooks/{name}",
            |platform, _, [_, id, task, name]| {
                platform.with_task(id, task, |job, place, _| {
                    platform.task_quicklook(job, place, name).ok_or_else(|| not_found(name))
                })
            },
        ),
    ]
}

impl Platform {
    /// Returns a copy of a job, and the present time.
    fn job_at_present(&self, id: &str) -> Result<(Job, Timestamp), Reply> {
        let now = self.clock.now();
        let job = job(&mut self.store(), id)?.clone();
        Ok((job, now))
    }

    /// Handles a request for an output of a task, with the index of the task and the present time.
    fn with_task(
        &self,
        id: &str,
        task: &str,
        answer: impl FnOnce(&Job, usize, Timestamp) -> Answer,
    ) -> Answer {
        let (job, now) = self.job_at_present(id)?;
        let place = job.tasks.iter().position(|known| known.id == task);
        answer(&job, place.ok_or_else(|| not_found(task))?, now)
    }

    fn task_quicklook(&self, job: &Job, place: usize, name: &str) -> Option<Reply> {
        let id = name.rsplit_once('.').map_or(name, |(id, _)| id);
        let scene = job.scenes.iter().find(|scene| place == 0 && scene.id == id)?;
        self.job_quicklook(job, scene)
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

/// Returns the file names of a task's quicklooks (5.7).
fn quicklook_names(job: &Job, place: usize, now: Timestamp) -> Reply {
    let shown = place == 0 && job.task_status(place, now) == "SUCCEEDED";
    let scenes = if shown { job.scenes.as_slice() } else { &[] };
    let names: Vec<_> = scenes.iter().map(|scene| format!("{}.jpeg", scene.id)).collect();
    Reply::json(200, &json!({"error": null, "data": names}))
}

/// Returns the log of a task (5.4).
fn log(job: &Job, place: usize, now: Timestamp) -> String {
    let (task, status) = (&job.tasks[place], job.task_status(place, now));
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
