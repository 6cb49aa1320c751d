use std::fmt;
use std::ops::RangeBounds;

use jiff::Timestamp;
use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::{JobId, required, whole};
use crate::client::{Client, data, items};
use crate::display::{Card, Cell, Column, Table, Tone, counted};
use crate::error::{Context, Result};
use crate::frame::Frame;
use crate::list::list;
use crate::plain::plain;
use crate::show::{Show, show};
use crate::time::{DateRange, minute, parse_timestamp};
use crate::transport::Request;

/// Entries of a page.
const PAGE: usize = 100;
/// Pages of a history: a server that never ends one is not followed further.
const MOST_PAGES: usize = 10_000;

/// What credits were spent and bought, the newest first.
#[derive(Clone, PartialEq)]
pub struct CreditHistory {
    entries: Vec<CreditEntry>,
}

/// One change of the account's balance (API reference, 7).
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
            let mut entries = Vec::new();
            for page in 0..MOST_PAGES {
                let (list, is_last) = self.credit_page(page, from, to)?;
                entries.extend(list);
                if is_last {
                    break;
                }
            }
            // A server may take the bounds for whole days, or not know them.
            entries.retain(|entry| entry.at.is_none_or(|at| days.overlaps(at, at)));
            Ok(CreditHistory { entries })
        };
        let history: Result<_> = read();
        history.context("read the history of the credits")
    }

    fn credit_page(
        &self,
        page: usize,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(Vec<CreditEntry>, bool)> {
        let mut request = Request::get(self.url("/accounts/me/credits/history"))
            .query("page", page.to_string())
            .query("size", PAGE.to_string())
            .query("sort", "createdAt,desc");
        for (name, bound) in [("from", from), ("to", to)] {
            if let Some(at) = bound {
                request = request.query(name, at.to_string());
            }
        }
        let mut json = self.json(request).and_then(data)?;
        let pages = json.get("totalPages").and_then(Value::as_u64).unwrap_or(0);
        let list = items(json.get_mut("content").map(Value::take).unwrap_or_default(), "data.content")?;
        let entries = list.iter().map(CreditEntry::read).collect::<Result<Vec<_>>>()?;
        let is_last = entries.is_empty() || page as u64 + 1 >= pages;
        Ok((entries, is_last))
    }
}

impl CreditEntry {
    fn read(json: &Value) -> Result<Self> {
        let details = json.get("details").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self {
            kind: required(json, "type")?,
            at: json.get("createdAt").and_then(Value::as_str).and_then(parse_timestamp),
            credits: whole(json, "delta")?,
            job: details.get("jobId").and_then(Value::as_str).map(JobId::from),
            details,
        })
    }

    /// What it was for, as far as the platform tells.
    fn reason(&self) -> Option<String> {
        let told = ["jobName", "reason", "description", "orderId"]
            .iter()
            .find_map(|key| self.details.get(*key)?.as_str());
        told.map(str::to_owned)
    }

    /// Shows the entry.
    pub fn evcxr_display(&self) {
        let card = Card::new(words(&self.kind))
            .badge(Tone::Neutral, format!("{:+} credits", self.credits))
            .fact("At (UTC)", self.at.map_or(Cell::Empty, |at| Cell::time(minute(at))));
        let facts = self.details.iter().take(20);
        let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.fold(card, |card, (name, value)| card.fact(name, told(value))).bundle().print();
    }
}

list!(CreditHistory(entries: CreditEntry), "The entries, the newest first.");

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

    /// Shows the entries as a table.
    pub fn evcxr_display(&self) {
        self.show();
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("At (UTC)"),
            Column::new("For"),
            Column::number("Credits"),
            Column::new("Job"),
            Column::new("Told"),
        ];
        let row = |entry: &CreditEntry| {
            [
                entry.at.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                Cell::text(words(&entry.kind)),
                Cell::Number(entry.credits as f64, 0),
                entry
                    .job
                    .as_ref()
                    .map_or(Cell::Empty, |job| Cell::id(job.as_str().chars().take(8).collect::<String>())),
                entry.reason().into(),
            ]
        };
        let footer = [
            Cell::text("Together"),
            Cell::text(""),
            Cell::Number(self.sum() as f64, 0),
            Cell::text(""),
            Cell::text(""),
        ];
        let title = format!("{} of credits", counted(self.len(), "change"));
        Table::new(title, columns).list(&self.entries, rows, "history", row).footer(footer)
    }
}

show!(CreditHistory);

/// `JOB_TASK` as people write it.
fn words(kind: &str) -> String {
    kind.to_lowercase().replace('_', " ")
}

impl fmt::Debug for CreditHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of credits, {:+} together", counted(self.len(), "change"), self.sum())
    }
}

impl fmt::Debug for CreditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+} credits, {}", self.credits, plain(&words(&self.kind), 80))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::display::ROWS;

    #[test]
    fn a_history_tells_what_was_spent() {
        let entry = |kind: &str, delta: Value, details: Value| {
            let json = json!({"type": kind, "createdAt": "2020-06-01T11:34:00Z", "delta": delta, "details": details});
            CreditEntry::read(&json).unwrap()
        };
        let job = json!({"jobId": "31e82142-5823", "jobName": "Dakar"});
        let history = CreditHistory {
            entries: vec![
                entry("JOB_TASK", json!(-1250), job),
                entry("CREDIT_PURCHASE", json!(10_000.0), Value::Null),
            ],
        };
        assert_eq!((history.sum(), history.spent()), (8750, 1250));
        assert_eq!(format!("{history:?}"), "2 changes of credits, +8750 together");
        insta::assert_snapshot!(history.table(..ROWS).bundle().text, @r"
        2 changes of credits
        At (UTC)          For              Credits  Job       Told
        ────────────────  ───────────────  ───────  ────────  ─────
        2020-06-01 11:34  job task          −1,250  31e82142  Dakar
        2020-06-01 11:34  credit purchase   10,000  –         –
        Together                             8,750
        ");
        assert_eq!(history.to_dataframe().unwrap().shape(), (2, 5));
    }
}
