use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use polars::prelude::DataFrame;
use serde_json::{Value, json};

use super::{Credits, Durations, JobParameters, Price, Workflow};
use crate::client::data;
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::parallel::in_parallel;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;

/// Largest number of simultaneous estimates; the client's rate limiter applies too.
const CONCURRENT_REQUESTS: usize = 16;

/// Prices of many jobs, and their sum. Estimates are free.
#[derive(Clone, Debug)]
pub struct Estimate {
    jobs: Vec<EstimatedJob>,
}

/// Price of one job.
#[derive(Clone)]
#[non_exhaustive]
pub struct EstimatedJob {
    /// Label of the job: usually place and dates.
    pub label: String,
    /// Price, or the reason why there is none.
    pub price: Result<Price>,
}

impl Estimate {
    #[cfg(test)]
    pub(super) fn of(jobs: Vec<EstimatedJob>) -> Self {
        Self { jobs }
    }

    /// Creates an estimate from labels and prices. Fails with the first reason if no job has a
    /// price.
    pub(crate) fn of_prices(prices: Vec<(String, Result<Price>)>) -> Result<Self> {
        let jobs = prices.into_iter().map(|(label, price)| EstimatedJob { label, price });
        let estimate = Self { jobs: jobs.collect() };
        if let (Some((label, error)), None) = (estimate.failed().first(), estimate.priced().next()) {
            return Err(error.clone().context(format!("job `{label}`")));
        }
        Ok(estimate)
    }

    /// Returns the price of each job, in the order of the parameters.
    pub fn jobs(&self) -> &[EstimatedJob] {
        &self.jobs
    }

    /// Returns the total price of all jobs that have a price; see [`failed`](Self::failed).
    pub fn total(&self) -> Credits {
        self.priced().fold(Credits::default(), |sum, price| sum.plus(price.credits))
    }

    /// Returns the total run time of all jobs that have a price, one after the other; jobs that run
    /// at the same time finish sooner. `None` if the platform states no times.
    pub fn duration(&self) -> Option<Durations> {
        self.priced().filter_map(|price| price.duration).reduce(Durations::plus)
    }

    /// Returns the label and the error of each job without a price.
    pub fn failed(&self) -> Vec<(&str, Error)> {
        let failed = |job: &EstimatedJob| job.price.as_ref().err().cloned();
        self.jobs.iter().filter_map(|job| Some((job.label.as_str(), failed(job)?))).collect()
    }

    /// Returns the price of each job, if all jobs have one.
    ///
    /// # Errors
    ///
    /// The error of the first job without a price, with the number of such jobs.
    pub fn prices(&self) -> Result<Vec<Price>> {
        let context = |job: &EstimatedJob| match self.failed().len() {
            0 | 1 => format!("job `{}` has no price", job.label),
            many => format!(
                "{many} of {} have no price, the first is `{}`",
                counted(self.jobs.len(), "job"),
                job.label
            ),
        };
        self.jobs.iter().map(|job| job.price.clone().with_context(|| context(job))).collect()
    }

    /// Returns the prices as a Polars DataFrame, one row per job.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `label` | String | | never null | |
    /// | `min_credits`, `max_credits` | Int64 | credits | there is no price | `credit` of blocks and machines, all tasks |
    /// | `min_duration`, `max_duration` | Float64 | s | not stated | `duration` of machines, all tasks |
    /// | `error` | String | | there is a price | |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let credits = |job: &EstimatedJob| Some(job.price.as_ref().ok()?.credits);
        let duration = |job: &EstimatedJob| job.price.as_ref().ok()?.duration;
        let errors = self.jobs.iter().map(|job| Some(job.price.as_ref().err()?.to_string()));
        Frame::of(&self.jobs)
            .text("label", |job| Some(&job.label))
            .integer("min_credits", |job| Some(credits(job)?.min))
            .integer("max_credits", |job| Some(credits(job)?.max))
            .number("min_duration", |job| Some(duration(job)?.min.as_secs_f64()))
            .number("max_duration", |job| Some(duration(job)?.max.as_secs_f64()))
            .strings("error", errors.collect())
            .finish()
            .context("estimate to a DataFrame")
    }

    fn priced(&self) -> impl Iterator<Item = &Price> {
        self.jobs.iter().filter_map(|job| job.price.as_ref().ok())
    }
}

/// Cache of prices by the jobs' keys.
#[derive(Debug, Default)]
pub(super) struct Prices {
    tasks: Value,
    by_job: HashMap<String, Price>,
}

impl Prices {
    /// Returns the cached prices for this list of tasks. Prices for another list are dropped.
    fn of(&mut self, tasks: &Value) -> &mut HashMap<String, Price> {
        if self.tasks != *tasks {
            *self = Self { tasks: tasks.clone(), by_job: HashMap::new() };
        }
        &mut self.by_job
    }
}

impl Workflow {
    /// Estimates the price of each job, several at a time. No credits are spent. A job with the
    /// same inputs as an earlier one is not estimated again.
    ///
    /// A job without a price, for example one that the platform rejects, is in [`Estimate::failed`]
    /// with the reason; the other jobs have their prices.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::jobs::ParallelParameters;
    /// # let client = Client::simulator()?;
    /// # let workflow = client.project()?.workflow("dakar")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// let jobs = workflow.construct_parameters_parallel(ParallelParameters::new().scene_ids(["a", "b"]))?;
    /// let estimate = workflow.estimate(&jobs)?;
    /// assert_eq!(estimate.jobs().len(), 2);
    /// assert!(estimate.total().max > 0 && estimate.duration().is_some());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the first job, if no job has a price. After a rejected login or a failed
    /// connection no further requests are sent.
    #[doc(alias = "estimate_job")]
    pub fn estimate(&self, parameters: &[JobParameters]) -> Result<Estimate> {
        let estimate = || -> Result<Estimate> {
            let tasks = self.task_list()?;
            let keys: Vec<String> = parameters.iter().map(JobParameters::key).collect();
            let prices = self.learn(&tasks, &keys, parameters);
            let jobs = parameters.iter().zip(&keys);
            let jobs =
                jobs.map(|(job, key)| EstimatedJob { label: job.label.clone(), price: prices[key].clone() });
            let estimate = Estimate { jobs: jobs.collect() };
            if let (Some((label, error)), None) = (estimate.failed().first(), estimate.priced().next()) {
                return Err(error.clone().context(format!("job `{label}`")));
            }
            Ok(estimate)
        };
        estimate().with_context(|| self.error_context("estimate"))
    }

    /// Returns the price of each job, or the reason why it has none. Only jobs that are not in the
    /// cache are requested.
    fn learn(
        &self,
        tasks: &Value,
        keys: &[String],
        jobs: &[JobParameters],
    ) -> HashMap<String, Result<Price>> {
        let known = self.prices().of(tasks).clone();
        let mut seen: HashSet<&String> = known.keys().collect();
        let unknown: Vec<_> = keys.iter().zip(jobs).filter(|(key, _)| seen.insert(key)).collect();
        let stop: Mutex<Option<Error>> = Mutex::default();
        let stopped = || stop.lock().unwrap_or_else(|broken| broken.into_inner());
        let answers = in_parallel(&unknown, CONCURRENT_REQUESTS, |(_, job)| {
            if let Some(error) = stopped().clone() {
                return Err(error);
            }
            self.price(tasks, job).inspect_err(|error| {
                // These errors would also occur for each of the other jobs, after the same wait.
                if matches!(error.kind(), ErrorKind::Auth | ErrorKind::Network) {
                    *stopped() = Some(error.clone());
                }
            })
        });
        let answers: Vec<_> =
            unknown.into_iter().zip(answers).map(|((key, _), answer)| (key.clone(), answer)).collect();
        let priced = answers.iter().filter_map(|(key, answer)| Some((key.clone(), *answer.as_ref().ok()?)));
        // Another thread may have changed the cached tasks meanwhile.
        let mut kept = self.prices();
        if kept.tasks == *tasks {
            kept.by_job.extend(priced);
        }
        known.into_iter().map(|(key, price)| (key, Ok(price))).chain(answers).collect()
    }

    /// Returns the longest run time of the job from an earlier estimate. Sends no request.
    pub(crate) fn known_duration(&self, job: &JobParameters) -> Option<Duration> {
        Some(self.prices().by_job.get(&job.key())?.duration?.max)
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

    fn price(&self, tasks: &Value, job: &JobParameters) -> Result<Price> {
        let body = json!({"tasks": tasks, "inputs": job.inputs});
        let client = self.project().client();
        data(client.json(Request::post(client.url(&self.project().path("/estimate/job")), body))?)
            .and_then(|json| Price::of_job(&json, &job.inputs))
    }
}

impl fmt::Debug for EstimatedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.price {
            Ok(price) => write!(f, "{}: {} credits", sanitize(&self.label, 200), price.credits),
            Err(error) => write!(f, "{}: no price: {error}", sanitize(&self.label, 200)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(label: &str, price: Result<Price>) -> EstimatedJob {
        EstimatedJob { label: label.into(), price }
    }

    fn priced(min: i64, max: i64) -> Result<Price> {
        Ok(Price { credits: Credits { min, max }, duration: None })
    }

    #[test]
    fn huge_prices_do_not_overflow() {
        let job = job("a\nb", priced(1, i64::MAX));
        let estimate = Estimate { jobs: vec![job.clone(), job] };
        assert_eq!(estimate.total(), Credits { min: 2, max: i64::MAX });
        assert_eq!(format!("{:?}", estimate.jobs()[0]), format!("a b: 1 to {} credits", i64::MAX));
    }

    #[test]
    fn a_job_without_a_price_does_not_affect_others() {
        let refused = || Err(Error::invalid("400: no"));
        let jobs = vec![job("a", priced(1, 2)), job("b", refused()), job("c", refused())];
        let estimate = Estimate { jobs };
        assert_eq!(estimate.total(), Credits { min: 1, max: 2 });
        assert_eq!(estimate.failed().into_iter().map(|(label, _)| label).collect::<Vec<_>>(), ["b", "c"]);
        insta::assert_snapshot!(estimate.prices().unwrap_err(), @"2 of 3 jobs have no price, the first is `b`: 400: no");
    }
}
