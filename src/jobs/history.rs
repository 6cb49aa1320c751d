use jiff::Timestamp;
use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::{JobId, balance, required};
use crate::client::{Client, pages};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::time::{DateRange, parse_timestamp};

/// What credits were spent and bought, the newest first.
#[derive(Clone, PartialEq)]
pub struct CreditHistory {
    pub(super) entries: Vec<CreditEntry>,
}

/// One change of the account's balance (`docs/up42-api.md`, 7).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct CreditEntry {
    /// The platform's word for what it is for: `JOB_TASK`, `CREDIT_PURCHASE`, `TASKING`,
    /// `ORDER`, `MANUAL`, or one of today's.
    pub kind: String,
    /// When the balance changed, UTC.
    pub at: Option<Timestamp>,
    /// By how much, in credits (1 credit is 0.01 EUR): less than 0 when they were spent.
    pub credits: i64,
    /// The job that was paid, if it was one.
    pub job: Option<JobId>,
    /// What else the platform tells of it.
    pub details: Map<String, Value>,
}

impl Client {
    /// What credits were spent and bought since the account was opened, the newest first.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let history = client.credit_history()?;
    /// assert_eq!(history.sum(), client.credits()?);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) when the login is refused, and the errors
    /// of the network.
    #[doc(alias = "get_credits_history")]
    pub fn credit_history(&self) -> Result<CreditHistory> {
        self.credit_history_between("..", "..")
    }

    /// The same between two days or instants, UTC, both included; `..` is open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when a date cannot be
    /// read, and those of [`credit_history`](Self::credit_history).
    pub fn credit_history_between(
        &self,
        start: impl AsRef<str>,
        end: impl AsRef<str>,
    ) -> Result<CreditHistory> {
        let read = || {
            let days = DateRange::parse(start.as_ref(), end.as_ref())?;
            let (from, to) = days.ends();
            let mut request =
                Request::get(self.url("/accounts/me/credits/history")).query("sort", "createdAt,desc");
            for (name, bound) in [("from", from), ("to", to)] {
                if let Some(at) = bound {
                    request = request.query(name, at.to_string());
                }
            }
            let read = |json: &Value| CreditEntry::read(json).map(Some);
            let mut entries = pages(self, &request, usize::MAX, read)?.entries;
            // A server may take the bounds for whole days, or not know them.
            entries.retain(|entry| entry.at.is_none_or(|at| days.overlaps(at, at)));
            Ok(CreditHistory { entries })
        };
        let history: Result<_> = read();
        history.context("read the history of the credits")
    }
}

impl CreditEntry {
    pub(super) fn read(json: &Value) -> Result<Self> {
        let details = json.get("details").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self {
            kind: required(json, "type")?,
            at: json.get("createdAt").and_then(Value::as_str).and_then(parse_timestamp),
            credits: balance(json, "delta")?,
            job: details.get("jobId").and_then(Value::as_str).map(JobId::from),
            details,
        })
    }
}

impl_list!(CreditHistory(entries: CreditEntry), "The entries, the newest first.");

impl CreditHistory {
    /// What the entries make together, in credits.
    pub fn sum(&self) -> i64 {
        self.iter().fold(0, |sum, entry| sum.saturating_add(entry.credits))
    }

    /// What was spent, in credits; 0 or more.
    pub fn spent(&self) -> i64 {
        let paid = self.iter().map(|entry| entry.credits.min(0));
        paid.fold(0_i64, i64::saturating_sub)
    }

    /// The entries as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `at` | Datetime(ms) | UTC | not told | `createdAt` |
    /// | `type` | String | | never null | `type` |
    /// | `credits` | Int64 | credits | never null | `delta`: less than 0 when spent |
    /// | `job` | String | | no job | `details.jobId` |
    /// | `details` | String | | never null | `details`, as JSON |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let details = |entry: &CreditEntry| Some(Value::Object(entry.details.clone()).to_string());
        Frame::of(&self.entries)
            .instant("at", |entry| entry.at)?
            .text("type", |entry| Some(&entry.kind))
            .integer("credits", |entry| Some(entry.credits))
            .text("job", |entry| entry.job.as_ref().map(JobId::as_str))
            .strings("details", self.iter().map(details).collect())
            .finish()
            .context("credits to a DataFrame")
    }
}
