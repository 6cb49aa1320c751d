use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use up42_core::error::{Error, Result};

/// Page of a list: its items, and the token of the next page. The function that reads a page sets
/// `next` to `None` if the page is empty.
#[derive(Debug)]
pub(crate) struct Page<T, N> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<N>,
}

/// Reads pages from `first` on until there are `limit` items, or no next page. Returns the items,
/// and whether the server has more. Fails if the server names a page twice, since that never ends;
/// pages are compared by hash, since a request may contain a large area.
pub(crate) fn collect_pages<T, N: Hash>(
    first: N,
    limit: usize,
    mut fetch: impl FnMut(N) -> Result<Page<T, N>>,
) -> Result<(Vec<T>, bool)> {
    let mut items = Vec::new();
    let hasher = RandomState::new();
    let mut requested: HashMap<u64, usize> = HashMap::new();
    let mut next = Some(first);
    while let Some(token) = next.take() {
        let before = requested.len();
        if let Some(page) = requested.insert(hasher.hash_one(&token), before + 1) {
            return Err(Error::response(format!(
                "the server names page {page} as the one after page {before}: its paging has no end"
            )));
        }
        let page = fetch(token)?;
        items.extend(page.items);
        next = page.next;
        if items.len() >= limit {
            break;
        }
    }
    let more = next.is_some() || items.len() > limit;
    items.truncate(limit);
    Ok((items, more))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_a_page(from: usize) -> Result<Page<usize, usize>> {
        let items: Vec<_> = (from..(from + 3).min(8)).collect();
        Ok(Page { items, next: (from + 3 < 8).then_some(from + 3) })
    }

    #[test]
    fn pages_are_followed_to_the_limit() {
        assert_eq!(collect_pages(0, 100, three_a_page).unwrap(), ((0..8).collect(), false));
        assert_eq!(collect_pages(0, 4, three_a_page).unwrap(), ((0..4).collect(), true));
        assert_eq!(collect_pages(0, 6, three_a_page).unwrap(), ((0..6).collect(), true));
        assert_eq!(collect_pages(0, 8, three_a_page).unwrap(), ((0..8).collect(), false));
    }

    #[test]
    fn circular_pages_are_an_error() {
        let circle = |page: usize| Ok(Page { items: vec![page], next: Some((page + 1) % 3) });
        let error = collect_pages(0, 100, circle).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the server names page 1 as the one after page 3: its paging has no end"
        );
        assert_eq!(collect_pages(0, 2, circle).unwrap().0, [0, 1]);
    }
}
