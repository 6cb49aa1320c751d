use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::client::{Client, balance, credits, id::checked, optional, required};
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// Budget of the account: credits reserved for a purpose.
#[derive(Clone)]
#[non_exhaustive]
pub struct Budget {
    client: Client,
    /// Id on the platform, for [`OrderPlan::budget_id`](crate::orders::OrderPlan::budget_id).
    pub id: String,
    /// Name of the budget.
    pub name: String,
    /// Purpose of the budget.
    pub description: Option<String>,
    /// Status in the platform's words: `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// Spending limit, in credits (1 credit is 0.01 EUR); `None` if unlimited.
    pub limit: Option<i64>,
    /// Credits spent and held.
    pub consumed: Option<i64>,
    /// Credits left.
    pub remaining: Option<i64>,
    /// Credits spent and held, in % of the limit.
    pub percent: Option<f64>,
    /// Start and end of its validity, UTC.
    pub valid: (Option<Timestamp>, Option<Timestamp>),
}

impl Budget {
    pub(super) fn read(client: &Client, json: &Value) -> Result<Self> {
        let least = |field: &str| balance(json, field).ok();
        let valid = |end: &str| parse_timestamp(json.pointer(&format!("/validityPeriod/{end}"))?.as_str()?);
        Ok(Self {
            client: client.clone(),
            id: required(json, "id")?,
            name: required(json, "name")?,
            description: optional(json, "description"),
            status: required(json, "status")?,
            limit: least("spendLimit"),
            consumed: credits(json, "consumedCredits").ok(),
            remaining: least("remainingCredits"),
            percent: json.get("usagePercentage").and_then(Value::as_f64),
            valid: (valid("startDate"), valid("endDate")),
        })
    }

    /// Returns whether the status is `ACTIVE`, so that orders can be charged to the budget.
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }

    /// Requests the credits that are spent and held now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the budget no longer exists.
    pub fn usage(&self) -> Result<i64> {
        let read = || {
            credits(
                &self.client.get(&format!("/v2/budgets/{}/usage", checked("budget", &self.id)?))?,
                "consumedCredits",
            )
        };
        read().with_context(|| format!("usage of budget `{}`", sanitize(&self.name, 80)))
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.name, 200))?;
        match (self.consumed, self.limit) {
            (Some(consumed), Some(limit)) => write!(f, ": {consumed} of {limit} credits"),
            (Some(consumed), None) => write!(f, ": {consumed} credits"),
            (None, _) => Ok(()),
        }
    }
}
