//! Lists in numbered pages, in the format of the Spring framework (`docs/up42-api.md`, 0.5).
//!
//! If an entry is added to a list with the newest entries first while it is read, the next page
//! begins with entries of the previous one. These count once.
//!
//! If the response has neither `totalPages` nor `last`, the list ends with a page that is empty or
//! has no new entry. A short page proves nothing: the server may use another page size.

use std::collections::HashSet;

use serde_json::Value;

use super::{Client, data, items};
use crate::transport::Request;
use up42_core::error::{Error, Result};

/// Page size that is requested.
const PAGE: usize = 50;
/// Largest number of pages that are read of a list, since a server may never end it.
const MOST_PAGES: usize = 10_000;
/// Largest number of consecutive pages without a new entry; a list that grows while it is read may
/// have some.
const MOST_REPEATED: usize = 10;

/// Entries read from a list.
#[derive(Debug)]
pub(crate) struct PagedList<T> {
    pub(crate) entries: Vec<T>,
    /// Whether there are more entries than requested.
    pub(crate) has_more: bool,
}

/// Reads a list page by page, until it ends or there are `limit` entries that `read` accepts.
pub(crate) fn pages<T>(
    client: &Client,
    request: &Request,
    limit: usize,
    mut read: impl FnMut(&Value) -> Result<Option<T>>,
) -> Result<PagedList<T>> {
    let mut entries = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut repeated = 0;
    for page in 0..MOST_PAGES {
        let request = request.clone().query("page", page.to_string()).query("size", PAGE.to_string());
        let mut json = client.json(request)?;
        // An older version wraps the page in `data`.
        if json.get("content").is_none() {
            json = data(json)?;
        }
        let pages = json.get("totalPages").and_then(Value::as_u64);
        let is_told_last = json.get("last").and_then(Value::as_bool);
        let list = items(json.get_mut("content").map(Value::take).unwrap_or_default(), "content")?;
        let known: Vec<String> = list.iter().map(identity).collect();
        for (one, _) in list.iter().zip(&known).filter(|(_, identity)| !seen.contains(*identity)) {
            let Some(entry) = read(one)? else { continue };
            if entries.len() == limit {
                return Ok(PagedList { entries, has_more: true });
            }
            entries.push(entry);
        }
        let (is_empty, count) = (known.is_empty(), seen.len());
        seen.extend(known);
        let is_new = seen.len() > count;
        let is_last = match (pages, is_told_last) {
            (Some(pages), _) => page as u64 + 1 >= pages,
            (None, Some(is_last)) => is_last,
            (None, None) => !is_new,
        };
        if is_empty || is_last {
            return Ok(PagedList { entries, has_more: false });
        }
        repeated = if is_new { 0 } else { repeated + 1 };
        if repeated > MOST_REPEATED {
            return Err(Error::response(format!(
                "the list repeats itself: {MOST_REPEATED} pages after page {} have the same entries",
                page - MOST_REPEATED
            )));
        }
    }
    Err(Error::response(format!("the list has more than {MOST_PAGES} pages: ask for a part of it")))
}

/// Returns the identity of an entry across pages: its id, or the whole entry if it has none.
fn identity(entry: &Value) -> String {
    entry.get("id").unwrap_or(entry).to_string()
}
