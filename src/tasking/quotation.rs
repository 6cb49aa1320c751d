use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::decide;
use crate::client::{Client, credits, id::checked, optional, required};
use crate::orders::Order;
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Price of a tasking order, to be accepted or rejected.
#[derive(Clone)]
#[non_exhaustive]
pub struct Quotation {
    client: Client,
    /// Id on the platform.
    pub id: String,
    /// Id of the order.
    pub order_id: String,
    /// Price, in credits (1 credit is 0.01 EUR).
    pub credits: i64,
    /// Decision in the platform's words: `NOT_DECIDED`, `ACCEPTED` or `REJECTED`.
    pub decision: String,
    /// Creation time, UTC.
    pub created: Option<Timestamp>,
    /// Time of the decision, UTC.
    pub decided: Option<Timestamp>,
}

impl Quotation {
    pub(super) fn read(client: &Client, json: &Value) -> Result<Self> {
        let instant = |field| parse_timestamp(&optional(json, field)?);
        Ok(Self {
            client: client.clone(),
            id: required(json, "id")?,
            order_id: required(json, "orderId")?,
            credits: credits(json, "creditsPrice")?,
            decision: required(json, "decision")?,
            created: instant("createdAt"),
            decided: instant("decisionAt"),
        })
    }

    /// Returns whether the quotation is still undecided.
    pub fn is_undecided(&self) -> bool {
        self.decision == "NOT_DECIDED"
    }

    /// Accepts the price: the credits are held, and the order is placed. This cannot be undone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) if the balance does not suffice,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is already decided. The
    /// request is not retried: after [`ErrorKind::Network`](crate::ErrorKind::Network) the
    /// quotation may have been accepted.
    #[doc(alias = "decide_quotation")]
    pub fn accept(&self) -> Result<Self> {
        self.decide("ACCEPTED").with_context(|| format!("accept quotation `{}`", sanitize(&self.id, 80)))
    }

    /// Rejects the price: the order ends without a charge.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is already decided.
    pub fn reject(&self) -> Result<Self> {
        self.decide("REJECTED").with_context(|| format!("reject quotation `{}`", sanitize(&self.id, 80)))
    }

    fn decide(&self, decision: &str) -> Result<Self> {
        let path = format!("/v2/tasking/quotation/{}", checked("quotation", &self.id)?);
        let read = |json: &Value| Self::read(&self.client, json);
        decide(&self.client, &path, json!({"decision": decision}), read, || {
            let all = self.client.tasking().quotations_of(&self.order()?)?;
            Ok(all.iter().find(|one| one.id == self.id && one.decision == decision).cloned())
        })
    }

    /// Requests the quotation's order.
    ///
    /// # Errors
    ///
    /// Same as [`Client::order`].
    pub fn order(&self) -> Result<Order> {
        self.client.order(&self.order_id)
    }
}

impl fmt::Debug for Quotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = sanitize(&self.decision, 80).to_lowercase().replace('_', " ");
        write!(f, "Quotation({}, {} credits, {decision})", sanitize(&self.id, 80), self.credits)
    }
}
