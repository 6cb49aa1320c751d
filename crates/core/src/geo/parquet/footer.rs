//! Metadata of a Parquet file, also of one whose geometries have a logical type.
//!
//! Parquet 2.11 has the logical types GEOMETRY and GEOGRAPHY, whose values are WKB; recent writers
//! use them in addition to GeoParquet's metadata. Polars' reader refuses a file with an unknown
//! type, so the footer is parsed ([`thrift`](super::thrift)) and the type is changed to BSON:
//! bytes, as which it is read.
//!
//! The same pass refuses lists that state more elements than there are, and columns that are nested
//! too deep: Polars would abort the process, which [`catch_panic`] cannot catch.

use std::io::{Read, Seek, SeekFrom};

use polars_io::parquet::read::FileMetadata;
use polars_parquet::parquet::read::deserialize_metadata;

use super::thrift::Type::{self, Bool, Byte, Bytes, List, Number, Struct};
use super::thrift::{Fields, Found, Walk};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::limits::ReadBudget;

const NOT: &str = "not a Parquet file that can be read";

/// Length in bytes of the end of a file: the length of the footer, and `PAR1`.
const END: u64 = 8;

/// Id of the logical type BSON, in zigzag encoding.
const BSON: u8 = 13 << 1;

/// Ids of the logical types GEOMETRY and GEOGRAPHY, in zigzag encoding.
const GEO: [u8; 2] = [17 << 1, 18 << 1];

/// Bytes of memory per byte of a footer, and smallest memory in bytes of a list's element, which
/// may be one byte in the file.
const GROWTH: u64 = 32;
const ELEMENT: u64 = 512;

/// Overhead of a name in the path of a column, in bytes.
const NAME: u64 = 24;

/// Largest nesting depth of columns: Polars recurses into each.
const DEEPEST: usize = 64;

/// `FileMetaData`, and the structures in it.
const FILE: Fields = &[
    (1, Number),
    (2, List(&Struct(SCHEMA))),
    (3, Number),
    (4, List(&Struct(ROW_GROUP))),
    (5, List(&Struct(&[(1, Bytes), (2, Bytes)]))),
    (6, Bytes),
    (7, List(&Struct(&[(1, EMPTY), (2, EMPTY)]))),
];
const SCHEMA: Fields = &[
    (1, Number),
    (2, Number),
    (3, Number),
    (4, Bytes),
    (5, Number),
    (6, Number),
    (7, Number),
    (8, Number),
    (9, Number),
    (10, Struct(LOGICAL)),
];
const LOGICAL: Fields = &[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Struct(&[(1, Number), (2, Number)])),
    (6, EMPTY),
    (7, TIME),
    (8, TIME),
    (10, Struct(&[(1, Byte), (2, Bool)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
];
const EMPTY: Type = Struct(&[]);
const TIME: Type = Struct(&[(1, Bool), (2, Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)]))]);
const ROW_GROUP: Fields = &[
    (1, List(&Struct(COLUMN))),
    (2, Number),
    (3, Number),
    (4, List(&Struct(&[(1, Number), (2, Bool), (3, Bool)]))),
    (5, Number),
    (6, Number),
    (7, Number),
];
const COLUMN: Fields = &[
    (1, Bytes),
    (2, Number),
    (3, Struct(COLUMN_METADATA)),
    (4, Number),
    (5, Number),
    (6, Number),
    (7, Number),
];
const COLUMN_METADATA: Fields = &[
    (1, Number),
    (2, List(&Number)),
    (3, List(&Bytes)),
    (4, Number),
    (5, Number),
    (6, Number),
    (7, Number),
    (9, Number),
    (10, Number),
    (11, Number),
    (12, Struct(STATISTICS)),
    (14, Number),
    (15, Number),
];
pub const STATISTICS: Fields =
    &[(1, Bytes), (2, Bytes), (3, Number), (4, Number), (5, Bytes), (6, Bytes), (7, Bool), (8, Bool)];

/// Reads the metadata of a Parquet file, and nothing else of it. Geometries have the type of bytes.
///
/// # Errors
///
/// [`ErrorKind::Io`] if the file cannot be read; [`ErrorKind::InvalidInput`] if it is not a Parquet
/// file, or if its metadata exceeds the limits.
pub fn read_metadata(file: &mut (impl Read + Seek), budget: &ReadBudget) -> Result<FileMetadata> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(end) = size.checked_sub(END).filter(|end| *end > 0) else { return Err(cut_off()) };
    let mut length = [0; 4];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut length)?;
    let mut mark = [0; 4];
    file.read_exact(&mut mark)?;
    let length = u64::from(u32::from_le_bytes(length));
    let Some(start) = end.checked_sub(length).filter(|_| mark == *b"PAR1") else { return Err(cut_off()) };
    budget.take_bytes(length.saturating_mul(GROWTH)).context("its footer")?;
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(length).read_to_end(&mut footer)?;
    let size = adapt(&mut footer).context(NOT)?;
    budget.take_bytes(size.saturating_sub(length.saturating_mul(GROWTH))).context("its footer")?;
    let broken = |error| Error::foreign(ErrorKind::InvalidInput, error);
    catch_panic(|| deserialize_metadata(footer.into()).map_err(broken)).context(NOT)
}

/// Returns a panic of Polars' reader, as at some broken files, as an error. The values that `read`
/// worked on are dropped.
pub fn catch_panic<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(Error::invalid("the file is broken: write or download it again")))
}

fn cut_off() -> Error {
    Error::invalid("it has no footer: was it cut off?").context(NOT)
}

/// Changes the type of geometries to BSON, in place. Returns the memory in bytes of the elements of
/// lists and of names.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] if the footer cannot be parsed to its end, or if its columns are
/// nested too deep: Polars' reader would abort the process.
fn adapt(footer: &mut [u8]) -> Result<u64> {
    let (mut schema, mut geometries) = (Schema::default(), Vec::new());
    let (mut elements, mut groups) = (0_u64, 0_u64);
    let walked = Walk::new(footer).structure(FILE, &mut |path, found| {
        match (path, &found) {
            ([2], Found::List) => schema.open.clear(),
            ([2, 4], Found::Bytes(length)) => schema.name = *length as u64,
            // Truncated as Polars does it.
            ([2, 5], Found::Number(number)) => schema.children = *number as i32,
            ([2, 10, _], Found::Struct(at)) if GEO.contains(&footer[at - 1]) => geometries.push(at - 1),
            ([2], Found::End) => schema.close(),
            ([4], Found::End) => groups += 1,
            _ => {}
        }
        if let ([2 | 4 | 5 | 7] | [4, 1 | 4], Found::End) = (path, &found) {
            elements += 1;
        }
        Some(())
    });
    walked.ok_or_else(|| Error::invalid("its footer is broken: write or download it again"))?;
    if schema.deepest > DEEPEST {
        return Err(Error::invalid(format!("its columns are nested more than {DEEPEST} deep: flatten them")));
    }
    for at in geometries {
        footer[at] = BSON;
    }
    // Every row group may contain the names of its columns.
    let names = schema.paths.saturating_mul(groups + 1);
    Ok(names.saturating_add(elements * ELEMENT))
}

/// Schema of a file: a list of elements, each followed by its children.
#[derive(Default)]
struct Schema {
    /// Number of children and length of the name of the current element.
    children: i32,
    name: u64,
    /// Parents of the next element: the number of children still to come, and the bytes of the
    /// path.
    open: Vec<(i32, u64)>,
    deepest: usize,
    /// Total bytes of the paths of all columns.
    paths: u64,
}

impl Schema {
    /// Ends the current element.
    fn close(&mut self) {
        while self.open.pop_if(|(missing, _)| *missing <= 0).is_some() {}
        let around = self.open.last_mut().map_or(0, |(missing, path)| {
            *missing -= 1;
            *path
        });
        let path = around + std::mem::take(&mut self.name) + NAME;
        self.paths = self.paths.saturating_add(path);
        self.open.push((std::mem::take(&mut self.children), path));
        self.deepest = self.deepest.max(self.open.len());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// Returns a footer whose schema has one column `g` of a logical type.
    fn footer(kind: u8) -> Vec<u8> {
        [0x15, 4, 0x19, 0x1c, 0x15, 12, 0x25, 2, 0x18, 1, b'g', 0x6c, 0x0c, kind, 0, 0, 0, 0].to_vec()
    }

    fn file(footer: &[u8]) -> Vec<u8> {
        [b"PAR1", footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    #[test]
    fn geometry_types_are_read_as_bytes_and_others_are_unchanged() {
        for kind in GEO {
            let mut adapted = footer(kind);
            adapt(&mut adapted).unwrap();
            assert_eq!(adapted, footer(BSON));
        }
        let mut text = footer(12 << 1);
        adapt(&mut text).unwrap();
        assert_eq!(text, footer(12 << 1));
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let message = |bytes: &[u8]| {
            read_metadata(&mut Cursor::new(bytes), &ReadBudget::default()).unwrap_err().to_string()
        };
        let cut = "not a Parquet file that can be read: it has no footer: was it cut off?";
        for bytes in [&b""[..], b"PAR1PAR1", b"PAR1 not really", b"PAR1\xff\xff\xff\xffPAR1"] {
            assert_eq!(message(bytes), cut);
        }
        assert!(message(&file(&footer(BSON))).starts_with("not a Parquet file that can be read: "));
    }

    #[test]
    fn a_footer_counts_by_its_size_in_memory() {
        let read = |bytes| {
            let budget = ReadBudget::new(crate::ReadLimits::default().bytes(bytes));
            read_metadata(&mut Cursor::new(file(&footer(BSON))), &budget).unwrap_err().to_string()
        };
        insta::assert_snapshot!(read(32 * 17), @"its footer: it is larger than 0.000544 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
        assert!(read(32 * 18).starts_with("not a Parquet file that can be read: "));
    }

    /// Returns the footer of a file without rows, whose schema states `count` elements.
    fn schema(count: u32, elements: &[u8]) -> Vec<u8> {
        let mut list = vec![0x15, 4, 0x19, 0xfc];
        let mut rest = count;
        while rest > 127 {
            list.push(rest as u8 | 128);
            rest >>= 7;
        }
        [&list[..], &[rest as u8], elements, &[0x16, 0, 0x19, 0x0c, 0]].concat()
    }

    fn refused(footer: &[u8]) -> String {
        let file = file(footer);
        read_metadata(&mut Cursor::new(file), &ReadBudget::default()).unwrap_err().to_string()
    }

    const BROKEN: &str =
        "not a Parquet file that can be read: its footer is broken: write or download it again";

    #[test]
    fn a_list_length_beyond_the_input_is_refused() {
        let element = [0x48, 1, b'g', 0];
        assert!(adapt(&mut schema(2, &element.repeat(2))).is_ok());
        assert_eq!(refused(&schema(i32::MAX as u32, &element)), BROKEN);
        let groups = [&schema(1, &element)[..4 + 5], &[0x29, 0xfc, 255, 255, 255, 255, 7, 0]].concat();
        assert_eq!(refused(&groups), BROKEN);
    }

    #[test]
    fn a_field_of_another_type_is_refused() {
        // Polars reads a list of 2^31 - 1 elements there; this parser would read a field 17.
        assert_eq!(refused(&[0x15, 4, 0x11, 0xf5, 255, 255, 255, 255, 7, 0]), BROKEN);
        // Boolean elements take a byte, or none.
        assert_eq!(refused(&[0x15, 4, 0x99, 0x11, 1, 0]), BROKEN);
        // Numbers where Polars reads structures.
        assert_eq!(refused(&[0x15, 4, 0x19, 0x15, 0, 0]), BROKEN);
    }

    #[test]
    fn columns_in_columns_are_refused_beyond_a_depth() {
        // Elements with one child each, and one without at the end.
        let nested = |depth: u32| {
            let inner = [0x35, 2, 0x18, 1, b'g', 0x15, 2, 0].repeat(depth as usize - 1);
            schema(depth, &[&inner[..], &[0x15, 2, 0x25, 2, 0x18, 1, b'g', 0]].concat())
        };
        let deep =
            "not a Parquet file that can be read: its columns are nested more than 64 deep: flatten them";
        assert_eq!(refused(&nested(65)), deep);
        assert_eq!(refused(&nested(20_000)), deep);
        let read = |footer: &[u8]| read_metadata(&mut Cursor::new(file(footer)), &ReadBudget::default());
        assert!(read(&nested(64)).is_ok());
        // The number of columns that are not nested has no limit.
        let beside =
            [&[0x48, 1, b'g', 0x15, 0xd0, 0x0f, 0][..], &[0x15, 2, 0x25, 2, 0x18, 1, b'g', 0].repeat(1_000)];
        assert_eq!(read(&schema(1_001, &beside.concat())).unwrap().schema().fields().len(), 1_000);
    }

    #[test]
    fn elements_and_the_paths_of_columns_count() {
        let group = |name: u8| [&[0x48, name][..], &vec![b'g'; name.into()], &[0x15, 4, 0]].concat();
        let leaf = [0x48, 1, b'a', 0];
        let footer = |name| schema(3, &[&group(name)[..], &leaf, &leaf].concat());
        let sizes = [10, 11].map(|name| adapt(&mut footer(name)).unwrap());
        assert_eq!(sizes[0], 3 * ELEMENT + 5 * NAME + 3 * 10 + 2);
        assert_eq!(sizes[1] - sizes[0], 3, "the name of a group is in the path of each column");
        let empty = [0].repeat(100_000);
        let budget = ReadBudget::new(crate::ReadLimits::default().bytes(50_000_000));
        let read = read_metadata(&mut Cursor::new(file(&schema(100_000, &empty))), &budget);
        assert!(read.unwrap_err().to_string().starts_with("its footer: it is larger than 50 MB"));
    }

    proptest! {
        #[test]
        fn any_footer_is_parsed_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_metadata(&mut Cursor::new(file(&bytes)), &ReadBudget::default());
            let _ = read_metadata(&mut Cursor::new(&bytes), &ReadBudget::default());
            let _ = adapt(&mut bytes);
        }
    }
}
