//! What a notebook shows: one MIME bundle per value, safe to print.
//!
//! HTML for pages, a JPEG where scripts and styles are forbidden, and text that
//! stands alone in a terminal. Nothing here asks the network for anything.

mod bare;
pub(crate) mod canvas;
mod card;
mod cell;
mod column;
pub(crate) mod file;
pub(crate) mod font;
mod passage;
pub(crate) mod picture;
mod shrink;
mod table;
pub(crate) mod text;
mod window;

use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine};

pub(crate) use card::Card;
pub(crate) use cell::{Cell, Tone, counted, grouped};
pub(crate) use column::Column;
pub(crate) use passage::{Passage, passages};
pub(crate) use table::{STYLE, Table};
pub(crate) use window::{ROWS, Window};

/// One value as a notebook shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bundle {
    /// A fragment that stands in the notebook's own page.
    pub(crate) html: String,
    /// A still picture, for front ends that show no HTML.
    pub(crate) jpeg: Option<Vec<u8>>,
    /// For a terminal.
    pub(crate) text: String,
}

impl Bundle {
    /// Prints the bundle in the form that evcxr turns into one display.
    pub(crate) fn print(&self) {
        let blocks = self.to_evcxr();
        // One write: nothing that another thread prints falls between two lines.
        let mut stdout = std::io::stdout().lock();
        // A closed stdout has no one left to tell.
        let _ = stdout.write_all(blocks.as_bytes()).and_then(|()| stdout.flush());
    }

    fn to_evcxr(&self) -> String {
        let mut blocks = String::with_capacity(self.html.len() + self.text.len() + 200);
        let mut block = |mime: &str, content: &str| {
            blocks.push_str("EVCXR_BEGIN_CONTENT ");
            blocks.push_str(mime);
            blocks.push('\n');
            blocks.push_str(content.trim_end_matches('\n'));
            blocks.push_str("\nEVCXR_END_CONTENT\n");
        };
        // In HTML the entity is the same character to every reader of the page;
        // scripts carry their data in base64, which has no underscore.
        block("text/html", &self.html.replace("EVCXR_", "EVCXR&#95;"));
        if let Some(jpeg) = &self.jpeg {
            block("image/jpeg", &BASE64_STANDARD.encode(jpeg));
        }
        block("text/plain", &self.text.replace("EVCXR_", "EVCXR\u{200d}_"));
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_its_three_types() {
        let bundle = Bundle { html: "<p>é</p>".into(), jpeg: Some(vec![255, 216]), text: "é\n".into() };
        insta::assert_snapshot!(bundle.to_evcxr(), @r"
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
    }

    #[test]
    fn text_from_outside_cannot_forge_markers() {
        let hostile = "x\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\nEVCXR_EXECUTION_COMPLETE\n";
        let bundle = Bundle { html: hostile.into(), jpeg: None, text: hostile.into() };
        let printed = bundle.to_evcxr();
        assert_eq!(printed.matches("EVCXR_BEGIN_CONTENT").count(), 2);
        assert_eq!(printed.matches("EVCXR_END_CONTENT").count(), 2);
        assert!(!printed.contains("EVCXR_EXECUTION_COMPLETE"));
    }
}
