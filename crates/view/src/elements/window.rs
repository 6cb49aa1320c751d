use std::ops::{Bound, Range, RangeBounds};

use super::cell::grouped;

/// Number of rows shown by default.
pub const ROWS: usize = 50;
/// Largest number of rows in one table, since the page keeps all of them.
const MOST: usize = 1_000;

/// Range of rows that are shown, and the code that shows the next ones.
#[derive(Clone, Debug)]
pub struct Window {
    rows: Range<usize>,
    total: usize,
    name: String,
}

impl Window {
    /// Makes a window of rows, counted from 0, cut to the rows that exist and to 1,000. `name` is
    /// the variable name in the code that shows the next rows, such as `scenes`.
    pub fn new(rows: impl RangeBounds<usize>, total: usize, name: impl Into<String>) -> Self {
        let start = match rows.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match rows.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => total,
        };
        let start = start.min(total);
        let end = end.clamp(start, total).min(start + MOST);
        Self { rows: start..end, total, name: name.into() }
    }

    /// Returns the rows that are shown.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// Returns the range in Rust syntax, such as `rows 50..100 of 4,263`; `None` for the first
    /// rows.
    pub fn place(&self) -> Option<String> {
        let Range { start, end } = self.rows;
        (start > 0).then(|| format!("rows {start}..{end} of {}", grouped(self.total as f64, 0)))
    }

    /// Returns the number of rows after the window, and the code that shows the next ones.
    pub fn more(&self) -> Option<(String, String)> {
        let Range { start, end } = self.rows;
        if end == self.total {
            return None;
        }
        let step = if end > start { end - start } else { ROWS };
        let next = end.saturating_add(step).min(self.total);
        let count = grouped((self.total - end) as f64, 0);
        Some((count, format!("{}.show_rows({end}..{next})", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_rows_follow_the_shown_ones() {
        let window = Window::new(..ROWS, 4263, "scenes");
        assert_eq!((window.rows(), window.place()), (0..50, None));
        assert_eq!(window.more(), Some(("4,213".into(), "scenes.show_rows(50..100)".into())));
        let last = Window::new(4200.., 4263, "scenes");
        assert_eq!((last.rows(), last.more()), (4200..4263, None));
        assert_eq!(last.place().unwrap(), "rows 4200..4263 of 4,263");
        let step = Window::new(4000..=4199, 4263, "df").more();
        assert_eq!(step, Some(("63".into(), "df.show_rows(4200..4263)".into())));
    }

    #[test]
    fn any_range_is_clamped_to_the_rows() {
        assert_eq!(Window::new(.., 5000, "df").rows(), 0..1000);
        assert_eq!(Window::new(7..=usize::MAX, 10, "df").rows(), 7..10);
        #[expect(clippy::reversed_empty_ranges)]
        let backwards = Window::new(8..3, 10, "df");
        assert_eq!(backwards.rows(), 8..8);
        assert_eq!(Window::new(99.., 10, "df").rows(), 10..10);
        assert_eq!(Window::new(.., 0, "df").more(), None);
    }
}
