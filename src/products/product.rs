use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{EulaState, ProductParameters, eula, params};
use crate::client::{Client, id::checked, optional};
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// Data product: a form in which a collection is sold (`docs/up42-api.md`, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct DataProduct {
    pub(super) client: Client,
    /// Id on the platform.
    pub id: String,
    /// Name, unique in its collection, such as `analytic`.
    pub name: String,
    /// Display name.
    pub title: Option<String>,
    /// Description of the product.
    pub description: Option<String>,
    /// Name of its collection, such as `phr`.
    pub collection: String,
    /// Whether the images are still to be taken by a satellite (the collection's `type`).
    pub is_tasking: bool,
    /// Id of its licence; `None` if there is none.
    pub eula_id: Option<String>,
    /// State of the licence when the product was listed.
    pub eula: EulaState,
    /// JSON Schema of its parameters, once requested.
    pub(super) schema: Option<Arc<Value>>,
}

impl DataProduct {
    /// Reads a data product; `None` without an id, since it cannot be ordered.
    pub(super) fn read(client: &Client, collection: &str, kind: Option<&str>, json: &Value) -> Option<Self> {
        let eula_id = optional(json, "eulaId");
        let id = optional(json, "id")?;
        Some(Self {
            client: client.clone(),
            name: optional(json, "name").unwrap_or_else(|| id.clone()),
            title: optional(json, "title"),
            description: optional(json, "description"),
            collection: collection.to_owned(),
            is_tasking: kind == Some("TASKING"),
            eula: if eula_id.is_some() { EulaState::Unknown } else { EulaState::NotNeeded },
            id,
            eula_id,
            schema: None,
        })
    }

    /// Returns the product with the current state of its licence.
    pub(super) fn with_eula(mut self) -> Result<Self> {
        if let Some(id) = &self.eula_id {
            let states = eula::states(&self.client, [id.clone()]).with_context(|| self.to_string())?;
            self.eula = states.get(id).copied().unwrap_or(EulaState::Unknown);
        }
        Ok(self)
    }

    /// Returns the product with the schema of its parameters (`docs/up42-api.md`, 9.3), which lists
    /// of products lack.
    pub(crate) fn with_schema(&self) -> Result<Self> {
        if self.schema.is_some() {
            return Ok(self.clone());
        }
        let read = || self.client.get(&format!("/orders/schema/{}", checked("data product", &self.id)?));
        let schema = Some(Arc::new(read().with_context(|| format!("parameters of {self}"))?));
        Ok(Self { schema, ..self.clone() })
    }

    /// Returns the client that listed the product.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the parameters of an order of this product.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let parameters = client.data_product("phr/analytic")?.parameters()?;
    /// let coding = parameters.get("pixelCoding").unwrap();
    /// assert_eq!((coding.is_required, coding.allowed.len()), (false, 2));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection, for a
    /// product from a list; [`Client::data_product`] has already requested the parameters.
    pub fn parameters(&self) -> Result<ProductParameters> {
        Ok(ProductParameters::of(&self.to_string(), self.with_schema()?.schema()))
    }

    fn schema(&self) -> &Value {
        self.schema.as_deref().unwrap_or(&Value::Null)
    }

    /// Returns whether an order must name a scene.
    pub(crate) fn takes_scene(&self) -> bool {
        !self.is_tasking && self.schema().pointer("/properties").is_none_or(|all| all.get("id").is_some())
    }

    /// Returns whether the order's name is also one of its parameters, as for tasking.
    pub(crate) fn takes_name(&self) -> bool {
        self.schema().pointer("/properties/displayName").is_some()
    }

    /// Returns the parameters of an order, checked by the product's schema, with the defaults of
    /// required parameters.
    pub(crate) fn checked_params(&self, params: &Map<String, Value>) -> Result<Map<String, Value>> {
        params::checked(params, self.schema()).map_err(Error::invalid).with_context(|| self.to_string())
    }

    /// Fails if the licence is not accepted. A state of `NotAccepted` is requested again, since the
    /// licence may have been accepted after the product was listed.
    pub(crate) fn check_eula(&self) -> Result<()> {
        let Some(id) = self.eula_id.as_ref().filter(|_| self.eula == EulaState::NotAccepted) else {
            return Ok(());
        };
        match eula::states(&self.client, [id.clone()])?.get(id) {
            Some(EulaState::NotAccepted) => Err(Error::invalid(format!(
                "the EULA of {self} is not accepted: accept it on the platform's web page, then order again"
            ))),
            _ => Ok(()),
        }
    }
}

/// Prints collection and name.
impl fmt::Display for DataProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data product `{}/{}`", sanitize(&self.collection, 80), sanitize(&self.name, 80))
    }
}

impl fmt::Debug for DataProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataProduct({}/{})", sanitize(&self.collection, 80), sanitize(&self.name, 80))
    }
}
