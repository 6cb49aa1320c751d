//! MIME bundles of feasibility studies and quotations for notebooks.

use std::fmt;
use std::ops::RangeBounds;

use super::{FeasibilityOption, FeasibilityStudies, FeasibilityStudy, Quotation, Quotations};
use up42_core::sanitize::words;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

/// Formats the platform's word for a decision as a status.
fn decision(word: &str) -> Cell {
    let kind = match word {
        "ACCEPTED" => StatusKind::Ok,
        "REJECTED" => StatusKind::Failed,
        "NOT_DECIDED" => StatusKind::Waiting,
        _ => StatusKind::Neutral,
    };
    Cell::status(kind, words(word))
}

fn time(at: Option<jiff::Timestamp>) -> Cell {
    at.map_or(Cell::Empty, |at| Cell::time(minute(at)))
}

impl Quotations {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Quotation"),
            Column::number("Price").unit("credits"),
            Column::new("Decision"),
            Column::new("Created (UTC)"),
            Column::new("Order"),
        ];
        let row = |one: &Quotation| {
            [
                Cell::id(&one.id),
                Cell::Number(one.credits as f64, 0),
                decision(&one.decision),
                time(one.created),
                Cell::id(&one.order_id),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.quotations, rows, "quotations", row)
    }
}

impl_show!(Quotations);

impl Quotation {
    fn bundle(&self) -> MimeBundle {
        Card::new("Quotation")
            .fact("Id", Cell::id(&self.id))
            .fact("Price, credits", Cell::Number(self.credits as f64, 0))
            .fact("Decision", decision(&self.decision))
            .fact("Order", Cell::id(&self.order_id))
            .fact("Created (UTC)", time(self.created))
            .fact("Decided (UTC)", time(self.decided))
            .bundle()
    }
}

impl_mime_bundle!(Quotation);

impl FeasibilityStudies {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Study", "Decision", "Option", "Description", "Order"].map(Column::new);
        let options: Vec<_> =
            self.iter().flat_map(|one| one.options.iter().map(move |option| (one, option))).collect();
        let row = |(one, option): &(&FeasibilityStudy, &FeasibilityOption)| {
            let word = match &one.accepted_option {
                Some(taken) if *taken != option.id => Cell::text("not taken"),
                _ => decision(&one.decision),
            };
            [
                Cell::id(&one.id),
                word,
                Cell::id(&option.id),
                option.description.clone().into(),
                Cell::id(&one.order_id),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&options, rows, "studies", row)
    }
}

impl_show!(FeasibilityStudies);

impl FeasibilityStudy {
    fn bundle(&self) -> MimeBundle {
        let card = Card::new("Feasibility study")
            .fact("Id", Cell::id(&self.id))
            .fact("Decision", decision(&self.decision))
            .fact("Order", Cell::id(&self.order_id))
            .fact("Created (UTC)", time(self.created));
        let option = |card: Card, one: &FeasibilityOption| card.fact(&one.id, one.description.clone());
        self.options.iter().fold(card, option).bundle()
    }
}

impl_mime_bundle!(FeasibilityStudy);

impl fmt::Debug for Quotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} undecided", counted(self.len(), "quotation"), self.undecided().count())
    }
}

impl fmt::Debug for FeasibilityStudies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = if self.len() == 1 { "1 study".to_owned() } else { format!("{} studies", self.len()) };
        write!(f, "{count}, {} undecided", self.undecided().count())
    }
}
