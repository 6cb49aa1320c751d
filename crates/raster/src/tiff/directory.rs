//! Image file directories (TIFF 6.0, section 2; BigTIFF).

use std::collections::BTreeMap;

use up42_core::limits::ReadBudget;
use up42_core::{Error, Result};

use super::byte_order::ByteOrder;
use super::pages::Pages;

/// Largest number of entries of a directory; files in use have less than 100.
const MOST_ENTRIES: u64 = 4096;

/// Directory: its entries by tag, and the offset of the next one (0 after the last).
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub entries: BTreeMap<u16, Entry>,
    pub next: u64,
}

/// Entry, whose values are read when they are needed.
#[derive(Clone, Debug)]
pub struct Entry {
    kind: u16,
    pub count: u64,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Bytes in the entry itself.
    Inside([u8; 8]),
    /// Offset of the bytes.
    At(u64),
}

/// Reader of directories.
#[derive(Debug)]
pub struct Reader<'a> {
    pub pages: &'a Pages,
    pub format: Format,
    pub budget: &'a ReadBudget,
}

/// Byte order of a file, and whether its offsets have eight bytes.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    pub order: ByteOrder,
    pub is_big: bool,
}

impl Format {
    /// Reads the start of a file: its format, and the offset of the first directory.
    pub fn read(pages: &Pages) -> Result<(Self, u64)> {
        let unknown = || Error::invalid("it is not a TIFF: it does not start with `II` or `MM` and 42 or 43");
        let start = pages.read(0, 8).map_err(|_| unknown())?;
        let order = match &start[..2] {
            b"II" => ByteOrder::Little,
            b"MM" => ByteOrder::Big,
            _ => return Err(unknown()),
        };
        match order.unsigned(&start[2..4]) {
            42 => Ok((Self { order, is_big: false }, order.unsigned(&start[4..8]))),
            43 if order.unsigned(&start[4..8]) == if order == ByteOrder::Big { 0x0008_0000 } else { 8 } => {
                Ok((Self { order, is_big: true }, order.unsigned(&pages.read(8, 8)?)))
            }
            _ => Err(unknown()),
        }
    }
}

impl Reader<'_> {
    /// Reads the directory at `offset`.
    pub fn directory(&self, offset: u64) -> Result<Directory> {
        let order = self.format.order;
        let (head, size, width) = if self.format.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let count = order.unsigned(&self.pages.read(offset, head)?);
        if count > MOST_ENTRIES {
            return Err(Error::invalid(format!("a directory states {count} entries: the file is damaged")));
        }
        self.budget.take_bytes(count * size as u64)?;
        let start = offset.saturating_add(head as u64);
        let bytes = self.pages.read(start, count as usize * size + width)?;
        let (table, next) = bytes.split_at(count as usize * size);
        let mut entries = BTreeMap::new();
        for entry in table.chunks_exact(size) {
            let tag = order.unsigned(&entry[..2]) as u16;
            let kind = order.unsigned(&entry[2..4]) as u16;
            let count = order.unsigned(&entry[4..4 + width]);
            let field = &entry[4 + width..];
            let fits = size_of(kind).saturating_mul(count) <= width as u64;
            let values = if fits {
                let mut inside = [0; 8];
                inside[..width].copy_from_slice(field);
                Values::Inside(inside)
            } else {
                Values::At(order.unsigned(field))
            };
            // The first of two entries with one tag counts, as in libtiff.
            entries.entry(tag).or_insert(Entry { kind, count, values });
        }
        Ok(Directory { entries, next: order.unsigned(next) })
    }

    /// Reads at most the first `most` values, as bytes in the order of the file.
    fn bytes(&self, entry: &Entry, most: u64) -> Result<Vec<u8>> {
        let size = size_of(entry.kind);
        let length = size.saturating_mul(entry.count.min(most));
        match &entry.values {
            Values::Inside(bytes) => Ok(bytes[..length as usize].to_vec()),
            Values::At(offset) => {
                self.budget.take_bytes(length)?;
                self.pages.read(*offset, length as usize)
            }
        }
    }

    /// Reads at most the first `most` unsigned integers of an entry.
    pub fn integers(&self, entry: &Entry, most: u64) -> Result<Vec<u64>> {
        if !matches!(entry.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18) {
            return Err(wrong_type());
        }
        let bytes = self.bytes(entry, most)?;
        let numbers = bytes.chunks_exact(size_of(entry.kind) as usize);
        Ok(numbers.map(|bytes| self.format.order.unsigned(bytes)).collect())
    }

    /// Reads all numbers of an entry.
    pub fn reals(&self, entry: &Entry) -> Result<Vec<f64>> {
        let order = self.format.order;
        let size = size_of(entry.kind) as usize;
        let number: fn(u64) -> f64 = match entry.kind {
            11 => |bits| f64::from(f32::from_bits(bits as u32)),
            12 => f64::from_bits,
            _ => {
                return Ok(self.integers(entry, u64::MAX)?.into_iter().map(|number| number as f64).collect());
            }
        };
        let bytes = self.bytes(entry, u64::MAX)?;
        Ok(bytes.chunks_exact(size).map(|bytes| number(order.unsigned(bytes))).collect())
    }

    /// Reads a text up to its first zero.
    pub fn text(&self, entry: &Entry) -> Result<String> {
        if size_of(entry.kind) != 1 {
            return Err(wrong_type());
        }
        let bytes = self.bytes(entry, u64::MAX)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Reads bytes of any meaning.
    pub fn blob(&self, entry: &Entry) -> Result<Vec<u8>> {
        self.bytes(entry, u64::MAX)
    }

    /// Reads the integers of a tag; empty if it is missing.
    pub fn all(&self, directory: &Directory, tag: u16) -> Result<Vec<u64>> {
        directory.entries.get(&tag).map_or(Ok(Vec::new()), |entry| self.integers(entry, u64::MAX))
    }

    /// Reads the first integer of a tag.
    pub fn first(&self, directory: &Directory, tag: u16) -> Result<Option<u64>> {
        let Some(entry) = directory.entries.get(&tag) else { return Ok(None) };
        Ok(self.integers(entry, 1)?.first().copied())
    }
}

fn wrong_type() -> Error {
    Error::invalid("a tag has values of a wrong type: the file is damaged")
}

/// Returns the number of bytes of one value; 1 for unknown types, which are never read.
fn size_of(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}
