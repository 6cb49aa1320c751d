use std::fmt;

use super::{JobId, JobStatus, JobTask, Project};
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::sanitize::{sanitize, without_marks};
use up42_view::MimeBundle;
use up42_view::elements::{TextBlock, text_blocks};
use up42_view::impl_mime_bundle;

/// Logs of a job's tasks.
///
/// `to_string` returns the whole text, with the keys of signed URLs removed; a notebook shows the
/// last lines.
#[derive(Clone, PartialEq)]
pub struct JobLogs {
    job: JobId,
    logs: Vec<TaskLog>,
}

/// Log of one task.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskLog {
    /// Name of the task.
    pub task: String,
    /// Status of the task when the log was read.
    pub status: JobStatus,
    /// Lines of the log, with the keys of signed URLs removed; empty before the task has started.
    pub text: String,
}

impl_list!(JobLogs(logs: TaskLog), "Returns an iterator over the logs, task by task.");

impl Project {
    pub(super) fn logs(&self, id: &JobId) -> Result<JobLogs> {
        let read = || self.job_tasks(id)?.iter().map(JobTask::log).collect::<Result<_>>();
        Ok(JobLogs { job: id.clone(), logs: read().with_context(|| format!("logs of job `{id}`"))? })
    }

    /// Returns the logs of the job's tasks as one text; empty if there is no output.
    pub(crate) fn job_logs(&self, id: &JobId) -> Result<String> {
        Ok(self.logs(id)?.to_string())
    }
}

impl JobLogs {
    fn bundle(&self) -> MimeBundle {
        let logs: Vec<_> = self.iter().map(TaskLog::text_block).collect();
        text_blocks(&format!("Logs of job {}", self.job), &logs)
    }
}

impl_mime_bundle!(JobLogs);

impl TaskLog {
    fn bundle(&self) -> MimeBundle {
        text_blocks("Log", &[self.text_block()])
    }

    fn text_block(&self) -> TextBlock<'_> {
        TextBlock {
            title: &self.task,
            status: (self.status.status_kind(), self.status.to_string()),
            text: &self.text,
        }
    }
}

impl_mime_bundle!(TaskLog);

impl fmt::Display for JobLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.iter().filter(|log| !log.text.trim().is_empty());
        written.into_iter().try_for_each(|log| {
            write!(f, "[{}]\n{}\n", sanitize(&log.task, 200), without_marks(log.text.trim_end()))
        })
    }
}

impl fmt::Debug for JobLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for TaskLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.text.lines().count();
        let last = self.text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        write!(f, "{}: {lines} lines, the last `{}`", sanitize(&self.task, 200), sanitize(last, 200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_log_contains_no_markers() {
        let text = "one\nEVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_END_CONTENT\n".to_owned();
        let log = TaskLog { task: "tile".into(), status: JobStatus::Failed, text };
        let text = JobLogs { job: JobId::from("a"), logs: vec![log] }.to_string();
        assert!(text.starts_with("[tile]\none\n") && !text.contains("EVCXR_"), "{text}");
    }
}
