//! The source of the running cell, and positions in it.

use std::path::PathBuf;

use crate::cells::Panic;

/// Source code of a cell with its number.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Code as the user wrote it.
    pub code: String,
    /// Execution count.
    pub number: u32,
    /// Source file of the crate that evcxr generates from the cell.
    pub generated: PathBuf,
}

impl Source {
    /// Finds the line of the cell, from 1, that became this line of the generated crate. Lines have
    /// the same text and order in both, except that evcxr adds to the last expression.
    pub fn locate(&self, line: usize) -> Place {
        let generated = std::fs::read_to_string(&self.generated).unwrap_or_default();
        locate(&self.code, &generated, line)
    }

    /// Returns the lines of a traceback that show the position.
    pub fn point(&self, place: &Place) -> Vec<String> {
        let arrow = "\u{1b}[34m-->\u{1b}[0m";
        match place {
            Place::Line(line, text) => vec![
                format!("  {arrow} cell [{}], line {line}", self.number),
                format!("   \u{1b}[34m{line} |\u{1b}[0m {}", text.trim_end()),
            ],
            Place::Earlier(text) => vec![
                format!("  {arrow} code of an earlier cell"),
                format!("   \u{1b}[34m|\u{1b}[0m {}", text.trim()),
            ],
            Place::Unknown => Vec::new(),
        }
    }

    /// Returns the lines of a traceback that show where a panic occurred.
    pub fn point_to_panic(&self, panic: &Panic) -> Vec<String> {
        if is_generated(&panic.file) {
            return self.point(&self.locate(panic.line));
        }
        if panic.file.is_empty() {
            return Vec::new();
        }
        vec![format!("  \u{1b}[34m-->\u{1b}[0m {}:{}", shorten(&panic.file), panic.line)]
    }

    /// Returns the text about a panic that does not fail the cell.
    pub fn describe_caught(&self, panic: &Panic) -> String {
        let place = match self.locate(panic.line) {
            Place::Line(line, _) if is_generated(&panic.file) => {
                format!("cell [{}], line {line}", self.number)
            }
            Place::Earlier(_) if is_generated(&panic.file) => "code of an earlier cell".to_owned(),
            _ => format!("{}:{}", shorten(&panic.file), panic.line),
        };
        let thread = if panic.in_cell { "the cell's thread" } else { &panic.thread };
        format!("thread `{thread}` panicked at {place}:\n{}\n", panic.message)
    }
}

/// Position of an error or a panic.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A line of this cell.
    Line(usize, String),
    /// Function of an earlier cell, which is compiled again with each cell.
    Earlier(String),
    /// Unknown position.
    Unknown,
}

fn locate(code: &str, generated: &str, line: usize) -> Place {
    let Some(text) = line.checked_sub(1).and_then(|index| generated.lines().nth(index)) else {
        return Place::Unknown;
    };
    let found = text.trim();
    let same = |other: &&str| other.trim() == found;
    let before = generated.lines().take(line - 1).filter(same).count();
    let lines = || code.lines().enumerate();
    let is_same = |(_, line): &(usize, &str)| line.trim() == found;
    let part = |(_, line): &(usize, &str)| !line.trim().is_empty() && found.contains(line.trim());
    let candidate = lines().filter(is_same).nth(before).or_else(|| lines().filter(is_same).last());
    let candidate = candidate.or_else(|| lines().filter(part).max_by_key(|(_, line)| line.trim().len()));
    match candidate {
        Some((index, line)) => Place::Line(index + 1, line.to_owned()),
        None if found.is_empty() => Place::Unknown,
        None => Place::Earlier(found.to_owned()),
    }
}

fn is_generated(file: &str) -> bool {
    file == "src/lib.rs" || file == "ctx/src/lib.rs" || file.ends_with("/ctx/src/lib.rs")
}

/// Returns the path of a crate's file without the folders above the crate.
fn shorten(file: &str) -> &str {
    for folder in ["/registry/src/", "\\registry\\src\\"] {
        if let Some((_, inside)) = file.split_once(folder) {
            return inside.split_once(['/', '\\']).map_or(inside, |(_, rest)| rest);
        }
    }
    file.rsplit_once("/library/").map_or(file, |(_, inside)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "let n = 1;\nfail()?;\nfail()?;\nvalue.show()";
    const GENERATED: &str = "#![allow(unused)]\nfn old() {\n  panic!()\n}\npub extern fn run() {\n\
                             let n = 1;\nfail()?;\nfail()?;\n(value.show()).evcxr_display();\n}\n";

    #[test]
    fn lines_are_located_by_their_text_in_order() {
        assert_eq!(locate(CODE, GENERATED, 6), Place::Line(1, "let n = 1;".into()));
        assert_eq!(locate(CODE, GENERATED, 7), Place::Line(2, "fail()?;".into()));
        assert_eq!(locate(CODE, GENERATED, 8), Place::Line(3, "fail()?;".into()));
        assert_eq!(locate(CODE, GENERATED, 9), Place::Line(4, "value.show()".into()));
        assert_eq!(locate(CODE, GENERATED, 3), Place::Earlier("panic!()".into()));
        assert_eq!(locate(CODE, GENERATED, 0), Place::Unknown);
        assert_eq!(locate(CODE, "", 7), Place::Unknown);
    }

    #[test]
    fn paths_in_crates_are_shortened_to_the_crate() {
        assert_eq!(shorten("/root/.cargo/registry/src/index-1/polars-0.1/src/a.rs"), "polars-0.1/src/a.rs");
        assert_eq!(shorten("/rustc/abc/library/core/src/option.rs"), "core/src/option.rs");
        assert_eq!(shorten("src/batch.rs"), "src/batch.rs");
    }
}
