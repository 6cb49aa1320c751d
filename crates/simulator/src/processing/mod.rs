//! Processing jobs of the v2 API (`docs/up42-api.md`, 13).

pub(super) mod job;
mod processes;

use serde_json::{Value, json};

use super::auth::WORKSPACE_ID;
use super::eulas;
use super::fault::{FaultKind, FaultPoint};
use super::orders::order::Order;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post};
use super::seeded_rng::SeededRng;
use super::store::Store;
use job::ProcessingJob;
use processes::{PROCESSES, Process};

/// Largest number of unfinished jobs of a workspace.
const QUOTA: usize = 100;
/// Largest and default page size.
const PAGES: (usize, usize) = (500, 20);
/// Properties by which the list can be sorted.
const SORTED_BY: [&str; 4] = ["processID", "status", "created", "creditConsumption.credits"];

/// Returns the endpoints of processing and of licences.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v2/eulas/{id}", |platform, _, [id]| platform.eula(id)),
        get("/v2/processing/processes", |_, _, []| {
            let all: Vec<Value> = PROCESSES.iter().map(Process::summary).collect();
            Ok(Reply::json(200, &json!({"processes": all, "links": []})))
        }),
        get("/v2/processing/processes/{id}", |_, _, [id]| Ok(Reply::json(200, &process(id)?.json()))),
        post("/v2/processing/processes/{id}/validation", |platform, request, [id]| {
            platform.validated(process(id)?, &request.json()?["inputs"])?;
            Ok(Reply::json(200, &json!({"valid": true})))
        }),
        post("/v2/processing/processes/{id}/cost", |platform, request, [id]| {
            platform.process_cost(request, process(id)?)
        }),
        post("/v2/processing/processes/{id}/execution", |platform, request, [id]| {
            platform.run_process(request, process(id)?)
        }),
        get("/v2/processing/jobs", |platform, request, []| platform.processing_jobs(request)),
        get("/v2/processing/jobs/{id}", |platform, _, [id]| platform.processing_job(id)),
    ]
}

impl Platform {
    fn process_cost(&self, request: &Request, process: &Process) -> Answer {
        let (km, _) = self.validated(process, &request.json()?["inputs"])?;
        let cost = json!({"pricingStrategy": "simple", "totalCredits": process.price(km), "totalSize": km,
            "unit": "SQ_KM"});
        Ok(Reply::json(200, &cost))
    }

    fn processing_job(&self, id: &str) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let job = store.processing.iter().find(|job| job.id == id);
        let job = job.ok_or_else(|| Reply::problem(404, "Resource does not exist."))?;
        Ok(Reply::json(200, &self.processing_json(job, now)))
    }

    fn processing_json(&self, job: &ProcessingJob, now: jiff::Timestamp) -> Value {
        let home = format!("{}/v2/assets/stac/collections", self.api_url);
        let collection =
            job.made.as_ref().map(|made| format!("{home}/{}", super::deliveries::collection_of(made)));
        job.json(now, collection)
    }

    /// Returns the area of the items and the order of the first, or the error response for inputs
    /// that are not valid.
    fn validated(&self, process: &Process, inputs: &Value) -> Result<(f64, Order), Reply> {
        if let Some(errors) = process.schema_error(inputs) {
            let body = json!({"title": "Bad Request", "status": 400, "schema-error": errors});
            return Err(problem(400, &body));
        }
        self.sources(process, inputs).map_err(|(name, message)| {
            let errors = json!([{"name": name, "message": message}]);
            problem(422, &json!({"title": "Unprocessable Entity", "status": 422, "errors": errors}))
        })
    }

    fn sources(&self, process: &Process, inputs: &Value) -> Result<(f64, Order), (String, String)> {
        let items = process.items(inputs);
        let find = |href: &String| {
            let missing = || ("ItemNotFound".to_owned(), format!("item {href} is not in the storage"));
            self.source_of(href).ok_or_else(missing)
        };
        let orders: Vec<Order> = items.iter().map(find).collect::<Result<_, _>>()?;
        let first = orders.first().cloned().ok_or(("MissingItem".into(), "there is no item".into()))?;
        Ok((orders.iter().map(|order| order.square_km).fold(0.0, f64::max), first))
    }

    fn run_process(&self, request: &Request, process: &'static Process) -> Answer {
        let body = request.json()?;
        let inputs = body["inputs"].clone();
        if request.query("workspaceId") != Some(WORKSPACE_ID) {
            return Err(Reply::problem(403, "Forbidden"));
        }
        if let Some(errors) = process.schema_error(&inputs) {
            let body = json!({"title": "Bad Request", "status": 400, "schema-error": errors});
            return Err(problem(400, &body));
        }
        // Before the store is locked, since `sources` locks it, too.
        let sources = self.sources(process, &inputs);
        let credits = sources.as_ref().map_or(0, |(km, _)| process.price(*km));
        let now = self.clock.now();
        let mut store = self.store();
        if store.processing.iter().filter(|job| job.is_open(now)).count() >= QUOTA {
            return Err(Reply::refused(429, 429, "Your workspace has too many non-finished jobs"));
        }
        let budget = request.query("budgetId").map(str::to_owned);
        store
            .check_budget(budget.as_deref(), credits, now)
            .map_err(|message| Reply::problem(403, message))?;
        let key =
            SeededRng::of_text(self.seed, &json!([process.id, process.items(&inputs)]).to_string()).next();
        let nth = store.processing.iter().filter(|job| job.key == key).count() as u64;
        let mut ids = SeededRng::of(&[key, nth, 11]);
        let times = self.times(&mut ids, false);
        let mut job = ProcessingJob {
            id: ids.uuid().to_string(),
            process: process.id.to_owned(),
            inputs,
            budget,
            credits,
            created: now,
            listed: self.listed_from(),
            starts: 2.0 + times.queues,
            ends: 2.0 + times.queues + times.runs,
            ending: "successful".to_owned(),
            error_message: None,
            made: None,
            paid: false,
            key,
        };
        let licence = self.eulas.is_accepted(&eulas::id_of(process.eula));
        let refuse = |job: &mut ProcessingJob, ending: &str, name: String, message: String| {
            (job.ending, job.error_message) = (ending.to_owned(), Some((name, message)));
        };
        match sources {
            _ if licence != Some(true) => {
                refuse(
                    &mut job,
                    "unlicensed",
                    "EulaNotAccepted".into(),
                    "the licence is not accepted".into(),
                );
            }
            Err((name, message)) => refuse(&mut job, "invalid", name, message),
            Ok(_) if store.available(now) < credits => {
                refuse(&mut job, "rejected", "InsufficientCredits".into(), "the balance is too low".into());
            }
            Ok((_, order)) => {
                let name = job.inputs["title"].as_str().unwrap_or_default().to_owned();
                let origin = Some(order.order_id().to_owned());
                let id = job.id.clone();
                job.made =
                    Some(Order { id, name, origin, labels: Default::default(), deleted: false, ..order });
            }
        }
        let drawn = ids.unit();
        match self.faults.take(request, FaultPoint::Job) {
            Some(FaultKind::HangingJob) => job.ends = f64::MAX,
            Some(FaultKind::FailingJob(_)) => fail(&mut job),
            _ if drawn < self.failing => fail(&mut job),
            _ => {}
        }
        let reply = Reply::json(201, &self.processing_json(&job, now));
        store.processing.push(job);
        Ok(reply)
    }

    /// Handles a request for the list of jobs (13.7).
    fn processing_jobs(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let seen = self.clock.steady();
        let store = self.store();
        let among = |name: &str, value: &str| {
            request.query(name).is_none_or(|list| list.split(',').any(|one| one == value))
        };
        let (shortest, longest) = (request.number("minDuration")?, request.number("maxDuration")?);
        let (field, direction) =
            request.query("sort").and_then(|sort| sort.split_once(',')).unwrap_or(("created", "desc"));
        if !SORTED_BY.contains(&field) {
            return Err(Reply::problem(400, format!("No property {field} found for type Job")));
        }
        // A request by ids finds new jobs at once.
        let by_ids = request.query("ids").is_some();
        let wanted = |job: &&ProcessingJob| {
            (by_ids || job.listed <= seen)
                && among("ids", &job.id)
                && among("workspaceId", WORKSPACE_ID)
                && among("processId", &job.process)
                && among("status", job.status(now))
                && shortest.is_none_or(|least| job.duration(now).is_some_and(|ran| ran >= least as f64))
                && longest.is_none_or(|most| job.duration(now).is_some_and(|ran| ran <= most as f64))
        };
        let limit = request.number("limit")?.unwrap_or(PAGES.1).clamp(1, PAGES.0);
        let offset = request.number("offset")?.unwrap_or(0);
        let mut all: Vec<&ProcessingJob> = store.processing.iter().filter(wanted).collect();
        match field {
            "processID" => all.sort_by_key(|job| &job.process),
            "status" => all.sort_by_key(|job| job.status(now)),
            "creditConsumption.credits" => all.sort_by_key(|job| job.captured(now).map(|_| job.credits)),
            // The list is in the order of creation.
            _ => {}
        }
        if direction.eq_ignore_ascii_case("desc") {
            all.reverse();
        }
        let jobs: Vec<Value> =
            all.iter().skip(offset).take(limit).map(|job| self.processing_json(job, now)).collect();
        let mut links = Vec::new();
        if all.len() > offset + limit {
            let others = request.query.iter().filter(|(name, _)| name != "offset");
            let query: String = others.map(|(name, value)| format!("&{name}={value}")).collect();
            let href = format!("/v2/processing/jobs?offset={}{query}", offset + limit);
            links.push(json!({"rel": "next", "href": href}));
        }
        Ok(Reply::json(200, &json!({"jobs": jobs, "links": links})))
    }
}

impl Process {
    fn price(&self, km: f64) -> i64 {
        (self.rate * km).ceil().max(1.0) as i64
    }
}

impl Store {
    /// Charges the jobs that have succeeded and are not paid.
    pub(super) fn settle_processing(&mut self, now: jiff::Timestamp) {
        for job in &mut self.processing {
            if let Some(line) = job.charge(now) {
                self.balance -= job.credits;
                self.history.push(line);
            }
        }
    }
}

fn fail(job: &mut ProcessingJob) {
    if job.ending == "successful" {
        job.ending = "failed".to_owned();
        let message = "the image has no panchromatic band".to_owned();
        job.error_message = Some(("MissingPanchromaticAsset".to_owned(), message));
        job.made = None;
    }
}

fn process(id: &str) -> Result<&'static Process, Reply> {
    PROCESSES
        .iter()
        .find(|process| process.id == id)
        .ok_or_else(|| Reply::problem(404, "Resource does not exist."))
}

fn problem(status: u16, body: &Value) -> Reply {
    Reply::json(status, body).with_header("content-type", "application/problem+json")
}
