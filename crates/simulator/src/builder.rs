//! How a simulator is set up.

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
    /// Another seed gives another archive and other durations.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// Adds real scenes: a file with one STAC item a line, served as they are.
    /// May be called more than once.
    pub fn scenes(mut self, ndjson: impl AsRef<Path>) -> Self {
        self.scenes.push(ndjson.as_ref().to_path_buf());
        self
    }

    /// Adds real quicklooks: a folder whose `index.json` lists files and the
    /// items they show. The items become part of the catalog.
    pub fn quicklooks(mut self, dir: impl AsRef<Path>) -> Self {
        self.quicklooks.push(dir.as_ref().to_path_buf());
        self
    }

    /// Delivers the `.tgz` and `.zip` archives of this folder for finished jobs, in
    /// place of drawn ones. Which one follows from the name and the inputs of the job;
    /// equal jobs get one after another.
    pub fn results(mut self, dir: impl AsRef<Path>) -> Self {
        self.results = Some(dir.as_ref().to_path_buf());
        self
    }

    /// Keeps the platform in a folder, so that it outlives this program: its workflows, jobs,
    /// credits and clock, and the journals of a client's batches. Who starts another with the
    /// same folder, after a restart of the kernel or beside it, has the same platform. Its
    /// jobs go on meanwhile, by the clock.
    ///
    /// What one program advances the clock by, the others see after its next request.
    ///
    /// What the folder was begun with stays: seed, credits, limit of jobs, and clock. Faults
    /// and the list of requests are each program's own, and so are real scenes and archives,
    /// which have to be given again, and what holds for the jobs that a program creates:
    /// [`run_times`](Self::run_times), [`queue_times`](Self::queue_times),
    /// [`running_at_once`](Self::running_at_once), [`failing_jobs`](Self::failing_jobs),
    /// [`hanging_jobs`](Self::hanging_jobs), [`list_lag`](Self::list_lag).
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_path_buf());
        self
    }

    /// How time passes; the default is sixty times as fast as real time.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// The account's balance; the default is 100,000. With less than 1000 no job runs
    /// but test queries.
    pub fn credits(mut self, credits: i64) -> Self {
        self.config.credits = credits;
        self
    }

    /// The project's `MAX_CONCURRENT_JOBS`, 1 to 1000; the default is 10.
    pub fn max_concurrent_jobs(mut self, jobs: u32) -> Self {
        self.config.max_concurrent_jobs = jobs;
        self
    }

    /// How long jobs run; unless set, half of them for less than 75 s and most for 40 to
    /// 150 s. Test queries take a sixth of it. What an estimate
    /// guesses is wrong by up to 30 %; its bounds hold.
    pub fn run_times(mut self, times: Distribution) -> Self {
        self.config.run_times = Some(times);
        self
    }

    /// How long jobs are queued before they could run; 3 to 12 s unless set.
    pub fn queue_times(mut self, times: Distribution) -> Self {
        self.config.queue_times = Some(times);
        self
    }

    /// How many jobs run at a time; as many as were accepted, unless set. The others are
    /// `PENDING` and start in the order of their creation.
    pub fn running_at_once(mut self, jobs: usize) -> Self {
        self.config.machines = Some(jobs);
        self
    }

    /// The share of jobs that fail, from 0 to 1; none unless set. Which ones follows from
    /// the seed and the inputs, and a job that is created again has another chance. Test
    /// queries never fail.
    pub fn failing_jobs(mut self, share: f64) -> Self {
        self.config.failing = share;
        self
    }

    /// The share of jobs that run for ever, or until they are cancelled, as
    /// [`failing_jobs`](Self::failing_jobs).
    pub fn hanging_jobs(mut self, share: f64) -> Self {
        self.config.hanging = share;
        self
    }

    /// Refuses orders that name no budget, as an account does that enforces them. Not unless
    /// set.
    pub fn budgets_enforced(mut self) -> Self {
        self.config.budgets_enforced = true;
        self
    }

    /// The account has accepted every licence from the beginning. One is left to accept unless
    /// set, and then [`Simulator::accept_eula`] accepts it.
    pub fn eulas_accepted(mut self) -> Self {
        self.config.eulas_accepted = true;
        self
    }

    /// The port of the API on this machine. Unless set, it is the one that the
    /// [folder](Self::folder) had the last time, if that is free, or else any.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// How long a token is good for; the default is five minutes.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.config.token_life = life;
        self
    }

    /// How long the list of jobs does not tell of a new one, in real time; at once unless
    /// set. The job itself can be asked for.
    pub fn list_lag(mut self, lag: Duration) -> Self {
        self.config.list_lag = lag;
        self
    }

    /// Lets the job list of the [OGC server](Simulator::ogc_url) tell no more than the standard
    /// wants: what a job was asked is not in it.
    pub fn ogc_hides_inputs(mut self) -> Self {
        self.config.ogc_hides_inputs = true;
        self
    }

    /// Lets the [OGC server](Simulator::ogc_url) want a login: [`Simulator::OGC_KEY`] as a bearer
    /// token, in the header `X-API-Key`, or as anybody's password.
    pub fn ogc_wants_login(mut self) -> Self {
        self.config.ogc_wants_login = true;
        self
    }

    /// Starts the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when a file cannot be read or no
    /// port is to be had, [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput)
    /// when a file is not what it should be.
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
