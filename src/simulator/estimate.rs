//! What a job will cost (section 6 of the interface).
//!
//! A block takes its price for every square kilometre of every scene, a machine
//! its price for every hour begun in parts of a credit. What a job is charged
//! lies within its estimate.

use serde_json::{Map, Value, json};

use super::blocks::{self, Block};
use super::call::Call;
use super::demand::Demand;
use super::jobs::job;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::workflows::workflow;

/// No job runs for a shorter or longer time, in seconds.
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
    pub(super) fn estimate_job(&self, call: &Call) -> Answer {
        let body = call.json()?;
        let listed = body["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut tasks = Vec::new();
        for task in listed {
            let id = task["blockId"].as_str().unwrap_or_default();
            let name = task["name"].as_str().unwrap_or_default();
            tasks.push((name.to_string(), blocks::by_id(id).ok_or_else(|| blocks::unknown(id))?));
        }
        self.estimate(&tasks, &body["inputs"])
    }

    /// 4.11
    pub(super) fn job_estimate(&self, id: &str) -> Answer {
        let (inputs, tasks) = {
            let mut books = self.books();
            let job = job(&mut books, id)?.clone();
            (Value::Object(job.inputs), workflow(&mut books, &job.workflow_id)?.tasks.clone())
        };
        let tasks: Vec<_> = tasks.into_iter().map(|task| (task.name, task.block)).collect();
        self.estimate(&tasks, &inputs)
    }

    fn estimate(&self, tasks: &[(String, &'static Block)], inputs: &Value) -> Answer {
        let Some((first, data)) = tasks.first() else {
            return Err(Reply::refused(400, 400, "Field \"tasks\" must not be empty"));
        };
        if let Some((missing, _)) = tasks.iter().find(|(name, _)| inputs[name].is_null()) {
            let message = format!("There were missing tasks/queries: {missing}");
            return Err(Reply::refused(400, 400, message));
        }
        let demand = Demand::of(&inputs[first]).map_err(|message| Reply::refused(400, 400, message))?;
        let delivery = self.deliver(&demand, data.collection().unwrap_or_default());
        let (found, most) = (delivery.scenes.len(), demand.limit.max(delivery.scenes.len()));
        let estimates = tasks.iter().map(|(name, block)| {
            let credit = json!({
                "min": block_credits(block, delivery.square_km * LEAST_COVERED, found),
                "max": block_credits(block, delivery.square_km, most),
            });
            let area = |scenes: usize, share: f64| {
                (delivery.square_km * share * scenes as f64 * 100.0).round() / 100.0
            };
            let resources =
                json!({"min": area(found, LEAST_COVERED), "max": area(most, 1.0), "unit": "SQUARE_KM"});
            let machine = json!({
                "credit": {
                    "min": machine_credits(block, SHORTEST_RUN / tasks.len() as f64),
                    "max": machine_credits(block, LONGEST_RUN / tasks.len() as f64),
                },
                // In milliseconds.
                "duration": {"min": SHORTEST_RUN * 1000.0, "max": LONGEST_RUN * 1000.0},
            });
            let consumption = json!({
                "blockConsumption": {"credit": credit, "resources": resources},
                "machineConsumption": machine,
            });
            (name.clone(), consumption)
        });
        Ok(Reply::data(Value::Object(estimates.collect::<Map<_, _>>())))
    }
}
