use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::client::{Client, balance, credits, id::checked, optional, required};
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;

/// A part of the account's credits that is set aside for something.
#[derive(Clone)]
#[non_exhaustive]
pub struct Budget {
    client: Client,
    /// The platform's id, for [`OrderPlan::budget_id`](crate::orders::OrderPlan::budget_id).
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The platform's word: `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The most that may be spent, in credits (1 credit is 0.01 EUR); `None` is no limit.
    pub limit: Option<i64>,
    /// What was spent and is held, in credits.
    pub consumed: Option<i64>,
    /// What is left, in credits.
    pub remaining: Option<i64>,
    /// What was spent and is held, in % of the limit.
    pub percent: Option<f64>,
    /// The first and the last instant at which it may be spent, UTC.
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

    /// Whether something can be paid from it now, as far as its status tells.
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }

    /// What was spent of it and is held by now, in credits.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it is gone.
    pub fn usage(&self) -> Result<i64> {
        let ask = || {
            credits(
                &self.client.get(&format!("/v2/budgets/{}/usage", checked("budget", &self.id)?))?,
                "consumedCredits",
            )
        };
        ask().with_context(|| format!("usage of budget `{}`", sanitize(&self.name, 80)))
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
