//! Detects the end of a cell's output.

/// Line that evcxr's runtime prints after each cell. Any cell may print it too.
const COMPLETE: &[u8] = b"EVCXR_EXECUTION_COMPLETE\n";

/// Piece of a cell's output.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// Output of the cell.
    Output(Vec<u8>),
    /// Possible end of the cell: the fence must be run to prove it.
    Ask,
    /// End of the cell; the runtime is ready for the next one.
    End,
}

/// Splits the stdout of the cell process. After a line that may be the end of a cell, the process
/// is asked to run the *fence*, which it can only do when it is idle, and which prints a line that
/// no cell knows. The last mark before that line was the runtime's own; marks before it were text.
#[derive(Debug)]
pub struct EndDetector {
    line: Vec<u8>,
    state: State,
    /// Bytes that are not classified yet.
    held: Vec<u8>,
    /// Whether a mark came before the held bytes.
    marked: bool,
}

#[derive(Debug, PartialEq)]
enum State {
    /// Between cells: output comes from threads that outlived their cell.
    Idle,
    Running,
    /// A mark was seen, and the bytes after it are held.
    Asked,
    /// The fence's line was seen; the runtime's mark after it is still to come.
    Closing,
}

impl EndDetector {
    /// Returns whether a cell runs, as far as its output shows.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Returns a fence whose line begins with `tag`. The first command of a process is a fence.
    pub fn new(tag: &str) -> Self {
        Self {
            line: format!("{tag} fence").into_bytes(),
            state: State::Asked,
            held: Vec::new(),
            marked: false,
        }
    }

    /// Returns whether the runtime waits for a command.
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Starts a cell: the next output belongs to it.
    pub fn begin(&mut self) {
        self.state = State::Running;
    }

    /// Adds bytes that were read, and returns the pieces that are complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.held.extend_from_slice(bytes);
        while self.step(&mut pieces) {}
        pieces
    }

    /// Returns the held bytes at the end of the output.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut rest = if self.marked { COMPLETE.to_vec() } else { Vec::new() };
        self.marked = false;
        rest.append(&mut self.held);
        rest
    }

    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let complete = find(&self.held, COMPLETE);
        match self.state {
            State::Idle => {
                output(pieces, self.held.split_off(0));
                false
            }
            State::Running => match complete {
                Found::At(start) => {
                    output(pieces, self.take(start, COMPLETE.len()));
                    pieces.push(Piece::Ask);
                    self.state = State::Asked;
                    self.marked = true;
                    true
                }
                Found::Perhaps(start) => {
                    output(pieces, self.take(start, 0));
                    false
                }
            },
            State::Asked => match (self.find_line(), complete) {
                (Some((start, _)), Found::At(mark)) if mark < start => {
                    self.text_after_all(pieces, mark);
                    true
                }
                (Some((start, length)), _) => {
                    output(pieces, self.take(start, length));
                    self.state = State::Closing;
                    self.marked = false;
                    true
                }
                (None, Found::At(mark)) => {
                    self.text_after_all(pieces, mark);
                    true
                }
                (None, Found::Perhaps(_)) => false,
            },
            State::Closing => match complete {
                Found::At(start) => {
                    output(pieces, self.take(start, COMPLETE.len()));
                    pieces.push(Piece::End);
                    self.state = State::Idle;
                    true
                }
                Found::Perhaps(start) => {
                    output(pieces, self.take(start, 0));
                    false
                }
            },
        }
    }

    /// Handles another mark before the fence: the earlier one was text.
    fn text_after_all(&mut self, pieces: &mut Vec<Piece>, mark: usize) {
        let mut text = COMPLETE.to_vec();
        text.extend(self.take(mark, COMPLETE.len()));
        output(pieces, text);
    }

    /// Takes the bytes before `start`; the next `length` bytes are dropped.
    fn take(&mut self, start: usize, length: usize) -> Vec<u8> {
        let rest = self.held.split_off(start + length);
        let mut taken = std::mem::replace(&mut self.held, rest);
        taken.truncate(start);
        taken
    }

    /// Returns the start and the length of the fence's line.
    fn find_line(&self) -> Option<(usize, usize)> {
        let Found::At(start) = find(&self.held, &self.line) else { return None };
        let length = self.held[start..].iter().position(|byte| *byte == b'\n')? + 1;
        Some((start, length))
    }
}

fn output(pieces: &mut Vec<Piece>, bytes: Vec<u8>) {
    match pieces.last_mut() {
        _ if bytes.is_empty() => {}
        Some(Piece::Output(last)) => last.extend(bytes),
        _ => pieces.push(Piece::Output(bytes)),
    }
}

/// Result of a search in a text that may continue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// The whole pattern begins at this index.
    At(usize),
    /// The pattern is not complete, but may begin at this index (the end of the text if nothing
    /// matches).
    Perhaps(usize),
}

/// Finds the first occurrence of `pattern`.
pub fn find(text: &[u8], pattern: &[u8]) -> Found {
    let mut from = 0;
    while let Some(start) = text[from..].iter().position(|byte| *byte == pattern[0]) {
        let start = from + start;
        let rest = &text[start..];
        if rest.starts_with(pattern) {
            return Found::At(start);
        }
        if pattern.starts_with(rest) {
            return Found::Perhaps(start);
        }
        from = start + 1;
    }
    Found::Perhaps(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FENCE: &str = "T fence ours\nEVCXR_EXECUTION_COMPLETE\n";

    fn started() -> EndDetector {
        let mut fence = EndDetector::new("T");
        assert_eq!(fence.push(FENCE.as_bytes()), [Piece::End]);
        fence
    }

    fn output_of(pieces: &[Piece]) -> Vec<u8> {
        let bytes = pieces.iter().filter_map(|piece| match piece {
            Piece::Output(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        bytes.collect::<Vec<_>>().concat()
    }

    #[test]
    fn an_incomplete_line_before_the_end_belongs_to_the_cell() {
        let mut fence = started();
        fence.begin();
        let pieces = fence.push(b"one\nhalfEVCXR_EXECUTION_COMPLETE\n");
        assert_eq!(pieces, [Piece::Output(b"one\nhalf".into()), Piece::Ask]);
        let pieces = fence.push(format!(" a line{FENCE}between").as_bytes());
        assert_eq!(pieces, [Piece::Output(b" a line".into()), Piece::End, Piece::Output(b"between".into())]);
        assert!(fence.is_idle());
    }

    #[test]
    fn output_of_a_dead_process_is_passed_on() {
        let mut fence = started();
        fence.begin();
        fence.push(b"a\nEVCXR_EXECUTION_COMPLETE\nb");
        assert_eq!(fence.finish(), b"EVCXR_EXECUTION_COMPLETE\nb");
    }

    proptest! {
        #[test]
        fn no_output_is_lost_in_any_split(
            parts in prop::collection::vec(prop_oneof![
                Just(COMPLETE.to_vec()),
                Just(b"EVCXR_EXECUTION_COMPLETE".to_vec()),
                prop::collection::vec(any::<u8>(), 0..20),
                Just(b"EVCXR_".to_vec()),
                Just(b"T fenc".to_vec()),
            ], 0..8),
            splits in prop::collection::vec(1usize..30, 0..20),
        ) {
            let cell = parts.concat();
            let mut fence = started();
            fence.begin();
            let mut pieces = Vec::new();
            let all = [&cell[..], COMPLETE, FENCE.as_bytes()].concat();
            let mut rest = &all[..];
            for split in splits {
                let (now, later) = rest.split_at(split.min(rest.len()));
                pieces.extend(fence.push(now));
                rest = later;
            }
            pieces.extend(fence.push(rest));
            prop_assert_eq!(output_of(&pieces), cell);
            prop_assert_eq!(pieces.last(), Some(&Piece::End));
            prop_assert_eq!(pieces.iter().filter(|piece| **piece == Piece::Ask).count(), 1);
        }
    }
}
