//! The whole platform in a box: no account, no network, no cost.
//!
//! A [`Simulator`] is an HTTP server on this machine that answers as UP42 does:
//! logins, projects, workflows, jobs, prices, results, the catalog of yesterday
//! and the STAC catalog of today, orders, tasking, budgets and the storage. It has an
//! archive of scenes for any place on Earth, and the same request finds the same scenes
//! every time.
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
//! - [`Clock`]: how fast jobs run, or that they only move when told to.
//! - [`Fault`]: what shall go wrong, where, and how often.
//! - [`Hold`]: a request that waits, before or after it is carried out, until a test
//!   [releases](Held::release) it.
//! - [`Simulator::requests`] and [`Simulator::ledger`]: what was asked and what
//!   was run and paid, for tests that count; [`Simulator::orders`] what was bought.
//! - [`SimulatorBuilder`]: another seed, other credits, real scenes and images.
//! - [`Distribution`], [`SimulatorBuilder::running_at_once`],
//!   [`SimulatorBuilder::failing_jobs`], [`SimulatorBuilder::budgets_enforced`],
//!   [`Simulator::accept_eula`], [`Simulator::add_foreign_jobs`],
//!   [`Simulator::add_credits`]: how long jobs take, and what may become of them.
//!
//! Each simulator is a world of its own: two of them share nothing, and one that
//! is dropped takes its jobs along, unless it has a [folder](SimulatorBuilder::folder):
//! then whoever starts the next one there has the same platform. It never leaves this
//! machine.
//!
//! UP42's own SDKs (up42-py 0.34.1, 0.37.2 and 4.3.0) run their documented flows against it
//! (`tests/sdk`). What it does not simulate:
//!
//! - requests to webhooks: they are registered, and nothing leaves this machine, so
//!   `trigger_test_events` tells of no success;
//! - what a process does to an image: the result is the image;
//! - scenes of Sentinel-1, -3 and -5P: their blocks are known, and find nothing;
//! - jobs of the OGC server after the end of the program;
//! - orders of given scenes, and changes of budgets;
//! - purchases of credits through the API, and more than one account, workspace or project;
//! - jobs from assets or orders (they find nothing), the environments and the upload
//!   of blocks, and what a processing block does to a raster;
//! - renewing a login with a refresh token;
//! - rate limiting: no request is one too many unless a [`Fault`] says so;
//! - the search for assets by what older SDKs gave up: geometry and date of acquisition;
//! - the plots of the SDKs, which ask nothing of the platform, the upload of results to a
//!   bucket of Google's, and the region of Saudi Arabia;
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
mod seeded_rng;
mod serde_helpers;
mod server;
mod storage;
mod store;
mod terrain;
mod times;
mod webhooks;
mod workflows;
mod workspaces;

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

/// A running platform. It stops when its last clone is dropped.
#[derive(Clone)]
pub struct Simulator(Arc<Running>);

struct Running {
    platform: Arc<Platform>,
    _server: Server,
    /// For what belongs to this simulator alone.
    folder: PathBuf,
    /// Whether it goes with the simulator.
    is_temporary: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_temporary {
            // Mostly nobody made it.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// HTTP status of the answer; 0 if the connection was closed without one.
    pub status: u16,
    /// Whether it went to the storage and not to the API.
    pub storage: bool,
}

/// A job, from the platform's records.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// UUID.
    pub id: String,
    /// As given with the request that created it.
    pub name: Option<String>,
    /// What each task was asked to do.
    pub inputs: serde_json::Value,
    /// `DEFAULT` or `DRY_RUN`.
    pub mode: String,
    /// By the clock at this moment.
    pub status: String,
    /// Charged so far.
    pub credits: i64,
    /// Somebody else's: see [`Simulator::add_foreign_jobs`].
    pub foreign: bool,
}

impl Simulator {
    /// The id of the only project.
    pub const PROJECT_ID: &'static str = PROJECT_ID;
    /// The key that belongs to [`PROJECT_ID`](Self::PROJECT_ID).
    pub const PROJECT_API_KEY: &'static str = PROJECT_API_KEY;
    /// The user name of the only account.
    pub const USERNAME: &'static str = USERNAME;
    /// The password that belongs to [`USERNAME`](Self::USERNAME).
    pub const PASSWORD: &'static str = PASSWORD;
    /// What opens the OGC server, where it wants a login.
    pub const OGC_KEY: &'static str = OGC_KEY;

    /// Starts a platform with everything as it comes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when no port or thread is to be had.
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// A platform with other settings.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    fn running(platform: Arc<Platform>, server: Server, folder: Option<PathBuf>) -> Self {
        let is_temporary = folder.is_none();
        let own = || std::env::temp_dir().join(format!("up42-simulator-{}", uuid::Uuid::new_v4().simple()));
        let folder = folder.unwrap_or_else(own);
        Self(Arc::new(Running { platform, _server: server, folder, is_temporary }))
    }

    /// A folder that lives as long as the platform; whoever wants it makes it.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Where the API listens, without a slash at the end.
    pub fn api_url(&self) -> &str {
        &self.0.platform.api_url
    }

    /// Where accounts log in: the same server as the API.
    pub fn auth_url(&self) -> &str {
        &self.0.platform.api_url
    }

    /// A STAC API that wants no login, as those of other providers: the same scenes.
    pub fn stac_url(&self) -> String {
        format!("{}/stac/", self.api_url())
    }

    /// A small OGC API - Processes server, which wants no login.
    pub fn ogc_url(&self) -> String {
        self.0.platform.ogc_url("")
    }

    /// Every processing job, oldest first.
    pub fn processing_ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.processing_ledger()
    }

    /// Every job of the OGC server, oldest first.
    pub fn ogc_ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.ogc_ledger()
    }

    /// Where signed URLs lead: another origin, which refuses a bearer token.
    pub fn storage_url(&self) -> &str {
        &self.0.platform.storage_url
    }

    /// The platform's time.
    pub fn clock(&self) -> &Clock {
        self.0.platform.set_clock();
        &self.0.platform.clock
    }

    /// Lets something go wrong.
    pub fn inject(&self, fault: Fault) {
        self.0.platform.faults.add(fault);
    }

    /// Stops requests until the test releases them, for instance to kill a client between the
    /// moment when its job is created and the moment when it learns of it.
    pub fn hold(&self, hold: Hold) -> Held {
        self.0.platform.holds.add(hold)
    }

    /// Somebody else begins so many jobs in the project, whatever its limit. They take
    /// slots and machines until they end, and cost nothing.
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

    /// Somebody buys credits for the account, or spends some when the number is negative:
    /// so they can run out in the middle of a batch.
    pub fn add_credits(&self, credits: i64) {
        self.0.platform.add_credits(credits);
    }

    /// The account accepts a licence, by its id, for as long as this program runs.
    pub fn accept_eula(&self, id: impl AsRef<str>) {
        self.0.platform.eulas.accept(id.as_ref());
    }

    /// Every order ever placed, oldest first; `mode` is `ARCHIVE` or `TASKING`, and `inputs`
    /// are its parameters.
    pub fn orders(&self) -> Vec<LedgerEntry> {
        self.0.platform.order_ledger()
    }

    /// Every request so far, in the order in which they were carried out.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.0.platform.requests()
    }

    /// Every job ever created, oldest first.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.0.platform.ledger()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("api_url", &self.api_url()).field("clock", self.clock()).finish()
    }
}
