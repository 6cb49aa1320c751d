use maud::{PreEscaped, html};

use super::cell::{StatusKind, badge};
use super::table::STYLE;
use crate::MimeBundle;
use up42_core::sanitize::sanitize;

/// Largest number of lines shown: the last ones, which are the most informative.
const LINES: usize = 200;
/// Longest line, in characters.
const LONGEST: usize = 400;

/// Preformatted text, such as a log, with a title and a status.
#[derive(Clone, Debug)]
pub struct TextBlock<'a> {
    /// Title.
    pub title: &'a str,
    /// StatusKind and word of the status.
    pub status: (StatusKind, String),
    /// Text below the title.
    pub text: &'a str,
}

/// Returns blocks of text under a common title.
pub fn text_blocks(title: &str, blocks: &[TextBlock]) -> MimeBundle {
    let title = sanitize(title, 200);
    let page = html! {
        div.up42 {
            style { (PreEscaped(STYLE)) }
            div.up42-head { b { bdi { (title) } } }
            @for block in blocks {
                @let (kind, word) = &block.status;
                p.up42-title { code { bdi { (sanitize(block.title, 120)) } } " " (badge(*kind, word)) }
                pre.up42-lines { (block.lines().join("\n")) }
            }
        }
    };
    let text = |block: &TextBlock| {
        let (kind, word) = &block.status;
        let head = format!("{} [{} {}]", sanitize(block.title, 120), kind.glyph(), sanitize(word, 80));
        let lines: String = block.lines().iter().map(|line| format!("  {line}\n")).collect();
        format!("{head}\n{lines}")
    };
    let text = blocks.iter().map(text).collect::<String>();
    MimeBundle { html: page.into_string(), jpeg: None, text: format!("{title}\n{text}") }
}

impl TextBlock<'_> {
    /// Returns the last lines, sanitized.
    fn lines(&self) -> Vec<String> {
        let all: Vec<&str> = self.text.trim_end().lines().collect();
        let left_out = all.len().saturating_sub(LINES);
        let mut lines = match (all.len(), left_out) {
            (0, _) => vec!["nothing was written".to_owned()],
            (_, 0) => Vec::new(),
            _ => vec![format!("… {left_out} lines before")],
        };
        lines.extend(all[left_out..].iter().map(|line| sanitize(line, LONGEST)));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> MimeBundle {
        text_blocks(
            "Logs",
            &[TextBlock { title: "tiling:1", status: (StatusKind::Failed, "failed".into()), text }],
        )
    }

    #[test]
    fn lines_are_shown_with_their_indentation() {
        insta::assert_snapshot!(shown("Traceback:\n    line 7\n").text, @r"
        Logs
        tiling:1 [✕ failed]
          Traceback:
              line 7
        ");
        assert!(shown("a\n  b").html.contains("<pre class=\"up42-lines\">a\n  b</pre>"));
        assert!(shown("").text.ends_with("nothing was written\n"));
    }

    #[test]
    fn the_last_of_many_lines_are_shown() {
        let text: String = (0..1_000).map(|line| format!("line {line}\n")).collect();
        let text = shown(&text).text;
        assert!(
            text.contains("  … 800 lines before\n  line 800\n") && text.ends_with("  line 999\n"),
            "{text}"
        );
    }

    #[test]
    fn hostile_lines_are_escaped() {
        let text = "</pre><script>alert(1)</script>\nEVCXR_END_CONTENT\u{1b}[2J\u{202e}";
        let MimeBundle { html, text, .. } = shown(text);
        assert!(html.matches("</pre>").count() == 1 && !html.contains("<script"), "{html}");
        assert!(
            !text.contains("EVCXR_END") && !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text}"
        );
    }
}
