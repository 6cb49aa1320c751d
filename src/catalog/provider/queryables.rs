use std::fmt;
use std::ops::RangeBounds;

use polars::prelude::DataFrame;
use serde_json::Value;

use super::stac::Stac;
use crate::client::Client;
use crate::frame::Frame;
use crate::transport::{Request, refused_with};
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;

/// Property that a STAC API filters by (OGC API - Features 3, "Queryables").
#[derive(Clone)]
#[non_exhaustive]
pub struct Queryable {
    /// Name for [`Search::filter`](crate::catalog::Search::filter).
    pub name: String,
    /// Display name, else description (`title`, `description`).
    pub title: Option<String>,
    /// Type: `string`, `number`, `integer`, `boolean`, `array` or `object` (`type`); several are
    /// joined by commas.
    pub kind: Option<String>,
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Largest value.
    pub maximum: Option<f64>,
    /// All possible values, if the schema lists them (`enum`).
    pub values: Vec<String>,
}

/// Properties that a STAC API filters by.
#[derive(Clone, Default)]
pub struct Queryables {
    queryables: Vec<Queryable>,
}

impl_list!(Queryables(queryables: Queryable), "Returns an iterator over the queryables.");

impl Queryables {
    pub(in crate::catalog) fn of(client: &Client, stac: &Stac) -> Result<Self> {
        Self::read(&client.json(Request::get(&stac.queryables_url))?)
    }

    /// Reads the JSON schema that lists the queryables.
    pub(super) fn read(schema: &Value) -> Result<Self> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let missing =
            || refused_with(schema, 200).unwrap_or_else(|| Error::response("the answer has no `properties`"));
        let properties = properties.ok_or_else(missing)?;
        let queryables = properties.iter().map(|(name, schema)| Queryable::read(name, schema));
        Ok(Self { queryables: queryables.collect() })
    }

    /// Returns the queryable with a name.
    pub fn get(&self, name: &str) -> Option<&Queryable> {
        self.iter().find(|one| one.name == name)
    }

    /// Returns the queryables as a Polars DataFrame, one row each.
    ///
    /// | column | dtype | null means | field of the schema |
    /// |---|---|---|---|
    /// | `name` | String | never null | key in `properties` |
    /// | `title` | String | missing | `title`, `description` |
    /// | `kind` | String | missing | `type` |
    /// | `minimum`, `maximum` | Float64 | missing | `minimum`, `maximum` |
    /// | `values` | String | any | `enum`, joined by commas |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.queryables)
            .text("name", |one| Some(&one.name))
            .text("title", |one| one.title.as_deref())
            .text("kind", |one| one.kind.as_deref())
            .number("minimum", |one| one.minimum)
            .number("maximum", |one| one.maximum)
            .strings("values", self.iter().map(Queryable::listed).collect())
            .finish()
            .context("queryables to a DataFrame")
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Property"),
            Column::new("Kind"),
            Column::new("Title"),
            Column::number("Minimum"),
            Column::number("Maximum"),
            Column::new("Values"),
        ];
        let number = |figure: Option<f64>| {
            figure.map_or(Cell::Empty, |figure| Cell::Number(figure, usize::from(figure.fract() != 0.0)))
        };
        let row = |one: &Queryable| {
            [
                Cell::id(&one.name),
                one.kind.clone().into(),
                one.title.clone().into(),
                number(one.minimum),
                number(one.maximum),
                one.listed().into(),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.queryables, rows, "queryables", row)
    }
}

impl_show!(Queryables);

impl Queryable {
    fn read(name: &str, schema: &Value) -> Self {
        let text = |key: &str| schema.get(key)?.as_str().map(String::from);
        let number = |key: &str| schema.get(key)?.as_f64();
        let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let value_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
        let kinds: Vec<_> = list("type").filter_map(Value::as_str).collect();
        Self {
            name: name.to_owned(),
            title: text("title").or_else(|| text("description")),
            kind: text("type").or_else(|| (!kinds.is_empty()).then(|| kinds.join(", "))),
            minimum: number("minimum"),
            maximum: number("maximum"),
            values: list("enum").map(value_text).collect(),
        }
    }

    fn listed(&self) -> Option<String> {
        (!self.values.is_empty()).then(|| self.values.join(", "))
    }
}

impl fmt::Debug for Queryable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_deref().unwrap_or("any kind");
        write!(f, "{} ({})", sanitize(&self.name, 200), sanitize(kind, 80))
    }
}

impl fmt::Debug for Queryables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} queryables", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use up42_view::elements::ROWS;

    #[test]
    fn a_schema_becomes_a_table() {
        let schema = json!({"properties": {
            "eo:cloud_cover": {"type": "number", "title": "Cloud", "minimum": 0, "maximum": 100},
            "platform": {"type": ["string", "null"], "enum": ["S2A", 2]},
            "id": {"$ref": "item.json#/id", "description": "Item identifier"},
            "odd": 7,
        }});
        let queryables = Queryables::read(&schema).unwrap();
        insta::assert_snapshot!(queryables.table(..ROWS).bundle().text, @r"
        4 queryables
        Property        Kind          Title            Minimum  Maximum  Values
        ──────────────  ────────────  ───────────────  ───────  ───────  ──────
        eo:cloud_cover  number        Cloud                  0      100  –
        platform        string, null  –                      –        –  S2A, 2
        id              –             Item identifier        –        –  –
        odd             –             –                      –        –  –
        ");
        assert_eq!(queryables.to_dataframe().unwrap().shape(), (4, 6));
        let error = Queryables::read(&json!([])).unwrap_err().to_string();
        assert_eq!(error, "the answer has no `properties`");
    }
}
