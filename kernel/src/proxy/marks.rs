//! Parses the lines by which a cell sends more than text to evcxr.

use crate::cells::CellError;
use crate::proxy::end_detector::{Found, find};

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
const PANIC: &str = "EVCXR_PANIC_NOTIFICATION";
const FAILED: &str = "EVCXR_ERROR_OCCURRED";
const VARIABLE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
const INPUT: [&str; 2] = ["EVCXR_INPUT_REQUEST:", "EVCXR_INPUT_REQUEST_PASSWORD:"];
/// Prefix of each of evcxr's marks.
const START: &[u8] = b"EVCXR_";

/// Parsed piece of a cell's output.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Plain text.
    Text(Vec<u8>),
    /// Representation of a value.
    Content {
        /// MIME type.
        mime: String,
        /// Content without the last newline.
        content: String,
        /// Block as it was printed.
        raw: Vec<u8>,
    },
    /// Panic that ended the cell.
    Panic(String),
    /// `?` that ended the cell.
    Failed(String),
    /// Error that ends the cell.
    Error(CellError),
    /// Variable whose type has changed.
    Variable(String),
    /// Request for a line of input.
    Input(String),
}

/// Splits a cell's output into marks. A mark extends to the end of its line, and may follow text
/// that was printed without a newline. Lines that only resemble a mark are text, and so is a block
/// without an end.
///
/// Our own marks begin with a tag that is new for each cell process. evcxr's marks for displays may
/// occur in any text that a cell prints: they count only while the cell's last value is displayed,
/// since its type may know no others.
#[derive(Debug)]
pub struct MarkParser {
    /// Tag, followed by a space.
    tag: String,
    /// Whether evcxr's marks for displays count everywhere.
    trusts_all: bool,
    /// Whether the last value is being displayed.
    is_open: bool,
    /// Bytes that are not classified yet.
    held: Vec<u8>,
    block: Option<Block>,
}

#[derive(Debug)]
struct Block {
    mime: String,
    /// Whether its marks begin with the tag.
    is_tagged: bool,
    /// Length of the line that begins the block.
    start: usize,
    /// Length of the held bytes that have been examined.
    seen: usize,
}

/// Meaning of a line with the tag.
enum TaggedLine {
    Begin(String),
    End,
    Open(bool),
    Error(CellError),
}

impl MarkParser {
    /// Returns a parser for this tag.
    pub fn new(tag: &str) -> Self {
        Self { tag: format!("{tag} "), trusts_all: false, is_open: false, held: Vec::new(), block: None }
    }

    /// Returns a parser with the same settings and without input.
    pub fn fresh(&self) -> Self {
        Self { trusts_all: self.trusts_all, ..Self::new(self.tag.trim_end()) }
    }

    /// Sets whether evcxr's marks count everywhere.
    pub fn trust_all(&mut self, trusts_all: bool) {
        self.trusts_all = trusts_all;
    }

    /// Returns whether evcxr's marks count everywhere.
    pub fn trusts_all(&self) -> bool {
        self.trusts_all
    }

    /// Adds printed bytes, and returns the marks that are complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Mark> {
        let mut marks = Vec::new();
        self.held.extend_from_slice(bytes);
        while self.step(&mut marks, false) {}
        marks
    }

    /// Returns the remaining marks at the end of the output.
    pub fn finish(&mut self) -> Vec<Mark> {
        let mut marks = Vec::new();
        loop {
            while self.step(&mut marks, true) {}
            match self.block.take() {
                Some(block) => self.break_off(&mut marks, &block),
                None => break,
            }
        }
        text(&mut marks, self.held.split_off(0));
        self.is_open = false;
        marks
    }

    fn step(&mut self, marks: &mut Vec<Mark>, is_end: bool) -> bool {
        match self.block.take() {
            Some(block) => self.step_in_block(marks, block),
            None => self.step_in_text(marks, is_end),
        }
    }

    fn step_in_text(&mut self, marks: &mut Vec<Mark>, is_end: bool) -> bool {
        let start = [START, self.tag.as_bytes()].map(|start| match find(&self.held, start) {
            Found::At(place) | Found::Perhaps(place) => place,
        });
        let start = start[0].min(start[1]);
        let line = self.held[start..].iter().position(|byte| *byte == b'\n');
        if start > 0 {
            let rest = self.held.split_off(start);
            text(marks, std::mem::replace(&mut self.held, rest));
        }
        let Some(length) = line else {
            if is_end && !self.held.is_empty() {
                self.release_as_text(marks, 1);
                return true;
            }
            return false;
        };
        let line = line_of(&self.held[..length]);
        let block = |mime, is_tagged| Block { mime, is_tagged, start: length + 1, seen: length + 1 };
        match self.tagged(&line) {
            Some(TaggedLine::Begin(mime)) => self.block = Some(block(mime, true)),
            Some(other) => {
                self.held.drain(..=length);
                match other {
                    TaggedLine::Open(is_open) => self.is_open = is_open,
                    TaggedLine::Error(error) => marks.push(Mark::Error(error)),
                    TaggedLine::Begin(_) | TaggedLine::End => {}
                }
            }
            None => match (begin(&line).filter(|_| self.is_open || self.trusts_all), read(line)) {
                (Some(mime), _) => self.block = Some(block(mime, false)),
                (None, Some(mark)) => {
                    self.held.drain(..=length);
                    marks.push(mark);
                }
                (None, None) => self.release_as_text(marks, 1),
            },
        }
        true
    }

    fn step_in_block(&mut self, marks: &mut Vec<Mark>, mut block: Block) -> bool {
        let Some(length) = self.held[block.seen..].iter().position(|byte| *byte == b'\n') else {
            self.block = Some(block);
            return false;
        };
        let (from, to) = (block.seen, block.seen + length);
        let line = line_of(&self.held[from..to]);
        block.seen = to + 1;
        let tagged = self.tagged(&line);
        let is_end = if block.is_tagged { matches!(tagged, Some(TaggedLine::End)) } else { line == END };
        if is_end {
            let content = String::from_utf8_lossy(&self.held[block.start..from]).replace("\r\n", "\n");
            let content = content.strip_suffix('\n').unwrap_or(&content).to_owned();
            // Marks with the tag are never shown.
            let shown = if block.is_tagged { block.start..from } else { 0..block.seen };
            let raw = self.held[shown].to_vec();
            self.held.drain(..block.seen);
            marks.push(Mark::Content { mime: block.mime, content, raw });
            return true;
        }
        let is_broken_off =
            tagged.is_some() || !block.is_tagged && (begin(&line).is_some() || read(line).is_some());
        match is_broken_off {
            // A line of another kind ends the block: it was text.
            true => self.break_off(marks, &block),
            false => self.block = Some(block),
        }
        true
    }

    /// Turns the beginning of a block into text; a line with the tag is dropped.
    fn break_off(&mut self, marks: &mut Vec<Mark>, block: &Block) {
        match block.is_tagged {
            true => drop(self.held.drain(..block.start)),
            false => self.release_as_text(marks, block.start),
        }
    }

    /// Returns the meaning of the line, if it begins with the tag.
    fn tagged(&self, line: &str) -> Option<TaggedLine> {
        let line = line.strip_prefix(&self.tag)?;
        match line.split_once(' ').unwrap_or((line, "")) {
            ("begin", mime) => mime_type(mime).map(TaggedLine::Begin),
            ("end", "") => Some(TaggedLine::End),
            ("show", "") => Some(TaggedLine::Open(true)),
            ("shown", "") => Some(TaggedLine::Open(false)),
            ("error", error) => serde_json::from_str(error).ok().map(TaggedLine::Error),
            _ => None,
        }
    }

    /// Turns the next `length` bytes into text.
    fn release_as_text(&mut self, marks: &mut Vec<Mark>, length: usize) {
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

fn line_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\r').to_owned()
}

/// Returns the MIME type of the block that the line begins.
fn begin(line: &str) -> Option<String> {
    line.strip_prefix(BEGIN).and_then(mime_type)
}

fn mime_type(mime: &str) -> Option<String> {
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
    INPUT.iter().any(|start| line.starts_with(start)).then_some(Mark::Input(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks() -> MarkParser {
        let mut marks = MarkParser::new("T7");
        marks.trust_all(true);
        marks
    }

    fn read_all(printed: &str) -> Vec<Mark> {
        read_by(marks(), printed)
    }

    fn read_by(mut marks: MarkParser, printed: &str) -> Vec<Mark> {
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
    fn a_block_after_an_incomplete_line_is_a_value() {
        let marks = read_all("halfEVCXR_BEGIN_CONTENT text/plain\na\nb\nEVCXR_END_CONTENT\nrest");
        assert_eq!(texts(&marks), "halfrest");
        assert!(
            matches!(&marks[1], Mark::Content { mime, content, .. } if mime == "text/plain" && content == "a\nb")
        );
    }

    #[test]
    fn an_invalid_mark_is_text() {
        for printed in [
            "EVCXR_BEGIN_CONTENT x\n",
            "EVCXR_BEGIN_CONTENT text/plain and more\n",
            "EVCXR_END_CONTENT\n",
            "EVCXR_PANIC_NOTIFICATION!\n",
            "T7 error {no json\n",
            "T7 begin text\n",
            "T7 more\n",
            "see EVCXR_PANIC_NOTIFICATION",
            "EVCXR_BEGIN_CONTENT text/plain\nno end",
        ] {
            let marks = read_all(printed);
            assert_eq!(texts(&marks), printed);
            assert_eq!(marks.iter().filter(|mark| !matches!(mark, Mark::Text(_))).count(), 0, "{printed}");
        }
    }

    #[test]
    fn a_panic_ends_a_block() {
        let marks = read_all("EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_PANIC_NOTIFICATION\n");
        assert_eq!(texts(&marks), "EVCXR_BEGIN_CONTENT text/html\n<b>\n");
        assert!(matches!(marks.last(), Some(Mark::Panic(_))));
        let marks = read_all("EVCXR_BEGIN_CONTENT text/html\n<b>EVCXR_PANIC_NOTIFICATION\n");
        assert!(matches!(marks.last(), Some(Mark::Panic(_))));
    }

    #[test]
    fn an_error_is_parsed() {
        let marks = read_all("T7 error {\"message\": \"no\", \"line\": 3}\nEVCXR_ERROR_OCCURRED\n");
        let error = CellError { message: "no".into(), line: 3, is_final: false };
        assert_eq!(marks, [Mark::Error(error), Mark::Failed(FAILED.into())]);
    }

    #[test]
    fn marks_of_evcxr_outside_a_shown_value_are_text() {
        let block = "EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_END_CONTENT\n";
        assert_eq!(texts(&read_by(MarkParser::new("T7"), block)), block);
        for forged in ["T8 begin text/html\n<b>\nT8 end\n", "T7begin text/html\n<b>\nT7end\n"] {
            assert_eq!(texts(&read_by(MarkParser::new("T7"), forged)), forged);
        }
        let marks = read_by(MarkParser::new("T7"), &["T7 show\n", block, "T7 shown\n", block].concat());
        assert!(matches!(&marks[0], Mark::Content { content, .. } if content == "<b>"));
        assert_eq!(marks[1..], [Mark::Text(block.into())]);
    }

    #[test]
    fn a_tagged_block_ends_only_at_its_own_mark() {
        let content = "a\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\nEVCXR_PANIC_NOTIFICATION\nb";
        let marks = read_by(MarkParser::new("T7"), &format!("halfT7 begin text/plain\n{content}\nT7 end\n"));
        let raw = format!("{content}\n").into_bytes();
        let block = Mark::Content { mime: "text/plain".into(), content: content.into(), raw };
        assert_eq!(marks, [Mark::Text(b"half".into()), block]);
        let broken = "T7 begin text/plain\na\nT7 begin text/plain\nb\n";
        assert_eq!(read_by(MarkParser::new("T7"), broken), [Mark::Text(b"a\nb\n".into())]);
    }

    proptest! {
        #[test]
        fn no_output_is_lost_in_any_split(
            parts in prop::collection::vec(prop_oneof![
                Just("EVCXR_BEGIN_CONTENT text/plain\n"), Just("EVCXR_END_CONTENT\n"), Just("EVCXR_"),
                Just("EVCXR_PANIC_NOTIFICATION\n"), Just("text"), Just("\n"), Just("é\r\n"), Just("T7 err"),
            ], 0..12),
            splits in prop::collection::vec(1usize..40, 0..20),
        ) {
            let printed = parts.concat();
            let mut marks = marks();
            let mut pieces = Vec::new();
            let mut rest = printed.as_bytes();
            for split in splits {
                let (now, later) = rest.split_at(split.min(rest.len()));
                pieces.extend(marks.push(now));
                rest = later;
            }
            pieces.extend(marks.push(rest));
            pieces.extend(marks.finish());
            let mut joined = Vec::new();
            for piece in &pieces {
                match piece {
                    Mark::Text(bytes) => joined.extend_from_slice(bytes),
                    Mark::Content { raw, .. } => joined.extend_from_slice(raw),
                    Mark::Panic(line) => joined.extend_from_slice(format!("{line}\n").as_bytes()),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(String::from_utf8_lossy(&joined), printed.as_str());
            prop_assert_eq!(merged(pieces), read_all(&printed));
        }
    }
}
