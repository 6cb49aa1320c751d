//! What everything shares, and which request goes where.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::auth::Mint;
use super::books::Books;
use super::call::Call;
use super::catalog::Catalog;
use super::catalog::given::Given;
use super::clock::Clock;
use super::fault::{FaultKind, Faults};
use super::reply::{Answer, Reply};
use super::storage::Store;
use super::{LedgerEntry, PROJECT_ID, RequestRecord};

/// What the user chose.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub seed: u64,
    pub clock: Clock,
    pub credits: i64,
    pub max_concurrent_jobs: u32,
    pub token_life: Duration,
}

/// The state behind the API.
pub(super) struct Platform {
    pub api_url: String,
    pub storage_url: String,
    pub seed: u64,
    pub clock: Clock,
    pub mint: Mint,
    pub faults: Faults,
    pub catalog: Catalog,
    pub store: Store,
    /// Archives to deliver in place of drawn ones.
    pub archives: Vec<PathBuf>,
    books: Mutex<Books>,
    requests: Mutex<Vec<RequestRecord>>,
}

impl Platform {
    pub(super) fn new(config: Config, urls: (String, String), given: Given, archives: Vec<PathBuf>) -> Self {
        let (api_url, storage_url) = urls;
        let now = config.clock.now();
        Self {
            seed: config.seed,
            mint: Mint::new(config.token_life),
            faults: Faults::default(),
            catalog: Catalog::new(config.seed, given),
            store: Store::default(),
            archives,
            books: Mutex::new(Books::open(&config, now)),
            requests: Mutex::default(),
            clock: config.clock,
            api_url,
            storage_url,
        }
    }

    /// The books, with everything charged that is due by now.
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.books.lock().unwrap_or_else(|broken| broken.into_inner());
        books.settle(self.clock.now());
        books
    }

    pub(super) fn ledger(&self) -> Vec<LedgerEntry> {
        let now = self.clock.now();
        self.books().jobs.iter().map(|job| job.ledger_entry(now)).collect()
    }

    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        self.requests.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Writes a request down and gives it a number.
    pub(super) fn record(&self, method: String, path: String, status: u16, storage: bool) -> usize {
        let mut requests = self.requests.lock().unwrap_or_else(|broken| broken.into_inner());
        requests.push(RequestRecord { method, path, status, storage });
        requests.len()
    }

    /// The answer of a fault that keeps a request from being carried out.
    pub(super) fn refusal(&self, fault: &FaultKind) -> Option<Reply> {
        match fault {
            FaultKind::TooManyRequests { retry_after } => {
                let reply = Reply::refused(429, 429, "Too many requests");
                Some(match retry_after {
                    Some(seconds) => reply.with_header("retry-after", seconds.to_string()),
                    None => reply,
                })
            }
            FaultKind::ServerError(status) => {
                Some(Reply::refused(*status, *status, "The service is temporarily unavailable"))
            }
            FaultKind::ExpiredToken => Some(self.expired_token()),
            FaultKind::ExpiredUrl => Some(super::storage::expired()),
            FaultKind::Slow(_)
            | FaultKind::CutOff
            | FaultKind::LostAnswer
            | FaultKind::MalformedJson
            | FaultKind::FailingJob(_)
            | FaultKind::UnknownStatus(_) => None,
        }
    }

    /// Carries a request out.
    pub(super) fn answer(&self, call: &Call, fault: Option<&FaultKind>) -> Reply {
        let answer = match call.to_storage {
            true => self.storage(call),
            false => self.api(call, fault),
        };
        let reply = answer.unwrap_or_else(|refusal| refusal);
        match fault {
            Some(FaultKind::UnknownStatus(status)) => reply.with_job_status(status),
            _ => reply,
        }
    }

    fn api(&self, call: &Call, fault: Option<&FaultKind>) -> Answer {
        let path = call.parts();
        match (call.method.as_str(), path.as_slice()) {
            ("POST", ["oauth", "token"]) => return self.classic_token(call),
            ("POST", ["realms", "public", "protocol", "openid-connect", "token"]) => {
                return self.account_token(call);
            }
            _ => self.authorize(call)?,
        }
        match (call.method.as_str(), path.as_slice()) {
            ("GET", ["realms", "public", "protocol", "openid-connect", "userinfo"]) => self.user_info(),
            ("GET", ["users", "me"]) => self.user(),
            ("GET", ["accounts", "me", "credits", "balance"]) => self.balance(),
            ("GET", ["accounts", "me", "credits", "history"]) => self.credit_history(call),
            ("GET", ["v2", "payments", "balances"]) => self.balance_v2(),
            ("GET", ["blocks"]) => self.blocks(),
            ("GET", ["blocks", block]) => self.block(block),
            ("POST", ["catalog", "stac", "search"]) => self.classic_search(call, None),
            ("POST", ["catalog", "hosts", host, "stac", "search"]) => self.classic_search(call, Some(host)),
            ("GET", ["catalog", _, "image", id, "quicklook"]) => self.classic_quicklook(id),
            (_, ["v2", "catalog", rest @ ..]) => self.stac(call, rest),
            (_, ["projects", project, rest @ ..]) => self.project(call, project, rest, fault),
            (_, ["catalog", "stac", "search"] | ["blocks", ..] | ["users", "me"]) => Err(wrong_method(call)),
            _ => Err(Reply::json(404, &serde_json::json!({"data": null, "error": "Not found!"}))),
        }
    }

    fn project(&self, call: &Call, project: &str, rest: &[&str], fault: Option<&FaultKind>) -> Answer {
        if project != PROJECT_ID {
            return Err(super::projects::unknown(project, rest));
        }
        match (call.method.as_str(), rest) {
            ("GET", []) => self.project_info(),
            ("GET", ["settings"]) => self.settings(),
            ("PUT", ["settings"]) => self.put_settings(call),
            ("POST", ["settings"]) => self.post_settings(call),
            ("POST", ["estimate", "job"]) => self.estimate_job(call),
            (_, ["workflows", rest @ ..]) => self.workflows(call, rest, fault),
            (_, ["jobs", rest @ ..]) => self.jobs(call, rest),
            (_, [] | ["settings"] | ["estimate", "job"]) => Err(wrong_method(call)),
            _ => Err(Reply::json(404, &serde_json::json!({"data": null, "error": "Not found!"}))),
        }
    }
}

pub(super) fn wrong_method(call: &Call) -> Reply {
    Reply::refused(405, 405, format!("Request method '{}' not supported", call.method))
}
