//! Unix sockets instead of ports, for the kernels of a Jupyter that we start: other users of the
//! machine can connect to ports, but not to a file in a private folder.

use std::path::Path;

/// Longest path of a socket, in bytes: macOS allows 104 with the terminating zero, Linux 108.
const LONGEST: usize = 103;
/// Longest suffix that Jupyter puts in place of `.json`; it counts up while such files exist.
const END: &str = "-ipc-99";

/// Returns whether the sockets of a kernel with this connection file can be files.
pub fn is_possible(connection_file: &Path) -> bool {
    cfg!(unix) && connection_file.with_extension("").as_os_str().len() + END.len() <= LONGEST
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_longer_than_a_socket_address_is_refused() {
        let of = |length: usize| Path::new("/").join("x".repeat(length)).with_extension("json");
        let longest = LONGEST - "/".len() - END.len();
        assert!(is_possible(&of(longest)) && !is_possible(&of(longest + 1)));
    }
}
