//! MIME bundles of budgets for notebooks.

use std::fmt;
use std::ops::RangeBounds;

use super::{Budget, Budgets};
use up42_core::sanitize::words;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

fn credits(credits: Option<i64>) -> Cell {
    credits.map_or(Cell::Empty, |credits| Cell::Number(credits as f64, 0))
}

impl Budgets {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Budget"),
            Column::new("Status"),
            Column::number("Used"),
            Column::number("Spent and held").unit("credits"),
            Column::number("Remaining").unit("credits"),
            Column::number("Limit").unit("credits"),
            Column::new("Id"),
        ];
        let row = |one: &Budget| {
            [
                Cell::text(&one.name),
                one.state(),
                one.percent.map_or(Cell::Empty, Cell::Percent),
                credits(one.consumed),
                credits(one.remaining),
                credits(one.limit),
                Cell::id(&one.id),
            ]
        };
        let table = Table::new(format!("{self:?}"), columns).list(&self.budgets, rows, "budgets", row);
        match self.is_enforced {
            Some(true) => table.note("Every order needs a budget: order.budget_id(…)."),
            Some(false) => table.note("Orders need no budget."),
            None => table,
        }
    }
}

impl_show!(Budgets);

impl Budget {
    fn state(&self) -> Cell {
        let kind = if self.is_active() { StatusKind::Ok } else { StatusKind::Neutral };
        Cell::status(kind, words(&self.status))
    }

    fn bundle(&self) -> MimeBundle {
        let time = |at: Option<jiff::Timestamp>| at.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let card = Card::new(&self.name)
            .fact("Status", self.state())
            .fact("Id", Cell::id(&self.id))
            .fact("Used", self.percent.map_or(Cell::Empty, Cell::Percent))
            .fact("Spent and held, credits", credits(self.consumed))
            .fact("Remaining, credits", credits(self.remaining))
            .fact("Limit, credits", credits(self.limit))
            .fact("From (UTC)", time(self.valid.0))
            .fact("To (UTC)", time(self.valid.1));
        self.description.iter().fold(card, |card, description| card.note(description)).bundle()
    }
}

impl_mime_bundle!(Budget);

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.len(), "budget"))
    }
}
