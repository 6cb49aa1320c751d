//! Hashes of content, for names.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Returns the first `bytes` bytes (at most 32) of the SHA-256 of `content` in hexadecimal.
pub fn hex(content: impl AsRef<[u8]>, bytes: usize) -> String {
    letters(&Sha256::digest(content), bytes)
}

/// Returns the same as [`hex`] for all remaining bytes of a reader.
pub fn hex_of(mut content: impl Read, bytes: usize) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = [0; 1 << 16];
    loop {
        match content.read(&mut chunk) {
            Ok(0) => return Ok(letters(&hash.finalize(), bytes)),
            Ok(length) => hash.update(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn letters(hash: &[u8], bytes: usize) -> String {
    hash.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_a_reader_and_of_its_bytes_are_equal() {
        let content = vec![7; 200_000];
        assert_eq!(hex_of(&content[..], 32).unwrap(), hex(&content, 32));
        // FIPS 180-2, B.1.
        assert_eq!(hex("abc", 4), "ba7816bf");
    }
}
