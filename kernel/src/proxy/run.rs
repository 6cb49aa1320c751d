//! Collects the output of one run of a cell.

use std::mem;

use serde_json::Value;

use crate::cells::{CellError, DISPLAY_MIME, End, Event, Failure, MimeBundle, Panic, Stream};
use crate::proxy::decoder::Decoder;
use crate::proxy::marks::{Mark, MarkParser};
use crate::proxy::outbox::Outbox;

/// Largest part of stderr, in bytes, that is kept to find an error's text in.
const STDERR_TAIL: usize = 16 * 1024;

/// Output of a cell, parsed.
#[derive(Debug)]
pub struct Run {
    marks: MarkParser,
    stdout: Decoder,
    stderr: Decoder,
    /// Representations of one value: adjacent ones with different MIME types.
    bundle: MimeBundle,
    /// Last panic in the cell's thread that was not reported yet.
    panic: Option<Panic>,
    /// Mark of a panic, which any cell may print.
    panicked: Option<String>,
    /// Marks after it; they belong to the cell if it did not end there.
    later: Vec<Mark>,
    /// Last panic of another thread.
    other_thread_panic: Option<Panic>,
    error: Option<CellError>,
    failed: Option<String>,
    variables: Vec<String>,
    stderr_text: String,
    has_output: bool,
}

impl Run {
    /// Returns a run for cells whose displays are marked with this tag.
    pub fn new(tag: &str) -> Self {
        Self::of(MarkParser::new(tag))
    }

    fn of(marks: MarkParser) -> Self {
        Self {
            marks,
            stdout: Decoder::default(),
            stderr: Decoder::default(),
            bundle: MimeBundle::new(),
            panic: None,
            panicked: None,
            later: Vec::new(),
            other_thread_panic: None,
            error: None,
            failed: None,
            variables: Vec::new(),
            stderr_text: String::new(),
            has_output: false,
        }
    }

    /// Begins a cell; what was printed since the last cell is not part of it. `trusts_all` is set
    /// if the cell was compiled without our patch, so that it has only evcxr's marks.
    pub fn begin(&mut self, trusts_all: bool, outbox: &mut Outbox) {
        self.emit_value(outbox);
        self.emit_panic(outbox);
        let Self { mut marks, stdout, stderr, .. } = mem::replace(self, Self::new(""));
        marks.trust_all(trusts_all);
        *self = Self { stdout, stderr, ..Self::of(marks) };
    }

    /// Adds output of stdout. Returns a request for input, which the engine must answer.
    pub fn stdout(&mut self, bytes: &[u8], outbox: &mut Outbox) -> Option<String> {
        let marks = self.marks.push(bytes);
        self.add_marks(marks, outbox)
    }

    /// Adds output of stderr.
    pub fn stderr(&mut self, bytes: &[u8], outbox: &mut Outbox) {
        let text = self.stderr.push(bytes);
        self.emit_stderr(text, outbox);
    }

    /// Adds a panic. Whether it was caught is known only at the end of the cell.
    pub fn panic(&mut self, panic: Panic, outbox: &mut Outbox) {
        self.emit_panic(outbox);
        if panic.in_cell {
            self.panic = Some(panic);
        } else {
            // A thread pool may rethrow it in the cell, without calling the hook again.
            self.other_thread_panic = Some(panic.clone());
            outbox.event(Event::Caught(panic));
        }
    }

    /// Ends the run. Returns how it ended and the lines that evcxr must receive.
    pub fn finish(&mut self, hook_is_ours: bool, outbox: &mut Outbox) -> (End, Vec<String>) {
        let marks = self.marks.finish();
        self.add_marks(marks, outbox);
        let text = self.stderr.finish();
        self.emit_stderr(text, outbox);
        let next = Self::of(self.marks.fresh());
        let mut run = mem::replace(self, next);
        let mut end = End::default();
        let mut lines = mem::take(&mut run.variables);
        let known = run.panic.is_some() || run.other_thread_panic.is_some();
        if run.panicked.is_some() && (known || !hook_is_ours) {
            lines.extend(run.panicked.take());
            let panic = run.panic.take().or(run.other_thread_panic.take());
            end.failure = Some(Failure::Panic(panic.unwrap_or_default()));
        }
        run.resume_after_panic(outbox);
        run.emit_panic(outbox);
        if let Some(mark) = run.failed.take() {
            lines.push(mark);
            let printed = CellError { message: run.stderr_text.trim().to_owned(), ..CellError::default() };
            end.failure.get_or_insert(Failure::Error(run.error.take().unwrap_or(printed)));
        } else if let Some(error) = run.error.take().filter(|error| error.is_final) {
            end.failure.get_or_insert(Failure::Error(error));
        }
        if end.failure.is_some() && !matches!(&end.failure, Some(Failure::Error(error)) if error.is_final) {
            run.emit_value(outbox);
        }
        let is_unit = run.bundle.len() == 1 && run.bundle.get("text/plain").is_some_and(|text| text == "()");
        end.result =
            Some(run.bundle).filter(|bundle| !bundle.is_empty() && !is_unit && end.failure.is_none());
        (end, lines)
    }

    /// Ends a run whose process has ended.
    pub fn end_with_status(&mut self, status: String, outbox: &mut Outbox) -> End {
        let panic = self.panic.take().map(Failure::Panic);
        let (end, _) = self.finish(true, outbox);
        End { exit_status: Some(status), failure: panic.or(end.failure), ..end }
    }

    fn add_marks(&mut self, marks: Vec<Mark>, outbox: &mut Outbox) -> Option<String> {
        let mut input = None;
        for mark in marks {
            if self.panicked.is_some() {
                if !matches!(mark, Mark::Panic(_) | Mark::Input(_)) {
                    self.later.push(mark);
                    continue;
                }
                self.resume_after_panic(outbox);
            }
            let is_first = !mem::replace(&mut self.has_output, true);
            match mark {
                Mark::Text(bytes) => self.emit_stdout(&bytes, outbox),
                Mark::Content { mime, content, raw } if mime == DISPLAY_MIME => match display(&content) {
                    Some(display) => {
                        self.emit_value(outbox);
                        outbox.event(Event::Display(display));
                    }
                    None => self.emit_stdout(&raw, outbox),
                },
                Mark::Content { mime, content, .. } => {
                    if self.bundle.contains_key(&mime) {
                        self.emit_value(outbox);
                    }
                    self.bundle.insert(mime, content);
                }
                Mark::Panic(line) => self.panicked = Some(line),
                // Follows the error that our patch reports. Without one it is text.
                Mark::Failed(line) if self.error.is_some() || self.marks.trusts_all() => {
                    self.failed = Some(line);
                }
                Mark::Failed(line) => self.emit_stdout((line + "\n").as_bytes(), outbox),
                Mark::Error(error) => self.error = Some(error),
                // Printed before the cell's own code runs.
                Mark::Variable(line) if is_first || !self.variables.is_empty() => {
                    self.has_output = !self.variables.is_empty();
                    self.variables.push(line);
                }
                Mark::Variable(line) => self.emit_stdout((line + "\n").as_bytes(), outbox),
                Mark::Input(line) => {
                    self.emit_value(outbox);
                    input = Some(line);
                }
            }
        }
        input
    }

    /// Treats a mark of a panic as text, if there is one, and continues.
    fn resume_after_panic(&mut self, outbox: &mut Outbox) {
        if let Some(line) = self.panicked.take() {
            self.emit_stdout((line + "\n").as_bytes(), outbox);
        }
        let later = mem::take(&mut self.later);
        self.add_marks(later, outbox);
    }

    fn emit_stdout(&mut self, bytes: &[u8], outbox: &mut Outbox) {
        self.emit_value(outbox);
        let text = self.stdout.push(bytes);
        outbox.text(Stream::Stdout, text);
    }

    fn emit_stderr(&mut self, text: String, outbox: &mut Outbox) {
        if !text.is_empty() {
            self.stderr_text.push_str(&text);
            if self.stderr_text.len() > 2 * STDERR_TAIL {
                let cut = self.stderr_text.ceil_char_boundary(self.stderr_text.len() - STDERR_TAIL);
                self.stderr_text.drain(..cut);
            }
            outbox.text(Stream::Stderr, text);
        }
    }

    fn emit_value(&mut self, outbox: &mut Outbox) {
        if !self.bundle.is_empty() {
            outbox.event(Event::Value(mem::take(&mut self.bundle)));
        }
    }

    fn emit_panic(&mut self, outbox: &mut Outbox) {
        if let Some(panic) = self.panic.take() {
            outbox.event(Event::Caught(panic));
        }
    }
}

/// Parses the content of a `display_data` message.
fn display(content: &str) -> Option<Value> {
    let display: Value = serde_json::from_str(content).ok()?;
    display["data"].is_object().then_some(display)
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use serde_json::json;

    fn block(mime: &str, content: &str) -> String {
        format!("T begin {mime}\n{content}\nT end\n")
    }

    fn run(printed: &str) -> (Vec<String>, End, Vec<String>) {
        let mut outbox = Outbox::default();
        let mut run = Run::new("T");
        run.stdout(printed.as_bytes(), &mut outbox);
        let (end, lines) = run.finish(true, &mut outbox);
        (outbox.events().iter().map(|event| serde_json::to_string(event).unwrap()).collect(), end, lines)
    }

    #[test]
    fn the_last_value_is_the_result_and_the_others_are_displays() {
        let printed = [
            &block("text/html", "<b>1</b>"),
            &block("text/plain", "1"),
            &block("text/html", "<b>2</b>"),
            "text",
            &block("text/plain", "3"),
        ];
        let (events, end, lines) = run(&printed.concat());
        assert_snapshot!(events.join("\n"), @r#"
        {"value":{"text/html":"<b>1</b>","text/plain":"1"}}
        {"value":{"text/html":"<b>2</b>"}}
        {"text":{"stream":"stdout","text":"text"}}
        "#);
        assert_eq!(end.result, Some(MimeBundle::from([("text/plain".into(), "3".into())])));
        assert!(lines.is_empty());
    }

    #[test]
    fn displays_are_sent_in_order_and_invalid_ones_are_text() {
        let display = json!({"data": {"text/plain": "0 of 3"}, "transient": {"display_id": "a"}});
        let (events, ..) = run(&["before\n", &block(DISPLAY_MIME, &display.to_string()), "after"].concat());
        assert_snapshot!(events.join("\n"), @r#"
        {"text":{"stream":"stdout","text":"before\n"}}
        {"display":{"data":{"text/plain":"0 of 3"},"transient":{"display_id":"a"}}}
        {"text":{"stream":"stdout","text":"after"}}
        "#);
        let broken = block(DISPLAY_MIME, "{no");
        assert_eq!(run(&broken).0, [json!({"text": {"stream": "stdout", "text": "{no\n"}}).to_string()]);
    }

    #[test]
    fn a_mark_that_the_cell_printed_is_text() {
        let printed = "EVCXR_PANIC_NOTIFICATION\nEVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_PANIC_NOTIFICATION\n\
                       EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_END_CONTENT\nEVCXR_ERROR_OCCURRED\n";
        let (events, end, lines) = run(printed);
        assert_eq!(events, [json!({"text": {"stream": "stdout", "text": printed}}).to_string()]);
        assert_eq!((end.failure, lines.len()), (None, 0));
    }

    #[test]
    fn an_error_has_its_own_message_or_the_text_on_stderr() {
        let mark = "EVCXR_ERROR_OCCURRED\n";
        let (_, end, lines) = run(&format!("T error {{\"message\": \"no\", \"line\": 7}}\n{mark}"));
        assert_eq!(lines, [mark.trim()]);
        assert!(
            matches!(end.failure, Some(Failure::Error(error)) if error.message == "no" && error.line == 7)
        );
        let mut outbox = Outbox::default();
        let mut run = Run::new("T");
        run.begin(true, &mut outbox);
        run.stderr(b"not a number\n", &mut outbox);
        run.stdout(mark.as_bytes(), &mut outbox);
        let (end, _) = run.finish(true, &mut outbox);
        assert!(matches!(end.failure, Some(Failure::Error(error)) if error.message == "not a number"));
    }

    #[test]
    fn a_panic_ends_a_cell_or_is_caught() {
        let panic = Panic { message: "no".into(), in_cell: true, ..Panic::default() };
        for (mark, is_caught) in [("EVCXR_PANIC_NOTIFICATION\n", false), ("", true)] {
            let mut outbox = Outbox::default();
            let mut run = Run::new("T");
            run.panic(panic.clone(), &mut outbox);
            run.stdout(mark.as_bytes(), &mut outbox);
            let (end, _) = run.finish(true, &mut outbox);
            assert_eq!(end.failure.is_none(), is_caught);
            assert_eq!(outbox.events().contains(&Event::Caught(panic.clone())), is_caught);
        }
    }
}
