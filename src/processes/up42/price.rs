//! Validation and prices of processing jobs.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Process;
use crate::client::{credits, id::checked};
use crate::jobs::{Credits, Estimate, JobParameters, Price};
use crate::processes::ProcessRows;
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::parallel::in_parallel;
use up42_core::sanitize::sanitize;

/// Largest number of simultaneous estimates; the client's rate limiter applies too.
const CONCURRENT_REQUESTS: usize = 16;

impl Process {
    /// Validates inputs by the process description and by the platform. It is free and runs
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if an input is missing or not
    /// valid; the message names it and the reason.
    pub fn validate(&self, inputs: &Value) -> Result<()> {
        let check = || {
            let map = inputs
                .as_object()
                .ok_or_else(|| Error::invalid("the inputs are no object: write `json!({\"item\": …})`"))?;
            self.inputs().check([("inputs".to_owned(), map)])?;
            self.post("validation", map).map(drop)
        };
        check().with_context(|| format!("validate inputs of `{}`", self.id()))
    }

    /// Estimates the price of each job. No credits are spent.
    ///
    /// # Errors
    ///
    /// The error of the first job, if no job has a price.
    pub fn estimate(&self, rows: impl Into<ProcessRows>) -> Result<Estimate> {
        let estimate = || self.prices(&self.jobs_of(rows.into())?);
        estimate().with_context(|| format!("estimate `{}`", self.id()))
    }

    /// Returns the jobs of the rows. A missing title, which the platform requires, becomes the
    /// label.
    pub(super) fn jobs_of(&self, rows: ProcessRows) -> Result<Vec<JobParameters>> {
        let has_title = self.has_title();
        let (mut seen, mut twin) = (HashSet::new(), None);
        let jobs = rows.jobs_with(self.inputs(), |job| {
            // Before the title is set: jobs that differ only in their labels are the same job.
            if !seen.insert(job.key()) {
                twin.get_or_insert_with(|| sanitize(&job.label, 200));
            }
            if has_title && !job.inputs.contains_key("title") {
                job.inputs.insert("title".into(), job.label.as_str().into());
            }
        })?;
        match twin {
            Some(label) => Err(Error::invalid(format!(
                "`{label}` is in it twice, and would be paid twice: leave one out"
            ))),
            None => Ok(jobs),
        }
    }

    pub(super) fn prices(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        let price = |job: &JobParameters| {
            let credits = credits(&self.post("cost", &job.inputs)?, "totalCredits")?;
            Ok(Price { credits: Credits { min: credits, max: credits }, duration: None })
        };
        let prices = in_parallel(jobs, CONCURRENT_REQUESTS, price);
        Estimate::of_prices(jobs.iter().map(|job| job.label.clone()).zip(prices).collect())
    }

    fn post(&self, path: &str, inputs: &Map<String, Value>) -> Result<Value> {
        let url =
            self.client.url(&format!("/v2/processing/processes/{}/{path}", checked("process", self.id())?));
        let answer = self.client.send(Request::post(url, json!({"inputs": inputs})))?;
        Ok(answer.json().unwrap_or_default())
    }
}
