//! Selection of requests by method, path and occurrence.

use super::call::Call;

/// The requests that a fault or a hold applies to.
#[derive(Clone, Debug)]
pub(super) struct RequestPattern {
    method: Option<String>,
    path: String,
    skipped: usize,
    left: usize,
}

impl Default for RequestPattern {
    /// The next request, whatever it asks for.
    fn default() -> Self {
        Self { method: None, path: String::new(), skipped: 0, left: 1 }
    }
}

impl RequestPattern {
    /// Selects by a part of the path, with a method in front if wanted.
    pub(super) fn on(&mut self, requests: &str) {
        let (method, path) = match requests.split_once(' ') {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
            None => (None, requests),
        };
        self.method = method;
        self.path = path.to_string();
    }

    /// Leaves this many matching requests alone first.
    pub(super) fn after(&mut self, requests: usize) {
        self.skipped = requests;
    }

    /// Applies to this many requests; `usize::MAX` is every one.
    pub(super) fn times(&mut self, requests: usize) {
        self.left = requests;
    }

    pub(super) fn matches(&self, call: &Call) -> bool {
        let named = self.method.as_ref().is_none_or(|method| *method == call.method);
        named && call.path.contains(&self.path)
    }

    /// Counts a matching request that is left alone. Returns whether it is.
    pub(super) fn skip(&mut self) -> bool {
        let skips = self.skipped > 0;
        self.skipped -= usize::from(skips);
        skips
    }

    /// Counts a request that it applies to.
    pub(super) fn use_up(&mut self) {
        self.left -= usize::from(self.left != usize::MAX);
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left == 0
    }
}
