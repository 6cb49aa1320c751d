//! Memory of a column of a row group, by the headers of its pages. A decoder allocates what the
//! header states before it decodes a page, and a run of one value may become millions of them: so
//! all headers are counted first. Of the footer only the number of values counts, for which a
//! decoder allocates memory; its sizes are ignored. Pages that state their own number of values are
//! checked by [`deltas`](super::deltas).

use super::footer::STATISTICS;
use super::thrift::Type::{Bool, Number, Struct};
use super::thrift::{Fields, Found, Walk};

/// Bytes of a value in an array: a view of a text, or its offset and its validity.
const VALUE: u64 = 16;

/// Page types and encodings, by their numbers in `parquet.thrift`.
const DATA: u64 = 0;
const DICTIONARY: u64 = 2;
const DATA_V2: u64 = 3;
const DELTA_BYTE_ARRAY: u64 = 7;

/// `PageHeader`: type, sizes and checksum, and the header of each type.
const PAGE: Fields = &[
    (1, Number),
    (2, Number),
    (3, Number),
    (4, Number),
    (5, Struct(&[(1, Number), (2, Number), (3, Number), (4, Number), (5, Struct(STATISTICS))])),
    (6, Struct(&[])),
    (7, Struct(&[(1, Number), (2, Number), (3, Bool)])),
    (
        8,
        Struct(&[
            (1, Number),
            (2, Number),
            (3, Number),
            (4, Number),
            (5, Number),
            (6, Number),
            (7, Bool),
            (8, Struct(STATISTICS)),
        ]),
    ),
];

/// Header of a page.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    kind: u64,
    uncompressed: u64,
    compressed: u64,
    values: u64,
    encoding: u64,
}

/// Returns the memory in bytes of a decoded column chunk of `values` values, each of them `width`
/// bytes long if all have one length. `None` if a header cannot be read.
pub fn size(chunk: &[u8], values: u64, width: u64) -> Option<u64> {
    let mut rest = chunk;
    let mut size = values.saturating_mul(VALUE);
    let mut seen = 0_u64;
    while !rest.is_empty() && seen < values {
        let mut walk = Walk::new(rest);
        let header = header(&mut walk)?;
        rest = rest.get(walk.at..)?.get(usize::try_from(header.compressed).ok()?..)?;
        // A value of this encoding may repeat all bytes of the one before.
        let longest = if header.encoding == DELTA_BYTE_ARRAY { header.uncompressed } else { width };
        let decoded = header.values.saturating_mul(VALUE.saturating_add(longest));
        size = size.saturating_add(header.uncompressed.max(header.compressed)).saturating_add(decoded);
        if header.kind != DICTIONARY {
            seen = seen.saturating_add(header.values);
        }
    }
    Some(size)
}

/// Reads a `PageHeader`: the fields 1 to 3 are type and sizes, and 5, 7 and 8 the headers of the
/// types.
fn header(walk: &mut Walk) -> Option<Header> {
    let mut header = Header::default();
    // Counts and encodings of the three page types.
    let mut of_type = [Header::default(); 3];
    walk.structure(PAGE, &mut |path, found| {
        let Found::Number(number) = found else { return Some(()) };
        let kept = match path {
            [1] => &mut header.kind,
            [2] => &mut header.uncompressed,
            [3] => &mut header.compressed,
            [5, 1] => &mut of_type[0].values,
            [5, 2] => &mut of_type[0].encoding,
            [7, 1] => &mut of_type[1].values,
            [7, 2] => &mut of_type[1].encoding,
            [8, 1] => &mut of_type[2].values,
            [8, 4] => &mut of_type[2].encoding,
            _ => return Some(()),
        };
        *kept = i32::try_from(number).ok()?.try_into().ok()?;
        Some(())
    })?;
    let at = match header.kind {
        DATA => 0,
        DICTIONARY => 1,
        DATA_V2 => 2,
        _ => return Some(header),
    };
    Some(Header { values: of_type[at].values, encoding: of_type[at].encoding, ..header })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::parquet::thrift::tests as thrift;

    /// Returns a data page of 10 compressed bytes.
    fn page(uncompressed: u64, values: u64, encoding: u64) -> Vec<u8> {
        let number = |value: u64| thrift::number(value as i64).1;
        let parts =
            [&[0x15][..], &number(DATA), &[0x15], &number(uncompressed), &[0x15], &number(10), &[0x2c, 0x15]];
        let counts = [&number(values)[..], &[0x15], &number(encoding), &[0, 0], &[7; 10]];
        [parts.concat(), counts.concat()].concat()
    }

    #[test]
    fn pages_count_by_their_size_in_memory() {
        let two = [page(100, 5, 0), page(50, 5, 0)].concat();
        assert_eq!(size(&two, 10, 0), Some(150 + 2 * 10 * VALUE));
        assert_eq!(size(&two, 10, 1000), Some(150 + 2 * 10 * VALUE + 10_000));
        assert_eq!(size(&two, 5, 0), Some(100 + 2 * 5 * VALUE), "no more are read");
        assert_eq!(size(&page(100, 5, DELTA_BYTE_ARRAY), 5, 0), Some(100 + 10 * VALUE + 500));
        assert_eq!(size(&[], u64::MAX, 0), Some(u64::MAX), "a promise asks for memory, too");
        let cut = &two[..two.len() - 1];
        assert_eq!(size(cut, 10, 0), None);
        assert_eq!(size(&page(100, 1 << 31, 0), 5, 0), None, "Polars reads 32 bits");
    }

    proptest! {
        #[test]
        fn any_chunk_has_a_size_or_none(mut chunk in prop::collection::vec(any::<u8>(), 0..80), values in any::<u64>()) {
            let _ = size(&chunk, values, values);
            chunk.splice(0..0, page(values >> 2, 1, 0));
            let _ = size(&chunk, values, 3);
        }
    }
}
