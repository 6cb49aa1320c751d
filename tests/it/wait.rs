//! Functions that wait for other threads and programs.

use std::thread;
use std::time::{Duration, Instant};

use up42::simulator::{Clock, Held, Simulator, SimulatorBuilder};

pub use crate::crash::services::PATIENCE;

/// Waits until the condition holds.
#[track_caller]
pub fn until(mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "not within {} s", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the simulator has held a request.
#[track_caller]
pub fn reached(held: &Held) {
    assert!(held.reached_within(PATIENCE), "no request within {} s", PATIENCE.as_secs());
}

/// Returns a platform whose clock only a test advances. Logins never expire.
pub fn still() -> SimulatorBuilder {
    let for_ever = Duration::from_secs(10 * 365 * 86_400);
    Simulator::builder().clock(Clock::manual()).token_life(for_ever)
}

/// Repeats an operation that ends at its own short deadline until its result meets the condition: a
/// busy machine may reach the deadline before the operation has sent anything.
#[track_caller]
pub fn repeat_until<T>(operation: impl Fn() -> T, is: impl Fn(&T) -> bool) -> T {
    let mut last = None;
    until(|| is(last.insert(operation())));
    last.expect("the operation was repeated until its result met the condition")
}

/// Advances the platform's clock until the condition holds.
#[track_caller]
pub fn advance_until(simulator: &Simulator, mut is: impl FnMut() -> bool) {
    until(|| {
        simulator.clock().advance(Duration::from_secs(60));
        is()
    });
}
