//! Selection of requests by method, path and occurrence.

use super::request::Request;

/// Requests to which a fault or a hold applies.
#[derive(Clone, Debug)]
pub(super) struct RequestPattern {
    method: Option<String>,
    path: String,
    /// Number of matching requests to skip first.
    pub(super) skipped: usize,
    /// Number of requests to which it still applies; `usize::MAX` is every one.
    pub(super) left: usize,
}

impl Default for RequestPattern {
    /// Selects the next request of any kind.
    fn default() -> Self {
        Self { method: None, path: String::new(), skipped: 0, left: 1 }
    }
}

impl RequestPattern {
    /// Selects by a part of the path, optionally after a method.
    pub(super) fn on(&mut self, requests: &str) {
        let (method, path) = match requests.split_once(' ') {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
            None => (None, requests),
        };
        self.method = method;
        self.path = path.to_string();
    }

    pub(super) fn matches(&self, request: &Request) -> bool {
        let named = self.method.as_ref().is_none_or(|method| *method == request.method);
        named && request.path.contains(&self.path)
    }

    /// Counts a matching request that is skipped. Returns whether it is.
    pub(super) fn skip(&mut self) -> bool {
        let skips = self.skipped > 0;
        self.skipped -= usize::from(skips);
        skips
    }

    /// Counts a request to which it applies.
    pub(super) fn use_up(&mut self) {
        self.left -= usize::from(self.left != usize::MAX);
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left == 0
    }
}

/// Implements methods that select requests and their number, for a type with a `pattern`.
macro_rules! choose_requests {
    ($what:ident) => {
        impl $what {
            /// Selects requests whose path contains this text, such as `/jobs`; after a method,
            /// such as `POST /jobs`, only requests of that method.
            pub fn on(mut self, requests: impl AsRef<str>) -> Self {
                self.pattern.on(requests.as_ref());
                self
            }

            /// Skips this many matching requests first.
            pub fn after(mut self, requests: usize) -> Self {
                self.pattern.skipped = requests;
                self
            }

            /// Applies to this many requests.
            pub fn times(mut self, requests: usize) -> Self {
                self.pattern.left = requests;
                self
            }

            /// Applies to every matching request.
            pub fn always(self) -> Self {
                self.times(usize::MAX)
            }
        }
    };
}

pub(super) use choose_requests;
