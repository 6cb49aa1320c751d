//! Creation of jobs (`docs/up42-api.md`, 4.1 to 4.3 and 4.5).

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::blocks::{self, NamedBlock};
use super::demand::Demand;
use super::estimate::{block_credits, machine_credits};
use super::fault::{FaultKind, FaultPoint};
use super::job::{Job, JobTask, is_terminal};
use super::jobs::job_of;
use super::platform::Platform;
use super::queue;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::seeded_rng::SeededRng;
use super::store::{MAX_AOI_SIZE, MAX_CONCURRENT_JOBS, MAX_LIMIT, Store};
use super::workflows::workflow;

/// Smallest balance for a job with a cost (0.6).
const LEAST_BALANCE: i64 = 1000;
/// Message in the log of a job that was chosen to fail.
const FAILURE_MESSAGE: &str = "the block stopped unexpectedly";

impl Platform {
    /// Handles the creation of a job (4.1) or a test query (4.2).
    pub(super) fn create_job(&self, request: &Request, workflow_id: &str) -> Answer {
        let body = request.json()?;
        let inputs = body.as_object().cloned();
        let inputs = inputs.ok_or_else(|| Reply::refused(400, 400, "the body must be an object of tasks"))?;
        self.start_job(request, workflow_id, inputs)
    }

    /// Handles the re-run of a job with the same inputs (4.3).
    pub(super) fn rerun_job(&self, request: &Request, workflow_id: &str, id: &str) -> Answer {
        let inputs = job_of(&mut self.store(), workflow_id, id)?.inputs.clone();
        self.start_job(request, workflow_id, inputs)
    }

    /// Handles the validation of inputs (4.5); the response to valid inputs has no body.
    pub(super) fn validate_job(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let inputs = body["input"].as_object();
        let inputs = inputs.ok_or_else(|| Reply::refused(400, 400, "Field \"input\" must not be empty"))?;
        demand_of(&blocks::named_in(&body["tasks"])?, inputs)?;
        Ok(Reply::empty(200))
    }

    fn start_job(&self, request: &Request, workflow_id: &str, inputs: Map<String, Value>) -> Answer {
        let (tasks, workflow_name) = {
            let mut store = self.store();
            let workflow = workflow(&mut store, workflow_id)?;
            (workflow.named_blocks(), workflow.name.clone())
        };
        let demand = demand_of(&tasks, &inputs)?;
        let dry_run = inputs.get("config").is_some_and(|config| config["mode"] == "DRY_RUN");
        let collection = tasks.first().and_then(|(_, block)| block.collection()).unwrap_or_default();
        // The archive is searched without the lock of the store.
        let delivery = self.deliver(&demand, collection);
        let key = self.key_of(&with_defaults(&tasks, &inputs));
        let mut rng = SeededRng::of(&[key]);
        let times = self.times(&mut rng, dry_run);
        let share = times.runs / tasks.len().max(1) as f64;
        let billed = delivery.billed_km() * rng.between(0.85, 1.0);

        let now = self.clock.now();
        let mut store = self.store();
        let unfinished = store.jobs.iter().filter(|job| !is_terminal(job.status(now))).count();
        if unfinished as i64 >= store.setting(MAX_CONCURRENT_JOBS) {
            return Err(Reply::refused(429, 429, "Your project has too many non-finished jobs"));
        }
        // The order of different jobs does not change their ids. Equal jobs have different ids, so
        // that a client does not take a download of one job for that of another.
        let nth = store.jobs.iter().filter(|job| job.key == key).count() as u64;
        let mut ids = SeededRng::of(&[key, nth]);
        let job_tasks = tasks.iter().map(|(name, block)| JobTask {
            id: ids.uuid().to_string(),
            name: format!("{name}:1"),
            block,
            credits: match dry_run {
                true => (0, 0),
                false => (block_credits(block, billed, delivery.scenes.len()), machine_credits(block, share)),
            },
            paid: false,
        });
        let mut job = Job {
            tasks: job_tasks.collect(),
            name: request.query("name").map(String::from),
            workflow_id: workflow_id.to_string(),
            workflow_name,
            inputs,
            dry_run,
            listed: self.listed_from(),
            scenes: delivery.scenes,
            boxes: delivery.boxes,
            ..Job::new(ids.uuid().to_string(), (key, nth), &times, now)
        };
        match limits_broken(&store, &demand) {
            // It fails before it costs anything.
            Some(error_message) => job.fail("FAILED", error_message),
            None => check_balance(&store, &job, now)?,
        }
        match self.faults.take(request, FaultPoint::Job) {
            Some(FaultKind::FailingJob(ending)) => job.fail(ending, FAILURE_MESSAGE),
            Some(FaultKind::HangingJob) => job.hang(),
            _ => self.draw_failure(&mut job),
        }
        job.start_at(queue::start(store.jobs.iter(), job.ready, self.machines));
        let reply = Reply::data(job.json(now));
        store.jobs.push(job);
        Ok(reply)
    }
}

impl Platform {
    /// Returns the seed of a job's random values. The job's name is not part of it, since a client
    /// may generate a new one for each run.
    pub(super) fn key_of(&self, inputs: &Map<String, Value>) -> u64 {
        SeededRng::of_text(self.seed, &Value::Object(inputs.clone()).to_string()).next()
    }

    /// Lets the configured shares of jobs fail or hang, determined by the seed. A job that is
    /// created again has another chance.
    fn draw_failure(&self, job: &mut Job) {
        let drawn = SeededRng::of(&[self.seed, job.key, job.nth, 7]).unit();
        if job.dry_run || job.error_message.is_some() {
            // Test queries cost nothing, and a job with an error message has failed already.
        } else if drawn < self.failing {
            job.fail("FAILED", FAILURE_MESSAGE);
        } else if drawn < self.failing + self.hanging {
            job.hang();
        }
    }
}

/// Returns the demand of the data task, if the inputs of all tasks are valid.
pub(super) fn demand_of(tasks: &[NamedBlock], inputs: &Map<String, Value>) -> Result<Demand, Reply> {
    check_tasks(tasks, inputs)?;
    let wrong = |message: String| Reply::refused(400, 400, message);
    if let Some((task, _)) = tasks.iter().find(|(task, _)| !inputs[task].is_object()) {
        return Err(wrong(format!("the inputs of {task} must be an object")));
    }
    let first = tasks.first().map_or(&Value::Null, |(task, _)| &inputs[task]);
    Demand::of(first).map_err(wrong)
}

/// Fails if a task has no inputs, or if there are other inputs.
fn check_tasks(tasks: &[NamedBlock], inputs: &Map<String, Value>) -> Result<(), Reply> {
    let known = |name: &String| name == "config" || tasks.iter().any(|(task, _)| task == name);
    let additional: Vec<&str> = inputs.keys().filter(|name| !known(name)).map(String::as_str).collect();
    let missing: Vec<&str> =
        tasks.iter().map(|(task, _)| task.as_str()).filter(|task| !inputs.contains_key(*task)).collect();
    let mut complaints = Vec::new();
    if !additional.is_empty() {
        complaints.push(format!("There were additional tasks/queries specified: {}", additional.join(", ")));
    }
    if !missing.is_empty() || tasks.is_empty() {
        complaints.push(format!("There were missing tasks/queries: {}", missing.join(", ")));
    }
    if complaints.is_empty() { Ok(()) } else { Err(Reply::refused(400, 400, complaints.join(", "))) }
}

/// Returns the inputs of a job, with the defaults of missing parameters.
pub(super) fn with_defaults(tasks: &[NamedBlock], inputs: &Map<String, Value>) -> Map<String, Value> {
    let mut inputs = inputs.clone();
    for (task, block) in tasks {
        let Some(Value::Object(given)) = inputs.get_mut(task) else { continue };
        let elsewhere = given.contains_key("asset_ids") || given.contains_key("order_ids");
        let placed = ["bbox", "intersects", "contains", "ids"].iter().any(|name| given.contains_key(*name));
        for (name, parameter) in block.parameters().as_object().into_iter().flatten() {
            let unset = !given.contains_key(name);
            // Scenes requested by id may have any time.
            let stays_open = block.is_data() && (elsewhere || (name == "time" && placed));
            if unset {
                let default = if stays_open { Value::Null } else { parameter["default"].clone() };
                given.insert(name.clone(), default);
            }
        }
    }
    inputs
}

/// Returns the limit of the project's settings that a demand exceeds.
pub(super) fn limits_broken(store: &Store, demand: &Demand) -> Option<String> {
    let (most_area, most_scenes) = (store.setting(MAX_AOI_SIZE), store.setting(MAX_LIMIT));
    if let Some(area) = demand.square_km().filter(|area| *area > most_area as f64) {
        return Some(format!(
            "the area of {area:.2} square km is larger than the project allows ({MAX_AOI_SIZE} = {most_area})"
        ));
    }
    (demand.limit as i64 > most_scenes).then(|| {
        format!("limit {} is larger than the project allows ({MAX_LIMIT} = {most_scenes})", demand.limit)
    })
}

/// Fails if the account cannot pay for one more job.
fn check_balance(store: &Store, job: &Job, now: Timestamp) -> Result<(), Reply> {
    // Jobs that will fail are never charged.
    let to_pay = store.jobs.iter().filter(|job| !is_terminal(job.status(now)) && job.error_message.is_none());
    let held: i64 = to_pay.map(|job| job.price() - job.credits_used()).sum();
    let available = store.available(now);
    if !job.dry_run && (available < LEAST_BALANCE || available - held < job.price()) {
        return Err(Reply::refused(403, 403, "Insufficient credits to run job"));
    }
    Ok(())
}
