//! Check of delta-encoded pages. Such a page states its own number of values and the lengths of its
//! texts, and Polars' decoders allocate memory for these before they compare them with the page.

use polars_parquet::parquet::page::split_buffer;
use polars_parquet::parquet::read::PageReader;
use polars_parquet::read::{BasicDecompressor, ParquetError};

use super::thrift::Walk;
use crate::error::{Error, ErrorKind, Result};

/// Encodings, by their numbers in `parquet.thrift`.
const DELTA_BINARY_PACKED: i32 = 5;
const DELTA_BYTE_ARRAY: i32 = 7;

/// Refuses a page with more values than its header states, or with texts longer than the page.
/// Pages of other encodings are not checked.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] for such a page, and for one that cannot be decompressed.
pub fn check(mut pages: PageReader) -> Result<()> {
    let broken = |error: ParquetError| Error::foreign(ErrorKind::InvalidInput, error);
    pages.read_dict().map_err(broken)?;
    let mut pages = BasicDecompressor::new(pages, Vec::new());
    while let Some(page) = pages.next() {
        let page = page.map_err(broken)?;
        let (encoding, most) = (page.page().header().encoding().0, page.num_values());
        if !(DELTA_BINARY_PACKED..=DELTA_BYTE_ARRAY).contains(&encoding) {
            continue;
        }
        let page = page.decompress(&mut pages).map_err(broken)?;
        let values = split_buffer(&page).map_err(broken)?.values;
        let is_whole = match encoding {
            DELTA_BYTE_ARRAY => are_texts(values, most),
            _ => DeltaHeader::begin(&mut Walk::new(values), most).is_some(),
        };
        if !is_whole {
            return Err(Error::invalid("has a page with other values than it says"));
        }
        pages.reuse_page_buffer(page);
    }
    Ok(())
}

/// Returns whether bytes are at most `most` texts in the encoding `DELTA_BYTE_ARRAY`: the length of
/// each text's prefix from the text before it, the length of each suffix, and the suffixes.
fn are_texts(bytes: &[u8], most: usize) -> bool {
    let mut walk = Walk::new(bytes);
    let Some(of_last) = numbers(&mut walk, most) else { return false };
    let Some(own) = numbers(&mut walk, most) else { return false };
    let (mut last, mut left) = (0, (bytes.len() - walk.at) as i64);
    of_last.len() == own.len()
        && of_last.iter().zip(&own).all(|(of_last, own)| {
            let fits = (0..=last).contains(of_last) && (0..=left).contains(own);
            if fits {
                (last, left) = (of_last + own, left - own);
            }
            fits
        })
}

/// Header of `DELTA_BINARY_PACKED`.
struct DeltaHeader {
    /// Number of miniblocks of a block, which has a bit width for each, and number of values of
    /// each.
    widths: u64,
    values: u64,
    count: usize,
    first: i64,
}

impl DeltaHeader {
    /// Reads the header; `None` if it states more than `most` values.
    fn begin(walk: &mut Walk, most: usize) -> Option<Self> {
        let (block, widths) = (walk.varint()?, walk.varint()?);
        let count = usize::try_from(walk.varint()?).ok().filter(|count| *count <= most)?;
        Some(Self { widths, values: block.checked_div(widths)?, count, first: walk.number()? })
    }
}

/// Reads the values of `DELTA_BINARY_PACKED`; `None` if they are more than `most`.
fn numbers(walk: &mut Walk, most: usize) -> Option<Vec<i64>> {
    let packed = DeltaHeader::begin(walk, most)?;
    let mut last = packed.first;
    let mut numbers = Vec::new();
    numbers.extend((packed.count > 0).then_some(last));
    while numbers.len() < packed.count {
        let least = walk.number()?;
        for width in walk.take(packed.widths)? {
            let left = packed.count - numbers.len();
            // Unused miniblocks of the last block have no bytes.
            if left == 0 {
                break;
            }
            let width = u64::from(*width);
            let bits = walk.take(packed.values.checked_mul(width)?.div_ceil(8))?;
            for at in 0..packed.values.min(left as u64) {
                last = last.wrapping_add(least).wrapping_add(unpacked(bits, at * width, width)?);
                numbers.push(last);
            }
        }
    }
    Some(numbers)
}

/// Returns the `width` bits from bit `at` on, the lowest first.
fn unpacked(bits: &[u8], at: u64, width: u64) -> Option<i64> {
    let most = u64::MAX.checked_shr(u32::try_from(64_u64.checked_sub(width)?).ok()?).unwrap_or(0);
    let mut window = [0; 16];
    let bytes = bits.get(usize::try_from(at / 8).ok()?..)?;
    window.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(((u128::from_le_bytes(window) >> (at % 8)) as u64 & most) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], most: usize) -> Option<Vec<i64>> {
        numbers(&mut Walk::new(bytes), most)
    }

    /// Checks the examples in Parquet's description of the encoding.
    #[test]
    fn numbers_match_the_examples_of_the_specification() {
        // 1 to 5: all differences are 1.
        let even = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        assert_eq!(read(&even, 5), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(read(&even, 4), None);
        // 7, 5, 3, 1, 2, 3, 4, 5: differences of -2 and 1 in two bits each, in a miniblock of 32.
        let packed = [0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0];
        let uneven = [&[128, 1, 4, 8, 14, 3, 2, 0, 0, 0][..], &packed].concat();
        assert_eq!(read(&uneven, 8), Some(vec![7, 5, 3, 1, 2, 3, 4, 5]));
        assert_eq!(read(&uneven[..12], 8), None, "cut off");
        assert_eq!(read(&[128, 1, 0, 2, 0, 0], 2), None, "no parts");
    }

    #[test]
    fn texts_longer_than_their_page_are_refused() {
        let lengths = |first: u8, step: u8| [128, 1, 4, 2, first << 1, step << 1, 0, 0, 0, 0];
        // "ab", then a prefix of one letter of it and "cd".
        let texts = |of_last: u8, own: [u8; 2]| {
            [&lengths(0, of_last)[..], &lengths(own[0], own[1]), b"abcd"].concat()
        };
        assert!(are_texts(&texts(1, [2, 0]), 2));
        assert!(!are_texts(&texts(1, [2, 0]), 1), "more than the page says");
        assert!(!are_texts(&texts(3, [2, 0]), 2), "more of the one before than it has");
        assert!(!are_texts(&texts(1, [2, 1]), 2), "more than there are bytes");
        assert!(!are_texts(&[&lengths(0, 1)[..], &[128, 1, 4, 1, 0]].concat(), 2), "not as many");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(head in prop::array::uniform3(0_u64..300), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let varint = |value: u64| [value as u8 | 128, (value >> 7) as u8];
            let _ = are_texts(&bytes, 1_000);
            let _ = are_texts(&[&head.map(varint).concat()[..], &bytes].concat(), 1_000);
        }
    }
}
