//! Names made of content.

use sha2::{Digest, Sha256};

/// The first bytes of the SHA-256 of some bytes, two letters each; 32 are all.
pub(crate) fn hex(content: impl AsRef<[u8]>, bytes: usize) -> String {
    Sha256::digest(content).iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}
