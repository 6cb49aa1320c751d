//! Number of entries of a zip archive. Zip readers hold a record of each entry in memory, so the
//! entries are counted before.

use std::io::{Read, Result, Seek, SeekFrom};

/// End of central directory record (APPNOTE 6.3.10, 4.3.16): its signature, its length without the
/// comment, and the offset of the number of entries.
const END: [u8; 4] = *b"PK\x05\x06";
const END_LENGTH: usize = 22;
const COUNT: usize = 10;
/// Zip64 end of central directory locator and record (4.3.15 and 4.3.14).
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
const LARGE: [u8; 4] = *b"PK\x06\x06";
const LARGE_COUNT: u64 = 32;
/// Smallest length of an entry of the central directory (4.3.12).
const ENTRY_LENGTH: u64 = 46;
/// Value of the count if the Zip64 record has it.
const IN_ZIP64: u16 = u16::MAX;

/// Returns the largest number of entries that an end of central directory record states; 0 if there
/// is none. If a locator does not lead to a Zip64 record, readers search for one: the result is
/// then at least the largest number for which the file has room.
pub fn entries_of_zip(file: &mut (impl Read + Seek)) -> Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    // The longest comment, and the records before it.
    let most = (END_LENGTH + LOCATOR_LENGTH + usize::from(u16::MAX)) as u64;
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    let mut entries = 0;
    for at in 0..tail.len() {
        let Some(count) = tail[at..].strip_prefix(&END).and_then(|_| number(&tail, at + COUNT)) else {
            continue;
        };
        let count = u16::from_le_bytes(count);
        let locator = at.checked_sub(LOCATOR_LENGTH).filter(|at| tail[*at..].starts_with(&LOCATOR));
        let start = locator.and_then(|at| number(&tail, at + 8)).map(u64::from_le_bytes);
        entries = entries.max(match start {
            None => count.into(),
            Some(start) => match count_at(file, start)? {
                Some(there) if count == IN_ZIP64 => there,
                Some(there) => there.max(count.into()),
                None => length / ENTRY_LENGTH,
            },
        });
    }
    Ok(entries)
}

/// Returns the count of the Zip64 record at `start`; `None` if there is no such record.
fn count_at(file: &mut (impl Read + Seek), start: u64) -> Result<Option<u64>> {
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(LARGE_COUNT + 8).read_to_end(&mut end)?;
    let count = number(&end, LARGE_COUNT as usize).filter(|_| end.starts_with(&LARGE));
    Ok(count.map(u64::from_le_bytes))
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use ::zip::write::{SimpleFileOptions, ZipWriter};
    use proptest::prelude::*;

    use super::*;

    fn zipped(files: usize) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for file in 0..files {
            archive.start_file(file.to_string(), SimpleFileOptions::default()).unwrap();
        }
        archive.set_comment("of a comment").unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn entries_are_counted_from_the_end_record() {
        let count = |bytes: &[u8]| entries_of_zip(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(count(&zipped(3)), 3);
        assert_eq!(count(&zipped(70_000)), 70_000, "more than the first end has room for");
        assert_eq!((count(b""), count(b"PK\x05\x06")), (0, 0));
        // Go's writer fills all fields of the record with `0xff` if the archive needs Zip64.
        let mut large = Vec::new();
        large.write_all(&[&LARGE[..], &[0; 28]].concat()).unwrap();
        large.extend(7_u64.to_le_bytes());
        large.extend([&LOCATOR[..], &[0; 4], &[0; 8], &[0; 4], &END, &[0xff; 18]].concat());
        assert_eq!(count(&large), 7);
        // An invalid record in a comment does not hide the count of another.
        let hidden = [zipped(3), large.clone(), [&END[..], &[0xff; 18]].concat()].concat();
        assert!(count(&hidden) >= 7);
        // With other bytes in front of the archive, the locator's offset is wrong.
        let moved = [&[0; 460][..], &large].concat();
        assert_eq!(count(&moved), moved.len() as u64 / 46);
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), start in any::<u64>()) {
            let end = [&LOCATOR[..], &[0; 4], &start.to_le_bytes(), &[0; 4], &END, &bytes].concat();
            let _ = entries_of_zip(&mut Cursor::new([&bytes[..], &end].concat()));
        }
    }
}
