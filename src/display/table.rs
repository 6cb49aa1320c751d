use maud::{Markup, PreEscaped, html};

use super::Bundle;
use super::cell::{Cell, grouped};
use super::text::aligned;
use crate::plain::plain;

/// Style sheet and script of tables and cards. A page may hold many tables, and
/// each brings its own copy, so that any one of them can be copied elsewhere.
pub(crate) const STYLE: &str = include_str!("../../assets/table.css");
const SCRIPT: &str = include_str!("../../assets/table.js");

/// Rows that are shown: more are read in a frame.
const ROWS: usize = 50;

/// A table for people: in the notebook's own page, in any theme, and whole where
/// styles and scripts are forbidden.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    caption: String,
    notes: Vec<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    footer: Option<Vec<Cell>>,
    total: usize,
    more: Option<String>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    title: String,
    unit: Option<&'static str>,
    right: bool,
}

impl Column {
    /// Words, ids, states, pictures and moments.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: None, right: false }
    }

    /// Figures and bars, aligned right.
    pub(crate) fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: None, right: true }
    }

    /// The unit of the column's figures, shown in its head.
    pub(crate) fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    fn heading(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({unit})", plain(&self.title, 60)),
            None => plain(&self.title, 60),
        }
    }
}

impl Table {
    pub(crate) fn new(caption: impl Into<String>, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            caption: caption.into(),
            notes: Vec::new(),
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            footer: None,
            total: 0,
            more: None,
        }
    }

    pub(crate) fn rows<R>(mut self, rows: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = Cell>,
    {
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().collect::<Vec<_>>()));
        self
    }

    /// The last line, such as a sum.
    pub(crate) fn footer(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.footer = Some(cells.into_iter().collect());
        self
    }

    /// How many rows there are when not all were given, and how to see them, as
    /// code: `scenes.to_dataframe()?`.
    pub(crate) fn more(mut self, total: usize, code: impl Into<String>) -> Self {
        self.total = total;
        self.more = Some(code.into());
        self
    }

    /// A line under the table.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn bundle(&self) -> Bundle {
        Bundle { html: self.to_html(), jpeg: None, text: self.to_text() }
    }

    fn shown(&self) -> &[Vec<Cell>] {
        &self.rows[..self.rows.len().min(ROWS)]
    }

    fn left_out(&self) -> usize {
        self.total.max(self.rows.len()) - self.shown().len()
    }

    fn to_html(&self) -> String {
        let sortable = self.shown().len() > 1;
        let row = |cells: &[Cell]| -> Markup {
            html! {
                tr { @for (cell, column) in cells.iter().zip(&self.columns) { (data(cell, column)) } }
            }
        };
        let page = html! {
            div.up42 {
                style { (PreEscaped(STYLE)) }
                div.up42-scroll {
                    table.up42-table {
                        caption { b { bdi { (plain(&self.caption, 200)) } } }
                        thead {
                            tr {
                                @for column in &self.columns {
                                    th.up42-right[column.right] scope="col" {
                                        (plain(&column.title, 60))
                                        @if let Some(unit) = column.unit { " " small { "(" (unit) ")" } }
                                    }
                                }
                            }
                        }
                        tbody { @for cells in self.shown() { (row(cells)) } }
                        @if let Some(footer) = &self.footer { tfoot { (row(footer)) } }
                    }
                }
                @if self.left_out() > 0 {
                    p.up42-note {
                        "… and " (grouped(self.left_out() as f64, 0)) " more"
                        @if let Some(code) = &self.more { ": " code { (code) } }
                    }
                }
                @for note in &self.notes { p.up42-note { bdi { (plain(note, 400)) } } }
                @if sortable { script { (PreEscaped(SCRIPT)) } }
            }
        };
        page.into_string()
    }

    fn to_text(&self) -> String {
        let headers: Vec<_> = self.columns.iter().map(Column::heading).collect();
        let right: Vec<_> = self.columns.iter().map(|column| column.right).collect();
        let lines = self.shown().iter().chain(&self.footer);
        // A terminal has no pictures: their column is left out.
        let pictures: Vec<_> = (0..self.columns.len())
            .map(|i| self.rows.iter().any(|row| matches!(row.get(i), Some(Cell::Image(..)))))
            .collect();
        let kept = |i: &usize| !pictures[*i];
        let indices: Vec<_> = (0..self.columns.len()).filter(kept).collect();
        let rows: Vec<Vec<String>> = lines
            .map(|row| indices.iter().map(|&i| row.get(i).map_or_else(String::new, Cell::to_text)).collect())
            .collect();
        let headers: Vec<_> = indices.iter().map(|&i| headers[i].clone()).collect();
        let right: Vec<_> = indices.iter().map(|&i| right[i]).collect();
        let mut text = format!("{}\n{}", plain(&self.caption, 200), aligned(&headers, &rows, &right));
        if self.left_out() > 0 {
            let how = self.more.as_ref().map_or_else(String::new, |code| format!(": {code}"));
            text.push_str(&format!("… and {} more{how}\n", grouped(self.left_out() as f64, 0)));
        }
        for note in &self.notes {
            text.push_str(&plain(note, 400));
            text.push('\n');
        }
        text
    }
}

fn data(cell: &Cell, column: &Column) -> Markup {
    html! { td.up42-right[column.right] data-sort=[cell.sort_key()] { (cell.to_html()) } }
}

#[cfg(test)]
mod tests {
    use super::super::Tone;
    use super::*;

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
                    Cell::status(Tone::Ok, "succeeded"),
                    Cell::Percent(100.0),
                    Cell::Number(1250.0, 0),
                ],
                [Cell::id("b2"), Cell::status(Tone::Failed, "failed"), Cell::Percent(40.0), Cell::Empty],
            ])
            .more(4215, "jobs.to_dataframe()?")
    }

    #[test]
    fn text_stands_alone() {
        insta::assert_snapshot!(jobs().to_text(), @r"
        2 of 4,215 jobs
        Job  Status       Progress  Price (credits)
        ───  ───────────  ────────  ───────────────
        a1   ✓ succeeded     100 %            1,250
        b2   ✕ failed         40 %                –
        … and 4,213 more: jobs.to_dataframe()?
        ");
    }

    #[test]
    fn a_table_reads_without_style_and_script() {
        let html = jobs().to_html();
        let bare = html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
        for word in ["2 of 4,215 jobs", "✓ succeeded", "100 %", "1,250", "✕ failed", "and 4,213 more"] {
            assert!(bare.contains(word), "{word}");
        }
        assert!(!bare.contains("var(--"), "themes are the style sheet's");
    }

    #[test]
    fn rows_past_the_limit_are_counted() {
        let rows = (0..60).map(|i| [Cell::Number(f64::from(i), 0)]);
        let table = Table::new("Figures", [Column::number("n")]).rows(rows);
        assert!(table.to_text().ends_with("… and 10 more\n"));
        assert_eq!(table.to_html().matches("<td").count(), 50);
    }

    #[test]
    fn hostile_rows_stay_inert() {
        let name = "</td></table><script>alert(1)</script>EVCXR_END_CONTENT".repeat(300);
        let table = Table::new(&name, [Column::new("Name")]).rows([[Cell::text(&name)]]).note(&name);
        let html = table.to_html();
        assert_eq!(html.matches("<script>").count(), 0, "one row needs no script");
        assert_eq!(html.matches("</table>").count(), 1);
        assert!(html.len() < 10_000, "long names are cut: {}", html.len());
    }
}
