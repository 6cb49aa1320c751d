use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{EulaState, ProductParameters, eula, params};
use crate::client::{Client, id::checked, optional};
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// A form in which a collection is sold (`docs/up42-api.md`, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct DataProduct {
    pub(super) client: Client,
    /// The platform's id.
    pub id: String,
    /// Its name, unique in its collection, such as `analytic`.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it is, in words.
    pub description: Option<String>,
    /// The name of its collection, such as `phr`.
    pub collection: String,
    /// Whether a satellite has yet to take the image (the collection's `type`).
    pub is_tasking: bool,
    /// The id of its licence; `None` where there is none.
    pub eula_id: Option<String>,
    /// Whether the licence is accepted, at the time of the list.
    pub eula: EulaState,
    /// The JSON Schema of its parameters, once it was asked for.
    pub(super) schema: Option<Arc<Value>>,
}

impl DataProduct {
    /// `None` for one that cannot be ordered, as it has no id.
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

    /// The same product with the state of its licence.
    pub(super) fn with_eula(mut self) -> Result<Self> {
        if let Some(id) = &self.eula_id {
            let states = eula::states(&self.client, [id.clone()]).with_context(|| self.to_string())?;
            self.eula = states.get(id).copied().unwrap_or(EulaState::Unknown);
        }
        Ok(self)
    }

    /// The same product with the schema of its parameters (`docs/up42-api.md`, 9.3), which a list
    /// of products lacks.
    pub(crate) fn with_schema(&self) -> Result<Self> {
        if self.schema.is_some() {
            return Ok(self.clone());
        }
        let ask = || self.client.get(&format!("/orders/schema/{}", checked("data product", &self.id)?));
        let schema = Some(Arc::new(ask().with_context(|| format!("parameters of {self}"))?));
        Ok(Self { schema, ..self.clone() })
    }

    /// The client that it was listed by.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What an order of it can be told, parameter by parameter.
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
    /// The errors of the network, for a product of a list: one by its name has them already.
    pub fn parameters(&self) -> Result<ProductParameters> {
        Ok(ProductParameters::of(&self.to_string(), self.with_schema()?.schema()))
    }

    fn schema(&self) -> &Value {
        self.schema.as_deref().unwrap_or(&Value::Null)
    }

    /// Whether an order names a scene.
    pub(crate) fn takes_scene(&self) -> bool {
        !self.is_tasking && self.schema().pointer("/properties").is_none_or(|all| all.get("id").is_some())
    }

    /// Whether an order's name is among its parameters too, as of a new image.
    pub(crate) fn takes_name(&self) -> bool {
        self.schema().pointer("/properties/displayName").is_some()
    }

    /// The parameters of an order, checked against the product's schema, with the defaults of
    /// those that must be there.
    pub(crate) fn checked_params(&self, params: &Map<String, Value>) -> Result<Map<String, Value>> {
        params::checked(params, self.schema()).map_err(Error::invalid).with_context(|| self.to_string())
    }

    /// Refuses what the platform would not sell yet. A licence may have been accepted since
    /// the product was listed.
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

/// By its collection and its name.
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
