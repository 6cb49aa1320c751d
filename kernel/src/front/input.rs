//! Lines that a cell asks the user for.

use std::cell::Cell;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::front::interrupt::Interrupt;
use crate::front::message::Message;
use crate::front::wire::Wire;

/// How often it is looked whether the cell is to be interrupted.
const WATCH: Duration = Duration::from_millis(50);

/// Asks for lines, for one request.
#[derive(Debug)]
pub struct Input<'a> {
    /// Where to.
    pub wire: &'a Wire,
    /// The request that runs the cell.
    pub request: &'a Message,
    /// What comes back.
    pub answers: &'a Receiver<Message>,
    /// Ends the wait.
    pub interrupt: &'a Interrupt,
    /// The cell asked for a line that nobody can give.
    pub was_refused: Cell<bool>,
}

impl Input<'_> {
    /// The user's line; empty if there is no user.
    pub fn ask(&self, prompt: &str, password: bool) -> String {
        if !self.request.flag("allow_stdin", true) {
            self.was_refused.set(true);
            return String::new();
        }
        // An answer to what an interrupted cell asked.
        while self.answers.try_recv().is_ok() {}
        self.wire.request_input(self.request, prompt, password);
        while !self.interrupt.is_asked() {
            if let Ok(answer) = self.answers.recv_timeout(WATCH) {
                // evcxr passes one line on.
                return answer.content["value"].as_str().unwrap_or_default().replace(['\n', '\r'], " ");
            }
        }
        String::new()
    }
}
