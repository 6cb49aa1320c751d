//! The lines by which a cell tells evcxr more than text.

use crate::cells::CellError;
use crate::relay::fence::{Found, find};

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
const PANIC: &str = "EVCXR_PANIC_NOTIFICATION";
const FAILED: &str = "EVCXR_ERROR_OCCURRED";
const VARIABLE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
const INPUT: [&str; 2] = ["EVCXR_INPUT_REQUEST:", "EVCXR_INPUT_REQUEST_PASSWORD:"];
const ERROR: &str = "UP42_ERROR ";
/// What they begin with.
const STARTS: [&[u8]; 2] = [b"EVCXR_", b"UP42_ERROR "];

/// What a piece of a cell's output means.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Nothing but text.
    Text(Vec<u8>),
    /// A representation of a value.
    Content {
        /// Its MIME type.
        mime: String,
        /// Without the last newline.
        content: String,
        /// As it was printed.
        raw: Vec<u8>,
    },
    /// A panic ended the cell.
    Panic(String),
    /// A `?` ended the cell.
    Failed(String),
    /// The error that ends the cell.
    Error(CellError),
    /// A variable has another type than it had.
    Variable(String),
    /// The cell waits for a line of input.
    Input(String),
}

/// Splits a cell's output into marks. Marks are recognised up to the end of their line,
/// also behind text that was printed without a newline. What looks like a mark and is
/// none is text, and so is a block without an end.
#[derive(Debug, Default)]
pub struct Marks {
    /// What waits for a decision.
    held: Vec<u8>,
    block: Option<Block>,
}

#[derive(Debug)]
struct Block {
    mime: String,
    /// How long the line that began it is.
    start: usize,
    /// How much of what is held has been looked at.
    seen: usize,
}

impl Marks {
    /// Takes in what was printed.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Mark> {
        let mut marks = Vec::new();
        self.held.extend_from_slice(bytes);
        while self.step(&mut marks, false) {}
        marks
    }

    /// Decides on what is held, when nothing more will come.
    pub fn finish(&mut self) -> Vec<Mark> {
        let mut marks = Vec::new();
        loop {
            while self.step(&mut marks, true) {}
            match self.block.take() {
                Some(block) => self.give_up(&mut marks, block.start),
                None => break,
            }
        }
        text(&mut marks, self.held.split_off(0));
        marks
    }

    fn step(&mut self, marks: &mut Vec<Mark>, is_end: bool) -> bool {
        if self.block.is_some() { self.step_in_block(marks) } else { self.step_in_text(marks, is_end) }
    }

    fn step_in_text(&mut self, marks: &mut Vec<Mark>, is_end: bool) -> bool {
        let start = STARTS.iter().map(|start| match find(&self.held, start) {
            Found::At(place) | Found::Perhaps(place) => place,
        });
        let start = start.min().unwrap_or(self.held.len());
        let line = self.held[start..].iter().position(|byte| *byte == b'\n');
        if start > 0 {
            let rest = self.held.split_off(start);
            text(marks, std::mem::replace(&mut self.held, rest));
        }
        let Some(length) = line else {
            if is_end && !self.held.is_empty() {
                self.give_up(marks, 1);
                return true;
            }
            return false;
        };
        let line = String::from_utf8_lossy(&self.held[..length]).trim_end_matches('\r').to_owned();
        if let Some(mime) = begin(&line) {
            self.block = Some(Block { mime, start: length + 1, seen: length + 1 });
        } else if let Some(mark) = read(line) {
            self.held.drain(..=length);
            marks.push(mark);
        } else {
            self.give_up(marks, 1);
        }
        true
    }

    fn step_in_block(&mut self, marks: &mut Vec<Mark>) -> bool {
        let Some(block) = &mut self.block else { return false };
        let Some(length) = self.held[block.seen..].iter().position(|byte| *byte == b'\n') else {
            return false;
        };
        let (from, to) = (block.seen, block.seen + length);
        let line = String::from_utf8_lossy(&self.held[from..to]).trim_end_matches('\r').to_owned();
        block.seen = to + 1;
        if line == END {
            let content = String::from_utf8_lossy(&self.held[block.start..from]).replace("\r\n", "\n");
            let content = content.strip_suffix('\n').unwrap_or(&content).to_owned();
            let mime = std::mem::take(&mut block.mime);
            let rest = self.held.split_off(to + 1);
            marks.push(Mark::Content { mime, content, raw: std::mem::replace(&mut self.held, rest) });
            self.block = None;
        } else if begin(&line).is_some() || read(line).is_some() {
            // The block was broken off, or was never one.
            let start = block.start;
            self.block = None;
            self.give_up(marks, start);
        }
        true
    }

    /// The next bytes are text after all.
    fn give_up(&mut self, marks: &mut Vec<Mark>, length: usize) {
        let rest = self.held.split_off(length);
        text(marks, std::mem::replace(&mut self.held, rest));
    }
}

fn text(marks: &mut Vec<Mark>, bytes: Vec<u8>) {
    match marks.last_mut() {
        _ if bytes.is_empty() => {}
        Some(Mark::Text(last)) => last.extend(bytes),
        _ => marks.push(Mark::Text(bytes)),
    }
}

/// The MIME type of the block that the line begins.
fn begin(line: &str) -> Option<String> {
    let mime = line.strip_prefix(BEGIN)?;
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != '/');
    let (kind, name) = mime.split_once('/')?;
    (is_name(kind) && is_name(name)).then(|| mime.to_owned())
}

fn read(line: String) -> Option<Mark> {
    if line == PANIC {
        return Some(Mark::Panic(line));
    }
    if line == FAILED {
        return Some(Mark::Failed(line));
    }
    if line.starts_with(VARIABLE) {
        return Some(Mark::Variable(line));
    }
    if INPUT.iter().any(|start| line.starts_with(start)) {
        return Some(Mark::Input(line));
    }
    serde_json::from_str(line.strip_prefix(ERROR)?).ok().map(Mark::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(printed: &str) -> Vec<Mark> {
        let mut marks = Marks::default();
        let mut read = marks.push(printed.as_bytes());
        read.extend(marks.finish());
        merged(read)
    }

    fn merged(marks: Vec<Mark>) -> Vec<Mark> {
        let mut merged: Vec<Mark> = Vec::new();
        for mark in marks {
            match (merged.last_mut(), mark) {
                (Some(Mark::Text(last)), Mark::Text(more)) => last.extend(more),
                (_, mark) => merged.push(mark),
            }
        }
        merged
    }

    fn texts(marks: &[Mark]) -> String {
        let texts = marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn a_block_behind_half_a_line_is_a_value() {
        let marks = read_all("halfEVCXR_BEGIN_CONTENT text/plain\na\nb\nEVCXR_END_CONTENT\nrest");
        assert_eq!(texts(&marks), "halfrest");
        assert!(
            matches!(&marks[1], Mark::Content { mime, content, .. } if mime == "text/plain" && content == "a\nb")
        );
    }

    #[test]
    fn what_only_looks_like_a_mark_is_text() {
        for printed in [
            "EVCXR_BEGIN_CONTENT x\n",
            "EVCXR_BEGIN_CONTENT text/plain and more\n",
            "EVCXR_END_CONTENT\n",
            "EVCXR_PANIC_NOTIFICATION!\n",
            "UP42_ERROR {no json\n",
            "see EVCXR_PANIC_NOTIFICATION",
            "EVCXR_BEGIN_CONTENT text/plain\nno end",
        ] {
            let marks = read_all(printed);
            assert_eq!(texts(&marks), printed);
            assert_eq!(marks.iter().filter(|mark| !matches!(mark, Mark::Text(_))).count(), 0, "{printed}");
        }
    }

    #[test]
    fn a_panic_breaks_a_block_off() {
        let marks = read_all("EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_PANIC_NOTIFICATION\n");
        assert_eq!(texts(&marks), "EVCXR_BEGIN_CONTENT text/html\n<b>\n");
        assert!(matches!(marks.last(), Some(Mark::Panic(_))));
        let marks = read_all("EVCXR_BEGIN_CONTENT text/html\n<b>EVCXR_PANIC_NOTIFICATION\n");
        assert!(matches!(marks.last(), Some(Mark::Panic(_))));
    }

    #[test]
    fn an_error_is_read() {
        let marks = read_all("UP42_ERROR {\"message\": \"no\", \"line\": 3}\nEVCXR_ERROR_OCCURRED\n");
        let error = CellError { message: "no".into(), line: 3, is_final: false };
        assert_eq!(marks, [Mark::Error(error), Mark::Failed(FAILED.into())]);
    }

    proptest! {
        #[test]
        fn splits_do_not_matter_and_nothing_is_lost(
            parts in prop::collection::vec(prop_oneof![
                Just("EVCXR_BEGIN_CONTENT text/plain\n"), Just("EVCXR_END_CONTENT\n"), Just("EVCXR_"),
                Just("EVCXR_PANIC_NOTIFICATION\n"), Just("text"), Just("\n"), Just("é\r\n"), Just("UP42_ERROR "),
            ], 0..12),
            splits in prop::collection::vec(1usize..40, 0..20),
        ) {
            let printed = parts.concat();
            let mut marks = Marks::default();
            let mut pieces = Vec::new();
            let mut rest = printed.as_bytes();
            for split in splits {
                let (now, later) = rest.split_at(split.min(rest.len()));
                pieces.extend(marks.push(now));
                rest = later;
            }
            pieces.extend(marks.push(rest));
            pieces.extend(marks.finish());
            let mut told = Vec::new();
            for piece in &pieces {
                match piece {
                    Mark::Text(bytes) => told.extend_from_slice(bytes),
                    Mark::Content { raw, .. } => told.extend_from_slice(raw),
                    Mark::Panic(line) => told.extend_from_slice(format!("{line}\n").as_bytes()),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(String::from_utf8_lossy(&told), printed.as_str());
            prop_assert_eq!(merged(pieces), read_all(&printed));
        }
    }
}
