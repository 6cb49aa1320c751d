//! Records of a Shapefile's table (dBASE III).

use super::code_page::CodePage;

/// Mark of a record that was deleted but not yet removed.
const DELETED: u8 = b'*';

/// Record of the table; it belongs to the geometry at the same index.
#[derive(Debug, PartialEq)]
pub struct Record {
    pub name: Option<String>,
    pub is_deleted: bool,
}

/// Returns the first `most` records, with names from the best column; fewer if the table is cut off
/// or not valid.
pub fn records(table: &[u8], cpg: Option<&[u8]>, most: usize) -> Vec<Record> {
    read(table, cpg, most).unwrap_or_default()
}

fn read(table: &[u8], cpg: Option<&[u8]>, most: usize) -> Option<Vec<Record>> {
    let count = u32::from_le_bytes(table.get(4..8)?.try_into().ok()?) as usize;
    let start = usize::from(u16::from_le_bytes(table.get(8..10)?.try_into().ok()?));
    let length = usize::from(u16::from_le_bytes(table.get(10..12)?.try_into().ok()?));
    let code_page = CodePage::of(cpg, *table.get(29)?);
    // Each record starts with a deletion mark.
    let mut columns = Vec::new();
    let mut at = 1;
    for column in table.get(32..start)?.chunks_exact(32).take_while(|column| column[0] != b'\r') {
        let name: String =
            column[..11].iter().take_while(|byte| **byte != 0).map(|&byte| char::from(byte)).collect();
        let width = usize::from(column[16]);
        columns.push((name, at..at + width));
        at += width;
    }
    let best = super::source::name_column(columns.iter().map(|(name, _)| name.as_str()));
    let field = columns.iter().find(|(name, _)| Some(name.as_str()) == best).map(|(_, range)| range.clone());
    let name = |record: &[u8]| {
        let text = code_page.decode(record.get(field.clone()?)?);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    };
    let records = table.get(start..)?.chunks_exact(length.max(1)).take(count.min(most));
    Some(records.map(|record| Record { name: name(record), is_deleted: record[0] == DELETED }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns a table with a number and a name.
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

    fn names(table: &[u8], cpg: Option<&[u8]>) -> Vec<Option<String>> {
        records(table, cpg, usize::MAX).into_iter().map(|record| record.name).collect()
    }

    #[test]
    fn names_are_decoded_by_the_code_page_of_the_table() {
        let mut table = table(&["Thiès".as_bytes(), b"Thi\xe8s", b""]);
        let thies = || Some("Thiès".to_owned());
        assert_eq!(names(&table, None), [thies(), thies(), None]);
        assert_eq!(names(&table, Some(b"1252"))[1..], [thies(), None]);
        table[29] = 201;
        assert_eq!(names(&table, None)[1], Some("Thiиs".to_owned()));
        assert_eq!(names(&table, Some(b"1252"))[1], thies());
    }

    #[test]
    fn deletion_marks_are_read_without_a_name_column() {
        let mut table = table(&[b"a", b"b"]);
        table[32 + 32..32 + 36].copy_from_slice(b"Rank");
        table[97 + 15] = DELETED;
        let record = |is_deleted| Record { name: None, is_deleted };
        assert_eq!(records(&table, None, usize::MAX), [record(false), record(true)]);
    }

    proptest! {
        #[test]
        fn any_table_is_read_or_refused(at in 0_usize..140, byte in any::<u8>(), length in 0_usize..140) {
            let mut table = table(&[b"a", b"b", b"c"]);
            table[at] = byte;
            table.truncate(length);
            records(&table, None, usize::MAX);
        }
    }
}
