//! Converts the proxy's events to Jupyter's messages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cells::{End, Event, MimeBundle, Stream};
use crate::jupyter::source::Source;

/// Time without any event after which the end of a run is no longer awaited: a proxy that was
/// killed does not send it.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// Publishes a message, given its type, its parent header and its content.
pub type Publish = Box<dyn Fn(&str, &Value, Value) + Send + Sync>;

/// Publishes the output of cells. Output between cells belongs to the last cell.
pub struct Outputs {
    publish: Publish,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Header of the request that runs, or ran last.
    parent: Value,
    /// Source of its cell, to locate panics.
    source: Source,
    /// Ends of runs that were not requested yet.
    ends: VecDeque<End>,
    /// Number of lines that were received.
    taken: usize,
    is_running: bool,
}

impl Outputs {
    /// Returns outputs that are published by this function.
    pub fn new(publish: Publish) -> Self {
        Self { publish, state: Mutex::default(), ended: Condvar::new() }
    }

    /// Assigns further output to this request.
    pub fn begin(&self, parent: &Value, source: Source) {
        let mut state = self.lock();
        state.parent = parent.clone();
        state.source = source;
        // The cell process may have ended since the last cell.
        state.ends.retain(|end| end.exit_status.is_some());
        state.is_running = true;
    }

    /// Marks the end of the request.
    pub fn finish(&self) {
        self.lock().is_running = false;
    }

    /// Handles a line from the proxy.
    pub fn handle_line(&self, line: String) {
        let event =
            serde_json::from_str(&line).unwrap_or(Event::Text { stream: Stream::Stderr, text: line + "\n" });
        let mut state = self.lock();
        state.taken += 1;
        match event {
            Event::Text { stream, text } => self.stream(&state, stream, &text),
            Event::Display(mut content) => {
                let is_update = content.as_object_mut().and_then(|content| content.remove("update"));
                let kind = match is_update {
                    Some(Value::Bool(true)) => "update_display_data",
                    _ => "display_data",
                };
                if let Some(content) = content.as_object_mut() {
                    content.entry("metadata").or_insert_with(|| json!({}));
                    content.entry("transient").or_insert_with(|| json!({}));
                }
                (self.publish)(kind, &state.parent, content);
            }
            Event::Value(bundle) => {
                let content = json!({ "data": data(bundle), "metadata": {}, "transient": {} });
                (self.publish)("display_data", &state.parent, content);
            }
            Event::Caught(panic) => {
                let text = state.source.describe_caught(&panic);
                self.stream(&state, Stream::Stderr, &text);
            }
            Event::End(end) => {
                state.ends.push_back(end);
                self.ended.notify_all();
            }
        }
    }

    /// Shows cargo's progress while a cell is compiled.
    pub fn progress(&self, line: &str) {
        let state = self.lock();
        if state.is_running {
            self.stream(&state, Stream::Stderr, line);
        }
    }

    /// Waits for the end of this run, after all of its output. `None` if it does not arrive.
    pub fn wait_for(&self, run: &str) -> Option<End> {
        self.wait(|end| end.run == run)
    }

    /// Drops all ends: the cell process is replaced.
    pub fn forget(&self) {
        self.lock().ends.clear();
    }

    /// Waits for the end of a run whose process has ended.
    pub fn wait_for_exit(&self) -> Option<End> {
        self.wait(|end| end.exit_status.is_some())
    }

    fn wait(&self, is_it: impl Fn(&End) -> bool) -> Option<End> {
        let mut state = self.lock();
        loop {
            while let Some(end) = state.ends.pop_front() {
                if is_it(&end) {
                    return Some(end);
                }
            }
            let taken = state.taken;
            let waited = self.ended.wait_timeout(state, END_TIMEOUT).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() && state.taken == taken && state.ends.is_empty() {
                return None;
            }
        }
    }

    fn stream(&self, state: &State, stream: Stream, text: &str) {
        (self.publish)("stream", &state.parent, json!({ "name": stream.name(), "text": text }));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs").field("state", &self.state).finish_non_exhaustive()
    }
}

/// Converts a MIME bundle to Jupyter's format: JSON types as JSON, all others as text.
pub fn data(bundle: MimeBundle) -> Value {
    let read = |(mime, text): (String, String)| {
        let is_json = mime == "application/json" || mime.ends_with("+json");
        let value = is_json.then(|| serde_json::from_str(&text).ok()).flatten();
        (mime, value.unwrap_or(Value::String(text)))
    };
    Value::Object(bundle.into_iter().map(read).collect::<Map<_, _>>())
}
