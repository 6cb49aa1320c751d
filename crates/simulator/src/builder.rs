//! Settings of a simulator.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Simulator;
use super::archives::GivenArchive;
use super::catalog::given::Given;
use super::clock::Clock;
use super::distribution::Distribution;
use super::persistence::StoreFile;
use super::platform::{Config, Platform};
use super::server::Ports;
use up42_core::error::{Context, Result};

/// Settings of a [`Simulator`] before it starts.
///
/// ```
/// # mod up42 { pub use up42_simulator::{self as simulator, Error}; }
/// use up42::simulator::{Clock, Simulator};
///
/// let simulator = Simulator::builder().seed(7).credits(500).clock(Clock::manual()).start()?;
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SimulatorBuilder {
    config: Config,
    scenes: Vec<PathBuf>,
    quicklooks: Vec<PathBuf>,
    results: Option<PathBuf>,
    folder: Option<PathBuf>,
    port: Option<u16>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        let config = Config {
            seed: 42,
            clock: Clock::default(),
            credits: 100_000,
            max_concurrent_jobs: 10,
            token_life: Duration::from_secs(300),
            list_lag: Duration::ZERO,
            run_times: None,
            queue_times: None,
            machines: None,
            failing: 0.0,
            hanging: 0.0,
            ogc_hides_inputs: false,
            ogc_wants_login: false,
            budgets_enforced: false,
            eulas_accepted: false,
        };
        Self { config, scenes: Vec::new(), quicklooks: Vec::new(), results: None, folder: None, port: None }
    }
}

impl SimulatorBuilder {
    /// Sets the seed, which determines the archive and all durations; default 42.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// Adds real scenes from a file with one STAC item per line, served as they are. May be called
    /// more than once.
    pub fn scenes(mut self, ndjson: impl AsRef<Path>) -> Self {
        self.scenes.push(ndjson.as_ref().to_path_buf());
        self
    }

    /// Adds real quicklooks from a folder whose `index.json` lists images and their items. The
    /// items become part of the catalog. May be called more than once.
    pub fn quicklooks(mut self, dir: impl AsRef<Path>) -> Self {
        self.quicklooks.push(dir.as_ref().to_path_buf());
        self
    }

    /// Delivers the `.tgz` and `.zip` archives of this folder for finished jobs, in place of
    /// generated ones. The archive is chosen by the inputs of the job; equal jobs get one archive
    /// after another.
    pub fn results(mut self, dir: impl AsRef<Path>) -> Self {
        self.results = Some(dir.as_ref().to_path_buf());
        self
    }

    /// Stores the platform in a folder, so that it outlives this program: workflows, jobs, orders,
    /// credits and clock, and the journals of a client's batches. Another simulator with the same
    /// folder, after a restart of the kernel or at the same time, is the same platform. Its jobs
    /// continue in between, by the clock.
    ///
    /// An advance of the clock by one program is visible to the others after its next request.
    ///
    /// The settings with which the folder was created stay: seed, credits, limit of jobs, and
    /// clock. Each program has its own faults, list of requests, real scenes and archives, and its
    /// own settings for the jobs that it creates: [`run_times`](Self::run_times),
    /// [`queue_times`](Self::queue_times), [`running_at_once`](Self::running_at_once),
    /// [`failing_jobs`](Self::failing_jobs), [`hanging_jobs`](Self::hanging_jobs),
    /// [`list_lag`](Self::list_lag).
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_path_buf());
        self
    }

    /// Sets the clock; default 60 times as fast as real time.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// Sets the balance of the account in credits; default 100,000. With a balance of less than
    /// 1,000, jobs of workflows are refused, except test queries.
    pub fn credits(mut self, credits: i64) -> Self {
        self.config.credits = credits;
        self
    }

    /// Sets the project's `MAX_CONCURRENT_JOBS`, 1 to 1,000; default 10.
    pub fn max_concurrent_jobs(mut self, jobs: u32) -> Self {
        self.config.max_concurrent_jobs = jobs;
        self
    }

    /// Sets the distribution of the run times of jobs. By default half of the jobs run for less
    /// than 75 s and most for 40 to 150 s. Test queries take a sixth of it. The guess behind an
    /// estimate is wrong by up to 30 %; the run time is within the estimate's bounds.
    pub fn run_times(mut self, times: Distribution) -> Self {
        self.config.run_times = Some(times);
        self
    }

    /// Sets the distribution of the time for which jobs are queued; default 3 to 12 s.
    pub fn queue_times(mut self, times: Distribution) -> Self {
        self.config.queue_times = Some(times);
        self
    }

    /// Sets the number of jobs that run at the same time; by default all accepted jobs. The others
    /// are `PENDING` and start in the order of their creation.
    pub fn running_at_once(mut self, jobs: usize) -> Self {
        self.config.machines = Some(jobs);
        self
    }

    /// Sets the share of jobs that fail, from 0 to 1; default 0. The failing jobs are determined by
    /// the seed and the inputs, and a job that is created again has another chance. Test queries
    /// never fail.
    pub fn failing_jobs(mut self, share: f64) -> Self {
        self.config.failing = share;
        self
    }

    /// Sets the share of jobs that run until they are cancelled, from 0 to 1; default 0. They are
    /// determined as those of [`failing_jobs`](Self::failing_jobs). Applies to jobs of workflows
    /// and to orders.
    pub fn hanging_jobs(mut self, share: f64) -> Self {
        self.config.hanging = share;
        self
    }

    /// Refuses orders without a budget, as in accounts that enforce budgets. By default a budget is
    /// optional.
    pub fn budgets_enforced(mut self) -> Self {
        self.config.budgets_enforced = true;
        self
    }

    /// Starts with all licences accepted. By default one of them is not accepted until
    /// [`Simulator::accept_eula`].
    pub fn eulas_accepted(mut self) -> Self {
        self.config.eulas_accepted = true;
        self
    }

    /// Sets the port of the API on this machine. The default is the last port of the
    /// [folder](Self::folder), if that is free, or else any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the lifetime of tokens; default five minutes.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.config.token_life = life;
        self
    }

    /// Sets the delay after which a new job or order is in its list, in real time (on a manual
    /// clock: in advanced time); default 0. A request for the job itself succeeds at once.
    pub fn list_lag(mut self, lag: Duration) -> Self {
        self.config.list_lag = lag;
        self
    }

    /// Omits the inputs of jobs from the job list of the [OGC server](Simulator::ogc_url), as the
    /// standard allows.
    pub fn ogc_hides_inputs(mut self) -> Self {
        self.config.ogc_hides_inputs = true;
        self
    }

    /// Requires a login at the [OGC server](Simulator::ogc_url): [`Simulator::OGC_KEY`] as a bearer
    /// token, in the header `X-API-Key`, or as the password of any user.
    pub fn ogc_wants_login(mut self) -> Self {
        self.config.ogc_wants_login = true;
        self
    }

    /// Starts the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be read or no port is free,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the content of a file is not
    /// valid.
    pub fn start(mut self) -> Result<Simulator> {
        let mut given = Given::default();
        for path in &self.scenes {
            given.read_items(path).with_context(|| format!("read scenes `{}`", path.display()))?;
        }
        for dir in &self.quicklooks {
            given.read_quicklooks(dir).with_context(|| format!("read quicklooks `{}`", dir.display()))?;
        }
        let archives = match &self.results {
            Some(dir) => {
                GivenArchive::all_in(dir).with_context(|| format!("read results `{}`", dir.display()))?
            }
            None => Vec::new(),
        };
        let store_file =
            self.folder.as_ref().map(|folder| StoreFile::of(folder, &mut self.config)).transpose()?;
        let ports = Ports::bind(self.port, self.folder.as_deref())?;
        let urls = (ports.api_url()?, ports.storage_url()?);
        let platform = Arc::new(Platform::new(self.config, urls, given, archives, store_file));
        let server = ports.serve(Arc::clone(&platform))?;
        Ok(Simulator::running(platform, server, self.folder))
    }
}
