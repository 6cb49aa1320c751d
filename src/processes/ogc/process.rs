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

/// Process of an OGC API - Processes server: description, inputs and outputs.
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

/// Output of a process.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessOutput {
    /// Name of the output.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Media type, if the description states it, such as `image/tiff; application=geotiff`.
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

    /// Returns the id on the server.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the title for people.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Returns the description of the process.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the version of the process.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the inputs: types, numbers of values, defaults.
    pub fn inputs(&self) -> &ProcessInputs {
        &self.inputs
    }

    /// Returns the outputs.
    pub fn outputs(&self) -> &[ProcessOutput] {
        &self.outputs
    }

    /// Returns whether the process supports asynchronous execution. A synchronous process responds
    /// to each execution with its results, and creates no job on the server.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns the process's server.
    pub fn server(&self) -> &ProcessServer {
        &self.server
    }

    /// Returns the jobs of the process, newest first: all jobs in the server's list, and the
    /// synchronous executions of this client's batches. A synchronous process has only the latter.
    /// The reasons of failures need one more request per job:
    /// [`JobCollection::with_details`](crate::batch::JobCollection::with_details).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the server has no list of jobs and no
    /// responses are stored, [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the
    /// connection.
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

    /// Creates a batch of executions, one per row. Nothing is sent yet. Rows are checked against
    /// the process description.
    ///
    /// The default limit of unfinished jobs is 10, because servers of the standard state none; see
    /// [`max_concurrent`](Batch::max_concurrent). The executions have no prices:
    /// [estimate](Batch::estimate) and [spending limit](Batch::max_credits) do not apply.
    ///
    /// Jobs of the standard have no names. After a lost response the batch looks in the server's
    /// list for the only new job with the same inputs. If the list does not state inputs, the
    /// execution is sent again if the list has no unaccounted job of the process. Otherwise the job
    /// becomes [`Unproven`](crate::batch::Outcome::Unproven): check the server's list, then call
    /// [`retry_failed`](Batch::retry_failed).
    ///
    /// A synchronous process (`sync-execute` only) gets one request per job, at most 16 at a time;
    /// the next ones are sent when all of these have responses. Their timeout is
    /// [`Endpoint::timeout`](crate::client::Endpoint::timeout). The server does not keep the
    /// responses, so they are stored beside the journal, and a batch that is resumed after its
    /// program was killed finds them there. An execution whose response was lost cannot be found,
    /// so it always becomes `Unproven`, after five times [`lost_job_timeout`](Batch::lost_job_timeout).
    ///
    /// ```
    /// # use up42::{simulator::Simulator, serde_json::json};
    /// # let simulator = Simulator::start()?;
    /// # let client = up42::Client::builder().simulator(simulator.clone()).build()?;
    /// # let url = simulator.ogc_url();
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let distance = client.process_server(url)?.process("distance")?;
    /// assert!(!distance.is_async());
    /// let one = vec![json!({"from": [0, 0], "to": [3, 4]})];
    /// let results = distance.batch("one distance", one)?.run()?.download_results(folder)?;
    /// assert_eq!(results.iter().next().unwrap().properties["value"], 5.0);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// The journal contains the rows unchanged, because jobs are also sent after a restart: a
    /// signed URL in a row stays in the file until the file is deleted. On Unix only the owner can
    /// read the file (mode 0600). Displays, DataFrames and errors do not contain such URLs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there are no rows, if two
    /// rows are the same, or if a row does not match the process description.
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

    /// Returns whether the output is binary: neither JSON nor text.
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
