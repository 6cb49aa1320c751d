use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::decide;
use crate::client::{Client, id::checked, optional, required};
use crate::orders::Order;
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Feasibility study of a tasking order: one of its options is to be accepted.
#[derive(Clone)]
#[non_exhaustive]
pub struct FeasibilityStudy {
    client: Client,
    /// Id on the platform.
    pub id: String,
    /// Id of the order.
    pub order_id: String,
    /// Type of the study: `MANUAL` or `AUTO` (`type`).
    pub kind: Option<String>,
    /// Decision in the platform's words: `NOT_DECIDED` or `ACCEPTED`.
    pub decision: String,
    /// Options to choose from.
    pub options: Vec<FeasibilityOption>,
    /// Id of the accepted option.
    pub accepted_option: Option<String>,
    /// Creation time, UTC.
    pub created: Option<Timestamp>,
    /// Time of the decision, UTC.
    pub decided: Option<Timestamp>,
}

/// Option of a feasibility study.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct FeasibilityOption {
    /// Id on the platform.
    pub id: String,
    /// Description of the option.
    pub description: Option<String>,
}

impl FeasibilityStudy {
    pub(super) fn read(client: &Client, json: &Value) -> Result<Self> {
        let instant = |field| parse_timestamp(&optional(json, field)?);
        let option = |json: &Value| {
            Ok(FeasibilityOption { id: required(json, "id")?, description: optional(json, "description") })
        };
        let options = json.get("options").and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            client: client.clone(),
            id: required(json, "id")?,
            order_id: required(json, "orderId")?,
            kind: optional(json, "type"),
            decision: required(json, "decision")?,
            options: options.map(option).collect::<Result<_>>()?,
            accepted_option: json.get("decisionOption").and_then(|option| optional(option, "id")),
            created: instant("createdAt"),
            decided: instant("decisionAt"),
        })
    }

    /// Returns whether the study is still undecided.
    pub fn is_undecided(&self) -> bool {
        self.decision == "NOT_DECIDED"
    }

    /// Accepts one of the options, by its id. The platform then prepares a quotation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the study has no such option
    /// or is already decided.
    #[doc(alias = "choose_feasibility")]
    pub fn accept(&self, option: impl AsRef<str>) -> Result<Self> {
        let option = option.as_ref();
        let accept = || {
            if !self.options.iter().any(|one| one.id == option) {
                let known: Vec<_> =
                    self.options.iter().map(|one| format!("`{}`", sanitize(&one.id, 80))).collect();
                return Err(Error::invalid(format!(
                    "there is no option `{}`, but {}",
                    sanitize(option, 80),
                    known.join(", ")
                )));
            }
            let path = format!("/v2/tasking/feasibility-studies/{}", checked("study", &self.id)?);
            let read = |json: &Value| Self::read(&self.client, json);
            decide(&self.client, &path, json!({"acceptedOptionId": option}), read, || {
                let all = self.client.tasking().feasibility_studies_of(&self.order()?)?;
                let is_it = |one: &&Self| one.id == self.id && one.accepted_option.as_deref() == Some(option);
                Ok(all.iter().find(is_it).cloned())
            })
        };
        accept().with_context(|| format!("accept an option of study `{}`", sanitize(&self.id, 80)))
    }

    /// Requests the study's order.
    ///
    /// # Errors
    ///
    /// Same as [`Client::order`].
    pub fn order(&self) -> Result<Order> {
        self.client.order(&self.order_id)
    }
}

impl fmt::Debug for FeasibilityStudy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = sanitize(&self.decision, 80).to_lowercase().replace('_', " ");
        write!(f, "FeasibilityStudy({}, {} options, {decision})", sanitize(&self.id, 80), self.options.len())
    }
}

impl fmt::Debug for FeasibilityOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            sanitize(&self.id, 80),
            sanitize(self.description.as_deref().unwrap_or("no words"), 200)
        )
    }
}
