//! Waiting for what other threads and programs do.

use std::thread;
use std::time::{Duration, Instant};

use up42::simulator::{Clock, Held, Simulator, SimulatorBuilder};

pub use crate::crash::services::PATIENCE;

/// Waits until it is so.
#[track_caller]
pub fn until(mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "not within {} s", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the simulator has stopped a request.
#[track_caller]
pub fn reached(held: &Held) {
    assert!(held.reached_within(PATIENCE), "no request within {} s", PATIENCE.as_secs());
}

/// A platform on which time stands still until a test moves it. No login ends by that.
pub fn still() -> SimulatorBuilder {
    let for_ever = Duration::from_secs(10 * 365 * 86_400);
    Simulator::builder().clock(Clock::manual()).token_life(for_ever)
}

/// Moves the platform's time on until it is so.
#[track_caller]
pub fn advance_until(simulator: &Simulator, mut is: impl FnMut() -> bool) {
    until(|| {
        simulator.clock().advance(Duration::from_secs(60));
        is()
    });
}
