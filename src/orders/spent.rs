use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::client::{Client, balance, pages};
use crate::transport::Request;
use up42_core::error::Result;

/// Returns the credits taken for each order since a time, by order id (`docs/up42-api.md`, 7). The
/// field with the order's id, `details.orderId`, is inferred from the entries of jobs.
pub(crate) fn spent(client: &Client, since: Option<Timestamp>) -> Result<HashMap<String, i64>> {
    let mut request =
        Request::get(client.url("/accounts/me/credits/history")).query("sort", "createdAt,desc");
    if let Some(since) = since {
        request = request.query("from", since.to_string());
    }
    let read = |json: &Value| {
        let order = json.pointer("/details/orderId").and_then(Value::as_str).map(str::to_owned);
        Ok(order.zip(balance(json, "delta").ok()))
    };
    let mut taken = HashMap::new();
    for (order, delta) in pages(client, &request, usize::MAX, read)?.entries {
        let credits: &mut i64 = taken.entry(order).or_default();
        *credits = credits.saturating_sub(delta);
    }
    Ok(taken)
}
