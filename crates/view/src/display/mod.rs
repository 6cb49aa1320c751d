//! What a notebook shows: one MIME bundle per value, safe to print.
//!
//! HTML for pages, a JPEG where scripts and styles are forbidden, and text that
//! stands alone in a terminal. Nothing here asks the network for anything.

mod bare;
pub mod canvas;
mod card;
mod cell;
mod column;
pub mod font;
pub mod mark;
mod passage;
pub mod picture;
mod shrink;
mod table;
pub mod text;
mod window;

use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

pub use card::Card;
pub use cell::{Cell, Tone, counted, grouped};
pub use column::Column;
pub use passage::{Passage, passages};
pub use table::{STYLE, Table};
pub use window::{ROWS, Window};

use up42_core::sanitize::without_marks;

/// One value as a notebook shows it, in several forms: a front end takes the best that it
/// can show. In Jupyter's words a MIME bundle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MimeBundle {
    /// A fragment that stands in the notebook's own page.
    #[doc(hidden)]
    pub html: String,
    /// A still picture, for front ends that show no HTML.
    #[doc(hidden)]
    pub jpeg: Option<Vec<u8>>,
    /// For a terminal.
    #[doc(hidden)]
    pub text: String,
}

impl MimeBundle {
    /// Text alone, which pages show as it is.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let html = maud::html! { pre { (text) } }.into_string();
        Self { html, jpeg: None, text }
    }

    /// With HTML for pages: a fragment, in which text from outside has to be escaped.
    pub fn html(self, html: impl Into<String>) -> Self {
        Self { html: html.into(), ..self }
    }

    /// With the bytes of a JPEG, for where HTML is not shown.
    pub fn jpeg(self, jpeg: impl Into<Vec<u8>>) -> Self {
        Self { jpeg: Some(jpeg.into()), ..self }
    }

    /// By MIME type, as Jupyter's messages have it.
    pub(crate) fn to_data(&self) -> Value {
        let mut data = json!({ "text/html": unmarked(&self.html), "text/plain": self.text });
        if let Some(jpeg) = &self.jpeg {
            data["image/jpeg"] = BASE64_STANDARD.encode(jpeg).into();
        }
        data
    }

    /// The text, without marks that evcxr would obey.
    pub(crate) fn harmless_text(&self) -> String {
        without_marks(self.text.trim_end_matches('\n'))
    }

    /// Prints the bundle in the form that the kernel turns into one display.
    #[doc(hidden)]
    pub fn print(&self) {
        let blocks = self.to_blocks(mark::tag().as_deref());
        // One write: nothing that another thread prints falls between two lines.
        let mut stdout = std::io::stdout().lock();
        // A closed stdout has no one left to tell.
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

/// Without evcxr's marks. In HTML the entity is the same character to every reader of the
/// page; scripts carry their data in base64, which has no underscore.
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
    fn text_from_outside_cannot_forge_markers() {
        let hostile = "x\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\nEVCXR_EXECUTION_COMPLETE\n";
        let bundle = MimeBundle { html: hostile.into(), jpeg: None, text: hostile.into() };
        let printed = bundle.to_blocks(None);
        assert_eq!(printed.matches("EVCXR_BEGIN_CONTENT").count(), 2);
        assert_eq!(printed.matches("EVCXR_END_CONTENT").count(), 2);
        assert!(!printed.contains("EVCXR_EXECUTION_COMPLETE"));
    }
}
