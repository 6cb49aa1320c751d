//! Decodes text from bytes that arrive in pieces.

/// Decoder of UTF-8. Invalid bytes become `�`; a character that is cut at the end of a piece is
/// held until the next piece.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
}

impl Decoder {
    /// Returns the text of the held bytes and of these.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let cut = match std::str::from_utf8(&self.held) {
            Ok(_) => self.held.len(),
            Err(_) => self.held.len() - incomplete(&self.held),
        };
        let rest = self.held.split_off(cut);
        let text = String::from_utf8_lossy(&self.held).into_owned();
        self.held = rest;
        text
    }

    /// Returns the text of the held bytes at the end of the input.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&self.held.split_off(0)).into_owned()
    }
}

/// Returns the number of bytes at the end that may begin a character.
fn incomplete(bytes: &[u8]) -> usize {
    let longest = bytes.len().min(3);
    let is_cut = |length: &usize| {
        std::str::from_utf8(&bytes[bytes.len() - length..])
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=longest).rev().find(is_cut).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_result_does_not_depend_on_splits(bytes in prop::collection::vec(prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|character| character.to_string().into_bytes()),
        ], 0..40), size in 1usize..7) {
            let bytes = bytes.concat();
            let mut decoder = Decoder::default();
            let mut text: String = bytes.chunks(size).map(|chunk| decoder.push(chunk)).collect();
            text.push_str(&decoder.finish());
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
