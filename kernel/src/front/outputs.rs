//! What the cells show: from the relay's events to Jupyter's messages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cells::{End, Event, MimeBundle, Stream};
use crate::front::source::Source;

/// A relay that was killed says no last word, and then nothing for so long.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Publishes a message: its type, the header that it follows from, and its content.
pub type Publish = Box<dyn Fn(&str, &Value, Value) + Send + Sync>;

/// Shows what happens in the cells, for as long as the kernel lives: what comes between
/// cells belongs to the last one.
pub struct Outputs {
    publish: Publish,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The header of the request that runs, or ran last.
    parent: Value,
    /// Its cell, which tells where a panic was.
    source: Source,
    /// Ends that nobody has asked for yet.
    ends: VecDeque<End>,
    /// How many lines were taken in.
    taken: usize,
    is_running: bool,
}

impl Outputs {
    /// Shows by this function.
    pub fn new(publish: Publish) -> Self {
        Self { publish, state: Mutex::default(), ended: Condvar::new() }
    }

    /// What is shown from now on belongs to this request.
    pub fn begin(&self, parent: &Value, source: Source) {
        let mut state = self.lock();
        state.parent = parent.clone();
        state.source = source;
        // The process may have ended since the last cell.
        state.ends.retain(|end| end.died.is_some());
        state.is_running = true;
    }

    /// The request is over.
    pub fn finish(&self) {
        self.lock().is_running = false;
    }

    /// Takes in a line of the relay's.
    pub fn take_in(&self, line: String) {
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

    /// Shows what cargo says while a cell is compiled.
    pub fn progress(&self, line: &str) {
        let state = self.lock();
        if state.is_running {
            self.stream(&state, Stream::Stderr, line);
        }
    }

    /// Waits until all that this run had to show is shown. `None` when its end is not told.
    pub fn wait_for(&self, run: &str) -> Option<End> {
        self.wait(|end| end.run == run)
    }

    /// Whatever ended until now is of no interest: its process is replaced.
    pub fn forget(&self) {
        self.lock().ends.clear();
    }

    /// Waits for the last word of a process that has ended.
    pub fn wait_for_death(&self) -> Option<End> {
        self.wait(|end| end.died.is_some())
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
            let waited = self.ended.wait_timeout(state, LAST_WORD).unwrap_or_else(PoisonError::into_inner);
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

/// Representations as Jupyter wants them: JSON as JSON, the others as text.
pub fn data(bundle: MimeBundle) -> Value {
    let read = |(mime, text): (String, String)| {
        let is_json = mime == "application/json" || mime.ends_with("+json");
        let value = is_json.then(|| serde_json::from_str(&text).ok()).flatten();
        (mime, value.unwrap_or(Value::String(text)))
    };
    Value::Object(bundle.into_iter().map(read).collect::<Map<_, _>>())
}
