//! Inputs of a process as a table and as a DataFrame.

use std::ops::RangeBounds;

use polars::prelude::DataFrame;
use serde_json::Value;

use super::input::text;
use super::{ProcessInput, ProcessInputs};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;
use up42_view::MimeBundle;
use up42_view::Show;
use up42_view::elements::{Cell, Column, ROWS, Table, counted};
use up42_view::impl_mime_bundle;

/// Longest value in a table, in characters; the DataFrame has the whole value.
const SHOWN: usize = 40;

impl ProcessInputs {
    /// Returns the inputs as a Polars DataFrame, one row per input.
    ///
    /// | column | dtype | null means | field of the description |
    /// |---|---|---|---|
    /// | `input` | String | never null | its key |
    /// | `title` | String | not stated | `title` |
    /// | `type` | String | not stated | `schema.type`, or `schema.format` |
    /// | `min_occurs` | Int64 | never null | `minOccurs` |
    /// | `max_occurs` | Int64 | no bound | `maxOccurs` |
    /// | `allowed` | String | any | `schema.enum`, as JSON |
    /// | `minimum`, `maximum` | Float64 | no such bound | the same of `schema` |
    /// | `default` | String | none | `schema.default`, as JSON |
    /// | `description` | String | not stated | `description` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let json = |value: Option<Value>| value.map(|value| value.to_string());
        let allowed =
            |one: &ProcessInput| json((!one.allowed.is_empty()).then(|| one.allowed.clone().into()));
        Frame::of(&self.inputs)
            .text("input", |one| Some(&one.name))
            .text("title", |one| one.title.as_deref())
            .text("type", |one| one.kind.as_deref())
            .integer("min_occurs", |one| i64::try_from(one.min_occurs).ok())
            .integer("max_occurs", |one| i64::try_from(one.max_occurs?).ok())
            .strings("allowed", self.iter().map(allowed).collect())
            .number("minimum", |one| one.range.0)
            .number("maximum", |one| one.range.1)
            .strings("default", self.iter().map(|one| json(one.default.clone())).collect())
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("inputs to a DataFrame")
    }

    fn bundle(&self) -> MimeBundle {
        self.table(counted(self.len(), "input"), ..ROWS).bundle()
    }

    pub(crate) fn table(&self, caption: String, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Input", "Type", "Values", "Allowed", "Default", "Title"].map(Column::new);
        let row = |one: &ProcessInput| {
            [
                Cell::id(&one.name),
                one.kind.clone().into(),
                Cell::text(one.count()),
                one.values().into(),
                one.default.as_ref().map(|value| sanitize(&text(value), SHOWN)).into(),
                one.title.clone().or_else(|| one.description.clone()).into(),
            ]
        };
        Table::new(caption, columns).list(&self.inputs, rows, "inputs", row)
    }
}

impl Show for ProcessInputs {
    fn show_rows(&self, rows: impl RangeBounds<usize>) {
        self.table(counted(self.len(), "input"), rows).bundle().print();
    }
}

impl_mime_bundle!(ProcessInputs);

#[cfg(test)]
mod tests {
    use super::super::input::tests::inputs;
    use up42_view::elements::ROWS;

    #[test]
    fn inputs_of_a_process_are_shown_as_a_table() {
        insta::assert_snapshot!(inputs().table("4 inputs".into(), ..ROWS).bundle().text, @r"
        4 inputs
        Input  Type     Values     Allowed   Default  Title
        ─────  ───────  ─────────  ────────  ───────  ─────
        aoi    object   1          –         –        Area
        bands  string   1 to 2     red, nir  –        –
        size   integer  0 to 1     1 to 9    3        –
        tags   string   0 or more  –         –        –
        ");
    }
}
