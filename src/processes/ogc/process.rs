use std::fmt;

use serde_json::Value;

use super::{OgcBackend, ProcessServer};
use crate::batch::{Batch, JobCollection, Listing};
use crate::client::{optional, required};
use crate::jobs::Job;
use crate::processes::list::is_async;
use crate::processes::rows::label;
use crate::processes::{ProcessInputs, ProcessRows};
use up42_core::error::{Context, Result};
use up42_core::sanitize::sanitize;

/// A process of an OGC API - Processes server: what it does, what it can be told, and what
/// comes of it.
#[derive(Clone)]
pub struct OgcProcess {
    server: ProcessServer,
    id: String,
    title: Option<String>,
    description: Option<String>,
    version: Option<String>,
    inputs: ProcessInputs,
    outputs: Vec<ProcessOutput>,
    is_async: bool,
}

/// One output of a process.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessOutput {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// Its media type, where the description tells, such as `image/tiff; application=geotiff`.
    pub media_type: Option<String>,
}

impl OgcProcess {
    pub(super) fn read(server: &ProcessServer, json: &Value) -> Result<Self> {
        let outputs = json.get("outputs").and_then(Value::as_object).into_iter().flatten();
        Ok(Self {
            server: server.clone(),
            id: required(json, "id")?,
            title: optional(json, "title"),
            description: optional(json, "description"),
            version: optional(json, "version"),
            inputs: ProcessInputs::read(json),
            outputs: outputs.map(|(name, json)| ProcessOutput::read(name, json)).collect(),
            is_async: is_async(json),
        })
    }

    /// The id that it has on its server.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// For people.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What it does.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Its version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What it can be told: types, how many values, defaults.
    pub fn inputs(&self) -> &ProcessInputs {
        &self.inputs
    }

    /// What comes of it.
    pub fn outputs(&self) -> &[ProcessOutput] {
        &self.outputs
    }

    /// Whether it can run while nobody waits. One that cannot answers each execution with its
    /// results, and leaves no job on the server.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// The server that it is on.
    pub fn server(&self) -> &ProcessServer {
        &self.server
    }

    /// The jobs of the process on its server, whoever began them, and those of this client's
    /// batches that were answered at once, which the server need not know; of a process that
    /// only runs while one waits, the latter alone. It is a collection like that of a batch. Why
    /// they failed is another question for each:
    /// [`JobCollection::with_details`](crate::batch::JobCollection::with_details).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the server keeps no list and no
    /// answers were kept, and the errors of the network.
    pub fn jobs(&self) -> Result<JobCollection> {
        let service = OgcBackend::of(self);
        let (mut jobs, mut listing) = (Vec::new(), Listing::new(&*service));
        let context = || format!("process `{}`", self.id);
        while let Some(page) = listing.page().with_context(context)? {
            let is_ours = |job: &Job| job.workflow_id.as_deref() == Some(self.id.as_str());
            jobs.extend(page.into_iter().filter(is_ours));
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.created));
        let jobs = JobCollection::listed(service, &self.id, jobs).of("Process");
        Ok(jobs.called(|job| label(&job.inputs)))
    }

    /// A batch of executions, one for each row. Nothing is sent yet. They are checked against
    /// the process's description, as far as that tells.
    ///
    /// Ten at a time are unfinished unless [`max_concurrent`](Batch::max_concurrent) says
    /// otherwise: servers of the standard tell no limit. They have no prices, so there is
    /// nothing to [estimate](Batch::estimate) or to [budget](Batch::budget).
    ///
    /// The standard's jobs have no names. One whose answer was lost is found again where the
    /// server's list repeats what its jobs were asked: the only new job that was asked the
    /// same is it. Where the list does not, the execution is sent again if the list has no job
    /// of the process that is not accounted for, and otherwise it is
    /// [`Unproven`](crate::batch::Outcome::Unproven): look into the server's list, and then
    /// [`retry_failed`](Batch::retry_failed).
    ///
    /// A process that only runs while one waits for its answer (`sync-execute`) is asked by one
    /// request for each job, at most 16 at a time (when these have answered, the next are sent);
    /// [`Endpoint::timeout`](crate::client::Endpoint::timeout) says for how long. Its answers are kept
    /// beside the journal, since the server keeps none, and are found there by a batch that goes
    /// on after its program was killed. An execution whose answer was lost leaves nothing to find
    /// it by, so it is always `Unproven`, once five times [`settle`](Batch::settle) have passed.
    ///
    /// ```
    /// # use up42::{simulator::Simulator, serde_json::json};
    /// # let simulator = Simulator::start()?;
    /// # let client = up42::Client::builder().simulator(simulator.clone()).build()?;
    /// # let url = simulator.ogc_url();
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let distance = client.processes(url)?.process("distance")?;
    /// assert!(!distance.is_async());
    /// let one = vec![json!({"from": [0, 0], "to": [3, 4]})];
    /// let results = distance.batch("one distance", one)?.run()?.download_results(folder)?;
    /// assert_eq!(results.iter().next().unwrap().properties["value"], 5.0);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// The journal keeps the rows as they were passed, because jobs are sent with them also after
    /// a restart: a signed URL among them stays in it as long as the file is there. On Unix only
    /// its owner may read the file (mode 0600). No display, frame or error tells such a URL.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there are no rows, or
    /// two that are the same, and when a row has what the process would refuse.
    pub fn batch(&self, name: impl Into<String>, rows: impl Into<ProcessRows>) -> Result<Batch> {
        let batch = || Batch::of(OgcBackend::of(self), name, rows.into().jobs(&self.inputs)?);
        batch().with_context(|| format!("process `{}`", self.id))
    }
}

impl ProcessOutput {
    fn read(name: &str, json: &Value) -> Self {
        let schema = json.get("schema").unwrap_or(&Value::Null);
        Self {
            name: name.to_owned(),
            title: optional(json, "title"),
            media_type: optional(schema, "contentMediaType"),
        }
    }

    /// Whether it comes as bytes that are not looked into.
    pub(super) fn is_binary(&self) -> bool {
        let kind = self.media_type.as_deref().map(str::to_ascii_lowercase);
        kind.is_some_and(|kind| !kind.contains("json") && !kind.starts_with("text/"))
    }
}

impl fmt::Debug for ProcessOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.media_type.as_deref().unwrap_or("any kind");
        write!(f, "{}: {}", sanitize(&self.name, 80), sanitize(kind, 80))
    }
}

impl fmt::Debug for OgcProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OgcProcess({} of {:?})", sanitize(&self.id, 200), self.server)
    }
}
