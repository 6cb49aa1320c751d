//! Columns aligned for a terminal.

/// Lays out rows under their headers; `right` columns align right. The last
/// column is not padded.
pub(crate) fn aligned(headers: &[String], rows: &[Vec<String>], right: &[bool]) -> String {
    let mut widths: Vec<usize> = headers.iter().map(|header| width(header)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut out = String::new();
    let mut line = |cells: &[String]| {
        let mut text = String::new();
        for (i, (cell, widest)) in cells.iter().zip(&widths).enumerate() {
            if i > 0 {
                text.push_str("  ");
            }
            let gap = " ".repeat(widest - width(cell));
            if right.get(i) == Some(&true) {
                text.push_str(&gap);
                text.push_str(cell);
            } else {
                text.push_str(cell);
                text.push_str(&gap);
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(headers);
    line(&widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>());
    rows.iter().for_each(|row| line(row));
    out
}

/// Columns that a text takes in a terminal, near enough: East Asian characters
/// and pictographs take two, combining marks none.
pub(crate) fn width(text: &str) -> usize {
    let columns = |c: char| match c as u32 {
        0x300..=0x36f | 0x200b..=0x200d | 0x2060 | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let headers = ["Scene".to_owned(), "Cloud".to_owned(), "Place".to_owned()];
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "7 %", "Dakar"]), row(["東京", "100 %", "Tokyo"])];
        insta::assert_snapshot!(aligned(&headers, &rows, &[false, true, false]), @r"
        Scene  Cloud  Place
        ─────  ─────  ─────
        a        7 %  Dakar
        東京   100 %  Tokyo
        ");
    }
}
