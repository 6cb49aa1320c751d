//! Faults that are injected on request.

use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use super::pattern::{RequestPattern, choose_requests};
use super::reply::Reply;
use super::request::Request;
use up42_core::error::{Error, Result};

/// Fault to inject, with the requests that it applies to and their number.
///
/// A fault applies to the first matching request at which it is possible, and is removed after
/// [`times`](Self::times) requests (default 1). A request has at most one fault that replaces its
/// response, or else one that changes the response; a fault of the created job is independent of
/// these.
///
/// ```
/// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
/// use up42::simulator::{Fault, Simulator};
///
/// let simulator = Simulator::start()?;
/// simulator.inject(Fault::too_many_requests().retry_after(1).on("/jobs").times(3));
/// simulator.inject(Fault::lost_answer().on("POST /jobs"));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    pattern: RequestPattern,
}

/// Kind of a fault.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Status 429 of the rate limiter; the request is not carried out.
    TooManyRequests {
        /// Value of the `Retry-After` header, in seconds.
        retry_after: Option<u64>,
    },
    /// This 5xx status; the request is not carried out.
    ServerError(u16),
    /// The request is carried out at once, and the response is delayed by this real time.
    Slow(Duration),
    /// The connection is closed in the middle of the body; `Content-Length` states the full size.
    CutOff,
    /// The connection is closed after this many bytes of a longer body.
    CutOffAfter(usize),
    /// The request is carried out, and the connection is closed without a response.
    LostAnswer,
    /// The JSON body is cut in half.
    MalformedJson,
    /// Status 401 with `ACCESS_TOKEN_EXPIRED`; the request is not carried out.
    ExpiredToken,
    /// Status 403 of the storage, as for an expired signed URL.
    ExpiredUrl,
    /// The created job or order ends with this status, such as `FAILED` or `FAILED_PERMANENTLY`.
    /// Processing jobs and jobs of the OGC server always end with `failed`.
    FailingJob(String),
    /// The created job or order runs until it is cancelled.
    HangingJob,
    /// The jobs or orders in the response have this status.
    UnknownStatus(String),
}

impl Fault {
    /// Creates a fault of this kind that applies once, to the first request at which it is
    /// possible.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, pattern: RequestPattern::default() }
    }

    /// Creates a fault with the status 429 of the rate limiter.
    pub fn too_many_requests() -> Self {
        Self::new(FaultKind::TooManyRequests { retry_after: None })
    }

    /// Adds a `Retry-After` header, in seconds, to a 429.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let FaultKind::TooManyRequests { retry_after } = &mut self.kind {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Creates a fault with a 5xx status.
    pub fn server_error(status: u16) -> Self {
        Self::new(FaultKind::ServerError(status))
    }

    /// Creates a fault that delays the response.
    pub fn slow(by: Duration) -> Self {
        Self::new(FaultKind::Slow(by))
    }

    /// Creates a fault that closes the connection in the middle of the body.
    pub fn cut_off() -> Self {
        Self::new(FaultKind::CutOff)
    }

    /// Creates a fault that closes the connection after this many bytes of a longer body.
    ///
    /// ```
    /// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
    /// # use up42::simulator::{Fault, Simulator};
    /// # let simulator = Simulator::start()?;
    /// // Every archive arrives in pieces of 4 kB.
    /// simulator.inject(Fault::cut_off_after(4_000).on("GET output.tgz").always());
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn cut_off_after(bytes: usize) -> Self {
        Self::new(FaultKind::CutOffAfter(bytes))
    }

    /// Creates a fault whose request is carried out but gets no response.
    pub fn lost_answer() -> Self {
        Self::new(FaultKind::LostAnswer)
    }

    /// Creates a fault whose response is not valid JSON.
    pub fn malformed_json() -> Self {
        Self::new(FaultKind::MalformedJson)
    }

    /// Creates a fault with the API's error for an expired token.
    pub fn expired_token() -> Self {
        Self::new(FaultKind::ExpiredToken)
    }

    /// Creates a fault with the storage's error for an expired signed URL.
    pub fn expired_url() -> Self {
        Self::new(FaultKind::ExpiredUrl)
    }

    /// Creates a fault whose job or order ends with this status.
    pub fn failing_job(status: impl Into<String>) -> Self {
        Self::new(FaultKind::FailingJob(status.into()))
    }

    /// Creates a fault whose job or order runs until it is cancelled.
    pub fn hanging_job() -> Self {
        Self::new(FaultKind::HangingJob)
    }

    /// Creates a fault whose response contains an unknown status.
    pub fn unknown_status(status: impl Into<String>) -> Self {
        Self::new(FaultKind::UnknownStatus(status.into()))
    }

    fn fits(&self, request: &Request, moment: &FaultPoint) -> bool {
        self.pattern.matches(request) && self.can_happen(request, moment)
    }

    fn can_happen(&self, request: &Request, moment: &FaultPoint) -> bool {
        match (&self.kind, moment) {
            (FaultKind::TooManyRequests { .. } | FaultKind::ServerError(_), FaultPoint::Request) => true,
            (FaultKind::ExpiredToken, FaultPoint::Request) => !request.is_public(),
            (FaultKind::ExpiredUrl, FaultPoint::Request) => request.to_storage,
            (FaultKind::FailingJob(_) | FaultKind::HangingJob, FaultPoint::Job) => true,
            (FaultKind::Slow(_) | FaultKind::CutOff | FaultKind::LostAnswer, FaultPoint::Answer(_)) => true,
            (FaultKind::CutOffAfter(bytes), FaultPoint::Answer(reply)) => reply.body.len() > *bytes,
            (FaultKind::MalformedJson, FaultPoint::Answer(reply)) => reply.is_json(),
            (FaultKind::UnknownStatus(_), FaultPoint::Answer(reply)) => {
                request.asks_for_jobs() && reply.has_jobs()
            }
            _ => false,
        }
    }
}

choose_requests!(Fault);

/// Parses `NAME`, optionally with the number of times and the requests: `lost-answer`,
/// `server-error=3`, `too-many-requests=always@POST /jobs`.
///
/// ```
/// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
/// use up42::simulator::Fault;
///
/// let fault: Fault = "lost-answer=2@POST /jobs".parse()?;
/// # Ok::<(), up42::Error>(())
/// ```
///
/// | name | fault |
/// |---|---|
/// | `too-many-requests` | [`Fault::too_many_requests`] |
/// | `server-error` | [`Fault::server_error`] of status 503 |
/// | `slow` | [`Fault::slow`] by 5 s |
/// | `cut-off` | [`Fault::cut_off`] |
/// | `lost-answer` | [`Fault::lost_answer`] |
/// | `malformed-json` | [`Fault::malformed_json`] |
/// | `expired-token` | [`Fault::expired_token`] |
/// | `expired-url` | [`Fault::expired_url`] |
/// | `failing-job` | [`Fault::failing_job`] with the status `FAILED` |
/// | `hanging-job` | [`Fault::hanging_job`] |
/// | `unknown-status` | [`Fault::unknown_status`] with the status `UNKNOWN` |
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an unknown name or a number that
/// is not valid.
impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (what, requests) = text.split_once('@').unwrap_or((text, ""));
        let (name, times) = what.split_once('=').unwrap_or((what, "1"));
        let known = NAMED.iter().find(|(known, _)| *known == name.trim());
        let (_, make) = known.ok_or_else(|| {
            let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
            Error::invalid(format!("there is no fault `{name}`, but {}", names.join(", ")))
        })?;
        let times = match times.trim() {
            "always" => usize::MAX,
            times => times.parse().map_err(|_| {
                Error::invalid(format!(
                    "`{times}` is not how often a fault happens: use a number or `always`"
                ))
            })?,
        };
        Ok(make().on(requests).times(times))
    }
}

/// Constructor of a fault.
type Make = fn() -> Fault;

/// Faults by their names.
const NAMED: [(&str, Make); 11] = [
    ("too-many-requests", Fault::too_many_requests),
    ("server-error", || Fault::server_error(503)),
    ("slow", || Fault::slow(Duration::from_secs(5))),
    ("cut-off", Fault::cut_off),
    ("lost-answer", Fault::lost_answer),
    ("malformed-json", Fault::malformed_json),
    ("expired-token", Fault::expired_token),
    ("expired-url", Fault::expired_url),
    ("failing-job", || Fault::failing_job("FAILED")),
    ("hanging-job", Fault::hanging_job),
    ("unknown-status", || Fault::unknown_status("UNKNOWN")),
];

/// Point at which a fault can apply.
pub(super) enum FaultPoint<'a> {
    /// A request has arrived.
    Request,
    /// A job is about to be created.
    Job,
    /// A response is ready.
    Answer(&'a Reply),
}

/// Faults that have not been used up.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Returns the fault that applies to this request at this moment, if any.
    pub(super) fn take(&self, request: &Request, moment: FaultPoint) -> Option<FaultKind> {
        let mut faults = self.lock();
        let mut happens = None;
        for fault in faults.iter_mut().filter(|fault| fault.fits(request, &moment)) {
            if !fault.pattern.skip() && happens.is_none() && !fault.pattern.is_used_up() {
                fault.pattern.use_up();
                happens = Some(fault.kind.clone());
            }
        }
        faults.retain(|fault| !fault.pattern.is_used_up());
        happens
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fault_applies_to_its_path_and_count() {
        let faults = Faults::default();
        faults.add(Fault::server_error(502).on("POST /jobs").after(1).times(2));
        let take = |method, path| faults.take(&Request::test(method, path), FaultPoint::Request);
        assert_eq!(take("GET", "/projects/p/jobs"), None);
        assert_eq!(take("POST", "/oauth/token"), None);
        let happened: Vec<_> = (0..4).map(|_| take("POST", "/projects/p/jobs").is_some()).collect();
        assert_eq!(happened, [false, true, true, false]);
    }

    #[test]
    fn a_fault_is_read_from_text() {
        let faults = Faults::default();
        faults.add("server-error=2@POST /jobs".parse().unwrap());
        let take = |method, path| faults.take(&Request::test(method, path), FaultPoint::Request);
        assert_eq!(take("GET", "/projects/p/jobs"), None);
        let happened = [1, 2, 3].map(|_| take("POST", "/projects/p/jobs"));
        let error = Some(FaultKind::ServerError(503));
        assert_eq!(happened, [error.clone(), error, None]);
        faults.add("expired-token=always".parse().unwrap());
        assert_eq!([1, 2].map(|_| take("GET", "/blocks")), [1, 2].map(|_| Some(FaultKind::ExpiredToken)));
        let message = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert!(
            message("lost-anwser").starts_with("there is no fault `lost-anwser`, but too-many-requests, ")
        );
        assert!(message("slow=often").starts_with("`often` is not how often"));
    }

    #[test]
    fn a_fault_waits_for_a_request_that_it_can_affect() {
        let faults = Faults::default();
        let list = Request::test("GET", "/projects/p/jobs");
        let take = |request: &Request, reply: &Reply| faults.take(request, FaultPoint::Answer(reply));
        faults.add(Fault::failing_job("FAILED"));
        faults.add(Fault::unknown_status("ODD"));
        let jobs = Reply::data(vec![json!({"status": "RUNNING"})]);
        assert_eq!(take(&Request::test("GET", "/blocks"), &jobs), None);
        assert_eq!(take(&list, &Reply::data(Vec::<serde_json::Value>::new())), None);
        assert_eq!(take(&list, &jobs), Some(FaultKind::UnknownStatus("ODD".into())));
        faults.add(Fault::malformed_json());
        assert_eq!(take(&list, &Reply::empty(204)), None);
        assert_eq!(take(&list, &Reply::file("image/jpeg", vec![1, 2])), None);
        assert_eq!(take(&list, &jobs), Some(FaultKind::MalformedJson));
        let create = Request::test("POST", "/projects/p/workflows/w/jobs/");
        assert_eq!(faults.take(&create, FaultPoint::Request), None);
        assert_eq!(faults.take(&create, FaultPoint::Job), Some(FaultKind::FailingJob("FAILED".into())));
    }
}
