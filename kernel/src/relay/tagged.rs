//! The lines on stderr that the library beside the cells writes.

use crate::cells::Panic;
use crate::relay::fence::{Found, find};

/// What a piece of stderr is.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// Text of the cell.
    Text(Vec<u8>),
    /// The cell is over; whether our panic hook is still in its place.
    Fence(bool),
    /// A panic.
    Panic(Panic),
}

/// Splits stderr.
#[derive(Debug)]
pub struct Tagged {
    tag: Vec<u8>,
    held: Vec<u8>,
}

impl Tagged {
    /// `tag` begins the lines of the library.
    pub fn new(tag: &str) -> Self {
        Self { tag: format!("{tag} ").into_bytes(), held: Vec::new() }
    }

    /// Takes in what was printed.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Told> {
        let mut told = Vec::new();
        self.held.extend_from_slice(bytes);
        loop {
            let found = find(&self.held, &self.tag);
            let (Found::At(start) | Found::Perhaps(start)) = found;
            let rest = self.held.split_off(start);
            let text = std::mem::replace(&mut self.held, rest);
            if !text.is_empty() {
                told.push(Told::Text(text));
            }
            let Found::At(_) = found else { return told };
            let Some(length) = self.held.iter().position(|byte| *byte == b'\n') else { return told };
            let line: Vec<u8> = self.held.drain(..=length).collect();
            told.extend(read(&String::from_utf8_lossy(&line[self.tag.len()..length])));
        }
    }

    /// What is held when nothing more will come.
    pub fn finish(&mut self) -> Vec<u8> {
        self.held.split_off(0)
    }
}

fn read(line: &str) -> Option<Told> {
    if let Some(hook) = line.strip_prefix("fence ") {
        return Some(Told::Fence(hook == "ours"));
    }
    serde_json::from_str(line.strip_prefix("panic ")?).ok().map(Told::Panic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_lines_are_told_from_text_in_any_split() {
        let panic =
            r#"{"message": "no", "file": "src/lib.rs", "line": 7, "thread": "main", "in_cell": true}"#;
        let printed = format!("one\nT fence\nhalfT7 panic {panic}\nT7 fence ours\nT");
        for size in 1..printed.len() {
            let mut tagged = Tagged::new("T7");
            let told: Vec<Told> =
                printed.as_bytes().chunks(size).flat_map(|bytes| tagged.push(bytes)).collect();
            let text = told.iter().filter_map(|told| match told {
                Told::Text(text) => Some(text.as_slice()),
                _ => None,
            });
            assert_eq!(text.collect::<Vec<_>>().concat(), b"one\nT fence\nhalf");
            assert!(told.contains(&Told::Fence(true)));
            assert!(
                told.iter()
                    .any(|told| matches!(told, Told::Panic(panic) if panic.line == 7 && panic.in_cell))
            );
            assert_eq!(tagged.finish(), b"T");
        }
    }
}
