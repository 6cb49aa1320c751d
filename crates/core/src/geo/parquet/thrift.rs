//! Parser of Thrift's compact protocol, for checks before Polars reads it. Polars allocates memory
//! for all elements of a list before it reads the first one, and identifies fields by their ids
//! without checking their types: bytes that it would read differently from this parser are refused.

/// Largest nesting depth of values.
const DEEPEST: usize = 32;

/// Fields of a structure, by their ids in `parquet.thrift`.
pub type Fields = &'static [(i16, Type)];

/// Type of a field that Polars reads.
#[derive(Clone, Copy)]
pub enum Type {
    Bool,
    Byte,
    /// An integer of 16, 32 or 64 bits; all have the same encoding.
    Number,
    Bytes,
    List(&'static Type),
    Struct(Fields),
}

/// Value found by the parser.
pub enum Found {
    Number(i64),
    /// The length of bytes or of a text.
    Bytes(usize),
    /// The start of a list.
    List,
    /// The start of a structure: the offset of its first field.
    Struct(usize),
    /// The end of a structure.
    End,
}

/// Callback for values, with the ids of the fields that lead to them; the elements of a list have
/// its id. `None` stops the parser.
type Each<'e> = dyn FnMut(&[i16], Found) -> Option<()> + 'e;

/// Position in bytes of Thrift's compact protocol.
pub struct Walk<'a> {
    bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Walk<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Parses to the end of a structure. `None` if the bytes are not valid, if a field has another
    /// type than in `fields`, or if a list has more elements than there are bytes.
    pub fn structure(&mut self, fields: Fields, each: &mut Each) -> Option<()> {
        self.fields(fields, &mut Vec::new(), DEEPEST, each)
    }

    fn fields(&mut self, fields: Fields, path: &mut Vec<i16>, depth: usize, each: &mut Each) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.number()?).ok()?,
                delta => id.checked_add(delta.into())?,
            };
            let known = fields.iter().find(|(known, _)| *known == id).map(|(_, known)| *known);
            path.push(id);
            self.value(head & 15, known, path, depth, each)?;
            path.pop();
        }
    }

    fn value(
        &mut self,
        kind: u8,
        known: Option<Type>,
        path: &mut Vec<i16>,
        depth: usize,
        each: &mut Each,
    ) -> Option<()> {
        match (kind, known) {
            (1 | 2, None | Some(Type::Bool)) => Some(()),
            (3, None | Some(Type::Byte)) => self.skip(1),
            (4..=6, None | Some(Type::Number)) => {
                let number = self.number()?;
                each(path, Found::Number(number))
            }
            (7, None) => self.skip(8),
            (8, None | Some(Type::Bytes)) => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.skip(length)?;
                each(path, Found::Bytes(length))
            }
            (9 | 10, None | Some(Type::List(_))) => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // An element takes at least one byte.
                if count > (self.bytes.len() - self.at) as u64 {
                    return None;
                }
                let depth = depth.checked_sub(1)?;
                let of = if let Some(Type::List(of)) = known { Some(*of) } else { None };
                each(path, Found::List)?;
                (0..count).try_for_each(|_| match head & 15 {
                    // Polars reads no byte for a boolean element.
                    1 | 2 => None,
                    kind => self.value(kind, of, path, depth, each),
                })
            }
            (12, None | Some(Type::Struct(_))) => {
                let fields = if let Some(Type::Struct(fields)) = known { fields } else { &[] };
                each(path, Found::Struct(self.at))?;
                self.fields(fields, path, depth, each)?;
                each(path, Found::End)
            }
            // Parquet has no maps.
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Returns the next `count` bytes.
    pub fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let from = self.at;
        self.skip(usize::try_from(count).ok()?)?;
        Some(&self.bytes[from..self.at])
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    /// Reads a signed integer (zigzag encoding).
    pub fn number(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// Reads an unsigned integer: seven bits per byte, the lowest first.
    pub fn varint(&mut self) -> Option<u64> {
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
pub mod tests {
    use super::*;

    /// Value: the number of its type, and its bytes.
    pub type Value = (u8, Vec<u8>);

    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value > 127 {
            bytes.push(value as u8 | 128);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    pub fn number(value: i64) -> Value {
        (5, varint((value << 1 ^ value >> 63) as u64))
    }

    pub fn bytes(bytes: &[u8]) -> Value {
        (8, [&varint(bytes.len() as u64), bytes].concat())
    }

    pub fn list(elements: &[Value]) -> Value {
        let bytes = elements.iter().flat_map(|(_, bytes)| bytes.clone());
        (9, [0xf0 | elements[0].0].into_iter().chain(varint(elements.len() as u64)).chain(bytes).collect())
    }

    pub fn structure(fields: &[(i16, Value)]) -> Value {
        let fields = fields
            .iter()
            .flat_map(|(id, (kind, bytes))| [&[*kind][..], &number((*id).into()).1, bytes].concat());
        (12, fields.chain([0]).collect())
    }

    #[test]
    fn values_are_found_by_the_path_of_their_fields() {
        const FIELDS: Fields = &[(1, Type::Number), (300, Type::List(&Type::Struct(&[(2, Type::Bytes)])))];
        let inner = structure(&[(2, bytes(b"abc")), (3, number(7))]);
        let written = structure(&[(1, number(-9)), (300, list(&[inner.clone(), inner]))]).1;
        let mut found = Vec::new();
        let mut walk = Walk::new(&written);
        let walked = walk.structure(FIELDS, &mut |path, value| {
            found.push(match value {
                Found::Number(number) => (path.to_vec(), number),
                Found::Bytes(length) => (path.to_vec(), length as i64),
                _ => return Some(()),
            });
            Some(())
        });
        walked.unwrap();
        let of_inner = [(vec![300, 2], 3), (vec![300, 3], 7)];
        assert_eq!(found, [&[(vec![1], -9)][..], &of_inner, &of_inner].concat());
        assert_eq!(walk.at, written.len());
    }

    #[test]
    fn wrong_types_and_lengths_beyond_the_input_are_refused() {
        const FIELDS: Fields = &[(1, Type::Number), (2, Type::List(&Type::Struct(&[])))];
        let walk = |bytes: &[u8]| Walk::new(bytes).structure(FIELDS, &mut |_, _| Some(()));
        let is_walked = |fields: &[(i16, Value)]| walk(&structure(fields).1).is_some();
        assert!(is_walked(&[(1, number(1)), (2, list(&[structure(&[])])), (3, list(&[number(1)]))]));
        assert!(!is_walked(&[(1, bytes(b"a"))]));
        assert!(!is_walked(&[(2, number(1))]));
        assert!(!is_walked(&[(2, list(&[number(0)]))]), "elements of another type");
        assert!(!is_walked(&[(3, list(&[(1, vec![1])]))]), "true has a byte or none");
        assert!(walk(&[0x29, 0x2c, 0, 0, 0]).is_some());
        assert!(walk(&[0x29, 0x4c, 0, 0, 0]).is_none(), "four elements in three bytes");
    }
}
