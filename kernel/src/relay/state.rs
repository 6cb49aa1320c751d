//! The state of the relay, and what it tells evcxr.

use std::io::{self, Write};
use std::process::ChildStdin;

use crate::cells::{End, Event, Failure, RUN_MIME, Stream};
use crate::relay::fence::Fence;
use crate::relay::outbox::Outbox;
use crate::relay::run::Run;
use crate::relay::tagged::Tagged;

/// What the relay's threads share.
pub struct State {
    /// To the process of the cells.
    pub stdin: ChildStdin,
    /// Where cells end.
    pub fence: Fence,
    /// What the library beside the cells says.
    pub tagged: Tagged,
    /// What the cell has told.
    pub run: Run,
    /// What the front is still to be told.
    pub outbox: Outbox,
    /// Until the fence was seen on both streams.
    pub is_busy: bool,
    /// Between a command of evcxr's and our answer.
    pub is_running: bool,
    /// The next line from evcxr is the user's.
    pub awaits_input: bool,
    /// The fence was seen on stderr, and whether our panic hook is in its place.
    pub fenced: Option<bool>,
    /// How many cells have run.
    pub number: u64,
}

impl State {
    /// A cell runs from now on. Of one that was compiled without our patch all marks count.
    pub fn begin(&mut self, is_patched: bool) {
        self.is_busy = true;
        self.is_running = true;
        self.fence.begin();
        self.run.begin(!is_patched, &mut self.outbox);
    }

    /// Ends the run when the fence was seen on both streams.
    pub fn end_if_over(&mut self, tag: &str) {
        if !self.fence.is_idle() {
            return;
        }
        let Some(hook_is_ours) = self.fenced.take() else { return };
        self.is_busy = false;
        let (end, lines) = self.run.finish(hook_is_ours, &mut self.outbox);
        // The first fence only starts the library beside the cells.
        if std::mem::take(&mut self.is_running) {
            self.end(end, lines, tag);
        }
    }

    /// The cell does not run: nothing is lost but the variables that it would have made.
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

    /// Asks evcxr for a line of input. Between cells it does not listen.
    pub fn ask(&mut self, request: &str) {
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
