//! Requests that wait until a test releases them.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

use super::pattern::{RequestPattern, choose_requests};
use super::request::Request;

/// Point at which the simulator stops a request: which request, and before or after it is carried
/// out.
///
/// It applies to the next request, unless [`on`](Self::on), [`after`](Self::after),
/// [`times`](Self::times) or [`always`](Self::always) are set.
/// [`Simulator::hold`](super::Simulator::hold) activates it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Hold {
    point: HoldPoint,
    pattern: RequestPattern,
}

/// Point at which a request is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HoldPoint {
    /// The request has arrived in full, and has not been carried out.
    Request,
    /// The request has been carried out, and nothing of the response has been sent.
    Answer,
}

impl Hold {
    fn new(point: HoldPoint) -> Self {
        Self { point, pattern: RequestPattern::default() }
    }

    /// Stops a request before it is carried out. After the release it is carried out even if the
    /// client has closed the connection.
    pub fn request() -> Self {
        Self::new(HoldPoint::Request)
    }

    /// Stops the response of a request that has been carried out. A [`Fault`](super::Fault) of the
    /// response applies after the release.
    pub fn answer() -> Self {
        Self::new(HoldPoint::Answer)
    }
}

choose_requests!(Hold);

/// Requests that one [`Hold`] has stopped. Dropping it releases them, so that a test that fails
/// does not hang.
#[must_use = "dropping it releases the requests"]
pub struct Held(Arc<HoldState>);

/// State of a hold, shared by the server and the test.
struct HoldState {
    reached: Mutex<usize>,
    changed: Condvar,
    released: watch::Sender<bool>,
}

impl HoldState {
    fn reached(&self) -> MutexGuard<'_, usize> {
        self.reached.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn record_stop(&self) {
        *self.reached() += 1;
        self.changed.notify_all();
    }

    fn is_released(&self) -> bool {
        *self.released.borrow()
    }
}

impl Held {
    /// Blocks until a request has been stopped here.
    pub fn wait_until_reached(&self) {
        let reached = self.0.changed.wait_while(self.0.reached(), |reached| *reached == 0);
        drop(reached.unwrap_or_else(|broken| broken.into_inner()));
    }

    /// Blocks until a request has been stopped here, at most for `timeout`. Returns whether one
    /// has.
    pub fn reached_within(&self, timeout: Duration) -> bool {
        let reached = self.0.changed.wait_timeout_while(self.0.reached(), timeout, |reached| *reached == 0);
        *reached.unwrap_or_else(|broken| broken.into_inner()).0 > 0
    }

    /// Returns the number of requests that have been stopped here so far, released ones included.
    pub fn count(&self) -> usize {
        *self.0.reached()
    }

    /// Releases all requests, and lets later ones pass.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.released.send_replace(true);
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("count", &self.count()).finish()
    }
}

/// Active holds.
#[derive(Default)]
pub(super) struct Holds(Mutex<Vec<(Hold, Arc<HoldState>)>>);

impl Holds {
    pub(super) fn add(&self, hold: Hold) -> Held {
        let state = HoldState {
            reached: Mutex::default(),
            changed: Condvar::new(),
            released: watch::Sender::new(false),
        };
        let state = Arc::new(state);
        self.lock().push((hold, Arc::clone(&state)));
        Held(state)
    }

    /// Waits for the release if the request is held at this point.
    pub(super) async fn pass(&self, request: &Request, point: HoldPoint) {
        if let Some(state) = self.take(request, point) {
            // Subscribed before the test can see the request, so that no release is missed.
            let mut released = state.released.subscribe();
            state.record_stop();
            released.wait_for(|released| *released).await.ok();
        }
    }

    fn take(&self, request: &Request, point: HoldPoint) -> Option<Arc<HoldState>> {
        let mut holds = self.lock();
        holds.retain(|(hold, state)| !state.is_released() && !hold.pattern.is_used_up());
        let mut taken = None;
        for (hold, state) in holds.iter_mut() {
            let pattern = &mut hold.pattern;
            if hold.point == point && pattern.matches(request) && !pattern.skip() && taken.is_none() {
                pattern.use_up();
                taken = Some(Arc::clone(state));
            }
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Hold, Arc<HoldState>)>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_stops_its_request() {
        let holds = Holds::default();
        let held = holds.add(Hold::answer().on("POST /jobs").after(1));
        let create = Request::test("POST", "/projects/p/jobs");
        let stops = |request: &Request, point| holds.take(request, point).is_some();
        assert!(!stops(&Request::test("GET", "/projects/p/jobs"), HoldPoint::Answer));
        assert!(!stops(&create, HoldPoint::Request));
        assert_eq!([1, 2, 3].map(|_| stops(&create, HoldPoint::Answer)), [false, true, false]);
        let all = holds.add(Hold::request().always());
        assert_eq!([1, 2].map(|_| stops(&create, HoldPoint::Request)), [true, true]);
        all.release();
        assert!(!stops(&create, HoldPoint::Request));
        assert!(!held.reached_within(Duration::ZERO));
    }
}
