//! Lists in numbered pages, as the Spring framework has them (`docs/up42-api.md`, 0.5).
//!
//! A list whose newest entries come first moves on when one is added while it is read: the next
//! page then begins with entries of the page before. These count once.
//!
//! Where neither `totalPages` nor `last` tells the last page, the list ends with a page that is
//! empty or repeats what was there. A short page proves nothing: a server may have another size.

use std::collections::HashSet;

use serde_json::Value;

use super::{Client, data, items};
use crate::transport::Request;
use up42_core::error::{Error, Result};

/// Entries of a page.
const PAGE: usize = 50;
/// Pages of a list: a server that never ends one is not followed further.
const MOST_PAGES: usize = 10_000;
/// Pages in a row without a new entry: a list that grows while it is read has some.
const MOST_REPEATED: usize = 10;

/// What was read of a list.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) entries: Vec<T>,
    /// There are more than were asked for.
    pub(crate) has_more: bool,
}

/// Reads a list page by page, until it ends or there are `limit` entries that `read` takes.
pub(crate) fn pages<T>(
    client: &Client,
    request: &Request,
    limit: usize,
    mut read: impl FnMut(&Value) -> Result<Option<T>>,
) -> Result<Listed<T>> {
    let mut entries = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut repeated = 0;
    for page in 0..MOST_PAGES {
        let request = request.clone().query("page", page.to_string()).query("size", PAGE.to_string());
        let mut json = client.json(request)?;
        // An older version has the page inside of `data`.
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
                return Ok(Listed { entries, has_more: true });
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
            return Ok(Listed { entries, has_more: false });
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

/// The same for the same entry on two pages: its id, or all that it says where it has none.
fn identity(entry: &Value) -> String {
    entry.get("id").unwrap_or(entry).to_string()
}
