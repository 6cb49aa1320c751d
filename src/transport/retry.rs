use std::time::Duration;

use up42_core::error::ErrorKind;

/// How often and how long a request is tried again.
///
/// A request that only reads is tried again after a lost connection, a 5xx and a
/// 429, with a jittered, growing pause between the attempts; a `Retry-After` of
/// the server replaces the pause, up to ten minutes, beyond which the request fails and
/// says so. A certificate that is not accepted is not tried again. A request that creates or charges is tried
/// again only when it certainly was not carried out: the connection was never
/// made, or the token had expired.
///
/// ```
/// # use up42::Client;
/// # use up42::client::RetryPolicy;
/// # use std::time::Duration;
/// let patient = RetryPolicy { attempts: 8, ..RetryPolicy::default() };
/// let client = Client::builder().project("id", "key").retry(patient).build()?;
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included. Default 5.
    pub attempts: u32,
    /// The pause before the second attempt, before jitter. Default 0.5 s.
    pub first_pause: Duration,
    /// The longest pause that the server did not ask for. Default 30 s.
    pub longest_pause: Duration,
}

/// The longest `Retry-After` that is waited for: most limits of a rate are by the minute, and
/// nobody sits before a cell for an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// The pauses between attempts: doubled each time and drawn evenly between
    /// half and the whole, so that many clients do not come back together.
    /// `random` gives numbers in 0..1.
    pub(crate) fn pauses(self, mut random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        (1..self.attempts).map(move |attempt| {
            let whole = self.first_pause.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
            whole.min(self.longest_pause).mul_f64(0.5 + 0.5 * random())
        })
    }
}

/// The pause before the next attempt: the one that the server asks for, else our own; `None`
/// when the server asks for more than is waited.
pub(crate) fn pause(own: Duration, asked: Option<Duration>) -> Option<Duration> {
    asked.map_or(Some(own), |asked| (asked <= LONGEST_WAIT).then_some(asked))
}

/// What is known about a failed attempt, to decide on the next one.
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// The request never reached the server.
    pub(crate) not_sent: bool,
}

impl Failure {
    /// Whether trying again is safe, and may help.
    pub(crate) fn is_worth_retrying(&self, charges: bool) -> bool {
        match self.kind {
            ErrorKind::Network => self.not_sent || !charges,
            ErrorKind::Server | ErrorKind::Busy => !charges,
            _ => false,
        }
    }
}

/// Jitter needs no quality: a hash of the time and a counter will do, and keeps a
/// random number generator out of the crate.
pub(crate) fn jitter() -> impl FnMut() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let state = RandomState::new();
    let mut count = 0u64;
    move || {
        count += 1;
        (state.hash_one(count) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let policy =
            RetryPolicy { attempts: 5, longest_pause: Duration::from_secs(3), ..RetryPolicy::default() };
        let pauses: Vec<_> = policy.pauses(|| 1.0).map(|pause| pause.as_secs_f64()).collect();
        assert_eq!(pauses, [0.5, 1.0, 2.0, 3.0]);
        assert_eq!(policy.pauses(|| 0.0).next(), Some(Duration::from_millis(250)));
    }

    /// RFC 9110, 10.2.3: who asks earlier is refused again.
    #[test]
    fn the_pause_is_the_one_that_the_server_asks_for() {
        let seconds = Duration::from_secs;
        assert_eq!(pause(seconds(30), Some(seconds(60))), Some(seconds(60)));
        assert_eq!(pause(seconds(30), Some(Duration::ZERO)), Some(Duration::ZERO));
        assert_eq!(pause(seconds(30), None), Some(seconds(30)));
        assert_eq!(pause(seconds(30), Some(seconds(3600))), None);
    }

    #[test]
    fn jitter_stays_between_nought_and_one() {
        let mut random = jitter();
        assert!((0..1000).map(|_| random()).all(|value| (0.0..1.0).contains(&value)));
    }

    #[test]
    fn a_charge_is_sent_again_only_when_it_was_not_sent() {
        let failure = |kind, not_sent| Failure { kind, not_sent };
        assert!(failure(ErrorKind::Network, true).is_worth_retrying(true));
        assert!(!failure(ErrorKind::Network, false).is_worth_retrying(true));
        assert!(!failure(ErrorKind::Server, false).is_worth_retrying(true));
        assert!(!failure(ErrorKind::Busy, false).is_worth_retrying(true));
        assert!(failure(ErrorKind::Network, false).is_worth_retrying(false));
        assert!(failure(ErrorKind::Busy, false).is_worth_retrying(false));
        assert!(!failure(ErrorKind::InvalidInput, false).is_worth_retrying(false));
    }
}
