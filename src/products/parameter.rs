use polars::prelude::DataFrame;
use serde_json::Value;

use super::is_place;
use crate::frame::Frame;
use crate::schema::resolved;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// Parameters of an order of a data product.
#[derive(Clone, PartialEq)]
pub struct ProductParameters {
    /// Name of the data product.
    pub(super) of: String,
    pub(super) parameters: Vec<ProductParameter>,
}

/// Parameter of an order, from the JSON Schema of the data product (`docs/up42-api.md`, 9.3).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProductParameter {
    /// Name of the parameter.
    pub name: String,
    /// Type: `string`, `number`, `integer`, `boolean`, `array` or `object`; several joined by "or";
    /// `None` if the schema does not state it.
    pub kind: Option<String>,
    /// Whether an order must have it. The `id` of a scene is set by the order itself.
    pub is_required: bool,
    /// Default; `None` if there is none.
    pub default: Option<Value>,
    /// Allowed values, if the schema lists them.
    pub allowed: Vec<Value>,
    /// Smallest and largest number.
    pub range: (Option<f64>, Option<f64>),
    /// Description by the platform.
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

    /// Returns the allowed values or bounds in one line.
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

/// Formats a value: text without quotes, everything else as JSON.
pub(super) fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl_list!(ProductParameters(parameters: ProductParameter), "Returns an iterator over the parameters, required ones first.");

impl ProductParameters {
    /// Reads the parameters of a schema, except the area, which an order has separately.
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

    /// Returns the parameter with this name.
    pub fn get(&self, name: &str) -> Option<&ProductParameter> {
        self.iter().find(|one| one.name == name)
    }

    /// Returns the parameters as a Polars DataFrame, one row per parameter.
    ///
    /// | column | dtype | null means | in the schema |
    /// |---|---|---|---|
    /// | `name` | String | never null | key in `properties` |
    /// | `type` | String | not stated | `type` |
    /// | `required` | Boolean | never null | `required` |
    /// | `default` | String | none | `default`, as JSON |
    /// | `allowed` | String | any | `enum`, as JSON |
    /// | `minimum`, `maximum` | Float64 | no such bound | the same |
    /// | `description` | String | not stated | `description`, `title` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
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
