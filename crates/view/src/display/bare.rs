//! A picture from outside, without what does not show: places, names and whatever else
//! stands in its metadata or behind its end.

/// The same picture with its pixels alone. `None` when its parts do not follow each other
/// as they should.
pub fn bare(picture: &[u8]) -> Option<Vec<u8>> {
    match picture {
        [0xff, 0xd8, rest @ ..] => jpeg(rest),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => png(rest),
        _ => None,
    }
}

/// Segments (ITU-T T.81, annex B), each with a marker and a length; a scan's data follow
/// its head and last until the next marker.
fn jpeg(mut rest: &[u8]) -> Option<Vec<u8>> {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut out = vec![0xff, 0xd8];
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match *marker {
            // A marker may be filled up.
            0xff => {
                rest = &rest[1..];
                continue;
            }
            END => {
                out.extend([0xff, END]);
                return Some(out);
            }
            0x00..=0xbf | 0xd0..=0xd8 => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]));
        let segment = after.get(..length.max(2))?;
        rest = &after[segment.len()..];
        // Tables, frames and scans; of what applications add, only what changes the colours.
        let shows = match *marker {
            0xe0 => segment.get(2..7) == Some(b"JFIF\0") && length == 16,
            0xee => segment.get(2..7) == Some(b"Adobe") && length == 14,
            0xc0..=0xdf => true,
            _ => false,
        };
        if shows {
            out.extend([0xff, *marker]);
            out.extend_from_slice(segment);
        }
        if *marker == SCAN {
            let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
            let (data, after) = rest.split_at(rest.windows(2).position(is_end)?);
            out.extend_from_slice(data);
            rest = after;
        }
    }
}

/// Chunks (W3C PNG, 5.3): length, name, data, checksum.
fn png(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let chunk = rest.get(..length.checked_add(12)?)?;
        rest = &rest[chunk.len()..];
        let name = &chunk[4..8];
        if [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"].iter().any(|shows| name == *shows) {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::super::picture::{decode, jpeg, png};
    use super::*;

    fn image() -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 90])))
    }

    /// With a comment and a place behind the head, and a script behind the end.
    fn loaded(clean: &[u8], head: usize, added: &[u8]) -> Vec<u8> {
        [&clean[..head], added, &clean[head..], b"<script>alert(1)</script>"].concat()
    }

    #[test]
    fn what_does_not_show_is_taken_out() {
        let clean = jpeg(&image(), 80);
        let added = b"\xff\xfe\x00\x08secret\xff\xff\xe1\x00\x0cExif\0\0GPS.";
        assert_eq!(bare(&loaded(&clean, 2, added)), Some(clean.clone()));
        assert_eq!(bare(&clean), Some(clean));
        let clean = png(&image());
        // Its checksum is never looked at.
        let added = b"\0\0\0\x0ctEXtAuthor\0Ann..\0\0\0\0";
        assert_eq!(bare(&loaded(&clean, 33, added)), Some(clean.clone()));
        assert_eq!(decode(&bare(&clean).unwrap()).unwrap(), image());
    }

    #[test]
    fn what_breaks_off_is_no_picture() {
        for whole in [jpeg(&image(), 80), png(&image())] {
            for end in 0..whole.len() {
                assert_eq!(bare(&whole[..end]), None, "{end} of {}", whole.len());
            }
        }
        assert_eq!(bare(b"\xff\xd8\xff\xd8\xff\xd9"), None);
        assert_eq!(bare(b"<html>"), None);
    }
}
