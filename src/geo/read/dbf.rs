//! The names in a Shapefile's table (dBASE III).

/// The name of each record, from the best of its columns; empty where no column names
/// anything, and as long as the table is whole.
pub(super) fn names(table: &[u8]) -> Vec<Option<String>> {
    names_of(table).unwrap_or_default()
}

fn names_of(table: &[u8]) -> Option<Vec<Option<String>>> {
    let count = u32::from_le_bytes(table.get(4..8)?.try_into().ok()?) as usize;
    let start = usize::from(u16::from_le_bytes(table.get(8..10)?.try_into().ok()?));
    let length = usize::from(u16::from_le_bytes(table.get(10..12)?.try_into().ok()?));
    // Each record starts with a mark of deletion.
    let mut columns = Vec::new();
    let mut at = 1;
    for column in table.get(32..start)?.chunks_exact(32).take_while(|column| column[0] != b'\r') {
        let name: String =
            column[..11].iter().take_while(|byte| **byte != 0).map(|&byte| char::from(byte)).collect();
        let width = usize::from(column[16]);
        columns.push((name, at..at + width));
        at += width;
    }
    let best = super::source::name_column(columns.iter().map(|(name, _)| name.as_str()))?.to_owned();
    let range = columns.into_iter().find(|(name, _)| *name == best)?.1;
    let records = table.get(start..)?.chunks_exact(length.max(1)).take(count);
    Some(
        records
            .map(|record| Some(text(record.get(range.clone())?)).filter(|name| !name.is_empty()))
            .collect(),
    )
}

/// UTF-8, or else Latin 1: few tables say which.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A table with a number, then a name.
    fn table(names: &[&[u8]]) -> Vec<u8> {
        let column = |name: &[u8], width: u8| {
            let mut column = [0; 32];
            column[..name.len()].copy_from_slice(name);
            (column[11], column[16]) = (b'C', width);
            column
        };
        let mut table = vec![3, 0, 0, 0];
        table.extend((names.len() as u32).to_le_bytes());
        table.extend([97, 0, 15, 0]);
        table.resize(32, 0);
        table.extend([column(b"POP", 4), column(b"Name", 10)].concat());
        table.push(b'\r');
        for name in names {
            table.extend(b" 1234");
            table.extend(name.iter().chain(&[b' '; 10]).take(10));
        }
        table
    }

    #[test]
    fn names_are_utf8_or_latin_1() {
        let found = names(&table(&["Thiès".as_bytes(), b"Thi\xe8s", b""]));
        assert_eq!(found, [Some("Thiès".to_owned()), Some("Thiès".to_owned()), None]);
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_not(at in 0_usize..140, byte in any::<u8>(), length in 0_usize..140) {
            let mut table = table(&[b"a", b"b", b"c"]);
            table[at] = byte;
            table.truncate(length);
            names(&table);
        }
    }
}
