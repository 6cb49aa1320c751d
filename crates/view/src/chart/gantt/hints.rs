//! Tooltips of a timeline.

use maud::{Markup, html};

use super::rows::Rows;
use super::{Gantt, draw};
use crate::chart::paper::WIDTH;
use up42_core::sanitize::sanitize;

/// Largest number of bars with tooltips; with more, each bar is only a pixel or two.
const MOST: usize = 400;

impl Gantt {
    /// Returns empty elements with tooltips over the bars. Their positions are percentages of the
    /// picture, so that they stay in place when it shrinks. Without styles they are invisible.
    pub fn hints(&self) -> Markup {
        let bars = self.bars();
        let rows = Rows::of(self, &bars);
        let axis = Gantt::axis(&bars, rows.left);
        let height = f64::from(self.height());
        let boxed = bars.iter().zip(&rows.of_bar).filter(|(_, of)| bars.len() <= MOST && **of < rows.count);
        let boxes = boxed.map(|(bar, of)| {
            let (top, bottom) = draw::row(&rows, *of);
            let (left, right) = (axis.at(bar.begin), axis.at(bar.end).max(axis.at(bar.begin) + 2));
            let across = |pixels: i32| f64::from(pixels) / f64::from(WIDTH) * 100.0;
            let down = |pixels: i32| f64::from(pixels) / height * 100.0;
            let style = format!(
                "position:absolute;left:{:.2}%;top:{:.2}%;width:{:.2}%;height:{:.2}%",
                across(left),
                down(top),
                across(right - left),
                down(bottom - top)
            );
            (style, &self.spans[bar.span])
        });
        html! {
            @for (style, span) in boxes {
                span style=(style) title=(format!("{}: {}", sanitize(&span.label, 160), sanitize(&span.hint, 300))) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{large, small};

    #[test]
    fn few_bars_have_a_hint_each() {
        let mut gantt = small();
        gantt.spans[0].hint = "\"><script>".into();
        let hints = gantt.hints().into_string();
        assert_eq!(hints.matches("<span").count(), 4);
        assert!(hints.contains("title=\"Dakar: &quot;&gt;&lt;script&gt;\""), "{hints}");
        assert_eq!(large(401).hints().into_string(), "");
    }
}
