//! MIME bundles of the credit history for notebooks.

use std::fmt;
use std::ops::RangeBounds;

use serde_json::Value;

use super::{CreditEntry, CreditHistory};
use up42_core::sanitize::{sanitize, words};
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

impl CreditEntry {
    /// Returns the reason for the change, if the platform states one.
    fn reason(&self) -> Option<String> {
        let reason = ["jobName", "orderName", "reason", "description", "orderId"]
            .iter()
            .find_map(|key| self.details.get(*key)?.as_str());
        reason.map(str::to_owned)
    }

    fn bundle(&self) -> MimeBundle {
        let card = Card::new(words(&self.kind))
            .badge(StatusKind::Neutral, format!("{:+} credits", self.credits))
            .fact("Time (UTC)", self.at.map_or(Cell::Empty, |at| Cell::time(minute(at))));
        let facts = self.details.iter().take(20);
        let value_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.fold(card, |card, (name, value)| card.fact(name, value_text(value))).bundle()
    }
}

impl_mime_bundle!(CreditEntry);

impl CreditHistory {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Time (UTC)"),
            Column::new("Type"),
            Column::number("Credits"),
            Column::new("Job"),
            Column::new("Details"),
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
            Cell::text("Total"),
            Cell::text(""),
            Cell::Number(self.sum() as f64, 0),
            Cell::text(""),
            Cell::text(""),
        ];
        let title = format!("{} of credits", counted(self.len(), "change"));
        Table::new(title, columns).list(&self.entries, rows, "history", row).footer(footer)
    }
}

impl_show!(CreditHistory);

impl fmt::Debug for CreditHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of credits, {:+} in total", counted(self.len(), "change"), self.sum())
    }
}

impl fmt::Debug for CreditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+} credits, {}", self.credits, sanitize(&words(&self.kind), 80))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use up42_view::elements::ROWS;

    #[test]
    fn a_history_is_shown_with_its_costs() {
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
        assert_eq!(format!("{history:?}"), "2 changes of credits, +8750 in total");
        insta::assert_snapshot!(history.table(..ROWS).bundle().text, @r"
        2 changes of credits
        Time (UTC)        Type             Credits  Job       Details
        ────────────────  ───────────────  ───────  ────────  ───────
        2020-06-01 11:34  job task          −1,250  31e82142  Dakar
        2020-06-01 11:34  credit purchase   10,000  –         –
        Total                                8,750
        ");
        assert_eq!(history.to_dataframe().unwrap().shape(), (2, 5));
    }
}
