//! Requests for input: lines that a cell reads from the user.

use std::cell::Cell;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::message::Message;
use crate::jupyter::sockets::Sockets;

/// Interval of checks for an interrupt.
const WATCH: Duration = Duration::from_millis(50);

/// Reads lines from the user, for one request.
#[derive(Debug)]
pub struct Input<'a> {
    /// Sockets for the requests.
    pub sockets: &'a Sockets,
    /// Request that runs the cell.
    pub request: &'a Message,
    /// Answers of the client.
    pub answers: &'a Receiver<Message>,
    /// Interrupt that ends the wait.
    pub interrupt: &'a Interrupt,
    /// Whether the cell requested input that the client does not allow.
    pub was_refused: Cell<bool>,
}

impl Input<'_> {
    /// Returns the user's line; empty if the client does not allow input.
    pub fn read(&self, prompt: &str, password: bool) -> String {
        if !self.request.flag("allow_stdin", true) {
            self.was_refused.set(true);
            return String::new();
        }
        // Drops answers to requests of interrupted cells.
        while self.answers.try_recv().is_ok() {}
        self.sockets.request_input(self.request, prompt, password);
        while !self.interrupt.is_requested() {
            if let Ok(answer) = self.answers.recv_timeout(WATCH) {
                // evcxr passes on one line.
                return answer.content["value"].as_str().unwrap_or_default().replace(['\n', '\r'], " ");
            }
        }
        String::new()
    }
}
