//! Simulator of the UP42 platform: no account, no network, no cost.
//!
//! A [`Simulator`] is an HTTP server on this machine that implements UP42's API: logins, projects,
//! workflows, jobs, estimates, results, the classic catalog and the current STAC catalog, orders,
//! tasking, budgets and the storage. It has an archive of scenes for any place on Earth, and the
//! same request always finds the same scenes.
//!
//! ```
//! # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
//! use up42::simulator::Simulator;
//!
//! let simulator = Simulator::start()?;
//! assert!(simulator.api_url().starts_with("http://127.0.0.1:"));
//! # Ok::<(), up42::Error>(())
//! ```
//!
//! - [`Clock`]: speed of jobs, or a clock that moves only when it is advanced.
//! - [`Fault`]: fault to inject, its requests, and their number.
//! - [`Hold`]: request that waits, before or after it is carried out, until a test
//!   [releases](Held::release) it.
//! - [`Simulator::requests`], [`Simulator::ledger`] and [`Simulator::orders`]: requests received,
//!   jobs run and paid, and orders placed, for tests that count them.
//! - [`SimulatorBuilder`]: other seed or credits, real scenes and images.
//! - [`Distribution`], [`SimulatorBuilder::running_at_once`], [`SimulatorBuilder::failing_jobs`],
//!   [`SimulatorBuilder::budgets_enforced`], [`Simulator::accept_eula`],
//!   [`Simulator::add_foreign_jobs`], [`Simulator::add_credits`]: run times of jobs, failures, and
//!   changes by other users.
//!
//! Simulators share nothing, and the jobs of one that is dropped are lost, unless it has a
//! [folder](SimulatorBuilder::folder): the next simulator with the folder is the same platform. A
//! simulator sends no requests to other machines.
//!
//! UP42's own SDKs (up42-py 0.34.1, 0.37.2 and 4.3.0) run their documented flows against it
//! (`tests/sdk`). Not simulated are:
//!
//! - requests to webhooks: they are registered, but nothing is sent, so `trigger_test_events`
//!   reports no success;
//! - the effect of a process on an image: the result is the image;
//! - scenes of Sentinel-1, -3 and -5P: their blocks exist, and find nothing;
//! - jobs of the OGC server after the end of the program;
//! - orders of user-supplied scenes, and changes of budgets;
//! - purchases of credits through the API, and more than one account, workspace or project;
//! - jobs from assets or orders (they find nothing), the environments and the upload of blocks, and
//!   the effect of a processing block on a raster;
//! - renewing a login with a refresh token;
//! - rate limiting: only a [`Fault`] refuses requests;
//! - the search for assets by criteria that older SDKs dropped: geometry and date of acquisition;
//! - the plots of the SDKs, which send no requests, the upload of results to a bucket of Google
//!   Cloud Storage, and the region of Saudi Arabia;
//! - the `like` operator and the spatial operators of CQL2.

mod archives;
mod auth;
mod blocks;
mod budgets;
mod builder;
mod catalog;
mod clock;
mod clouds;
#[cfg(feature = "cli")]
pub mod command;
mod connection;
mod creation;
mod credits;
mod deliveries;
mod demand;
mod distribution;
mod estimate;
mod eulas;
mod fault;
mod foreign_jobs;
mod geotiff;
mod hold;
mod job;
mod job_json;
mod jobs;
mod noise;
mod ogc;
mod orders;
mod outputs;
mod pagination;
mod pattern;
mod persistence;
mod platform;
mod processing;
mod products;
mod projects;
mod queue;
mod quicklook;
mod reply;
mod request;
mod results;
mod routes;
mod seeded_rng;
mod server;
mod storage;
mod store;
mod terrain;
mod times;
mod webhooks;
mod workflows;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use builder::SimulatorBuilder;
pub use clock::Clock;
pub use distribution::Distribution;
pub use fault::{Fault, FaultKind};
pub use hold::{Held, Hold};

use platform::Platform;
use server::Server;
use up42_core::error::Result;
pub use up42_core::{Error, ErrorKind};

const PROJECT_ID: &str = "f19e833d-e698-4d9c-a037-2e6dbd8791ef";
const PROJECT_API_KEY: &str = "simulator-project-key";
const USERNAME: &str = "analyst@example.com";
const PASSWORD: &str = "simulator-password";
const OGC_KEY: &str = "simulator-ogc-key";

/// Running simulator. It stops when its last clone is dropped.
#[derive(Clone)]
pub struct Simulator(Arc<Running>);

struct Running {
    platform: Arc<Platform>,
    _server: Server,
    /// Folder for files of this simulator.
    folder: PathBuf,
    /// Whether the folder is removed with the simulator.
    is_temporary: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_temporary {
            // Usually the folder was never created.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Request that the simulator received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// HTTP method, such as `GET` or `POST`.
    pub method: String,
    /// Path as sent, without the query.
    pub path: String,
    /// HTTP status of the response; 0 if the connection was closed without one.
    pub status: u16,
    /// Whether the request was sent to the storage and not to the API.
    pub storage: bool,
}

/// Job in the platform's records.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// UUID.
    pub id: String,
    /// Name, from the request that created the job.
    pub name: Option<String>,
    /// Inputs of each task.
    pub inputs: serde_json::Value,
    /// Mode: `DEFAULT` or `DRY_RUN`.
    pub mode: String,
    /// Status at this moment, by the clock.
    pub status: String,
    /// Credits charged so far.
    pub credits: i64,
    /// Whether it is another user's job: see [`Simulator::add_foreign_jobs`].
    pub foreign: bool,
}

impl Simulator {
    /// Id of the only project.
    pub const PROJECT_ID: &'static str = PROJECT_ID;
    /// Key of [`PROJECT_ID`](Self::PROJECT_ID).
    pub const PROJECT_API_KEY: &'static str = PROJECT_API_KEY;
    /// User name of the only account.
    pub const USERNAME: &'static str = USERNAME;
    /// Password of [`USERNAME`](Self::USERNAME).
    pub const PASSWORD: &'static str = PASSWORD;
    /// Key of the OGC server, if it requires a login.
    pub const OGC_KEY: &'static str = OGC_KEY;

    /// Starts a simulator with the default settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if no port or thread is available.
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// Returns a builder to change the settings.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    fn running(platform: Arc<Platform>, server: Server, folder: Option<PathBuf>) -> Self {
        let is_temporary = folder.is_none();
        let own = || std::env::temp_dir().join(format!("up42-simulator-{}", uuid::Uuid::new_v4().simple()));
        let folder = folder.unwrap_or_else(own);
        Self(Arc::new(Running { platform, _server: server, folder, is_temporary }))
    }

    /// Returns the path of a folder that is removed with the simulator, unless it is that of
    /// [`SimulatorBuilder::folder`]. The caller creates it.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Returns the URL of the API, without a slash at the end.
    pub fn api_url(&self) -> &str {
        &self.0.platform.api_url
    }

    /// Returns the URL of the login: the same server as the API.
    pub fn auth_url(&self) -> &str {
        &self.0.platform.api_url
    }

    /// Returns the URL of a STAC API with the same scenes that requires no login, as those of other
    /// providers.
    pub fn stac_url(&self) -> String {
        format!("{}/stac/", self.api_url())
    }

    /// Returns the URL of a small OGC API - Processes server, which requires no login unless
    /// [`SimulatorBuilder::ogc_wants_login`] is set.
    pub fn ogc_url(&self) -> String {
        self.0.platform.ogc_url("")
    }

    /// Returns all processing jobs, oldest first.
    pub fn processing_ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.processing_ledger()
    }

    /// Returns all asynchronous jobs of the OGC server, oldest first.
    pub fn ogc_ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.ogc_ledger()
    }

    /// Returns the URL of the storage, to which signed URLs lead: another origin, which refuses a
    /// bearer token.
    pub fn storage_url(&self) -> &str {
        &self.0.platform.storage_url
    }

    /// Returns the platform's clock.
    pub fn clock(&self) -> &Clock {
        self.0.platform.set_clock();
        &self.0.platform.clock
    }

    /// Injects a fault.
    pub fn inject(&self, fault: Fault) {
        self.0.platform.faults.add(fault);
    }

    /// Stops requests until the test releases them, for instance to kill a client between the
    /// creation of its job and the response.
    pub fn hold(&self, hold: Hold) -> Held {
        self.0.platform.holds.add(hold)
    }

    /// Adds jobs of another user to the project, whatever its limit. They occupy slots and machines
    /// until they end, and cost nothing.
    ///
    /// ```
    /// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
    /// # use up42::simulator::{Clock, Simulator};
    /// let simulator = Simulator::builder().clock(Clock::manual()).start()?;
    /// simulator.add_foreign_jobs(3);
    /// assert!(simulator.ledger().iter().all(|job| job.foreign && job.status == "NOT_STARTED"));
    /// simulator.clock().advance(std::time::Duration::from_secs(3600));
    /// assert!(simulator.ledger().iter().all(|job| job.status == "SUCCEEDED"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn add_foreign_jobs(&self, jobs: usize) {
        self.0.platform.add_foreign_jobs(jobs);
    }

    /// Adds credits to the account, or removes some if the number is negative, for instance to let
    /// them run out in the middle of a batch.
    pub fn add_credits(&self, credits: i64) {
        self.0.platform.add_credits(credits);
    }

    /// Accepts a licence by its id, for as long as this program runs.
    pub fn accept_eula(&self, id: impl AsRef<str>) {
        self.0.platform.eulas.accept(id.as_ref());
    }

    /// Returns all orders, oldest first; `mode` is `ARCHIVE` or `TASKING`, and `inputs` are the
    /// order's parameters.
    pub fn orders(&self) -> Vec<LedgerEntry> {
        self.0.platform.order_ledger()
    }

    /// Returns all requests so far, in the order in which they were carried out.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.platform.requests()
    }

    /// Returns all jobs, oldest first.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.ledger()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("api_url", &self.api_url()).field("clock", self.clock()).finish()
    }
}
