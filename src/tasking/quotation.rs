use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::decide;
use crate::client::{Client, credits, id::checked, optional, required};
use crate::orders::Order;
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// What a tasking order will cost, to be accepted or rejected.
#[derive(Clone)]
#[non_exhaustive]
pub struct Quotation {
    client: Client,
    /// The platform's id.
    pub id: String,
    /// The order that it is for.
    pub order_id: String,
    /// The price, in credits (1 credit is 0.01 EUR).
    pub credits: i64,
    /// The platform's word: `NOT_DECIDED`, `ACCEPTED` or `REJECTED`.
    pub decision: String,
    /// When it was made, UTC.
    pub created: Option<Timestamp>,
    /// When it was decided on, UTC.
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

    /// Whether it waits for a decision.
    pub fn is_undecided(&self) -> bool {
        self.decision == "NOT_DECIDED"
    }

    /// Accepts the price: the credits are held, and the order is placed. There is no way back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) when the balance does not allow it,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is decided already.
    /// It is sent once: after [`ErrorKind::Network`](crate::ErrorKind::Network) it may have
    /// been accepted.
    #[doc(alias = "decide_quotation")]
    pub fn accept(&self) -> Result<Self> {
        self.decide("ACCEPTED").with_context(|| format!("accept quotation `{}`", sanitize(&self.id, 80)))
    }

    /// Rejects the price: the order ends, and costs nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is decided already.
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

    /// The order that it is for.
    ///
    /// # Errors
    ///
    /// Those of [`Client::order`].
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
