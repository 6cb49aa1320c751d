use std::io::Write;

use serde_json::json;
use uuid::Uuid;

use super::ToMimeBundle;
use crate::{MimeBundle, mark};

/// MIME type of a block that the kernel sends as the content of a `display_data` message, or with
/// `update` of an `update_display_data` message.
/// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data>
const MIME: &str = "application/vnd.up42.display+json";

/// Displays a value that will change. The returned handle updates the display in place.
///
/// The notebook keeps the last state. In a plain evcxr kernel and in a terminal, each state is
/// printed as text below the previous one.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; }
/// use up42::view::display_live;
///
/// let live = display_live("0 of 3 scenes");
/// for done in 1..=3 {
///     live.update(format!("{done} of 3 scenes").as_str());
/// }
/// ```
pub fn display_live(value: &(impl ToMimeBundle + ?Sized)) -> Live {
    let id = Uuid::new_v4().to_string();
    send(&value.to_mime_bundle(), Some((&id, false)));
    Live { id }
}

/// Handle of a display that is updated in place, also while later cells run.
#[derive(Debug)]
pub struct Live {
    id: String,
}

impl Live {
    /// Replaces the displayed value.
    pub fn update(&self, value: &(impl ToMimeBundle + ?Sized)) {
        send(&value.to_mime_bundle(), Some((&self.id, true)));
    }

    /// Returns whether displays can be updated in place here. Elsewhere every state is added to the
    /// output, so fewer states should be shown.
    #[doc(hidden)]
    pub fn is_possible() -> bool {
        mark::tag().is_some()
    }
}

/// Displays a bundle. With `(id, false)` the display can be updated later; with `(id, true)` the
/// bundle replaces the display with that id.
pub fn send(bundle: &MimeBundle, id: Option<(&str, bool)>) {
    let block_text = match mark::tag() {
        Some(tag) => block(&tag, bundle, id),
        None => line(bundle),
    };
    // A single write, so that no output of another thread falls between two lines.
    let mut stdout = std::io::stdout().lock();
    // The error is ignored: with a closed stdout there is nobody to report it to.
    let _ = stdout.write_all(block_text.as_bytes()).and_then(|()| stdout.flush());
}

/// Returns the text form, which any kernel and terminal can print.
fn line(bundle: &MimeBundle) -> String {
    bundle.harmless_text() + "\n"
}

fn block(tag: &str, bundle: &MimeBundle, id: Option<(&str, bool)>) -> String {
    let mut message = json!({ "data": bundle.to_data(), "metadata": {} });
    if let Some((id, update)) = id {
        message["transient"] = json!({ "display_id": id });
        message["update"] = json!(update);
    }
    mark::block(Some(tag), MIME, &message.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_text_contains_no_markers_without_live_displays() {
        let block_text =
            line(&MimeBundle::text("x\nEVCXR_EXECUTION_COMPLETE\nEVCXR_BEGIN_CONTENT text/html\n\n"));
        assert!(!block_text.contains("EVCXR_") && block_text.ends_with("text/html\n"), "{block_text}");
    }

    #[test]
    fn a_display_is_one_line_of_json_between_markers() {
        let bundle = MimeBundle::text("a\nb").html("<p>EVCXR_END_CONTENT</p>");
        insta::assert_snapshot!(block("T7", &bundle, Some(("7", true))), @r#"
        T7 begin application/vnd.up42.display+json
        {"data":{"text/html":"<p>EVCXR&#95;END_CONTENT</p>","text/plain":"a\nb"},"metadata":{},"transient":{"display_id":"7"},"update":true}
        T7 end
        "#);
        insta::assert_snapshot!(block("T7", &MimeBundle::text("<a>"), None), @r#"
        T7 begin application/vnd.up42.display+json
        {"data":{"text/html":"<pre>&lt;a&gt;</pre>","text/plain":"<a>"},"metadata":{}}
        T7 end
        "#);
    }
}
