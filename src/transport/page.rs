use crate::error::Result;

/// One page: what it holds, and how to ask for the next one. Whoever reads a page
/// ends an empty one, or a server that always names a next page would never end.
#[derive(Debug)]
pub(crate) struct Page<T, N> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<N>,
}

/// Follows pages from `first` until `limit` items are there, or the last page.
/// Also says whether the server has more.
pub(crate) fn collect_pages<T, N>(
    first: N,
    limit: usize,
    mut fetch: impl FnMut(N) -> Result<Page<T, N>>,
) -> Result<(Vec<T>, bool)> {
    let mut items = Vec::new();
    let mut next = Some(first);
    while let Some(token) = next.take() {
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
}
