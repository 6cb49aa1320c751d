//! Sends events from the proxy to the kernel process: a JSON line for each event, over stderr.

use std::io::{self, Write};

use crate::cells::{Event, Stream};

/// Events that wait to be sent. Consecutive text of one stream becomes one event, so that thousands
/// of printed lines take a few messages.
#[derive(Debug, Default)]
pub struct Outbox {
    events: Vec<Event>,
}

impl Outbox {
    /// Appends text.
    pub fn text(&mut self, stream: Stream, text: String) {
        match self.events.last_mut() {
            _ if text.is_empty() => {}
            Some(Event::Text { stream: last, text: before }) if *last == stream => before.push_str(&text),
            _ => self.events.push(Event::Text { stream, text }),
        }
    }

    /// Appends an event.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Returns the events that wait.
    #[cfg(test)]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns whether no events wait.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Sends all events. Errors are ignored: if the kernel process has ended, stdin ends too.
    pub fn send(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut lines = Vec::new();
        for event in self.events.drain(..) {
            if serde_json::to_writer(&mut lines, &event).is_ok() {
                lines.push(b'\n');
            }
        }
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(&lines).and_then(|()| stderr.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_merged_into_one_event_in_order() {
        let mut outbox = Outbox::default();
        for _ in 0..20_000 {
            outbox.text(Stream::Stdout, "line\n".into());
        }
        outbox.text(Stream::Stderr, "warning\n".into());
        outbox.text(Stream::Stdout, "after".into());
        let streams: Vec<_> = outbox
            .events
            .iter()
            .map(|event| match event {
                Event::Text { stream, .. } => stream.name(),
                _ => "",
            })
            .collect();
        assert_eq!(streams, ["stdout", "stderr", "stdout"]);
    }
}
