//! Files in the place of ports, where we start Jupyter: other users of the machine can reach
//! ports, but nothing in a folder that is the user's own.

use std::path::Path;

/// Longest path of a socket, in bytes: macOS has room for 104 with the zero at the end, Linux
/// for 108.
const LONGEST: usize = 103;
/// What Jupyter makes of `.json` at the end of a connection file, if others are there already.
const END: &str = "-ipc-99";

/// Whether a kernel with this connection file can be reached by files.
pub fn is_possible(connection_file: &Path) -> bool {
    cfg!(unix) && connection_file.with_extension("").as_os_str().len() + END.len() <= LONGEST
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_must_fit_into_an_address() {
        let of = |length: usize| Path::new("/").join("x".repeat(length)).with_extension("json");
        let longest = LONGEST - "/".len() - END.len();
        assert!(is_possible(&of(longest)) && !is_possible(&of(longest + 1)));
    }
}
