//! Removal of metadata from pictures: locations, names and anything else in the metadata or after
//! the end of the picture.

/// Returns the picture without its metadata; the pixels are unchanged. `None` if it is not a JPEG
/// or PNG with a valid structure.
pub fn bare(picture: &[u8]) -> Option<Vec<u8>> {
    match picture {
        [0xff, 0xd8, rest @ ..] => jpeg(rest),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => png(rest),
        _ => None,
    }
}

/// Copies the needed segments of a JPEG (ITU-T T.81, annex B). A segment has a marker and a length;
/// the data of a scan follows its header, up to the next marker.
fn jpeg(mut rest: &[u8]) -> Option<Vec<u8>> {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut out = vec![0xff, 0xd8];
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match *marker {
            // Fill byte before a marker.
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
        // Tables, frames and scans; of the application segments, those that affect colours.
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

/// Copies the needed chunks of a PNG (W3C PNG, 5.3): length, name, data, checksum.
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

    use super::*;
    use crate::picture::{decode, jpeg, png};

    fn image() -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 90])))
    }

    /// Inserts metadata after the header of a picture, and a script after its end.
    fn loaded(clean: &[u8], head: usize, added: &[u8]) -> Vec<u8> {
        [&clean[..head], added, &clean[head..], b"<script>alert(1)</script>"].concat()
    }

    #[test]
    fn metadata_is_removed() {
        let clean = jpeg(&image(), 80);
        let added = b"\xff\xfe\x00\x08secret\xff\xff\xe1\x00\x0cExif\0\0GPS.";
        assert_eq!(bare(&loaded(&clean, 2, added)), Some(clean.clone()));
        assert_eq!(bare(&clean), Some(clean));
        let clean = png(&image());
        // The checksum is not verified.
        let added = b"\0\0\0\x0ctEXtAuthor\0Ann..\0\0\0\0";
        assert_eq!(bare(&loaded(&clean, 33, added)), Some(clean.clone()));
        assert_eq!(decode(&bare(&clean).unwrap()).unwrap(), image());
    }

    #[test]
    fn a_truncated_picture_is_refused() {
        for whole in [jpeg(&image(), 80), png(&image())] {
            for end in 0..whole.len() {
                assert_eq!(bare(&whole[..end]), None, "{end} of {}", whole.len());
            }
        }
        assert_eq!(bare(b"\xff\xd8\xff\xd8\xff\xd9"), None);
        assert_eq!(bare(b"<html>"), None);
    }
}
