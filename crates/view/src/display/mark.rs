//! The lines by which a kernel tells displays from text.

/// Set by the kernel of `up42` for the process of the cells: begins the lines that are meant
/// for the kernel. Text from outside cannot hold it, since each process has another.
const TAG: &str = "UP42_TAG";

/// The tag, where there is one: not in a plain evcxr kernel, nor in a terminal.
pub fn tag() -> Option<String> {
    std::env::var(TAG).ok().filter(|tag| !tag.is_empty())
}

/// One representation of a value, between marks: with the tag, or as plain evcxr wants them.
pub fn block(tag: Option<&str>, mime: &str, content: &str) -> String {
    match tag {
        Some(tag) => format!("{tag} begin {mime}\n{content}\n{tag} end\n"),
        None => format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n"),
    }
}
