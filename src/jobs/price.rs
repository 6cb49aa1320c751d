//! MIME bundles of prices for notebooks.

use std::ops::RangeBounds;

use super::{Credits, Durations, Estimate, EstimatedJob};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

impl Estimate {
    pub(super) fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let failures = self.failed();
        let failed = failures.len();
        let mut columns = vec![
            Column::new("Job"),
            Column::number("Minimum").unit("credits"),
            Column::number("Maximum").unit("credits"),
            Column::number("Run time"),
        ];
        if failed > 0 {
            columns.push(Column::new("Reason"));
        }
        let row = |job: &EstimatedJob| {
            let price = job.price.as_ref().ok();
            let bound =
                |end: fn(Credits) -> i64| price.map_or(Cell::Empty, |price| credits(end(price.credits)));
            let mut cells = vec![
                Cell::text(&job.label),
                bound(|credits| credits.min),
                bound(|credits| credits.max),
                duration(price.and_then(|price| price.duration)),
            ];
            if failed > 0 {
                cells.push(
                    job.price.as_ref().err().map_or(Cell::Empty, |error| Cell::text(error.to_string())),
                );
            }
            cells
        };
        let total = self.total();
        let (count, which) = match failed {
            0 => (counted(self.jobs().len(), "job"), "All jobs"),
            _ => (
                format!("{} of {}", self.jobs().len() - failed, counted(self.jobs().len(), "job")),
                "All with a price",
            ),
        };
        let table = Table::new(format!("{count}: {total} credits"), columns)
            .list(self.jobs(), rows, "estimate", row)
            .footer([Cell::text(which), credits(total.min), credits(total.max), duration(self.duration())])
            .note("An estimate by the platform; 1 credit is 0.01 EUR. Only what succeeds is paid. Times are without the queue.");
        // The row of the job without a price may be below the shown rows.
        match (failures.first(), failed - failed.min(1)) {
            (None, _) => table,
            (Some((label, _)), 0) => table.note(format!("There is no price for {label}.")),
            (Some((label, _)), more) => {
                table.note(format!("There is no price for {label}, and for {more} more."))
            }
        }
    }
}

impl_show!(Estimate);

impl Credits {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let euros = |credits: i64| format!("{:.2}", credits as f64 / 100.0);
        let euros = match self.min == self.max {
            true => euros(self.max),
            false => format!("{} to {}", euros(self.min), euros(self.max)),
        };
        Card::new(format!("{self} credits")).fact("EUR", euros)
    }
}

impl_mime_bundle!(Credits);

fn credits(count: i64) -> Cell {
    Cell::Number(count as f64, 0)
}

/// Returns a cell that sorts by the longest time.
fn duration(durations: Option<Durations>) -> Cell {
    durations
        .map_or(Cell::Empty, |durations| Cell::Figure(durations.max.as_secs_f64(), durations.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::jobs::Price;
    use up42_core::error::Error;
    use up42_view::elements::ROWS;

    #[test]
    fn a_price_is_also_shown_in_euros() {
        insta::assert_snapshot!(Credits { min: 95, max: 120 }.card().bundle().text, @r"
        95 to 120 credits
          EUR  0.95 to 1.20
        ");
    }

    #[test]
    fn an_estimate_is_shown_as_a_table_with_a_total() {
        let time = Durations { min: Duration::from_secs(8), max: Duration::from_secs(600) };
        let price = Price { credits: Credits { min: 95, max: 1200 }, duration: Some(time) };
        let job = |label: &str, price| EstimatedJob { label: label.into(), price };
        let refused = job("Mbour", Err(Error::invalid("400: too large")));
        let jobs = vec![job("Dakar", Ok(price)), job("Thiès", Ok(price)), refused];
        insta::assert_snapshot!(Estimate::of(jobs[..2].to_vec()).table(..ROWS).bundle().text, @r"
        2 jobs: 190 to 2400 credits
        Job       Minimum (credits)  Maximum (credits)             Run time
        ────────  ─────────────────  ─────────────────  ───────────────────
        Dakar                    95              1,200   8 s to 10 min 00 s
        Thiès                    95              1,200   8 s to 10 min 00 s
        All jobs                190              2,400  16 s to 20 min 00 s
        An estimate by the platform; 1 credit is 0.01 EUR. Only what succeeds is paid. Times are without the queue.
        ");
        insta::assert_snapshot!(Estimate::of(jobs).table(..ROWS).bundle().text, @r"
        2 of 3 jobs: 190 to 2400 credits
        Job               Minimum (credits)  Maximum (credits)             Run time  Reason
        ────────────────  ─────────────────  ─────────────────  ───────────────────  ──────────────
        Dakar                            95              1,200   8 s to 10 min 00 s  –
        Thiès                            95              1,200   8 s to 10 min 00 s  –
        Mbour                             –                  –                    –  400: too large
        All with a price                190              2,400  16 s to 20 min 00 s
        An estimate by the platform; 1 credit is 0.01 EUR. Only what succeeds is paid. Times are without the queue.
        There is no price for Mbour.
        ");
    }
}
