//! The account's credits (section 7 of the interface).

use serde_json::{Value, json};

use super::call::Call;
use super::catalog::instant;
use super::platform::Platform;
use super::reply::{Answer, Reply};

impl Platform {
    pub(super) fn balance(&self) -> Answer {
        Ok(Reply::data(json!({"balance": self.books().balance})))
    }

    pub(super) fn balance_v2(&self) -> Answer {
        let available = json!({"amount": self.books().balance, "unit": "CREDIT"});
        Ok(Reply::json(200, &json!({"available": available})))
    }

    /// A Spring page, newest first unless asked otherwise.
    pub(super) fn credit_history(&self, call: &Call) -> Answer {
        let page = call.number("page")?.unwrap_or(0);
        let size = call.number("size")?.unwrap_or(10).clamp(1, 500);
        let bound = |name: &str| {
            let wrong = |text: &str| Reply::refused(400, 400, format!("{name} must be a time, got {text}"));
            call.query(name).map(|text| instant(text).ok_or_else(|| wrong(text))).transpose()
        };
        let (from, to) = (bound("from")?, bound("to")?);
        let created = |entry: &Value| entry["createdAt"].as_str().and_then(instant);
        let mut entries: Vec<Value> = self.books().history.clone();
        entries.retain(|entry| from.is_none_or(|from| created(entry) >= Some(from)));
        entries.retain(|entry| to.is_none_or(|to| created(entry) <= Some(to)));
        // Tasks are charged when somebody looks, which may be out of turn.
        entries.sort_by_key(created);
        if !call.query("sort").is_some_and(|sort| sort.ends_with(",asc")) {
            entries.reverse();
        }
        Ok(Reply::data(spring_page(&entries, page, size)))
    }
}

/// A page as the Spring framework shows it.
fn spring_page(entries: &[Value], page: usize, size: usize) -> Value {
    let start = page.saturating_mul(size).min(entries.len());
    let end = start.saturating_add(size).min(entries.len());
    let content = &entries[start..end];
    let pages = entries.len().div_ceil(size).max(1);
    let sort = json!({"sorted": true, "unsorted": false, "empty": false});
    json!({
        "content": content,
        "pageable": {
            "sort": sort,
            "pageNumber": page,
            "pageSize": size,
            "offset": start,
            "paged": true,
            "unpaged": false,
        },
        "totalPages": pages,
        "totalElements": entries.len(),
        "last": page.saturating_add(1) >= pages,
        "first": page == 0,
        "size": size,
        "number": page,
        "numberOfElements": content.len(),
        "empty": content.is_empty(),
        "sort": sort,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_has_one_empty_page() {
        let page = spring_page(&[], 0, 10);
        assert_eq!(
            (&page["totalPages"], &page["last"], &page["empty"]),
            (&json!(1), &json!(true), &json!(true))
        );
    }

    #[test]
    fn a_page_far_behind_the_last_is_empty() {
        let page = spring_page(&[json!(1)], usize::MAX, 10);
        assert_eq!((&page["last"], &page["content"]), (&json!(true), &json!([])));
    }
}
