//! The footer of Parquet files whose geometries have a type of their own.
//!
//! Parquet 2.11 knows the logical types GEOMETRY and GEOGRAPHY, whose values are WKB;
//! recent writers use them beside GeoParquet's own metadata. Polars' reader refuses a
//! file with a type that it does not know, so the footer is walked (Thrift's compact
//! protocol) and the type is called BSON there: bytes, which is how it is read.

/// The id of BSON among the logical types, in the zigzag form that it is written in.
const BSON: u8 = 13 << 1;

/// Those of GEOMETRY and GEOGRAPHY.
const GEO: [u8; 2] = [17 << 1, 18 << 1];

/// The deepest nesting of a footer.
const DEEPEST: usize = 32;

const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Calls geometries bytes, in place. A footer that cannot be walked stays as it is.
pub(super) fn adapt(file: &mut [u8]) {
    // Its length and `PAR1` end the file.
    let Some(body) = file.len().checked_sub(8) else { return };
    let Some(length) = file[body..].first_chunk::<4>().map(|length| u32::from_le_bytes(*length) as usize)
    else {
        return;
    };
    let Some(start) = body.checked_sub(length) else { return };
    let mut walk = Walk { bytes: &file[start..body], at: 0, found: Vec::new() };
    walk.structure(&[2, 10], DEEPEST);
    for at in walk.found {
        file[start + at] = BSON;
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    found: Vec<usize>,
}

impl Walk<'_> {
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
                delta => id + u64::from(delta),
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
    use super::*;
    use proptest::prelude::*;

    /// A file whose schema has one column `g` of a logical type.
    fn file(kind: u8) -> Vec<u8> {
        let footer =
            [&[0x15, 4, 0x19, 0x1c, 0x15, 12, 0x25, 2, 0x18, 1, b'g', 0x6c, 0x0c, kind, 0, 0, 0, 0][..]]
                .concat();
        [&b"PAR1"[..], &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    #[test]
    fn geometries_are_called_bytes_and_nothing_else_is_touched() {
        for kind in GEO {
            let mut adapted = file(kind);
            adapt(&mut adapted);
            assert_eq!(adapted, file(BSON));
        }
        let mut text = file(12 << 1);
        adapt(&mut text);
        assert_eq!(text, file(12 << 1));
    }

    proptest! {
        #[test]
        fn any_footer_is_walked(mut bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            adapt(&mut bytes);
            let length = bytes.len() as u32;
            bytes.extend(length.to_le_bytes());
            bytes.extend(*b"PAR1");
            adapt(&mut bytes);
        }
    }
}
