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

/// Credits spent and bought, newest first.
#[derive(Clone, PartialEq)]
pub struct CreditHistory {
    pub(super) entries: Vec<CreditEntry>,
}

/// One change of the account's balance (`docs/up42-api.md`, 7).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct CreditEntry {
    /// Type of the change in the platform's words: `JOB_TASK`, `CREDIT_PURCHASE`, `TASKING`,
    /// `ORDER`, `MANUAL`, or a newer one.
    pub kind: String,
    /// Time of the change, UTC.
    pub at: Option<Timestamp>,
    /// Change in credits (1 credit is 0.01 EUR); negative if credits were spent.
    pub credits: i64,
    /// Job that was charged, if any.
    pub job: Option<JobId>,
    /// Further details, as sent by the platform.
    pub details: Map<String, Value>,
}

impl Client {
    /// Returns the credits spent and bought since the account was opened, newest first.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let history = client.credit_history()?;
    /// assert_eq!(history.sum(), client.balance()?);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the login is rejected,
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    #[doc(alias = "get_credits_history")]
    pub fn credit_history(&self) -> Result<CreditHistory> {
        self.credit_history_between("..", "..")
    }

    /// Returns the credits spent and bought between two days or instants, UTC, inclusive; `..` is
    /// an open end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a date cannot be parsed, and
    /// the errors of [`credit_history`](Self::credit_history).
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
            // A server may round the bounds to whole days, or ignore them.
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

impl_list!(CreditHistory(entries: CreditEntry), "Returns an iterator over the entries, the newest first.");

impl CreditHistory {
    /// Returns the sum of the entries, in credits.
    pub fn sum(&self) -> i64 {
        self.iter().fold(0, |sum, entry| sum.saturating_add(entry.credits))
    }

    /// Credits spent; 0 or more.
    pub fn spent(&self) -> i64 {
        let paid = self.iter().map(|entry| entry.credits.min(0));
        paid.fold(0_i64, i64::saturating_sub)
    }

    /// Returns the entries as a Polars DataFrame, one row per entry.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `at` | Datetime(ms) | UTC | not stated | `createdAt` |
    /// | `type` | String | | never null | `type` |
    /// | `credits` | Int64 | credits | never null | `delta`: negative if spent |
    /// | `job` | String | | no job | `details.jobId` |
    /// | `details` | String | | never null | `details`, as JSON |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
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
