//! Estimates of the cost of jobs (`docs/up42-api.md`, 6).
//!
//! A block costs its price for every square kilometre of every scene, and a machine its price per
//! hour, each rounded up to whole credits. The cost of a job is within its estimate.

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

/// Smallest and largest run time of a job in seconds, unless other run times are set.
pub(super) const SHORTEST_RUN: f64 = 8.0;
pub(super) const LONGEST_RUN: f64 = 600.0;
/// Smallest share of the area that is charged, since a scene may cover less than the area.
const LEAST_COVERED: f64 = 0.8;

pub(super) fn block_credits(block: &Block, square_km: f64, scenes: usize) -> i64 {
    (block.price * square_km * scenes as f64).ceil() as i64
}

pub(super) fn machine_credits(block: &Block, seconds: f64) -> i64 {
    (block.machine * seconds / 3600.0).ceil() as i64
}

impl Platform {
    /// Handles a request for an estimate (6.1).
    pub(super) fn estimate_job(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let tasks = blocks::named_in(&body["tasks"])?;
        let inputs = body["inputs"].as_object().cloned().unwrap_or_default();
        let demand = demand_of(&tasks, &inputs)?;
        match limits_broken(&self.store(), &demand) {
            Some(error_message) => Err(Reply::refused(400, 400, error_message)),
            None => Ok(self.estimate(&tasks, &demand, inputs)),
        }
    }

    /// Handles a request for the estimate of a job (4.11).
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
        // Each task takes an equal share of the job's run time, in whole milliseconds.
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

    /// Returns bounds of the run time of a job with these inputs, in seconds: around a guess that
    /// is wrong by up to 30 %.
    fn expected_run(&self, tasks: &[NamedBlock], mut inputs: Map<String, Value>) -> (f64, f64) {
        inputs.shift_remove("config");
        let key = self.key_of(&with_defaults(tasks, &inputs));
        let runs = self.times(&mut SeededRng::of(&[key]), false).runs;
        let guess = runs * SeededRng::of(&[key, 11]).between(0.7, 1.3);
        (guess * 0.7, guess * 1.5)
    }
}
