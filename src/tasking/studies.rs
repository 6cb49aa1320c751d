use polars::prelude::DataFrame;

use super::FeasibilityStudy;
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// Feasibility studies, newest first.
#[derive(Clone)]
pub struct FeasibilityStudies {
    pub(super) studies: Vec<FeasibilityStudy>,
}

impl_list!(FeasibilityStudies(studies: FeasibilityStudy), "Returns an iterator over the studies, the newest first.");

impl FeasibilityStudies {
    /// Returns the studies that are still undecided.
    pub fn undecided(&self) -> impl Iterator<Item = &FeasibilityStudy> {
        self.iter().filter(|one| one.is_undecided())
    }

    /// Returns the studies as a Polars DataFrame, one row per option.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id`, `order` | String | | never null | `id`, `orderId` |
    /// | `decision` | String | | never null | `decision` |
    /// | `option` | String | | never null | `options[].id` |
    /// | `description` | String | | not stated | `options[].description` |
    /// | `accepted` | Boolean | | never null | `decisionOption.id` |
    /// | `created` | Datetime(ms) | UTC | not stated | `createdAt` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let rows: Vec<_> =
            self.iter().flat_map(|one| one.options.iter().map(move |option| (one, option))).collect();
        Frame::of(&rows)
            .text("id", |(one, _)| Some(&one.id))
            .text("order", |(one, _)| Some(&one.order_id))
            .text("decision", |(one, _)| Some(&one.decision))
            .text("option", |(_, option)| Some(&option.id))
            .text("description", |(_, option)| option.description.as_deref())
            .flag("accepted", |(one, option)| one.accepted_option.as_ref() == Some(&option.id))
            .instant("created", |(one, _)| one.created)?
            .finish()
            .context("studies to a DataFrame")
    }
}
