//! How a simulator is set up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Simulator;
use super::archives::GivenArchive;
use super::catalog::given::Given;
use super::clock::Clock;
use super::platform::{Config, Platform};
use super::server::Ports;
use crate::error::{Context, Result};

/// Settings of a [`Simulator`] before it starts.
///
/// ```
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
        };
        Self { config, scenes: Vec::new(), quicklooks: Vec::new(), results: None }
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

    /// Starts the platform.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when a file cannot be read or no
    /// port is to be had, [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput)
    /// when a file is not what it should be.
    pub fn start(self) -> Result<Simulator> {
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
        let ports = Ports::bind()?;
        let urls = (ports.api_url()?, ports.storage_url()?);
        let platform = Arc::new(Platform::new(self.config, urls, given, archives));
        let server = ports.serve(Arc::clone(&platform))?;
        Ok(Simulator::running(platform, server))
    }
}
