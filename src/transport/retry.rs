use std::time::Duration;

use up42_core::error::ErrorKind;

/// Number of attempts of a request, and the pauses between them.
///
/// A request that only reads is retried after a lost connection, a 408, a 429 and a 5xx, with a
/// jittered, growing pause between the attempts. A `Retry-After` of the server replaces the pause,
/// up to ten minutes; if it is longer, the request fails and the error says so. A rejected
/// certificate is not retried. A request that creates or charges is retried only if it certainly
/// was not carried out: the connection was never established, or the token had expired.
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
    /// Number of attempts, the first included (default 5).
    pub attempts: u32,
    /// Pause before the second attempt, before jitter (default 0.5 s).
    pub first_pause: Duration,
    /// Longest pause that the server did not ask for (default 30 s).
    pub longest_pause: Duration,
}

/// Longest `Retry-After` that is waited for. Most rate limits are per minute, and a cell should not
/// block for an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// Returns the pauses between attempts: doubled each time up to the longest pause, then
    /// multiplied by 0.5 to 1, so that many clients do not retry at the same time. `random` returns
    /// numbers in 0..1.
    pub(crate) fn pauses(self, mut random: impl FnMut() -> f64) -> impl Iterator<Item = Duration> {
        (1..self.attempts).map(move |attempt| {
            let whole = self.first_pause.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
            whole.min(self.longest_pause).mul_f64(0.5 + 0.5 * random())
        })
    }
}

/// Returns the pause before the next attempt: `retry_after` of the server, else `own`; `None` if the
/// server asks for more than `LONGEST_WAIT`.
pub(crate) fn pause(own: Duration, retry_after: Option<Duration>) -> Option<Duration> {
    retry_after.map_or(Some(own), |retry_after| (retry_after <= LONGEST_WAIT).then_some(retry_after))
}

/// Failure of an attempt, to decide on the next one.
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// Whether the request never reached the server.
    pub(crate) not_sent: bool,
}

impl Failure {
    /// Returns whether a retry is safe and may succeed.
    pub(crate) fn is_worth_retrying(&self, is_charging: bool) -> bool {
        match self.kind {
            ErrorKind::Network => self.not_sent || !is_charging,
            ErrorKind::Server | ErrorKind::Busy => !is_charging,
            _ => false,
        }
    }
}

/// Returns a generator of numbers in 0..1 for the jitter. Hashes of a counter with random keys
/// suffice, and need no crate for random numbers.
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

    /// RFC 9110, 10.2.3: an earlier request is refused again.
    #[test]
    fn the_pause_of_the_server_replaces_the_own() {
        let seconds = Duration::from_secs;
        assert_eq!(pause(seconds(30), Some(seconds(60))), Some(seconds(60)));
        assert_eq!(pause(seconds(30), Some(Duration::ZERO)), Some(Duration::ZERO));
        assert_eq!(pause(seconds(30), None), Some(seconds(30)));
        assert_eq!(pause(seconds(30), Some(seconds(3600))), None);
    }

    #[test]
    fn jitter_is_between_zero_and_one() {
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
