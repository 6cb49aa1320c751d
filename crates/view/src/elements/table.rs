use std::ops::RangeBounds;

use maud::{Markup, PreEscaped, html};

use super::cell::{Cell, counted};
use super::column::Column;
use super::text::{TextColumn, WIDE, aligned};
use super::window::Window;
use crate::MimeBundle;
use up42_core::sanitize::sanitize;

/// Style sheet of tables and cards. Every table contains a copy of it and of the script, so that
/// each table works if it is copied to another page.
pub const STYLE: &str = include_str!("../../assets/table.css");
const SCRIPT: &str = include_str!("../../assets/table.js");

/// Largest number of columns without a fixed first column; with more, it stays visible while the
/// others scroll.
const MANY: usize = 8;

/// Table in the notebook's own page, for light and dark themes. It is complete without styles and
/// scripts.
#[derive(Clone, Debug)]
pub struct Table {
    caption: String,
    notes: Vec<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    footer: Option<Vec<Cell>>,
    window: Option<Window>,
}

impl Table {
    /// Starts a table without rows.
    pub fn new(caption: impl Into<String>, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            caption: caption.into(),
            notes: Vec::new(),
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            footer: None,
            window: None,
        }
    }

    /// Adds a range of the rows of a list. `name` is the variable name of the list in the code that
    /// shows the next rows.
    pub fn list<T, R>(
        self,
        list: &[T],
        rows: impl RangeBounds<usize>,
        name: &str,
        row: impl Fn(&T) -> R,
    ) -> Self
    where
        R: IntoIterator<Item = Cell>,
    {
        let window = Window::new(rows, list.len(), name);
        let shown: Vec<_> = list[window.rows()].iter().map(row).collect();
        self.rows(shown).window(window)
    }

    /// Adds rows.
    pub fn rows<R>(mut self, rows: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = Cell>,
    {
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().collect::<Vec<_>>()));
        self
    }

    /// Sets the range of all rows that the table contains.
    pub fn window(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets the last row, such as a sum.
    pub fn footer(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.footer = Some(cells.into_iter().collect());
        self
    }

    /// Adds a line below the table.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns the table as HTML and text.
    pub fn bundle(&self) -> MimeBundle {
        MimeBundle { html: self.to_html(), jpeg: None, text: self.to_text() }
    }

    fn caption(&self) -> String {
        let caption = sanitize(&self.caption, 200);
        match self.window.as_ref().and_then(Window::place) {
            Some(place) => format!("{caption}, {place}"),
            None => caption,
        }
    }

    fn to_html(&self) -> String {
        let row = |cells: &[Cell]| -> Markup {
            html! {
                tr { @for (cell, column) in cells.iter().zip(&self.columns) { (data(cell, column)) } }
            }
        };
        let caption = self.caption();
        let page = html! {
            div.up42 {
                style { (PreEscaped(STYLE)) }
                div.up42-head { b { bdi { (caption) } } }
                div.up42-scroll {
                    table.up42-table.up42-wide[self.columns.len() > MANY] aria-label=(caption) {
                        thead { tr { @for column in &self.columns { (column.to_html()) } } }
                        tbody { @for cells in &self.rows { (row(cells)) } }
                        @if let Some(footer) = &self.footer { tfoot { (row(footer)) } }
                    }
                }
                @if let Some((count, code)) = self.window.as_ref().and_then(Window::more) {
                    p.up42-note.up42-more { "… and " (count) " more: " code { (code) } }
                }
                @for note in &self.notes { p.up42-note { bdi { (sanitize(note, 400)) } } }
                @if self.rows.len() > 1 { script { (PreEscaped(uncommented(SCRIPT))) } }
            }
        };
        page.into_string()
    }

    fn to_text(&self) -> String {
        let has_kinds = self.columns.iter().any(|column| !column.under().is_empty());
        let column = |(index, column): (usize, &Column)| {
            let cells = || self.rows.iter().chain(&self.footer).filter_map(move |row| row.get(index));
            let mut head = vec![column.heading()];
            head.extend(has_kinds.then(|| column.under()));
            TextColumn {
                head,
                cells: cells().map(Cell::to_text).collect(),
                is_right: column.is_number(),
                least: cells().map(Cell::least_width).max().unwrap_or(0),
            }
        };
        // A terminal shows no pictures, so their columns are left out.
        let is_picture =
            |index: usize| self.rows.iter().any(|row| matches!(row.get(index), Some(Cell::Image(..))));
        let shown: Vec<_> =
            self.columns.iter().enumerate().filter(|(index, _)| !is_picture(*index)).collect();
        let columns: Vec<_> = shown.iter().copied().map(column).collect();
        let (lines, left_out) = aligned(&columns);
        let mut text = format!("{}\n{lines}", self.caption());
        if let Some((count, code)) = self.window.as_ref().and_then(Window::more) {
            text.push_str(&format!("… and {count} more: {code}\n"));
        }
        let names: Vec<_> = left_out.iter().map(|index| shown[*index].1.heading()).collect();
        if !names.is_empty() {
            let note = format!("No room for {}: {}", counted(names.len(), "column"), names.join(", "));
            text.push_str(&sanitize(&note, WIDE));
            text.push('\n');
        }
        for note in &self.notes {
            text.push_str(&sanitize(note, 400));
            text.push('\n');
        }
        text
    }
}

fn data(cell: &Cell, column: &Column) -> Markup {
    html! { td class=[column.is_number().then_some("up42-right")] data-sort=[cell.sort_key()] { (cell.to_html()) } }
}

/// Removes comments and indentation from the script, since every table contains a copy.
fn uncommented(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::StatusKind;
    use super::*;
    use proptest::prelude::*;

    fn jobs() -> Table {
        let columns = [
            Column::new("Job"),
            Column::new("Status"),
            Column::number("Progress"),
            Column::number("Price").unit("credits"),
        ];
        Table::new("2 of 4,215 jobs", columns)
            .rows([
                [
                    Cell::id("a1"),
                    Cell::status(StatusKind::Ok, "succeeded"),
                    Cell::Percent(100.0),
                    Cell::Number(1250.0, 0),
                ],
                [
                    Cell::id("b2"),
                    Cell::status(StatusKind::Failed, "failed"),
                    Cell::Percent(40.0),
                    Cell::Empty,
                ],
            ])
            .window(Window::new(..2, 4215, "jobs"))
    }

    #[test]
    fn a_table_is_readable_as_text() {
        insta::assert_snapshot!(jobs().to_text(), @r"
        2 of 4,215 jobs
        Job  Status       Progress  Price (credits)
        ───  ───────────  ────────  ───────────────
        a1   ✓ succeeded     100 %            1,250
        b2   ✕ failed         40 %                –
        … and 4,213 more: jobs.show_rows(2..4)
        ");
    }

    #[test]
    fn a_table_is_readable_without_style_and_script() {
        let html = jobs().to_html();
        let bare = html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
        for word in ["2 of 4,215 jobs", "✓ succeeded", "100 %", "1,250", "✕ failed", "and 4,213 more"] {
            assert!(bare.contains(word), "{word}");
        }
        assert!(!bare.contains("var(--"), "themes are the style sheet's");
    }

    #[test]
    fn rows_past_the_limit_are_counted() {
        let list: Vec<f64> = (0..60).map(f64::from).collect();
        let row = |figure: &f64| [Cell::Number(*figure, 0)];
        let table = |rows| Table::new("Figures", [Column::number("n")]).list(&list, rows, "figures", row);
        assert!(table(0..50).to_text().ends_with("… and 10 more: figures.show_rows(50..60)\n"));
        assert_eq!(table(0..50).to_html().matches("<td").count(), 50);
        insta::assert_snapshot!(table(58..99).to_text(), @r"
        Figures, rows 58..60 of 60
         n
        ──
        58
        59
        ");
    }

    #[test]
    fn hostile_rows_are_escaped() {
        let name = "</td></table><script>alert(1)</script>EVCXR_END_CONTENT".repeat(300);
        let table = Table::new(&name, [Column::new("Name")]).rows([[Cell::text(&name)]]).note(&name);
        let html = table.to_html();
        assert_eq!(html.matches("<script>").count(), 0, "one row needs no script");
        assert_eq!(html.matches("</table>").count(), 1);
        assert!(html.len() < 10_000, "long names are cut: {}", html.len());
    }

    /// Returns a table with `text` in every field that takes text.
    fn everywhere(text: &str) -> Table {
        let cells = [
            Cell::text(text),
            Cell::id(text),
            Cell::status(StatusKind::Failed, text),
            Cell::Image(vec![1, 2], text.to_owned()),
            Cell::time(text),
            Cell::Figure(1.5, text.to_owned()),
        ];
        let columns = cells.iter().map(|_| Column::new(text).kind(text));
        let window = Window::new(..1, 9, "list");
        Table::new(text, columns).rows([cells.clone()]).window(window).footer(cells.clone()).note(text)
    }

    proptest! {
        #[test]
        fn any_text_is_escaped_everywhere(text in "\\PC*|[<>&\"'`=/! a-z-]{0,60}") {
            // The class of a cell depends on the length of its text.
            let html = |text: &str| everywhere(text).to_html().replace(" class=\"up42-short\"", "");
            let (html, plain) = (html(&text), html("x"));
            for mark in ['<', '>', '"'] {
                prop_assert_eq!(html.matches(mark).count(), plain.matches(mark).count(), "{}", mark);
            }
            let text = everywhere(&text).to_text();
            prop_assert!(text.lines().count() <= 9 && !text.contains(|c: char| c.is_control() && c != '\n'), "{}", text);
        }
    }
}
