//! Credits of the account (`docs/up42-api.md`, 7).

use serde_json::{Value, json};

use super::USERNAME;
use super::auth::WORKSPACE_ID;
use super::catalog::instant;
use super::pagination::page_json;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get};

/// Returns the endpoints of credits.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/accounts/me/credits/balance", |platform, _, []| platform.balance()),
        get("/accounts/me/credits/history", |platform, request, []| platform.credit_history(request)),
        get("/accounts/me/paymentInfo", |platform, _, []| platform.payment_info()),
        get("/v2/payments/balances", |platform, _, []| platform.balance_v2()),
    ]
}

impl Platform {
    /// Returns the balance without the credits that are held for orders and processing (0.6).
    fn available(&self) -> i64 {
        self.store().available(self.clock.now())
    }

    fn balance(&self) -> Answer {
        Ok(Reply::data(json!({"balance": self.available()})))
    }

    fn balance_v2(&self) -> Answer {
        let available = json!({"amount": self.available(), "unit": "CREDIT"});
        Ok(Reply::json(200, &json!({"available": available})))
    }

    /// Handles a request for the payment information.
    fn payment_info(&self) -> Answer {
        let has_bought = self.store().history.iter().any(|entry| entry["type"] == "CREDIT_PURCHASE");
        Ok(Reply::data(json!({
            "accountId": WORKSPACE_ID,
            "invoiceEmailAddress": USERNAME,
            "signUpCreditsReceived": true,
            "hasNonSignupAllocation": has_bought,
        })))
    }

    /// Handles a request for the credit history: a Spring page, by default the newest entries
    /// first.
    fn credit_history(&self, request: &Request) -> Answer {
        let page = request.number("page")?.unwrap_or(0);
        let size = request.number("size")?.unwrap_or(10).clamp(1, 500);
        let bound = |name: &str| {
            let wrong = |text: &str| Reply::refused(400, 400, format!("{name} must be a time, got {text}"));
            request.query(name).map(|text| instant(text).ok_or_else(|| wrong(text))).transpose()
        };
        let (from, to) = (bound("from")?, bound("to")?);
        let created = |entry: &Value| entry["createdAt"].as_str().and_then(instant);
        let mut entries: Vec<Value> = self.store().history.clone();
        entries.retain(|entry| from.is_none_or(|from| created(entry) >= Some(from)));
        entries.retain(|entry| to.is_none_or(|to| created(entry) <= Some(to)));
        // Tasks are charged when the store is next used, which may be in another order.
        entries.sort_by_key(created);
        if !request.query("sort").is_some_and(|sort| sort.ends_with(",asc")) {
            entries.reverse();
        }
        Ok(Reply::data(page_json(&entries, page, size)))
    }
}
