//! What a notebook shows of prices.

use std::ops::RangeBounds;

use super::{Credits, Estimate, EstimatedJob};
use crate::display::{Card, Cell, Column, Table, counted};
use crate::show::{Show, show};

impl Estimate {
    /// Shows the price of each job and of them all.
    pub fn evcxr_display(&self) {
        self.show();
    }

    pub(super) fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Job"),
            Column::number("At least").unit("credits"),
            Column::number("At most").unit("credits"),
        ];
        let row =
            |job: &EstimatedJob| [Cell::text(&job.label), credits(job.credits.min), credits(job.credits.max)];
        let total = self.total();
        let count = counted(self.jobs().len(), "job");
        Table::new(format!("{count}: {total} credits"), columns)
            .list(self.jobs(), rows, "estimate", row)
            .footer([Cell::text("All jobs"), credits(total.min), credits(total.max)])
            .note("An estimate by the platform; 1 credit is 0.01 EUR. Only tasks that succeed are paid.")
    }
}

show!(Estimate);

impl Credits {
    /// Shows the price.
    pub fn evcxr_display(&self) {
        self.card().bundle().print();
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

fn credits(count: i64) -> Cell {
    Cell::Number(count as f64, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_told_in_euros_too() {
        insta::assert_snapshot!(Credits { min: 95, max: 120 }.card().bundle().text, @r"
        95 to 120 credits
          EUR  0.95 to 1.20
        ");
    }
}
