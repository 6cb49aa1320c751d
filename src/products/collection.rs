use std::fmt;

use serde_json::Value;

use super::{DataProduct, EulaState};
use crate::client::{Client, optional, required};
use up42_core::error::Result;
use up42_core::sanitize::sanitize;

/// A collection that something can be bought of (`docs/up42-api.md`, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct DataCollection {
    /// The name to search by, such as `phr`.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it is, in words.
    pub description: Option<String>,
    /// Whether there are images already, `ARCHIVE`, or will be, `TASKING`.
    pub kind: Option<String>,
    /// What the platform can do with it: `SEARCH_AVAILABLE`, `PRICE_ESTIMATION_AVAILABLE`,
    /// `QUOTATION_REQUIRED` and others.
    pub integrations: Vec<String>,
    /// Who makes it (`providers` with the role `PRODUCER`).
    pub producer: Option<String>,
    /// Who offers it (`providers` with the role `HOST`); one with a host can be searched.
    pub host: Option<String>,
    /// `OPTICAL`, `SAR` or `ELEVATION`.
    pub product_type: Option<String>,
    /// `VERY_HIGH`, `HIGH`, `MEDIUM` or `LOW`.
    pub resolution_class: Option<String>,
    /// The finest and the coarsest size of a pixel, in metres.
    pub resolution: (Option<f64>, Option<f64>),
    /// What can be bought of it.
    pub products: Vec<DataProduct>,
}

impl DataCollection {
    /// Reads a collection; the states of its licences come later.
    pub(super) fn read(client: &Client, json: &Value) -> Result<Self> {
        let name = required(json, "name")?;
        let list = |field: &str| json.get(field).and_then(Value::as_array).into_iter().flatten();
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let number = |pointer: &str| json.pointer(pointer).and_then(Value::as_f64);
        let provider = |role: &str| {
            let plays = |one: &&Value| {
                let roles = one.get("roles").and_then(Value::as_array);
                roles.is_some_and(|roles| roles.iter().any(|one| one == role))
            };
            optional(list("providers").find(plays)?, "name")
        };
        let kind = optional(json, "type");
        let products = list("dataProducts")
            .filter_map(|product| DataProduct::read(client, &name, kind.as_deref(), product));
        Ok(Self {
            title: optional(json, "title"),
            description: optional(json, "description"),
            integrations: list("integrations").filter_map(Value::as_str).map(str::to_owned).collect(),
            producer: provider("PRODUCER"),
            host: provider("HOST"),
            product_type: text("/metadata/productType"),
            resolution_class: text("/metadata/resolutionClass"),
            resolution: (
                number("/metadata/resolutionValue/minimum"),
                number("/metadata/resolutionValue/maximum"),
            ),
            products: products.collect(),
            name,
            kind,
        })
    }

    /// Whether the licences of all its data products are accepted.
    pub fn eula(&self) -> EulaState {
        EulaState::worst(self.products.iter().map(|product| product.eula))
    }

    /// Whether its images exist, so that they are ordered by their scenes.
    pub fn is_archive(&self) -> bool {
        self.kind.as_deref() != Some("TASKING")
    }
}

impl fmt::Debug for DataCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.name, 200))?;
        match &self.title {
            Some(title) => write!(f, ": {}", sanitize(title, 200)),
            None => Ok(()),
        }
    }
}
