//! Shared state of the handlers, and the steps of a request: faults, authorization, handler.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;

use super::archives::GivenArchive;
use super::auth::{Signer, WORKSPACE_ID};
use super::catalog::Catalog;
use super::catalog::given::Given;
use super::clock::Clock;
use super::distribution::Distribution;
use super::eulas::Eulas;
use super::fault::{FaultKind, FaultPoint, Faults};
use super::hold::Holds;
use super::ogc::OgcJobs;
use super::persistence::{LockedStoreFile, StoreFile};
use super::queue;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::API;
use super::storage::FileCache;
use super::store::Store;
use super::webhooks::Webhooks;
use super::{LedgerEntry, PROJECT_ID, RequestRecord};

/// Store, locked by one request.
pub(super) struct LockedStore<'a> {
    store: MutexGuard<'a, Store>,
    store_file: Option<LockedStoreFile<'a>>,
}

impl LockedStore<'_> {
    /// Adds credits to the account, or removes some if the number is negative.
    pub(super) fn add_credits(&mut self, credits: i64, at: Timestamp) {
        self.store.add_credits(credits, at);
        if let Some(store_file) = &self.store_file {
            store_file.add_credits(credits, at);
        }
    }
}

impl Deref for LockedStore<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl DerefMut for LockedStore<'_> {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

impl Drop for LockedStore<'_> {
    /// Writes the changes before a response is sent.
    fn drop(&mut self) {
        if let Some(store_file) = self.store_file.take() {
            store_file.close(&self.store);
        }
    }
}

/// Settings chosen by the user.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub seed: u64,
    pub clock: Clock,
    pub credits: i64,
    pub max_concurrent_jobs: u32,
    pub token_life: Duration,
    pub list_lag: Duration,
    pub run_times: Option<Distribution>,
    pub queue_times: Option<Distribution>,
    /// Number of jobs that run at the same time.
    pub machines: Option<usize>,
    /// Shares of jobs that fail and that hang, from 0 to 1.
    pub failing: f64,
    pub hanging: f64,
    /// Whether the job list of the OGC server omits the inputs.
    pub ogc_hides_inputs: bool,
    /// Whether the OGC server requires a login.
    pub ogc_wants_login: bool,
    /// Whether each order requires a budget.
    pub budgets_enforced: bool,
    /// Whether every licence is accepted.
    pub eulas_accepted: bool,
}

/// State of the platform.
pub(super) struct Platform {
    pub api_url: String,
    pub storage_url: String,
    pub seed: u64,
    pub clock: Clock,
    /// Delay until the list of jobs contains a new one.
    pub list_lag: Duration,
    pub run_times: Option<Distribution>,
    pub queue_times: Option<Distribution>,
    pub machines: Option<usize>,
    pub failing: f64,
    pub hanging: f64,
    pub ogc_hides_inputs: bool,
    pub ogc_wants_login: bool,
    pub ogc_jobs: OgcJobs,
    pub webhooks: Webhooks,
    pub signer: Signer,
    pub faults: Faults,
    pub holds: Holds,
    pub catalog: Catalog,
    pub eulas: Eulas,
    pub file_cache: FileCache,
    /// User-supplied archives, delivered in place of generated ones.
    pub archives: Vec<GivenArchive>,
    store: Mutex<Store>,
    /// File of the store, if it outlives the program.
    store_file: Option<StoreFile>,
    requests: Mutex<Vec<RequestRecord>>,
}

impl Platform {
    pub(super) fn new(
        config: Config,
        urls: (String, String),
        given: Given,
        archives: Vec<GivenArchive>,
        store_file: Option<StoreFile>,
    ) -> Self {
        let (api_url, storage_url) = urls;
        let opened = store_file.as_ref().map_or(config.clock.now(), |store_file| store_file.opened());
        Self {
            seed: config.seed,
            signer: Signer::new(config.token_life),
            faults: Faults::default(),
            holds: Holds::default(),
            catalog: Catalog::new(config.seed, given),
            eulas: Eulas::new(config.eulas_accepted),
            file_cache: FileCache::default(),
            archives,
            store: Mutex::new(Store::open(&config, opened)),
            store_file,
            requests: Mutex::default(),
            clock: config.clock,
            list_lag: config.list_lag,
            run_times: config.run_times,
            queue_times: config.queue_times,
            machines: config.machines,
            failing: config.failing,
            hanging: config.hanging,
            ogc_hides_inputs: config.ogc_hides_inputs,
            ogc_wants_login: config.ogc_wants_login,
            ogc_jobs: OgcJobs::default(),
            webhooks: Webhooks::default(),
            api_url,
            storage_url,
        }
    }

    /// Locks the store and charges everything that is due.
    pub(super) fn store(&self) -> LockedStore<'_> {
        let mut store = self.store.lock().unwrap_or_else(|broken| broken.into_inner());
        let store_file = self
            .store_file
            .as_ref()
            .map(|store_file| store_file.open(&mut store, &self.clock, &self.catalog.archive));
        let now = self.clock.now();
        queue::move_up(&mut store.jobs, now, self.machines);
        store.settle(now);
        LockedStore { store, store_file }
    }

    /// Sets the clock by those of other programs with the same platform.
    pub(super) fn set_clock(&self) {
        if self.store_file.is_some() {
            drop(self.store());
        }
    }

    pub(super) fn ledger(&self) -> Vec<LedgerEntry> {
        let store = self.store();
        let now = self.clock.now();
        store.jobs.iter().map(|job| job.ledger_entry(now)).collect()
    }

    pub(super) fn processing_ledger(&self) -> Vec<LedgerEntry> {
        let now = self.clock.now();
        self.store().processing.iter().map(|job| job.ledger_entry(now)).collect()
    }

    pub(super) fn ogc_ledger(&self) -> Vec<LedgerEntry> {
        let now = self.clock.now();
        self.ogc_jobs.lock().iter().map(|job| job.ledger_entry(now)).collect()
    }

    pub(super) fn requests(&self) -> Vec<RequestRecord> {
        self.requests.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Records a request and returns its number.
    pub(super) fn record(&self, request: &Request, status: u16) -> usize {
        let mut requests = self.requests.lock().unwrap_or_else(|broken| broken.into_inner());
        let (method, path) = (request.method.clone(), request.path.clone());
        requests.push(RequestRecord { method, path, status, storage: request.to_storage });
        requests.len()
    }

    /// Carries out a request; also returns the fault of its response.
    pub(super) fn answer(&self, request: &Request) -> (Reply, Option<FaultKind>) {
        self.set_clock();
        let instead = self.faults.take(request, FaultPoint::Request);
        if let Some(refusal) = instead.and_then(|fault| self.refusal(&fault)) {
            return (refusal.formatted_for(request), None);
        }
        let answer = match request.to_storage {
            true => self.storage(request),
            false => self.api(request),
        };
        let reply = answer.unwrap_or_else(|refusal| refusal).formatted_for(request);
        match self.faults.take(request, FaultPoint::Answer(&reply)) {
            Some(FaultKind::UnknownStatus(status)) => (reply.with_job_status(&status), None),
            Some(FaultKind::MalformedJson) => (reply.halved(), None),
            fault => (reply, fault),
        }
    }

    /// Returns the response of a fault that prevents a request from being carried out.
    fn refusal(&self, fault: &FaultKind) -> Option<Reply> {
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
            | FaultKind::CutOffAfter(_)
            | FaultKind::LostAnswer
            | FaultKind::MalformedJson
            | FaultKind::FailingJob(_)
            | FaultKind::HangingJob
            | FaultKind::UnknownStatus(_) => None,
        }
    }

    fn api(&self, request: &Request) -> Answer {
        if !request.is_public() {
            self.authorize(request)?;
        }
        self.check_scope(request)?;
        API.answer(&request.method, self, request).unwrap_or_else(|| match API.has_path(request) {
            true => Err(wrong_method(request)),
            false => Err(not_found(request)),
        })
    }

    /// Fails below a project or a workspace that does not exist, and below an OGC server without
    /// its login, whether or not the path exists.
    fn check_scope(&self, request: &Request) -> Result<(), Reply> {
        match request.parts().as_slice() {
            ["projects", project, rest @ ..] if *project != PROJECT_ID => {
                Err(super::projects::unknown(project, rest))
            }
            ["workspaces", workspace, ..] if *workspace != WORKSPACE_ID => {
                Err(Reply::refused(404, 404, format!("Workspace not found for id {workspace}")))
            }
            ["ogc", ..] => self.check_ogc_login(request),
            _ => Ok(()),
        }
    }
}

fn wrong_method(request: &Request) -> Reply {
    Reply::refused(405, 405, format!("Request method '{}' not supported", request.method))
}

/// Returns the error for an unknown path, in the format of its part of the API.
fn not_found(request: &Request) -> Reply {
    match request.parts().first() {
        Some(&("v2" | "stac")) => Reply::problem(404, "Resource does not exist."),
        Some(&"ogc") => super::ogc::no_such_path(),
        _ => Reply::not_found(),
    }
}
