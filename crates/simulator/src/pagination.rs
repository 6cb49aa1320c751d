//! Numbered pages in the format of the Spring framework (`docs/up42-api.md`, 0.5).

use serde_json::{Value, json};

use super::catalog::order;
use super::reply::Reply;
use super::request::Request;

/// Returns number and size of the requested page.
pub(super) fn page_of(request: &Request, size: usize) -> Result<(usize, usize), Reply> {
    Ok((request.number("page")?.unwrap_or(0), request.number("size")?.unwrap_or(size).clamp(1, 500)))
}

/// Sorts a list of `kind`, so far oldest first, by the key of the query; default newest first.
/// Missing values are least.
pub(super) fn sort(
    entries: &mut [Value],
    request: &Request,
    kind: &str,
    known: &[&str],
) -> Result<(), Reply> {
    let sort = request.query("sort").unwrap_or("createdAt,desc");
    let (field, direction) = sort.split_once(',').unwrap_or((sort, "asc"));
    if request.query("sort").is_some() && !known.contains(&field) {
        return Err(Reply::refused(400, 400, format!("No property {field} found for type {kind}")));
    }
    entries.sort_by(|a, b| {
        let (a, b) = (&a[field], &b[field]);
        order(a, b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()))
    });
    if direction.eq_ignore_ascii_case("desc") {
        entries.reverse();
    }
    Ok(())
}

/// Returns a page in the format of the Spring framework.
pub(super) fn page_json(entries: &[Value], page: usize, size: usize) -> Value {
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
    fn a_list_is_sorted_by_the_parameter_or_newest_first() {
        let list = || {
            vec![
                json!({"createdAt": "2026-01-01T00:00:00Z", "n": 10}),
                json!({"createdAt": "2026-01-02T00:00:00Z", "n": 9}),
                json!({"createdAt": "2026-01-03T00:00:00Z"}),
            ]
        };
        let sorted = |by: Option<&str>| {
            let query = by.map(|by| ("sort".to_owned(), by.to_owned())).into_iter().collect();
            let mut list = list();
            sort(&mut list, &Request { query, ..Request::test("GET", "/") }, "Thing", &["n"])?;
            Ok::<_, Reply>(list.iter().map(|one| one["n"].as_i64().unwrap_or_default()).collect::<Vec<_>>())
        };
        assert_eq!(sorted(None).unwrap(), [0, 9, 10]);
        assert_eq!(sorted(Some("n,asc")).unwrap(), [0, 9, 10]);
        assert_eq!(sorted(Some("n,desc")).unwrap(), [10, 9, 0]);
        assert_eq!(sorted(Some("m,asc")).unwrap_err().status, 400);
    }

    #[test]
    fn an_empty_list_has_one_empty_page() {
        let page = page_json(&[], 0, 10);
        assert_eq!(
            (&page["totalPages"], &page["last"], &page["empty"]),
            (&json!(1), &json!(true), &json!(true))
        );
    }

    #[test]
    fn a_page_after_the_last_is_empty() {
        let page = page_json(&[json!(1)], usize::MAX, 10);
        assert_eq!((&page["last"], &page["content"]), (&json!(true), &json!([])));
    }
}
