//! What a Parquet file says of itself, where its geometries have a type of their own, too.
//!
//! Parquet 2.11 knows the logical types GEOMETRY and GEOGRAPHY, whose values are WKB;
//! recent writers use them beside GeoParquet's own metadata. Polars' reader refuses a
//! file with a type that it does not know, so the footer is walked (Thrift's compact
//! protocol) and the type is called BSON there: bytes, which is how it is read.

use std::io::{Read, Seek, SeekFrom};

use polars_io::parquet::read::FileMetadata;
use polars_parquet::parquet::read::deserialize_metadata;

use crate::error::{Context, Error, ErrorKind, Result};
use crate::limits::ReadBudget;

const NOT: &str = "not a Parquet file that can be read";

/// Bytes at the end of a file: the length of the footer before them, and `PAR1`.
const END: u64 = 8;

/// The id of BSON among the logical types, in the zigzag form that it is written in.
const BSON: u8 = 13 << 1;

/// Those of GEOMETRY and GEOGRAPHY.
const GEO: [u8; 2] = [17 << 1, 18 << 1];

/// The deepest nesting of a footer.
const DEEPEST: usize = 32;

/// Bytes of memory that a byte of a footer may become.
const GROWTH: u64 = 32;

pub(super) const I32: u8 = 5;
const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

/// Reads the metadata of a Parquet file, and nothing else of it. Geometries are bytes there.
///
/// # Errors
///
/// [`ErrorKind::Io`] when the file cannot be read, [`ErrorKind::InvalidInput`] when it is no
/// Parquet, or says more of itself than may be read.
pub(super) fn read_metadata(file: &mut (impl Read + Seek), budget: &ReadBudget) -> Result<FileMetadata> {
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
    adapt(&mut footer);
    let broken = |error| Error::foreign(ErrorKind::InvalidInput, error);
    guarded(|| deserialize_metadata(footer.into()).map_err(broken)).context(NOT)
}

/// Polars' reader panics at some files that are broken: here that is an error like any
/// other. What `read` was doing is gone with what it was reading.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(Error::invalid("the file is broken: write or download it again")))
}

fn cut_off() -> Error {
    Error::invalid("it has no footer: was it cut off?").context(NOT)
}

/// Calls geometries bytes, in place. A footer that cannot be walked stays as it is.
fn adapt(footer: &mut [u8]) {
    let mut walk = Walk::new(footer);
    walk.structure(&[2, 10], DEEPEST);
    for at in walk.found {
        footer[at] = BSON;
    }
}

/// A place in Thrift's compact form.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    found: Vec<usize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, found: Vec::new() }
    }

    /// Visits the fields of a structure by their ids and kinds; `each` takes the value. `None`
    /// where the bytes are none.
    pub(super) fn fields(&mut self, mut each: impl FnMut(&mut Self, u64, u8) -> Option<()>) -> Option<()> {
        let mut id = 0_u64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            id = match head >> 4 {
                0 => self.varint()? >> 1,
                delta => id.checked_add(u64::from(delta))?,
            };
            each(self, id, head & 15)?;
        }
    }

    /// A number that is not below zero.
    pub(super) fn number(&mut self) -> Option<u64> {
        let zigzag = self.varint()?;
        (zigzag & 1 == 0).then_some(zigzag >> 1)
    }

    pub(super) fn skip_value(&mut self, kind: u8) -> Option<()> {
        self.value(kind, &[0], DEEPEST)
    }

    /// A structure; follows a way of field ids (the schema, its logical type) to the
    /// union of types.
    fn structure(&mut self, way: &[u64], depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut id = 0_u64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let written = self.at;
            id = match head >> 4 {
                0 => self.varint()? >> 1,
                delta => id.checked_add(u64::from(delta))?,
            };
            match (way, head & 15) {
                ([], STRUCT) if self.at == written + 1 && GEO.contains(&self.bytes[written]) => {
                    self.found.push(written);
                    self.structure(&[0], depth)?;
                }
                ([next, rest @ ..], kind) if *next == id => self.value(kind, rest, depth)?,
                (_, kind) => self.value(kind, &[0], depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, way: &[u64], depth: usize) -> Option<()> {
        match kind {
            1 | 2 => Some(()),
            3 => self.skip(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(usize::try_from(length).ok()?)
            }
            LIST | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                let depth = depth.checked_sub(1)?;
                (0..count).try_for_each(|_| match head & 15 {
                    1 | 2 => self.skip(1),
                    kind => self.value(kind, way, depth),
                })
            }
            STRUCT => self.structure(way, depth),
            // Footers have no maps.
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A footer whose schema has one column `g` of a logical type.
    fn footer(kind: u8) -> Vec<u8> {
        [0x15, 4, 0x19, 0x1c, 0x15, 12, 0x25, 2, 0x18, 1, b'g', 0x6c, 0x0c, kind, 0, 0, 0, 0].to_vec()
    }

    fn file(footer: &[u8]) -> Vec<u8> {
        [b"PAR1", footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    #[test]
    fn geometries_are_called_bytes_and_nothing_else_is_touched() {
        for kind in GEO {
            let mut adapted = footer(kind);
            adapt(&mut adapted);
            assert_eq!(adapted, footer(BSON));
        }
        let mut text = footer(12 << 1);
        adapt(&mut text);
        assert_eq!(text, footer(12 << 1));
    }

    #[test]
    fn a_file_that_does_not_end_is_told() {
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
    fn a_footer_counts_by_what_it_becomes() {
        let read = |bytes| {
            let budget = ReadBudget::new(crate::ReadLimits::default().bytes(bytes));
            read_metadata(&mut Cursor::new(file(&footer(BSON))), &budget).unwrap_err().to_string()
        };
        insta::assert_snapshot!(read(32 * 17), @"its footer: it is larger than 0.000544 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
        assert!(read(32 * 18).starts_with("not a Parquet file that can be read: "));
    }

    proptest! {
        #[test]
        fn any_footer_is_walked(mut bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_metadata(&mut Cursor::new(file(&bytes)), &ReadBudget::default());
            let _ = read_metadata(&mut Cursor::new(&bytes), &ReadBudget::default());
            adapt(&mut bytes);
        }
    }
}
