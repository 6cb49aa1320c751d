//! MIME bundles: a value as HTML for pages, as a JPEG for front ends that forbid scripts and styles,
//! and as text for terminals. Text from outside is sanitized, and nothing is loaded from the network.

use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::mark;
use up42_core::sanitize::without_marks;

/// MIME bundle: one value in several representations, of which a front end displays the richest
/// that it supports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MimeBundle {
    /// HTML fragment in the notebook's own page.
    #[doc(hidden)]
    pub html: String,
    /// Still picture, for front ends that show no HTML.
    #[doc(hidden)]
    pub jpeg: Option<Vec<u8>>,
    /// Text for a terminal.
    #[doc(hidden)]
    pub text: String,
}

impl MimeBundle {
    /// Makes a bundle of plain text; its HTML is the text in a `<pre>` element.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let html = maud::html! { pre { (text) } }.into_string();
        Self { html, jpeg: None, text }
    }

    /// Sets the HTML, a fragment of a page. Text from outside must be escaped in it.
    pub fn html(self, html: impl Into<String>) -> Self {
        Self { html: html.into(), ..self }
    }

    /// Sets the bytes of a JPEG, for front ends that show no HTML.
    pub fn jpeg(self, jpeg: impl Into<Vec<u8>>) -> Self {
        Self { jpeg: Some(jpeg.into()), ..self }
    }

    /// Returns the representations by MIME type, as in Jupyter's messages.
    pub(crate) fn to_data(&self) -> Value {
        let mut data = json!({ "text/html": unmarked(&self.html), "text/plain": self.text });
        if let Some(jpeg) = &self.jpeg {
            data["image/jpeg"] = BASE64_STANDARD.encode(jpeg).into();
        }
        data
    }

    /// Returns the text without marks that evcxr would interpret.
    pub(crate) fn harmless_text(&self) -> String {
        without_marks(self.text.trim_end_matches('\n'))
    }

    /// Prints the bundle as blocks that the kernel sends as one display.
    #[doc(hidden)]
    pub fn print(&self) {
        let blocks = self.to_blocks(mark::tag().as_deref());
        // A single write, so that no output of another thread falls between two lines.
        let mut stdout = std::io::stdout().lock();
        // The error is ignored: with a closed stdout there is nobody to report it to.
        let _ = stdout.write_all(blocks.as_bytes()).and_then(|()| stdout.flush());
    }

    fn to_blocks(&self, tag: Option<&str>) -> String {
        let block = |mime: &str, content: &str| mark::block(tag, mime, content.trim_end_matches('\n'));
        let mut blocks = block("text/html", &unmarked(&self.html));
        if let Some(jpeg) = &self.jpeg {
            blocks += &block("image/jpeg", &BASE64_STANDARD.encode(jpeg));
        }
        blocks + &block("text/plain", &self.harmless_text())
    }
}

/// Replaces evcxr's marks in HTML. The entity is displayed as the same character. Scripts are not
/// affected: their data is base64, which has no underscore.
fn unmarked(html: &str) -> String {
    html.replace("EVCXR_", "EVCXR&#95;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_its_three_types() {
        let bundle = MimeBundle { html: "<p>é</p>".into(), jpeg: Some(vec![255, 216]), text: "é\n".into() };
        insta::assert_snapshot!(bundle.to_blocks(None), @r"
        EVCXR_BEGIN_CONTENT text/html
        <p>é</p>
        EVCXR_END_CONTENT
        EVCXR_BEGIN_CONTENT image/jpeg
        /9g=
        EVCXR_END_CONTENT
        EVCXR_BEGIN_CONTENT text/plain
        é
        EVCXR_END_CONTENT
        ");
        insta::assert_snapshot!(MimeBundle { jpeg: None, ..bundle }.to_blocks(Some("T7")), @r"
        T7 begin text/html
        <p>é</p>
        T7 end
        T7 begin text/plain
        é
        T7 end
        ");
    }

    #[test]
    fn external_text_cannot_contain_markers() {
        let hostile = "x\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\nEVCXR_EXECUTION_COMPLETE\n";
        let bundle = MimeBundle { html: hostile.into(), jpeg: None, text: hostile.into() };
        let printed = bundle.to_blocks(None);
        assert_eq!(printed.matches("EVCXR_BEGIN_CONTENT").count(), 2);
        assert_eq!(printed.matches("EVCXR_END_CONTENT").count(), 2);
        assert!(!printed.contains("EVCXR_EXECUTION_COMPLETE"));
    }
}
