//! What a job would be told, and what it would cost.

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

/// Prices at a time; the limiter holds the rate.
const CONCURRENT_REQUESTS: usize = 16;

impl Process {
    /// Asks the platform whether it would take these inputs. Nothing is run, nothing paid.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) names the input and what is wrong with it: by the
    /// description, and then by the platform.
    pub fn validate(&self, inputs: &Value) -> Result<()> {
        let check = || {
            let map = inputs
                .as_object()
                .ok_or_else(|| Error::invalid("the inputs are no object: write `json!({\"item\": …})`"))?;
            self.inputs().check([("inputs".to_owned(), map)])?;
            self.ask("validation", map).map(drop)
        };
        check().with_context(|| format!("validate inputs of `{}`", self.id()))
    }

    /// The price of each job, before a credit is spent.
    ///
    /// # Errors
    ///
    /// When no job has a price: the reason of the first.
    pub fn estimate(&self, rows: impl Into<ProcessRows>) -> Result<Estimate> {
        let estimate = || self.prices(&self.jobs_of(rows.into())?);
        estimate().with_context(|| format!("estimate `{}`", self.id()))
    }

    /// The jobs of rows. The platform wants a title for each.
    pub(super) fn jobs_of(&self, rows: ProcessRows) -> Result<Vec<JobParameters>> {
        let has_title = self.has_title();
        let (mut seen, mut twin) = (HashSet::new(), None);
        let jobs = rows.jobs_called(self.inputs(), |job| {
            // A title that is only the label makes no other job.
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
            let credits = credits(&self.ask("cost", &job.inputs)?, "totalCredits")?;
            Ok(Price { credits: Credits { min: credits, max: credits }, duration: None })
        };
        let prices = in_parallel(jobs, CONCURRENT_REQUESTS, price);
        Estimate::of_prices(jobs.iter().map(|job| job.label.clone()).zip(prices).collect())
    }

    fn ask(&self, what: &str, inputs: &Map<String, Value>) -> Result<Value> {
        let url =
            self.client.url(&format!("/v2/processing/processes/{}/{what}", checked("process", self.id())?));
        let answer = self.client.send(Request::post(url, json!({"inputs": inputs})))?;
        Ok(answer.json().unwrap_or_default())
    }
}
