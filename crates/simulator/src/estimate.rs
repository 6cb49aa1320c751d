//! What a job will cost (`docs/up42-api.md`, 6).
//!
//! A block takes its price for every square kilometre of every scene, a machine
//! its price for every hour begun in parts of a credit. What a job is charged
//! lies within its estimate.

use serde_json::{Map, Value, json};

use super::blocks::{self, Block, NamedBlock};
use super::creation::{demand_of, limits_broken, with_defaults};
use super::demand::Demand;
use super::jobs::job;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::seeded_rng::SeededRng;
use super::workflows::workflow;

/// No job runs for a shorter or longer time, in seconds, unless other times were asked for.
pub(super) const SHORTEST_RUN: f64 = 8.0;
pub(super) const LONGEST_RUN: f64 = 600.0;
/// A scene may cover less than the area: at the least, this share is charged.
const LEAST_COVERED: f64 = 0.8;

pub(super) fn block_credits(block: &Block, square_km: f64, scenes: usize) -> i64 {
    (block.price * square_km * scenes as f64).ceil() as i64
}

pub(super) fn machine_credits(block: &Block, seconds: f64) -> i64 {
    (block.machine * seconds / 3600.0).ceil() as i64
}

impl Platform {
    /// 6.1
    pub(super) fn estimate_job(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let tasks = blocks::named_in(&body["tasks"])?;
        let inputs = body["inputs"].as_object().cloned().unwrap_or_default();
        let demand = demand_of(&tasks, &inputs)?;
        match limits_broken(&self.store(), &demand) {
            Some(complaint) => Err(Reply::refused(400, 400, complaint)),
            None => Ok(self.estimate(&tasks, &demand, inputs)),
        }
    }

    /// 4.11
    pub(super) fn job_estimate(&self, id: &str) -> Answer {
        let (inputs, tasks) = {
            let mut store = self.store();
            let job = job(&mut store, id)?.clone();
            (job.inputs, workflow(&mut store, &job.workflow_id)?.named_blocks())
        };
        let demand = demand_of(&tasks, &inputs)?;
        Ok(self.estimate(&tasks, &demand, inputs))
    }

    fn estimate(&self, tasks: &[NamedBlock], demand: &Demand, inputs: Map<String, Value>) -> Reply {
        let (shortest, longest) = self.expected_run(tasks, inputs);
        let collection = tasks.first().and_then(|(_, block)| block.collection()).unwrap_or_default();
        let delivery = self.deliver(demand, collection);
        let (found, most) = (delivery.scenes.len(), demand.most().max(delivery.scenes.len()));
        let (billed, least) = (delivery.billed_km(), delivery.billed_km() * LEAST_COVERED);
        let area = |km: f64, scenes: usize| (km * scenes as f64 * 100.0).round() / 100.0;
        let resources = match demand.square_km() {
            Some(_) => json!({"min": area(least, found), "max": area(billed, most), "unit": "SQUARE_KM"}),
            None => json!({"min": found, "max": most, "unit": "SCENE"}),
        };
        // A task has its share of the job's time, in whole milliseconds.
        let share = |run: f64| run / tasks.len() as f64;
        let milliseconds = |run: f64| (share(run) * 1000.0).round() as i64;
        let estimates = tasks.iter().map(|(name, block)| {
            let consumption = json!({
                "blockConsumption": {
                    "credit": {
                        "min": block_credits(block, least, found),
                        "max": block_credits(block, billed, most),
                    },
                    "resources": resources,
                },
                "machineConsumption": {
                    "credit": {
                        "min": machine_credits(block, share(shortest)),
                        "max": machine_credits(block, share(longest)),
                    },
                    "duration": {"min": milliseconds(shortest), "max": milliseconds(longest)},
                },
            });
            (name.clone(), consumption)
        });
        Reply::data(Value::Object(estimates.collect::<Map<_, _>>()))
    }

    /// Between what times the job with these inputs will run, in seconds: around a guess
    /// that is wrong by up to 30 %.
    fn expected_run(&self, tasks: &[NamedBlock], mut inputs: Map<String, Value>) -> (f64, f64) {
        inputs.shift_remove("config");
        let key = self.key_of(&with_defaults(tasks, &inputs));
        let runs = self.times(&mut SeededRng::of(&[key]), false).runs;
        let guess = runs * SeededRng::of(&[key, 11]).between(0.7, 1.3);
        (guess * 0.7, guess * 1.5)
    }
}
