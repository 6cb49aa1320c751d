//! Creating, listing and cancelling jobs (section 4 of the interface).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::PROJECT_ID;
use super::auth::WORKSPACE_ID;
use super::books::{Books, MAX_AOI_SIZE, MAX_CONCURRENT_JOBS, MAX_LIMIT};
use super::call::Call;
use super::chance::Chance;
use super::demand::{Delivery, Demand};
use super::estimate::{LONGEST_RUN, SHORTEST_RUN, block_credits, machine_credits};
use super::fault::FaultKind;
use super::job::{Job, JobTask, is_terminal};
use super::platform::{Platform, wrong_method};
use super::reply::{Answer, Reply};
use super::workflows::{Task, workflow};

const PAGE: usize = 100;

impl Platform {
    pub(super) fn jobs(&self, call: &Call, path: &[&str]) -> Answer {
        match (call.method.as_str(), path) {
            ("GET", []) => self.list_jobs(call),
            // 4.5: an empty body says that all is well.
            ("POST", ["validate"]) => call.json().map(|_| Reply::empty(200)),
            ("GET", [id]) => self.with_job(id, |job, now| Ok(Reply::data(job.json(now)))),
            ("POST", [id, "cancel"]) => self.with_job(id, |job, now| {
                job.cancel(now);
                Ok(Reply::empty(204))
            }),
            ("GET", [id, "tasks"]) => self.with_job(id, |job, now| Ok(Reply::data(job.tasks_json(now)))),
            ("GET", [id, "credits"]) => self.with_job(id, |job, _| Ok(Reply::data(credits_json(job)))),
            ("GET", [id, "estimate"]) => self.job_estimate(id),
            ("GET", [id, rest @ ..]) => self.job_outputs(id, rest),
            (_, [] | [_] | [_, "cancel" | "tasks" | "credits" | "estimate"]) => Err(wrong_method(call)),
            _ => Err(Reply::json(404, &json!({"data": null, "error": "Not found!"}))),
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

    /// 4.1 and 4.2
    pub(super) fn create_job(&self, call: &Call, workflow_id: &str, fault: Option<&FaultKind>) -> Answer {
        let body = call.json()?;
        let inputs = body.as_object().cloned();
        let inputs = inputs.ok_or_else(|| Reply::refused(400, 400, "the body must be an object of tasks"))?;
        self.start_job(call, workflow_id, inputs, fault)
    }

    /// 4.3: the same inputs again.
    pub(super) fn rerun_job(
        &self,
        call: &Call,
        workflow_id: &str,
        id: &str,
        fault: Option<&FaultKind>,
    ) -> Answer {
        let inputs = job(&mut self.books(), id)?.inputs.clone();
        self.start_job(call, workflow_id, inputs, fault)
    }

    /// 4.4
    pub(super) fn rename_job(&self, call: &Call, id: &str) -> Answer {
        let body = call.json()?;
        let name = body["name"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Reply::refused(400, 400, "Field \"name\" must not be empty"))?;
        self.with_job(id, |job, now| {
            job.name = Some(name.to_string());
            job.updated = now;
            Ok(Reply::data(job.json(now)))
        })
    }

    fn start_job(
        &self,
        call: &Call,
        workflow_id: &str,
        mut inputs: Map<String, Value>,
        fault: Option<&FaultKind>,
    ) -> Answer {
        let (tasks, workflow_name) = {
            let mut books = self.books();
            let workflow = workflow(&mut books, workflow_id)?;
            (workflow.tasks.clone(), workflow.name.clone())
        };
        check_tasks(&tasks, &inputs)?;
        fill_defaults(&tasks, &mut inputs);
        let dry_run = inputs.get("config").is_some_and(|config| config["mode"] == "DRY_RUN");
        let collection = tasks.first().and_then(|task| task.block.collection()).unwrap_or_default();
        let demand = Demand::of(tasks.first().map_or(&Value::Null, |task| &inputs[&task.name]));
        // The archive is searched while nobody waits for the books.
        let delivery = demand.as_ref().ok().map(|demand| self.deliver(demand, collection));
        let now = self.clock.now();
        let mut books = self.books();
        let unfinished = books.jobs.iter().filter(|job| !is_terminal(job.status(now))).count();
        if unfinished as i64 >= books.setting(MAX_CONCURRENT_JOBS) {
            return Err(Reply::refused(429, 429, "Your project has too many non-finished jobs"));
        }
        let mut complaint = match (&demand, &delivery) {
            (Ok(demand), Some(delivery)) => limits_broken(&books, demand, delivery),
            (Err(message), _) => Some(message.clone()),
            _ => None,
        };
        let ending = match fault {
            Some(FaultKind::FailingJob(status)) => {
                complaint = Some("the block stopped unexpectedly".into());
                status.clone()
            }
            _ if complaint.is_some() => "FAILED".to_string(),
            _ => "SUCCEEDED".to_string(),
        };
        let Delivery { scenes, area, square_km } =
            delivery.unwrap_or(Delivery { scenes: Vec::new(), area: [0.0; 4], square_km: 0.0 });
        let name = call.query("name").map(String::from);
        let key = format!("{}{}", name.as_deref().unwrap_or_default(), Value::Object(inputs.clone()));
        let mut chance = Chance::of_text(self.seed, &key);
        // Another job has another id in every world, so that what was downloaded for
        // one is never taken for the other's.
        let mut ids = Chance::of_text(self.seed ^ books.jobs.len() as u64, &key);
        let waits = chance.between(1.0, 3.0);
        let queues = chance.between(3.0, 12.0);
        let median = if dry_run { 12.0 } else { 75.0 };
        let mut runs = (median * (0.35 * chance.normal()).exp()).clamp(SHORTEST_RUN, LONGEST_RUN);
        if ending != "SUCCEEDED" {
            runs /= 2.0;
        }
        let after = |seconds: f64| now.checked_add(Duration::from_secs_f64(seconds)).unwrap_or(now);
        let share = runs / tasks.len().max(1) as f64;
        let covered = chance.between(0.85, 1.0);
        let job_tasks = tasks.iter().map(|task| JobTask {
            id: ids.uuid().to_string(),
            name: format!("{}:1", task.name),
            block: task.block,
            credits: (
                block_credits(task.block, square_km * covered, scenes.len()),
                machine_credits(task.block, share),
            ),
        });
        let job = Job {
            tasks: job_tasks.collect(),
            id: ids.uuid().to_string(),
            name,
            workflow_id: workflow_id.to_string(),
            workflow_name,
            inputs,
            dry_run,
            created: now,
            updated: now,
            pending: after(waits),
            started: after(waits + queues),
            finished: after(waits + queues + runs),
            ending,
            complaint,
            cancelled: None,
            scenes,
            area,
            number: books.jobs.len(),
            paid: false,
        };
        let held: i64 = books.jobs.iter().filter(|job| !is_terminal(job.status(now))).map(Job::price).sum();
        if !dry_run && books.balance - held < job.price().max(1) {
            return Err(Reply::refused(403, 403, "Insufficient credits to run job"));
        }
        let reply = Reply::data(job.json(now));
        books.jobs.push(job);
        Ok(reply)
    }

    /// 4.6: everything without `page`, else pages until one is empty.
    fn list_jobs(&self, call: &Call) -> Answer {
        let now = self.clock.now();
        let books = self.books();
        let mut jobs: Vec<Value> = books.jobs.iter().map(|job| job.json(now)).collect();
        let (field, direction) =
            call.query("sort").and_then(|sort| sort.split_once(',')).unwrap_or(("createdAt", "desc"));
        let known = ["createdAt", "updatedAt", "name", "id", "mode", "status", "startedAt", "finishedAt"];
        if !known.contains(&field) {
            return Err(Reply::refused(400, 400, format!("No property {field} found for type Job")));
        }
        jobs.sort_by(|a, b| a[field].as_str().cmp(&b[field].as_str()));
        if direction.eq_ignore_ascii_case("desc") {
            jobs.reverse();
        }
        let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
        if let Some(page) = number("page") {
            let size = number("size").unwrap_or(PAGE).clamp(1, PAGE);
            jobs = jobs.into_iter().skip(page.saturating_mul(size)).take(size).collect();
        }
        Ok(Reply::data(jobs))
    }
}

pub(super) fn job<'a>(books: &'a mut Books, id: &str) -> Result<&'a mut Job, Reply> {
    books.jobs.iter_mut().find(|job| job.id == id).ok_or_else(|| {
        let message =
            format!("Job not found for id {id} and projectId {PROJECT_ID} and userId {WORKSPACE_ID}");
        Reply::refused(404, 404, message)
    })
}

/// Every task must have its inputs, and nothing else may be there.
fn check_tasks(tasks: &[Task], inputs: &Map<String, Value>) -> Result<(), Reply> {
    let known = |name: &String| name == "config" || tasks.iter().any(|task| task.name == *name);
    let additional: Vec<&str> = inputs.keys().filter(|name| !known(name)).map(String::as_str).collect();
    let missing: Vec<&str> =
        tasks.iter().filter(|task| !inputs.contains_key(&task.name)).map(|task| task.name.as_str()).collect();
    let mut complaints = Vec::new();
    if !additional.is_empty() {
        complaints.push(format!("There were additional tasks/queries specified: {}", additional.join(", ")));
    }
    if !missing.is_empty() || tasks.is_empty() {
        complaints.push(format!("There were missing tasks/queries: {}", missing.join(", ")));
    }
    if complaints.is_empty() { Ok(()) } else { Err(Reply::refused(400, 400, complaints.join(", "))) }
}

/// A job shows what it was not told as well.
fn fill_defaults(tasks: &[Task], inputs: &mut Map<String, Value>) {
    for task in tasks {
        let Some(Value::Object(given)) = inputs.get_mut(&task.name) else { continue };
        let elsewhere = given.contains_key("asset_ids") || given.contains_key("order_ids");
        let placed = ["bbox", "intersects", "contains", "ids"].iter().any(|name| given.contains_key(*name));
        for (name, parameter) in task.block.parameters().as_object().into_iter().flatten() {
            let unset = !given.contains_key(name);
            // Scenes asked for by id may be of any time.
            let stays_open = task.block.is_data() && (elsewhere || (name == "time" && placed));
            if unset {
                let default = if stays_open { Value::Null } else { parameter["default"].clone() };
                given.insert(name.clone(), default);
            }
        }
    }
}

fn limits_broken(books: &Books, demand: &Demand, delivery: &Delivery) -> Option<String> {
    let (most_area, most_scenes) = (books.setting(MAX_AOI_SIZE), books.setting(MAX_LIMIT));
    if delivery.square_km > most_area as f64 {
        return Some(format!(
            "the area of {:.2} square km is larger than the project allows ({MAX_AOI_SIZE} = {most_area})",
            delivery.square_km
        ));
    }
    (demand.limit as i64 > most_scenes).then(|| {
        format!("limit {} is larger than the project allows ({MAX_LIMIT} = {most_scenes})", demand.limit)
    })
}

/// 4.10
fn credits_json(job: &Job) -> Value {
    let paid = |credits: i64| if job.paid && !job.dry_run { credits } else { 0 };
    let task = |task: &JobTask| {
        let (block, machine) = (paid(task.credits.0), paid(task.credits.1));
        json!({
            "id": task.id,
            "displayId": &task.id[..8],
            "creditsUsed": block + machine,
            "machineConsumption": {"credits": machine},
            "blockConsumption": {"credits": block, "resources": job.scenes.len(), "unit": "SQUARE_KM"},
        })
    };
    json!({
        "projectId": PROJECT_ID,
        "projectDisplayId": &PROJECT_ID[..8],
        "jobId": job.id,
        "jobDisplayId": &job.id[..8],
        "creditsUsed": job.credits_used(),
        "tasks": job.tasks.iter().map(task).collect::<Vec<_>>(),
    })
}
