//! Cells: the values of tables and cards.

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{Markup, html};

use crate::picture::canvas::Rgb;
use up42_core::sanitize::sanitize;

/// Longest text that a cell shows, in characters.
const LONGEST: usize = 160;
/// Longest text that is not wrapped, in bytes, such as the name of a collection or task.
const SHORT: usize = 24;

/// Value in a table or a card.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Unknown value, shown as an en dash.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// Identifier, shown in a monospaced font.
    Id(String),
    /// Number and its count of decimals, shown with thousands separators.
    Number(f64, usize),
    /// Number, by which rows are sorted, and its text, such as `3 min 05 s`.
    Figure(f64, String),
    /// Percentage (0 to 100), shown as a number and a bar.
    Percent(f64),
    /// Status: its kind and its word.
    Status(StatusKind, String),
    /// Counts with kind and word, and a bar of their shares.
    Parts(Vec<(StatusKind, String, usize)>),
    /// Small JPEG or PNG, and its alternative text.
    Image(Vec<u8>, String),
    /// Formatted time, such as `2020-06-01 11:34`.
    Time(String),
}

/// Kind of a status, which sets its glyph and colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// Succeeded.
    Ok,
    /// Running.
    Running,
    /// Not started.
    Waiting,
    /// Ended without a result.
    Failed,
    /// Other state or remark.
    Neutral,
}

impl StatusKind {
    /// Returns the glyph shown before the word.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Running => "●",
            Self::Waiting => "○",
            Self::Failed => "✕",
            Self::Neutral => "◇",
        }
    }

    /// Returns the colour of bars. Blue and orange are distinguishable with any colour vision, and
    /// their lightness differs, too.
    pub fn solid(self) -> Rgb {
        match self {
            Self::Ok => [0x00, 0x5a, 0x9c],
            Self::Running => [0x4f, 0xae, 0xe3],
            Self::Waiting => [0xc6, 0xd6, 0xe2],
            Self::Failed => [0xd5, 0x5e, 0x00],
            Self::Neutral => [0x8d, 0x7f, 0xa8],
        }
    }

    /// Returns the background and text colours of a badge. They are inline styles, for pages that
    /// drop style sheets. Each pair has a contrast of 7:1, and blue and orange are distinguishable.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("#d3f0e3", "#00482f"),
            Self::Running => ("#d8e9fb", "#0a3766"),
            Self::Waiting => ("#eceff1", "#37444c"),
            Self::Failed => ("#fde3d3", "#732800"),
            Self::Neutral => ("#e9e6f3", "#3d3066"),
        }
    }
}

impl Cell {
    /// Makes a cell of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a cell of an identifier, in a monospaced font.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Id(id.into())
    }

    /// Makes a cell of a status.
    pub fn status(kind: StatusKind, word: impl Into<String>) -> Self {
        Self::Status(kind, word.into())
    }

    /// Makes a cell of a time.
    pub fn time(moment: impl Into<String>) -> Self {
        Self::Time(moment.into())
    }

    /// Returns the cell as text for a terminal.
    pub fn to_text(&self) -> String {
        match self {
            Self::Empty => "–".to_owned(),
            Self::Text(text) | Self::Id(text) | Self::Time(text) | Self::Figure(_, text) => {
                sanitize(text, LONGEST)
            }
            Self::Number(value, decimals) => grouped(*value, *decimals),
            Self::Percent(value) => percent(*value),
            Self::Status(kind, word) => format!("{} {}", kind.glyph(), sanitize(word, LONGEST)),
            Self::Parts(parts) => {
                let part = |(kind, word, count): &(StatusKind, String, usize)| {
                    format!("{} {} {}", kind.glyph(), grouped(*count as f64, 0), sanitize(word, LONGEST))
                };
                parts.iter().map(part).collect::<Vec<_>>().join("  ")
            }
            Self::Image(..) => "▣".to_owned(),
        }
    }

    /// Returns the cell as escaped HTML.
    pub fn to_html(&self) -> Markup {
        html! {
            @match self {
                // `bdi` isolates right-to-left text from the text beside it.
                Self::Text(text) => bdi class=[is_short(text)] { (sanitize(text, LONGEST)) },
                Self::Id(id) => code class=[is_short(id)] { (sanitize(id, LONGEST)) },
                Self::Percent(value) => (bar(*value)) ,
                Self::Status(kind, word) => (badge(*kind, word)),
                Self::Parts(parts) => (shares(parts)),
                Self::Image(bytes, alt) => (picture(bytes, alt)),
                Self::Time(_) => span.up42-time { (self.to_text()) },
                Self::Empty | Self::Number(..) | Self::Figure(..) => (self.to_text()),
            }
        }
    }

    /// Returns the sort key of a number, unless its shown text is the same.
    pub fn sort_key(&self) -> Option<String> {
        let (value, shown) = match self {
            Self::Number(value, _) | Self::Percent(value) => (value, None),
            Self::Figure(value, text) => (value, Some(text)),
            _ => return None,
        };
        let key = value.to_string();
        (shown != Some(&key)).then_some(key)
    }

    /// Returns the smallest width, in terminal columns, to which the cell may be cut. Ids keep up
    /// to 64 columns, since users copy them; numbers are never cut.
    pub fn least_width(&self) -> usize {
        match self {
            Self::Text(text) if text.is_empty() => 0,
            // A text of one word is treated as an id.
            Self::Text(text) if text.contains(char::is_whitespace) => 12,
            Self::Text(_) | Self::Id(_) => 64,
            Self::Status(..) => 24,
            Self::Empty => 1,
            _ => usize::MAX,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// Returns a badge. Glyph and word carry its meaning, so it is readable without colours.
pub fn badge(kind: StatusKind, word: &str) -> Markup {
    let (background, colour) = kind.colours();
    let style = format!("background:{background};color:{colour};border-radius:9px;padding:1px 8px 2px");
    html! { span.up42-badge style=(style) { (kind.glyph()) " " (sanitize(word, LONGEST)) } }
}

/// Returns a percentage as a number and a bar. The bar is a CSS background, so only the number
/// remains where styles are forbidden.
pub fn bar(value: f64) -> Markup {
    let filled = value.clamp(0.0, 100.0);
    let style = format!("background:linear-gradient(90deg,#5b9bd5 {filled:.0}%,#88888838 {filled:.0}%)");
    html! { span.up42-figure { (percent(value)) } " " span.up42-bar style=(style) {} }
}

/// Returns one bar of all parts, and a badge for each.
fn shares(parts: &[(StatusKind, String, usize)]) -> Markup {
    let whole = parts.iter().map(|part| part.2).sum::<usize>().max(1) as f64;
    let mut stops = Vec::new();
    let mut so_far = 0;
    for (kind, _, count) in parts {
        let [r, g, b] = kind.solid();
        let at = |count: usize| count as f64 / whole * 100.0;
        stops.push(format!("#{r:02x}{g:02x}{b:02x} {:.2}% {:.2}%", at(so_far), at(so_far + count)));
        so_far += count;
    }
    let style = format!("background:linear-gradient(90deg,{})", stops.join(","));
    html! {
        @if !parts.is_empty() { span.up42-bar.up42-shares style=(style) {} }
        @for (kind, word, count) in parts {
            (badge(*kind, &format!("{} {word}", grouped(*count as f64, 0)))) " "
        }
    }
}

fn is_short(text: &str) -> Option<&'static str> {
    (text.len() <= SHORT).then_some("up42-short")
}

fn picture(bytes: &[u8], alt: &str) -> Markup {
    let kind = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
    let source = format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(bytes));
    html! { img.up42-thumb alt=(sanitize(alt, LONGEST)) width="48" height="48" src=(source); }
}

fn percent(value: f64) -> String {
    if value.is_finite() {
        format!("{} %", grouped(value, usize::from(value.fract().abs() >= 0.05 && value < 9.95)))
    } else {
        "–".into()
    }
}

/// Formats a count with its noun: `1 scene`, `4,213 scenes`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count as f64, 0), if count == 1 { "" } else { "s" })
}

/// Formats a number with thousands separators, such as `4,213.5`; an en dash if it is not finite.
pub fn grouped(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut out = String::new();
    if value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_rounded() {
        let texts: Vec<_> = [0.0, 999.0, 4213.0, 1_234_567.0, -1200.0, f64::NAN]
            .map(|value| grouped(value, 0))
            .into_iter()
            .collect();
        assert_eq!(texts, ["0", "999", "4,213", "1,234,567", "−1,200", "–"]);
        assert_eq!(grouped(1234.567, 2), "1,234.57");
        assert_eq!(grouped(-0.001, 1), "0.0");
        assert_eq!(
            [percent(0.4), percent(7.0), percent(37.6), percent(100.0)],
            ["0.4 %", "7 %", "38 %", "100 %"]
        );
    }

    #[test]
    fn parts_are_shown_as_a_bar_and_as_text() {
        let cell = Cell::Parts(vec![
            (StatusKind::Ok, "succeeded".into(), 3),
            (StatusKind::Failed, "failed".into(), 1),
        ]);
        assert_eq!(cell.to_text(), "✓ 3 succeeded  ✕ 1 failed");
        let html = cell.to_html().into_string();
        let bar = "linear-gradient(90deg,#005a9c 0.00% 75.00%,#d55e00 75.00% 100.00%)";
        assert!(html.contains(bar) && html.contains("✕ 1 failed"), "{html}");
        assert_eq!(Cell::Parts(Vec::new()).to_html().into_string(), "");
    }

    #[test]
    fn external_text_is_escaped() {
        let hostile = "<img src=x onerror=alert(1)>\u{202e}";
        for cell in [Cell::text(hostile), Cell::id(hostile), Cell::status(StatusKind::Failed, hostile)] {
            let html = cell.to_html().into_string();
            assert!(!html.contains("<img") && !html.contains('\u{202e}'), "{html}");
        }
        let picture = Cell::Image(vec![1], "\" onload=\"x".into()).to_html().into_string();
        assert!(!picture.contains("\" onload"), "{picture}");
    }
}
