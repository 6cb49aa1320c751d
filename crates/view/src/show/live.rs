use std::io::Write;

use serde_json::json;
use uuid::Uuid;

use super::ToMimeBundle;
use crate::display::{MimeBundle, mark};

/// What the kernel takes for the content of a `display_data` message, or with `update` of an
/// `update_display_data` message.
/// <https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data>
const MIME: &str = "application/vnd.up42.display+json";

/// Shows a value that will change: the handle changes what is shown, in its place.
///
/// The notebook keeps the last state. In a plain evcxr kernel and in a terminal each state
/// comes as text below the one before.
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

/// A display that changes in its place, also while later cells run.
#[derive(Debug)]
pub struct Live {
    id: String,
}

impl Live {
    /// Shows this now, in the place of what was shown before.
    pub fn update(&self, value: &(impl ToMimeBundle + ?Sized)) {
        send(&value.to_mime_bundle(), Some((&self.id, true)));
    }

    /// Whether displays can move here: elsewhere states add up, and one shows fewer.
    #[doc(hidden)]
    pub fn is_possible() -> bool {
        mark::tag().is_some()
    }
}

/// Shows a bundle now; one with an id can be changed, or changes the one with that id.
pub fn send(bundle: &MimeBundle, id: Option<(&str, bool)>) {
    let block_text = match mark::tag() {
        Some(tag) => block(&tag, bundle, id),
        None => line(bundle),
    };
    // One write: nothing that another thread prints falls between two lines.
    let mut stdout = std::io::stdout().lock();
    // A closed stdout has no one left to tell.
    let _ = stdout.write_all(block_text.as_bytes()).and_then(|()| stdout.flush());
}

/// What a plain evcxr kernel reads, too.
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
    fn text_from_outside_cannot_forge_marks_where_displays_cannot_move() {
        let block_text =
            line(&MimeBundle::text("x\nEVCXR_EXECUTION_COMPLETE\nEVCXR_BEGIN_CONTENT text/html\n\n"));
        assert!(!block_text.contains("EVCXR_") && block_text.ends_with("text/html\n"), "{block_text}");
    }

    #[test]
    fn a_display_is_one_line_of_json_between_marks() {
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
