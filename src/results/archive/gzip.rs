use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Decompressed content of all members of a gzip file (RFC 1952, 2.2). Zeros after a member are
/// padding, as for the program `gzip`; anything else must be another member.
pub(super) struct Members<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Members<R> {
    pub(super) fn of(file: R) -> Self {
        Self(Some(GzDecoder::new(file)))
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let length = member.read(into)?;
            if length > 0 || into.is_empty() {
                return Ok(length);
            }
            let Some(mut file) = self.0.take().map(GzDecoder::into_inner) else { break };
            if has_more(&mut file)? {
                self.0 = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

/// Skips zeros, and returns whether any bytes are left.
fn has_more(file: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = file.fill_buf()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let (is_end, is_over) = (bytes.is_empty(), zeros < bytes.len());
        file.consume(zeros);
        if is_end || is_over {
            return Ok(is_over);
        }
    }
}
