use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::{JobParameters, Workflow};
use crate::client::data;
use crate::error::{Context, Error, Result};
use crate::hash::hex;
use crate::parallel::in_parallel;
use crate::plain::plain;
use crate::transport::Request;

/// Estimates at a time; the limiter holds the rate.
const AT_ONCE: usize = 16;

/// A price between two bounds, in credits (1 credit is 0.01 EUR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// The least it will cost.
    pub min: i64,
    /// The most it will cost.
    pub max: i64,
}

/// The price of each of many jobs, and of them all. Nothing was spent to learn it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    jobs: Vec<EstimatedJob>,
}

/// The price of one job.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EstimatedJob {
    /// What sets the job apart: place and dates.
    pub label: String,
    /// The price, from the blocks and the machines that run them.
    pub credits: Credits,
}

impl Estimate {
    /// The price of each job, in the order of the parameters.
    pub fn jobs(&self) -> &[EstimatedJob] {
        &self.jobs
    }

    /// The price of them all.
    pub fn total(&self) -> Credits {
        let sum = |bound: fn(&Credits) -> i64| {
            self.jobs.iter().map(|job| bound(&job.credits)).fold(0, i64::saturating_add)
        };
        Credits { min: sum(|credits| credits.min), max: sum(|credits| credits.max) }
    }
}

impl Workflow {
    /// The price of each job, before a credit is spent. A job that was asked for before is
    /// not asked for again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the platform
    /// refuses a job's parameters; the error names the job.
    #[doc(alias = "estimate_job")]
    pub fn estimate(&self, parameters: &[JobParameters]) -> Result<Estimate> {
        let estimate = || -> Result<Estimate> {
            let tasks = self.task_list()?;
            let priced = in_parallel(parameters, AT_ONCE, |job| {
                // A price holds for the chain of tasks and their parameters.
                let key = hex(format!("{tasks} {}", job.key()), 16);
                let known = self.prices().get(&key).copied();
                let credits = match known {
                    Some(credits) => credits,
                    None => self.estimate_one(&tasks, job).with_context(|| format!("job `{}`", job.label))?,
                };
                self.prices().insert(key, credits);
                Ok(EstimatedJob { label: job.label.clone(), credits })
            });
            Ok(Estimate { jobs: priced.into_iter().collect::<Result<_>>()? })
        };
        estimate().with_context(|| self.told("estimate"))
    }

    /// How long the job will take, when it was estimated before. Nothing is asked.
    pub(crate) fn known_duration(&self, job: &JobParameters) -> Option<Duration> {
        self.durations().get(&job.key()).copied()
    }

    fn task_list(&self) -> Result<Value> {
        let mut parent: Option<String> = None;
        let mut list = Vec::new();
        for task in self.tasks()? {
            list.push(json!({
                "name": task.name,
                "parentName": parent,
                "blockId": task.block_id,
                "blockVersionTag": task.version,
            }));
            parent = Some(task.name);
        }
        Ok(Value::Array(list))
    }

    fn estimate_one(&self, tasks: &Value, job: &JobParameters) -> Result<Credits> {
        let body = json!({"tasks": tasks, "inputs": job.inputs});
        let client = self.project().client();
        let json =
            data(client.json(Request::post(client.url(&self.project().path("/estimate/job")), body))?)?;
        let priced =
            json.as_object().ok_or_else(|| Error::response("`data` should be an object of tasks"))?;
        if let Some(lasts) = priced.values().map(duration).sum() {
            self.durations().insert(job.key(), lasts);
        }
        priced.values().try_fold(Credits::default(), |sum, task| {
            let bound = |part: &str, end: &str| {
                let credit = task.pointer(&format!("/{part}/credit/{end}")).and_then(Value::as_f64);
                credit.ok_or_else(|| Error::response(format!("`{part}.credit.{end}` is missing")))
            };
            let both =
                |end| Ok::<_, Error>(bound("blockConsumption", end)? + bound("machineConsumption", end)?);
            Ok(Credits {
                min: sum.min.saturating_add(both("min")?.floor() as i64),
                max: sum.max.saturating_add(both("max")?.ceil() as i64),
            })
        })
    }
}

/// How long a task takes at most. The samples of the API reference (6) read as milliseconds.
fn duration(task: &Value) -> Option<Duration> {
    let longest = task.pointer("/machineConsumption/duration/max").and_then(Value::as_f64)?;
    Duration::try_from_secs_f64(longest / 1000.0).ok()
}

impl fmt::Debug for EstimatedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} credits", plain(&self.label, 200), self.credits)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.min == self.max {
            true => write!(f, "{}", self.max),
            false => write!(f, "{} to {}", self.min, self.max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_beyond_all_bounds_do_not_overflow() {
        let credits = Credits { min: 1, max: i64::MAX };
        let job = EstimatedJob { label: "a\nb".into(), credits };
        let estimate = Estimate { jobs: vec![job.clone(), job] };
        assert_eq!(estimate.total(), Credits { min: 2, max: i64::MAX });
        assert!(estimate.table(..).bundle().text.starts_with("2 jobs: 2 to 9223372036854775807 credits\n"));
        assert_eq!(format!("{:?}", estimate.jobs()[0]), format!("a b: 1 to {} credits", i64::MAX));
    }
}
