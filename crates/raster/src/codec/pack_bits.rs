//! PackBits (TIFF 6.0, section 9).

/// Decodes into `target` and returns the number of bytes.
pub fn decode(mut bytes: &[u8], target: &mut [u8]) -> usize {
    let mut count = 0;
    while let Some((head, rest)) = bytes.split_first() {
        bytes = rest;
        let left = &mut target[count..];
        match *head {
            128 => {}
            head @ 0..128 => {
                let length = (usize::from(head) + 1).min(bytes.len());
                let (copied, rest) = bytes.split_at(length);
                let length = length.min(left.len());
                left[..length].copy_from_slice(&copied[..length]);
                (bytes, count) = (rest, count + length);
            }
            head => {
                let Some((value, rest)) = bytes.split_first() else { break };
                let length = (257 - usize::from(head)).min(left.len());
                left[..length].fill(*value);
                (bytes, count) = (rest, count + length);
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_are_decoded() {
        // Example of TIFF 6.0, section 9.
        let packed =
            [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let expected = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        let mut target = [0; 24];
        assert_eq!(decode(&packed, &mut target), 24);
        assert_eq!(target, expected);
        assert_eq!(decode(&packed, &mut target[..2]), 2);
        assert_eq!(decode(&[5, 1], &mut target), 1);
    }
}
