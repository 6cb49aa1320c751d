use polars::prelude::DataFrame;
use serde_json::Value;

use super::is_place;
use crate::frame::Frame;
use crate::schema::resolved;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// What an order of a data product can be told.
#[derive(Clone, PartialEq)]
pub struct ProductParameters {
    /// Whose they are.
    pub(super) of: String,
    pub(super) parameters: Vec<ProductParameter>,
}

/// One parameter, from the JSON Schema of the data product (`docs/up42-api.md`, 9.3).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProductParameter {
    /// Its name.
    pub name: String,
    /// `string`, `number`, `integer`, `boolean`, `array` or `object`; of several, joined by
    /// "or"; `None` where the schema does not say.
    pub kind: Option<String>,
    /// Whether an order must have it. A scene's `id` is given by the order itself.
    pub is_required: bool,
    /// What is taken when nothing is said.
    pub default: Option<Value>,
    /// All values that are allowed, where they are listed.
    pub allowed: Vec<Value>,
    /// The smallest and the largest number.
    pub range: (Option<f64>, Option<f64>),
    /// What it means, in the platform's words.
    pub description: Option<String>,
}

impl ProductParameter {
    fn read(name: &str, own: &Value, is_required: bool) -> Self {
        let number = |field: &str| own.get(field).and_then(Value::as_f64);
        let text = |field: &str| own.get(field).and_then(Value::as_str).map(str::to_owned);
        let alternatives = ["anyOf", "oneOf"].iter().find_map(|key| own.get(*key)?.as_array());
        let kinds = alternatives.map(|parts| {
            let mut kinds: Vec<&str> = parts.iter().filter_map(|part| part.get("type")?.as_str()).collect();
            kinds.dedup();
            kinds.join(" or ")
        });
        Self {
            name: name.to_owned(),
            kind: text("type").or(kinds).filter(|kind| !kind.is_empty()),
            is_required,
            default: own.get("default").filter(|value| !value.is_null()).cloned(),
            allowed: own.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            range: (number("minimum"), number("maximum")),
            description: text("description").or_else(|| text("title")),
        }
    }

    /// The allowed values or bounds in one line.
    pub(super) fn takes(&self) -> Option<String> {
        if !self.allowed.is_empty() {
            return Some(self.allowed.iter().map(word).collect::<Vec<_>>().join(", "));
        }
        match self.range {
            (Some(min), Some(max)) => Some(format!("{min} to {max}")),
            (Some(min), None) => Some(format!("from {min}")),
            (None, Some(max)) => Some(format!("up to {max}")),
            (None, None) => None,
        }
    }
}

/// A value as a person writes it.
pub(super) fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl_list!(ProductParameters(parameters: ProductParameter), "The parameters, required ones first.");

impl ProductParameters {
    /// Those of a schema, but for the area, which an order has beside them.
    pub(super) fn of(whose: &str, schema: &Value) -> Self {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let mut parameters: Vec<_> = properties
            .filter(|(name, _)| !is_place(name))
            .map(|(name, own)| ProductParameter::read(name, &resolved(own, schema), is_required(name)))
            .collect();
        parameters.sort_by_key(|one| !one.is_required);
        Self { of: whose.to_owned(), parameters }
    }

    /// The parameter of a name.
    pub fn get(&self, name: &str) -> Option<&ProductParameter> {
        self.iter().find(|one| one.name == name)
    }

    /// The parameters as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | null means | in the schema |
    /// |---|---|---|---|
    /// | `name` | String | never null | key in `properties` |
    /// | `type` | String | not said | `type` |
    /// | `required` | Boolean | never null | `required` |
    /// | `default` | String | none | `default`, as JSON |
    /// | `allowed` | String | any | `enum`, as JSON |
    /// | `minimum`, `maximum` | Float64 | no such bound | the same |
    /// | `description` | String | not said | `description`, `title` |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let default = |one: &ProductParameter| Some(one.default.as_ref()?.to_string());
        let allowed = |one: &ProductParameter| {
            (!one.allowed.is_empty()).then(|| Value::Array(one.allowed.clone()).to_string())
        };
        Frame::of(&self.parameters)
            .text("name", |one| Some(&one.name))
            .text("type", |one| one.kind.as_deref())
            .flag("required", |one| one.is_required)
            .strings("default", self.iter().map(default).collect())
            .strings("allowed", self.iter().map(allowed).collect())
            .number("minimum", |one| one.range.0)
            .number("maximum", |one| one.range.1)
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("parameters to a DataFrame")
    }
}
