//! Numbered pages, as the Spring framework has them (section 0.5 of the interface).

use serde_json::{Value, json};

use super::call::Call;
use super::reply::Reply;

/// Which page is asked for, and how large it is.
pub(super) fn page_of(call: &Call, size: usize) -> Result<(usize, usize), Reply> {
    Ok((call.number("page")?.unwrap_or(0), call.number("size")?.unwrap_or(size).clamp(1, 500)))
}

/// A page as the Spring framework shows it.
pub(super) fn spring_page(entries: &[Value], page: usize, size: usize) -> Value {
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
