//! Marker lines by which a kernel distinguishes displays from printed text.

/// Environment variable that the `up42` kernel sets for the process of the cells. Lines that begin
/// with its value are for the kernel. Text from outside cannot contain the value, since it is new
/// for each process.
const TAG: &str = "UP42_TAG";

/// Returns the tag; `None` in a plain evcxr kernel and in a terminal.
pub fn tag() -> Option<String> {
    std::env::var(TAG).ok().filter(|tag| !tag.is_empty())
}

/// Returns one representation of a value between marker lines: with the tag, or in the format of
/// plain evcxr.
pub fn block(tag: Option<&str>, mime: &str, content: &str) -> String {
    match tag {
        Some(tag) => format!("{tag} begin {mime}\n{content}\n{tag} end\n"),
        None => format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n"),
    }
}
