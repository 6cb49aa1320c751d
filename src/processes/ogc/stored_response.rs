//! Responses of synchronous executions. The server does not keep them, so they are stored beside
//! the journals, before the journal refers to them. After a killed program they are found by the
//! job's name.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::client::{Client, optional};
use crate::jobs::{Job, JobId, JobStatus};
use crate::transport::Response;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file::AtomicFile;
use up42_core::hash::hex;
use up42_core::limits::ReadBudget;
use up42_core::redact;
use up42_core::time::parse_timestamp;

/// Name of the folder within the journals' folder.
const FOLDER: &str = "answers";
/// Suffix of ids of stored responses. A suffix, because tables show the beginning of ids.
const OURS: &str = "-answer";

/// Largest number of bytes read of a file's first line.
const LONGEST: u64 = 64_000_000;

/// Stored response of a synchronous execution.
#[derive(Debug, Default, PartialEq)]
pub(super) struct StoredResponse {
    pub(super) execution: Execution,
    /// Times of the request and of the response.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Reason of the failure; `None` if it succeeded.
    pub(super) failure: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Name and inputs of a synchronous execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Execution {
    /// Name that a batch gave the job.
    pub(super) name: String,
    pub(super) inputs: Map<String, Value>,
}

/// Stored responses of a process to a client's batches.
pub(super) struct ResponseStore(PathBuf);

impl ResponseStore {
    /// Creates the store; `process` identifies the process and its server.
    pub(super) fn of(client: &Client, process: &str) -> Self {
        Self(client.batches_folder().join(FOLDER).join(hex(process, 8)))
    }

    /// Returns whether a response was ever stored.
    pub(super) fn exist(&self) -> bool {
        self.0.is_dir()
    }

    /// Returns whether the id belongs to a stored response, and not to a job on a server.
    pub(super) fn is_stored_id(id: &JobId) -> bool {
        id.as_str().strip_suffix(OURS).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    }

    /// Stores a response atomically: a killed program leaves no incomplete file under an id.
    pub(super) fn keep(&self, answer: &StoredResponse) -> Result<JobId> {
        let id = format!("{}{OURS}", uuid::Uuid::new_v4());
        let path = self.0.join(&id);
        let write = || -> Result<()> {
            fs::create_dir_all(&self.0)?;
            let mut file = AtomicFile::private(&path)?;
            file.write_all(format!("{}\n", answer.head()).as_bytes())?;
            file.write_all(&answer.body)?;
            Ok(file.commit()?)
        };
        write().with_context(|| format!("keep the answer in `{}`", path.display()))?;
        Ok(id.into())
    }

    /// Returns the stored jobs. Unreadable files are skipped; [`get`](Self::get) reports their
    /// errors.
    pub(super) fn jobs(&self) -> Vec<Job> {
        let read = |entry: fs::DirEntry| -> Option<Job> {
            let id = JobId::from(entry.file_name().to_str()?);
            let mut head = Vec::new();
            BufReader::new(File::open(entry.path()).ok()?.take(LONGEST)).read_until(b'\n', &mut head).ok()?;
            Some(StoredResponse::read(&head).ok().filter(|_| Self::is_stored_id(&id))?.job(id))
        };
        fs::read_dir(&self.0).into_iter().flatten().flatten().filter_map(read).collect()
    }

    pub(super) fn get(&self, id: &JobId) -> Result<StoredResponse> {
        let path = self.0.join(id.as_str());
        let budget = ReadBudget::fixed("remove it, and run the job again by another batch");
        let read =
            || -> Result<StoredResponse> { StoredResponse::read(&budget.read_to_end(File::open(&path)?)?) };
        match path.exists() {
            true => read().with_context(|| format!("the answer in `{}`", path.display())),
            false => Err(missing_response(&path)),
        }
    }
}

impl StoredResponse {
    pub(super) fn job(&self, id: JobId) -> Job {
        let status = if self.failure.is_some() { JobStatus::Failed } else { JobStatus::Succeeded };
        let mut job = Job::new(id, status);
        let (sent, received) = self.times.unzip();
        (job.created, job.started, job.finished) = (sent, sent, received);
        let Execution { name, inputs } = &self.execution;
        job.name = (!name.is_empty()).then(|| name.clone());
        job.inputs = inputs.clone();
        job
    }

    /// Returns the response as sent by the server.
    pub(super) fn into_response(self) -> Response {
        let Self { content_type, body, .. } = self;
        Response { status: 200, content_type, location: None, body, is_secret: false }
    }

    fn head(&self) -> Value {
        let (sent, received) = self.times.unzip();
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let Execution { name, inputs } = &self.execution;
        // The stored inputs are only displayed, never sent: secrets are removed.
        let mut inputs = Value::from(inputs.clone());
        redact::value(&mut inputs);
        json!({
            "asked": text(sent), "came": text(received), "failure": self.failure, "content_type": self.content_type,
            "name": name, "inputs": inputs,
        })
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (head, body) = bytes.split_at(
            end.ok_or_else(|| Error::response("it is cut off: run the job again by another batch"))?,
        );
        let head: Value =
            serde_json::from_slice(head).map_err(|error| Error::foreign(ErrorKind::Response, error))?;
        let time = |name| parse_timestamp(&optional(&head, name)?);
        let name = optional(&head, "name").unwrap_or_default();
        let inputs = head.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self {
            execution: Execution { name, inputs },
            times: time("asked").zip(time("came")),
            failure: optional(&head, "failure"),
            content_type: optional(&head, "content_type"),
            body: body[1..].to_vec(),
        })
    }
}

fn missing_response(path: &Path) -> Error {
    let message = format!(
        "its response is missing: it was stored in `{}`, as the server stores no responses of synchronous runs",
        path.display()
    );
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_response_is_read_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let answers = ResponseStore(folder.path().join("answers"));
        let at = "2026-11-22T10:00:00Z".parse().unwrap();
        let inputs = Map::from_iter([("place".to_owned(), "Dakar".into())]);
        let answer = StoredResponse {
            execution: Execution { name: "a_0".into(), inputs },
            times: Some((at, at)),
            content_type: Some("image/png".into()),
            body: b"\n\x00\n".to_vec(),
            ..StoredResponse::default()
        };
        let id = answers.keep(&answer).unwrap();
        assert!(ResponseStore::is_stored_id(&id) && !ResponseStore::is_stored_id(&"31e82142".into()));
        assert_eq!(answers.get(&id).unwrap(), answer);
        assert_eq!(answer.job(id.clone()).status, JobStatus::Succeeded);
        let failed = StoredResponse { failure: Some("no".into()), ..StoredResponse::default() };
        let id = answers.keep(&failed).unwrap();
        assert_eq!(answers.get(&id).unwrap().job(id.clone()).status, JobStatus::Failed);
        // A job is found by its name; other files in the folder are ignored.
        fs::write(answers.0.join(format!("{}{OURS}", uuid::Uuid::new_v4())), "{").unwrap();
        fs::write(answers.0.join(format!("{id}.part")), "{").unwrap();
        let jobs = answers.jobs();
        let found = jobs.iter().find(|job| job.name.as_deref() == Some("a_0")).unwrap();
        assert_eq!((jobs.len(), found.created, &found.inputs["place"]), (2, Some(at), &"Dakar".into()));
        let none = ResponseStore(folder.path().join("none"));
        assert!(!none.exist() && none.jobs().is_empty());
        let message = answers.get(&"0-answer".into()).unwrap_err().to_string();
        assert!(message.starts_with("its response is missing"), "{message}");
    }
}
