use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Requests per second that UP42 allows for one client IP address; the next constant is the size of
/// a burst (documentation, "Rate limiting").
const PER_SECOND: f64 = 100.0;
const BURST: f64 = 500.0;
/// Largest number of requests in flight to one host. More is not faster over HTTP/1.1, and the host
/// is shared with other users.
const IN_FLIGHT: usize = 32;

/// Rate limiter: a token bucket and a set of slots for each host.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    slots: Arc<Semaphore>,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// Requests that may be sent now; negative while requests wait.
    level: f64,
    at: Instant,
}

impl Limiter {
    /// Waits until a request to the host may be sent. The host's slot is free again when the permit
    /// is dropped.
    pub(crate) async fn permit(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let host = self.host(host);
        let slot = host.slots.clone().acquire_owned().await.ok();
        let wait = host.bucket.lock().ok()?.take(Instant::now());
        tokio::time::sleep(wait).await;
        slot
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let new = || {
            let bucket = Mutex::new(Bucket { level: BURST, at: Instant::now() });
            Arc::new(Host { slots: Arc::new(Semaphore::new(IN_FLIGHT)), bucket })
        };
        hosts.entry(name.to_owned()).or_insert_with(new).clone()
    }
}

impl Bucket {
    /// Takes one request from the bucket and returns the time that it has to wait.
    fn take(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + passed * PER_SECOND).min(BURST) - 1.0;
        Duration::from_secs_f64((-self.level / PER_SECOND).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_burst_is_immediate_and_then_the_rate_applies() {
        let start = Instant::now();
        let mut bucket = Bucket { level: BURST, at: start };
        assert!((0..500).all(|_| bucket.take(start).is_zero()));
        assert!((bucket.take(start).as_secs_f64() - 0.01).abs() < 1e-9);
        assert!((bucket.take(start).as_secs_f64() - 0.02).abs() < 1e-9);
        let later = start + Duration::from_secs(1);
        assert!(bucket.take(later).is_zero());
    }

    #[test]
    fn a_request_waits_while_the_limit_is_reached() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let limiter = Limiter::default();
            let mut permits = Vec::new();
            for _ in 0..IN_FLIGHT {
                permits.push(limiter.permit("a").await.unwrap());
            }
            let mut next = std::pin::pin!(limiter.permit("a"));
            assert!(next.as_mut().now_or_never().is_none());
            // A permit may also wait for the bucket's timer: that of another host began later, and
            // has ended.
            permits.push(limiter.permit("b").await.unwrap());
            assert!(next.as_mut().now_or_never().is_none(), "as many are under way");
            drop(permits.remove(0));
            permits.push(next.await.unwrap());
        });
    }
}
