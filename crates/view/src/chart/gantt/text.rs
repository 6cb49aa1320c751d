use super::rows::packed;
use super::{Bar, Gantt};
use crate::chart::axis::Axis;
use crate::elements::text::width;
use crate::elements::{StatusKind, counted, grouped};
use up42_core::sanitize::sanitize;

/// Width of the time axis, in characters.
const LONG: i32 = 60;
/// Largest number of rows with a line each; more are packed into lanes.
const NAMED: usize = 40;

impl Gantt {
    /// Returns the timeline as text for a terminal: `░` is waiting, `█` running, and a mark at the
    /// end shows that a job did not succeed.
    pub fn to_text(&self) -> String {
        let bars = self.bars();
        let mut text = "░ queued  █ running or done  ✕ failed  ◇ other end\n".to_owned();
        if self.spans.len() <= NAMED {
            self.lines(&bars, &mut text);
        } else {
            self.lanes(&bars, &mut text);
        }
        let peak = format!("At most {} at a time", grouped(Self::peak(&bars) as f64, 0));
        let limit = self.limit.map(|limit| format!(", limit {}", grouped(limit as f64, 0)));
        text + &format!("{peak}{}\n", limit.unwrap_or_default())
    }

    fn lines(&self, bars: &[Bar], text: &mut String) {
        let axis = axis(bars);
        let labels: Vec<String> = self.spans.iter().map(|span| sanitize(&span.label, 40)).collect();
        let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0);
        let mut line = |span: usize, bar: Option<&Bar>| {
            let mut letters = vec![' '; LONG as usize];
            bar.iter().for_each(|bar| self.letters(bar, &axis, &mut letters));
            let (letters, gap) =
                (letters.iter().collect::<String>(), " ".repeat(widest - width(&labels[span])));
            let word = sanitize(&self.spans[span].word, 24);
            *text += &format!("{}{gap}  {letters}  {word}\n", labels[span]);
        };
        bars.iter().for_each(|bar| line(bar.span, Some(bar)));
        let has_bar = |span: &usize| bars.iter().any(|bar| bar.span == *span);
        (0..self.spans.len()).filter(|span| !has_bar(span)).for_each(|span| line(span, None));
    }

    fn lanes(&self, bars: &[Bar], text: &mut String) {
        let axis = axis(bars);
        let (lanes, count) = packed(bars);
        let mut lines = vec![vec![' '; LONG as usize]; count];
        bars.iter().zip(lanes).for_each(|(bar, lane)| self.letters(bar, &axis, &mut lines[lane]));
        for letters in lines.iter().take(NAMED) {
            *text += &format!("│{}│\n", letters.iter().collect::<String>());
        }
        if count > NAMED {
            *text += &format!("… and {} more\n", counted(count - NAMED, "lane"));
        }
        let without = self.spans.len() - bars.len();
        if without > 0 {
            *text += &format!("{without} of {} have no time yet\n", grouped(self.spans.len() as f64, 0));
        }
    }

    fn letters(&self, bar: &Bar, axis: &Axis, letters: &mut [char]) {
        let [begin, turn, end] = [bar.begin, bar.turn, bar.end].map(|moment| axis.at(moment).max(0) as usize);
        let last = letters.len().saturating_sub(1);
        let (begin, end) = (begin.min(last), end.clamp(begin + 1, last + 1));
        for (place, letter) in letters.iter_mut().enumerate().take(end).skip(begin) {
            *letter = if place < turn { '░' } else { '█' };
        }
        if let (StatusKind::Failed | StatusKind::Neutral, Some(letter)) =
            (self.spans[bar.span].kind, letters.get_mut(end - 1))
        {
            *letter = if self.spans[bar.span].kind == StatusKind::Failed { '✕' } else { '◇' };
        }
    }
}

fn axis(bars: &[Bar]) -> Axis {
    Axis::new(bars.iter().map(|bar| (bar.begin, bar.end)), (0, LONG), 2)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{large, small};

    #[test]
    fn a_terminal_gets_a_line_for_each_row() {
        insta::assert_snapshot!(small().to_text(), @r"
        ░ queued  █ running or done  ✕ failed  ◇ other end
        Dakar    ░░░░░░░░░██████████████████████████████                       succeeded
        Thiès    ░░░░░░░░░░░░░███████✕                                         failed
        Mbour                         ░░░░░░░░░░░░░██████████████████████████  running
        Kaolack                                         ░░░░░░░░░░░░░░░░░░░░░  queued
        Touba                                                                  to come
        At most 2 at a time, limit 2
        ");
    }

    #[test]
    fn many_rows_are_lanes_in_a_terminal_too() {
        insta::assert_snapshot!(large(60).to_text(), @r"
        ░ queued  █ running or done  ✕ failed  ◇ other end
        │░░░███████░░░███████░░░██████✕░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░██████✕░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░██████✕│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░██████✕░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        │░░░███████░░░███████░░░███████░░░███████░░░███████░░░███████│
        At most 10 at a time, limit 10
        ");
    }
}
