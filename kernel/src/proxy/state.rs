//! State of the proxy, and its answers to evcxr.

use std::io::{self, Write};
use std::process::ChildStdin;

use crate::cells::{End, Event, Failure, RUN_MIME, Stream};
use crate::proxy::end_detector::EndDetector;
use crate::proxy::outbox::Outbox;
use crate::proxy::run::Run;
use crate::proxy::stderr::StderrParser;

/// State that the proxy's threads share.
pub struct State {
    /// Stdin of the cell process.
    pub stdin: ChildStdin,
    /// Detector of the end of a cell.
    pub fence: EndDetector,
    /// Parser of the helper library's lines on stderr.
    pub stderr: StderrParser,
    /// Output of the cell.
    pub run: Run,
    /// Events for the kernel process.
    pub outbox: Outbox,
    /// Whether the fence was not yet seen on both streams.
    pub is_busy: bool,
    /// Whether a command of evcxr's was not answered yet.
    pub is_running: bool,
    /// Whether the next line from evcxr is the user's input.
    pub awaits_input: bool,
    /// Set when the fence was seen on stderr: whether our panic hook is still installed.
    pub fenced: Option<bool>,
    /// Number of cells that have run.
    pub number: u64,
}

impl State {
    /// Begins a cell. If it was compiled without our patch, evcxr's marks count everywhere.
    pub fn begin(&mut self, is_patched: bool) {
        self.is_busy = true;
        self.is_running = true;
        self.fence.begin();
        self.run.begin(!is_patched, &mut self.outbox);
    }

    /// Ends the run if the fence was seen on both streams.
    pub fn end_if_over(&mut self, tag: &str) {
        if !self.fence.is_idle() {
            return;
        }
        let Some(hook_is_ours) = self.fenced.take() else { return };
        self.is_busy = false;
        let (end, lines) = self.run.finish(hook_is_ours, &mut self.outbox);
        // The first fence only starts the helper library.
        if std::mem::take(&mut self.is_running) {
            self.end(end, lines, tag);
        }
    }

    /// Answers for a cell that is not run because of an interrupt: its variables are not created,
    /// others are kept.
    pub fn skip(&mut self, tag: &str) {
        let end = End { failure: Some(Failure::Interrupted), ..End::default() };
        self.end(end, vec!["EVCXR_ERROR_OCCURRED".into()], tag);
    }

    fn end(&mut self, end: End, lines: Vec<String>, tag: &str) {
        let run = format!("{tag}-{}", self.number);
        self.outbox.event(Event::End(End { run: run.clone(), ..end }));
        self.outbox.send();
        let mut answer: String = lines.into_iter().map(|line| line + "\n").collect();
        answer.push_str(&format!("EVCXR_BEGIN_CONTENT {RUN_MIME}\n{run};\nEVCXR_END_CONTENT\n"));
        answer.push_str("EVCXR_EXECUTION_COMPLETE\n");
        let _ = print(&answer);
    }

    /// Requests a line of input from evcxr, which does not listen between cells.
    pub fn request_input(&mut self, request: &str) {
        if !self.is_running {
            self.outbox.text(Stream::Stdout, format!("{request}\n"));
            return;
        }
        self.awaits_input = true;
        self.outbox.send();
        // evcxr cuts the prompt at the next colon.
        let (command, prompt) = request.split_once(':').unwrap_or((request, ""));
        let _ = print(&format!("{command}:{}\n", prompt.replace(':', "\u{1f}")));
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
