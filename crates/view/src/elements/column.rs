use maud::{Markup, html};

use up42_core::sanitize::sanitize;

/// Longest title, in characters.
const LONGEST: usize = 60;

/// Heading of a table column.
#[derive(Clone, Debug)]
pub struct Column {
    title: String,
    unit: Option<&'static str>,
    kind: Option<String>,
    is_number: bool,
}

impl Column {
    /// Makes a column of text, ids, states, pictures or times.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: None, kind: None, is_number: false }
    }

    /// Makes a column of numbers or bars, aligned right and sorted by value.
    pub fn number(title: impl Into<String>) -> Self {
        Self { is_number: true, ..Self::new(title) }
    }

    /// Sets the unit of the numbers, shown in the heading.
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// Sets the data type, such as `f64`, shown below the title.
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Returns whether the column holds numbers, which are aligned to the right.
    pub fn is_number(&self) -> bool {
        self.is_number
    }

    /// Returns the heading as text, with the unit.
    pub fn heading(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({unit})", self.title()),
            None => self.title(),
        }
    }

    /// Returns the second line of the heading; empty if there is none.
    pub fn under(&self) -> String {
        self.kind.as_deref().map_or_else(String::new, |kind| sanitize(kind, LONGEST))
    }

    /// Returns the heading as escaped HTML.
    pub fn to_html(&self) -> Markup {
        html! {
            th class=[self.is_number.then_some("up42-right")] scope="col" {
                bdi { (self.title()) }
                @if let Some(unit) = self.unit { " " small { "(" (unit) ")" } }
                @if self.kind.is_some() { " " small.up42-kind { (self.under()) } }
            }
        }
    }

    fn title(&self) -> String {
        sanitize(&self.title, LONGEST)
    }
}
