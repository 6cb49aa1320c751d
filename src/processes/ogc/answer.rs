//! Answers of executions that were waited for. The server keeps nothing of them, so they are
//! kept here, beside the journals: whole, before the journal says that there is one, and with
//! what a program that was killed in between finds them by.

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

/// The folder, in that of the journals.
const FOLDER: &str = "answers";
/// How the ids end that are given here: tables show how they begin.
const OURS: &str = "-answer";

/// Bytes that are read of an answer's first line.
const LONGEST: u64 = 64_000_000;

/// What an execution answered.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) execution: Execution,
    /// When it was asked for, and when it came.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Why it failed; `None` when it did not.
    pub(super) failure: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Execution {
    /// The name that a batch gave the job.
    pub(super) name: String,
    pub(super) inputs: Map<String, Value>,
}

/// The answers of a process to a client's batches.
pub(super) struct Answers(PathBuf);

impl Answers {
    /// `process` names it and its server.
    pub(super) fn of(client: &Client, process: &str) -> Self {
        Self(client.batches_folder().join(FOLDER).join(hex(process, 8)))
    }

    /// Whether there ever was one.
    pub(super) fn exist(&self) -> bool {
        self.0.is_dir()
    }

    /// Whether the id was given here, and not by a server.
    pub(super) fn has_given(id: &JobId) -> bool {
        id.as_str().strip_suffix(OURS).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    }

    /// Keeps an answer: a program that is killed meanwhile leaves nothing that is taken for one.
    pub(super) fn keep(&self, answer: &Answer) -> Result<JobId> {
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

    /// The jobs that were answered, as far as they can be read: who asks for one is told more.
    pub(super) fn jobs(&self) -> Vec<Job> {
        let read = |entry: fs::DirEntry| -> Option<Job> {
            let id = JobId::from(entry.file_name().to_str()?);
            let mut head = Vec::new();
            BufReader::new(File::open(entry.path()).ok()?.take(LONGEST)).read_until(b'\n', &mut head).ok()?;
            Some(Answer::read(&head).ok().filter(|_| Self::has_given(&id))?.job(id))
        };
        fs::read_dir(&self.0).into_iter().flatten().flatten().filter_map(read).collect()
    }

    pub(super) fn get(&self, id: &JobId) -> Result<Answer> {
        let path = self.0.join(id.as_str());
        let budget = ReadBudget::fixed("remove it, and run the job again by another batch");
        let read = || -> Result<Answer> { Answer::read(&budget.read_to_end(File::open(&path)?)?) };
        match path.exists() {
            true => read().with_context(|| format!("the answer in `{}`", path.display())),
            false => Err(gone(&path)),
        }
    }
}

impl Answer {
    pub(super) fn job(&self, id: JobId) -> Job {
        let status = if self.failure.is_some() { JobStatus::Failed } else { JobStatus::Succeeded };
        let mut job = Job::new(id, status);
        let (asked, came) = self.times.unzip();
        (job.created, job.started, job.finished) = (asked, asked, came);
        let Execution { name, inputs } = &self.execution;
        job.name = (!name.is_empty()).then(|| name.clone());
        job.inputs = inputs.clone();
        job
    }

    /// As the server sent it.
    pub(super) fn into_response(self) -> Response {
        let Self { content_type, body, .. } = self;
        Response { status: 200, content_type, location: None, body, is_secret: false }
    }

    fn head(&self) -> Value {
        let (asked, came) = self.times.unzip();
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let Execution { name, inputs } = &self.execution;
        // They are shown, and nothing is sent with them any more.
        let mut inputs = Value::from(inputs.clone());
        redact::value(&mut inputs);
        json!({
            "asked": text(asked), "came": text(came), "failure": self.failure, "content_type": self.content_type,
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

fn gone(path: &Path) -> Error {
    let message = format!(
        "its answer is gone: it was kept in `{}`, as the server keeps none of what runs while one waits",
        path.display()
    );
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let answers = Answers(folder.path().join("answers"));
        let at = "2026-11-22T10:00:00Z".parse().unwrap();
        let inputs = Map::from_iter([("place".to_owned(), "Dakar".into())]);
        let answer = Answer {
            execution: Execution { name: "a_0".into(), inputs },
            times: Some((at, at)),
            content_type: Some("image/png".into()),
            body: b"\n\x00\n".to_vec(),
            ..Answer::default()
        };
        let id = answers.keep(&answer).unwrap();
        assert!(Answers::has_given(&id) && !Answers::has_given(&"31e82142".into()));
        assert_eq!(answers.get(&id).unwrap(), answer);
        assert_eq!(answer.job(id.clone()).status, JobStatus::Succeeded);
        let failed = Answer { failure: Some("no".into()), ..Answer::default() };
        let id = answers.keep(&failed).unwrap();
        assert_eq!(answers.get(&id).unwrap().job(id.clone()).status, JobStatus::Failed);
        // It is found by its name, whatever else lies there.
        fs::write(answers.0.join(format!("{}{OURS}", uuid::Uuid::new_v4())), "{").unwrap();
        fs::write(answers.0.join(format!("{id}.part")), "{").unwrap();
        let jobs = answers.jobs();
        let found = jobs.iter().find(|job| job.name.as_deref() == Some("a_0")).unwrap();
        assert_eq!((jobs.len(), found.created, &found.inputs["place"]), (2, Some(at), &"Dakar".into()));
        let none = Answers(folder.path().join("none"));
        assert!(!none.exist() && none.jobs().is_empty());
        let message = answers.get(&"0-answer".into()).unwrap_err().to_string();
        assert!(message.starts_with("its answer is gone"), "{message}");
    }
}
