use std::fmt;

use serde_json::Value;

use super::{DataProduct, EulaState};
use crate::client::{Client, optional, required};
use up42_core::error::Result;
use up42_core::sanitize::sanitize;

/// Collection with products that can be ordered (`docs/up42-api.md`, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct DataCollection {
    /// Name for searches, such as `phr`.
    pub name: String,
    /// Display name.
    pub title: Option<String>,
    /// Description of the collection.
    pub description: Option<String>,
    /// Type: `ARCHIVE` for existing images, `TASKING` for images still to be taken.
    pub kind: Option<String>,
    /// Supported operations: `SEARCH_AVAILABLE`, `PRICE_ESTIMATION_AVAILABLE`, `QUOTATION_REQUIRED`
    /// and others.
    pub integrations: Vec<String>,
    /// Producer (`providers` with the role `PRODUCER`).
    pub producer: Option<String>,
    /// Host (`providers` with the role `HOST`); collections with a host can be searched.
    pub host: Option<String>,
    /// Type of the data: `OPTICAL`, `SAR` or `ELEVATION`.
    pub product_type: Option<String>,
    /// Resolution class: `VERY_HIGH`, `HIGH`, `MEDIUM` or `LOW`.
    pub resolution_class: Option<String>,
    /// Finest and coarsest resolution, in metres.
    pub resolution: (Option<f64>, Option<f64>),
    /// Data products of the collection.
    pub products: Vec<DataProduct>,
}

impl DataCollection {
    /// Reads a collection; the states of its licences are requested separately.
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

    /// Returns the state of the licences of all its data products: the most restrictive one.
    pub fn eula(&self) -> EulaState {
        EulaState::most_restrictive(self.products.iter().map(|product| product.eula))
    }

    /// Returns whether its images exist, so that orders refer to scenes.
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
