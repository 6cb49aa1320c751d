use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use super::Order;
use crate::client::{Client, pages, whole};
use crate::error::Result;
use crate::transport::Request;

/// What was taken for orders, by the account's history, which is long: one reading of it serves
/// all who asked before it began.
#[derive(Debug, Default)]
pub(crate) struct Spending(Mutex<Option<Reading>>);

#[derive(Debug)]
struct Reading {
    begun: Instant,
    since: Option<Timestamp>,
    taken: HashMap<String, i64>,
}

impl Spending {
    /// What was taken for the order, as of a time that is not before `asked`.
    pub(crate) fn of(&self, order: &Order, asked: Instant) -> Result<Option<i64>> {
        self.read(&order.id, order.created, asked, |since| spent(order.client(), since))
    }

    /// `read` is asked for all orders since a time.
    fn read(
        &self,
        id: &str,
        created: Option<Timestamp>,
        asked: Instant,
        read: impl FnOnce(Option<Timestamp>) -> Result<HashMap<String, i64>>,
    ) -> Result<Option<i64>> {
        // Who waits here for another's reading asked before the next one begins.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |reading: &&Reading| reading.begun >= asked && reading.since <= created;
        if let Some(reading) = last.as_ref().filter(serves) {
            return Ok(reading.taken.get(id).copied());
        }
        // The next order may be as old as any before.
        let since = last.as_ref().map_or(created, |reading| reading.since.min(created));
        let begun = Instant::now();
        let taken = read(since)?;
        let credits = taken.get(id).copied();
        *last = Some(Reading { begun, since, taken });
        Ok(credits)
    }
}

/// What was taken for each order since an instant, by their ids (API reference, 7). That an
/// entry names its order in `details.orderId` is inferred from those of jobs.
pub(super) fn spent(client: &Client, since: Option<Timestamp>) -> Result<HashMap<String, i64>> {
    let mut request =
        Request::get(client.url("/accounts/me/credits/history")).query("sort", "createdAt,desc");
    if let Some(since) = since {
        request = request.query("from", since.to_string());
    }
    let read = |json: &Value| {
        let order = json.pointer("/details/orderId").and_then(Value::as_str).map(str::to_owned);
        Ok(order.zip(whole(json, "delta").ok()))
    };
    let mut taken = HashMap::new();
    for (order, delta) in pages(client, &request, usize::MAX, read)?.entries {
        let credits: &mut i64 = taken.entry(order).or_default();
        *credits = credits.saturating_sub(delta);
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn one_reading_serves_all_who_asked_before_it() {
        let at = |day: i8| {
            Some(jiff::civil::date(2026, 11, day).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp())
        };
        let (spending, readings) = (Spending::default(), RefCell::new(Vec::new()));
        let taken = |id: &str, created: Option<Timestamp>, asked: Instant| {
            let read = |since| {
                readings.borrow_mut().push(since);
                Ok(HashMap::from([("a".to_owned(), 7), ("b".to_owned(), 8)]))
            };
            spending.read(id, created, asked, read).unwrap()
        };
        let asked = Instant::now();
        let told = [taken("a", at(2), asked), taken("b", at(3), asked), taken("failed", at(2), asked)];
        assert_eq!((told, readings.borrow().len()), ([Some(7), Some(8), None], 1));
        taken("a", at(1), asked);
        taken("b", at(3), Instant::now());
        // An older order, and what may have been taken since.
        assert_eq!(*readings.borrow(), [at(2), at(1), at(1)]);
    }
}
