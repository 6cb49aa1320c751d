//! Cached reads of the header: directories and their values lie close together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use up42_core::{Error, Result};

use crate::source::ReadAt;

/// Bytes that are read at once: the header of most cloud-optimized files, so that a remote file is
/// opened with one request.
const PAGE: u64 = 32_768;

/// Largest number of pages that are kept.
const MOST: usize = 256;

/// Source with a cache of the pages that were read.
#[derive(Debug)]
pub struct Pages {
    source: Arc<dyn ReadAt>,
    pages: Mutex<BTreeMap<u64, Arc<Vec<u8>>>>,
}

impl Pages {
    pub fn new(source: Arc<dyn ReadAt>) -> Self {
        Self { source, pages: Mutex::default() }
    }

    pub fn source(&self) -> &dyn ReadAt {
        &*self.source
    }

    /// Reads `length` bytes at `offset` through the cache; fails if the source ends before.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let end = offset.checked_add(length as u64).ok_or_else(ends)?;
        if length as u64 > PAGE {
            return read_exact(self.source(), offset, length);
        }
        let mut bytes = Vec::with_capacity(length);
        for number in offset / PAGE..end.div_ceil(PAGE) {
            let page = self.page(number)?;
            let start = number * PAGE;
            let from = offset.max(start) - start;
            let to = end.min(start + page.len() as u64).checked_sub(start).ok_or_else(ends)?;
            bytes.extend_from_slice(page.get(from as usize..to as usize).ok_or_else(ends)?);
        }
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(ends()),
        }
    }

    fn page(&self, number: u64) -> Result<Arc<Vec<u8>>> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.get(&number) {
            return Ok(page.clone());
        }
        let mut page = vec![0; PAGE as usize];
        let count = self.source.read_at(number * PAGE, &mut page)?;
        page.truncate(count);
        if pages.len() >= MOST {
            pages.clear();
        }
        let page = Arc::new(page);
        pages.insert(number, page.clone());
        Ok(page)
    }
}

/// Reads exactly `length` bytes; fails before they are allocated if the source is shorter.
pub fn read_exact(source: &dyn ReadAt, offset: u64, length: usize) -> Result<Vec<u8>> {
    let end = offset.checked_add(length as u64).ok_or_else(ends)?;
    if source.length().is_some_and(|whole| end > whole) {
        return Err(ends());
    }
    let mut bytes = vec![0; length];
    match source.read_at(offset, &mut bytes)? == length {
        true => Ok(bytes),
        false => Err(ends()),
    }
}

fn ends() -> Error {
    Error::invalid("the file ends too early: it is damaged or incomplete, download it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cross_pages_and_stop_at_the_end() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        let pages = Pages::new(Arc::new(bytes.clone()));
        for (offset, length) in [(0, 8), (32_760, 20), (65_530, 32_768), (99_990, 10), (10, 80_000)] {
            let found = pages.read(offset, length).unwrap();
            assert_eq!(found, bytes[offset as usize..offset as usize + length], "{offset}");
        }
        for (offset, length) in [(99_990, 11), (200_000, 1), (u64::MAX, 4), (0, 100_001)] {
            assert!(pages.read(offset, length).is_err(), "{offset}");
        }
    }
}
