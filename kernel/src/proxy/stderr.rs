//! Parses the lines that the helper library writes to stderr.

use crate::cells::Panic;
use crate::proxy::end_detector::{Found, find};

/// Piece of stderr.
#[derive(Debug, PartialEq)]
pub enum StderrPiece {
    /// Text of the cell.
    Text(Vec<u8>),
    /// End of the cell, and whether our panic hook is still installed.
    CellEnd(bool),
    /// Panic.
    Panic(Panic),
}

/// Parser of stderr.
#[derive(Debug)]
pub struct StderrParser {
    tag: Vec<u8>,
    held: Vec<u8>,
}

impl StderrParser {
    /// Returns a parser; the helper library's lines begin with `tag`.
    pub fn new(tag: &str) -> Self {
        Self { tag: format!("{tag} ").into_bytes(), held: Vec::new() }
    }

    /// Adds printed bytes, and returns the pieces that are complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<StderrPiece> {
        let mut pieces = Vec::new();
        self.held.extend_from_slice(bytes);
        loop {
            let found = find(&self.held, &self.tag);
            let (Found::At(start) | Found::Perhaps(start)) = found;
            let rest = self.held.split_off(start);
            let text = std::mem::replace(&mut self.held, rest);
            if !text.is_empty() {
                pieces.push(StderrPiece::Text(text));
            }
            let Found::At(_) = found else { return pieces };
            let Some(length) = self.held.iter().position(|byte| *byte == b'\n') else { return pieces };
            let line: Vec<u8> = self.held.drain(..=length).collect();
            pieces.extend(read(&String::from_utf8_lossy(&line[self.tag.len()..length])));
        }
    }

    /// Returns the held bytes at the end of the output.
    pub fn finish(&mut self) -> Vec<u8> {
        self.held.split_off(0)
    }
}

fn read(line: &str) -> Option<StderrPiece> {
    if let Some(hook) = line.strip_prefix("fence ") {
        return Some(StderrPiece::CellEnd(hook == "ours"));
    }
    serde_json::from_str(line.strip_prefix("panic ")?).ok().map(StderrPiece::Panic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_lines_are_recognized_in_any_split() {
        let panic =
            r#"{"message": "no", "file": "src/lib.rs", "line": 7, "thread": "main", "in_cell": true}"#;
        let printed = format!("one\nT fence\nhalfT7 panic {panic}\nT7 fence ours\nT");
        for size in 1..printed.len() {
            let mut tagged = StderrParser::new("T7");
            let pieces: Vec<StderrPiece> =
                printed.as_bytes().chunks(size).flat_map(|bytes| tagged.push(bytes)).collect();
            let text = pieces.iter().filter_map(|piece| match piece {
                StderrPiece::Text(text) => Some(text.as_slice()),
                _ => None,
            });
            assert_eq!(text.collect::<Vec<_>>().concat(), b"one\nT fence\nhalf");
            assert!(pieces.contains(&StderrPiece::CellEnd(true)));
            assert!(
                pieces.iter().any(
                    |piece| matches!(piece, StderrPiece::Panic(panic) if panic.line == 7 && panic.in_cell)
                )
            );
            assert_eq!(tagged.finish(), b"T");
        }
    }
}
