//! Text tables for a terminal.

/// Largest width of a table, in terminal columns.
pub const WIDE: usize = 120;
/// Spaces between two columns.
const GAP: usize = 2;

/// Column of a text table: heading lines and cells.
#[derive(Clone, Debug)]
pub struct TextColumn {
    /// Lines of the heading.
    pub head: Vec<String>,
    /// Cells, from the first row to the last.
    pub cells: Vec<String>,
    /// Whether the column is aligned to the right.
    pub is_right: bool,
    /// Smallest width to which cells may be cut if lines are too long.
    pub least: usize,
}

impl TextColumn {
    fn width(&self) -> usize {
        self.head.iter().chain(&self.cells).map(|text| width(text)).max().unwrap_or(0)
    }
}

/// Lays out columns in lines of at most [`WIDE`] terminal columns. Long texts are cut, and columns
/// that do not fit are left out, except the first one. Returns the text and the indexes of the
/// columns left out.
pub fn aligned(columns: &[TextColumn]) -> (String, Vec<usize>) {
    let (mut shown, mut left_out, mut room) = (Vec::new(), Vec::new(), WIDE + GAP);
    for (index, column) in columns.iter().enumerate() {
        let wide = column.width();
        let least = column.least.min(wide) + GAP;
        if index > 0 && least > room {
            left_out.push(index);
        } else {
            room = room.saturating_sub(least);
            shown.push((column, wide));
        }
    }
    let mut total = shown.iter().map(|(_, wide)| wide + GAP).sum::<usize>();
    while total > WIDE + GAP {
        let widest = shown.iter_mut().filter(|(column, wide)| *wide > column.least).max_by_key(|one| one.1);
        let Some((_, wide)) = widest else { break };
        *wide -= 1;
        total -= 1;
    }
    let mut out = String::new();
    let mut line = |cell: &dyn Fn(&TextColumn, usize) -> String| {
        let mut text = String::new();
        for (index, (column, wide)) in shown.iter().enumerate() {
            text.push_str(if index > 0 { "  " } else { "" });
            let cell = cut(cell(column, *wide), *wide);
            let gap = " ".repeat(wide - width(&cell));
            let (before, after) = if column.is_right { (gap.as_str(), "") } else { ("", gap.as_str()) };
            text.extend([before, &cell, after]);
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    let at = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
    let heads = columns.iter().map(|column| column.head.len()).max().unwrap_or(0);
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    (0..heads).for_each(|index| line(&|column, _| at(&column.head, index)));
    line(&|_, wide| "─".repeat(wide));
    (0..rows).for_each(|index| line(&|column, _| at(&column.cells, index)));
    (out, left_out)
}

/// Cuts a text to `wide` terminal columns, with an ellipsis if it is longer.
fn cut(text: String, wide: usize) -> String {
    if width(&text) <= wide {
        return text;
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width(&short) + columns_of(letter) >= wide {
            break;
        }
        short.push(letter);
    }
    if wide > 0 {
        short.push('…');
    }
    short
}

/// Returns the approximate width of a text in a terminal, in columns: two for East Asian characters
/// and pictographs, none for combining marks.
pub fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(letter: char) -> usize {
    match letter as u32 {
        0x300..=0x36f | 0x200b..=0x200d | 0x2060 | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(head: &str, cells: &[&str], is_right: bool, least: usize) -> TextColumn {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        TextColumn { head: vec![head.to_owned()], cells, is_right, least }
    }

    #[test]
    fn columns_line_up() {
        let columns = [
            column("Scene", &["a", "東京"], false, 99),
            column("Cloud", &["7 %", "100 %"], true, 99),
            column("Place", &["Dakar", "Tokyo"], false, 99),
        ];
        insta::assert_snapshot!(aligned(&columns).0, @r"
        Scene  Cloud  Place
        ─────  ─────  ─────
        a        7 %  Dakar
        東京   100 %  Tokyo
        ");
    }

    #[test]
    fn columns_that_do_not_fit_are_cut_or_left_out() {
        let long = "x".repeat(100);
        let mut columns = vec![column("Text", &[&long], false, 12), column("Id", &[&long], false, 100)];
        let (text, left_out) = aligned(&columns);
        assert!(left_out.is_empty());
        assert_eq!(text.lines().map(width).max(), Some(WIDE));
        assert!(text.ends_with(&format!("{}…  {long}\n", "x".repeat(17))), "{text}");
        columns.push(column("More", &["123456"], false, 99));
        assert_eq!(aligned(&columns).1, [2]);
    }

    proptest! {
        #[test]
        fn lines_are_at_most_the_width(cells in prop::collection::vec("\\PC{0,200}", 1..20)) {
            let columns: Vec<_> = cells.iter().map(|cell| column("h", &[cell], false, 10)).collect();
            let (text, left_out) = aligned(&columns);
            prop_assert!(text.lines().all(|line| width(line) <= WIDE), "{text}");
            prop_assert!(left_out.len() < columns.len());
        }
    }
}
