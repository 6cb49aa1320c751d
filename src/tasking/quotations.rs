use polars::prelude::DataFrame;

use super::Quotation;
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// Quotations, newest first.
#[derive(Clone)]
pub struct Quotations {
    pub(super) quotations: Vec<Quotation>,
}

impl_list!(Quotations(quotations: Quotation), "Returns an iterator over the quotations, the newest first.");

impl Quotations {
    /// Returns the quotations that are still undecided.
    pub fn undecided(&self) -> impl Iterator<Item = &Quotation> {
        self.iter().filter(|one| one.is_undecided())
    }

    /// Returns the quotations as a Polars DataFrame, one row per quotation.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id`, `order` | String | | never null | `id`, `orderId` |
    /// | `credits` | Int64 | credits | never null | `creditsPrice` |
    /// | `decision` | String | | never null | `decision` |
    /// | `created`, `decided` | Datetime(ms) | UTC | not stated, undecided | `createdAt`, `decisionAt` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.quotations)
            .text("id", |one| Some(&one.id))
            .text("order", |one| Some(&one.order_id))
            .integer("credits", |one| Some(one.credits))
            .text("decision", |one| Some(&one.decision))
            .instant("created", |one| one.created)?
            .instant("decided", |one| one.decided)?
            .finish()
            .context("quotations to a DataFrame")
    }
}
