use std::collections::HashMap;

use super::JobParameters;
use super::problem::{Problem, refuse};
use super::query::JobQuery;
use super::workflow_schema::WorkflowSchema;
use up42_core::error::Result;
use up42_view::elements::counted;

/// Job as requested by the user, before it is checked.
#[derive(Clone, Debug, Default)]
pub(super) struct JobDraft {
    /// Name of the job in errors, such as `` row 3 (`Dakar`) ``.
    pub(super) origin: String,
    /// Label of the job.
    pub(super) label: String,
    pub(super) query: JobQuery,
    /// Parameters that were read from a column of a different name: parameter, column.
    pub(super) columns: Vec<(&'static str, String)>,
    /// Cells that could not be read.
    pub(super) problems: Vec<Problem>,
}

impl JobDraft {
    fn job(&self, workflow: &WorkflowSchema) -> Result<JobParameters, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems.clone());
        }
        let job = workflow.job(self.label.clone(), &self.query).map_err(|problem| vec![problem]);
        let checked = job.and_then(|job| match workflow.problems(&job) {
            problems if problems.is_empty() => Ok(job),
            problems => Err(problems),
        });
        checked.map_err(|problems| problems.into_iter().map(|problem| self.in_columns(problem)).collect())
    }

    fn in_columns(&self, problem: Problem) -> Problem {
        match self.columns.iter().find(|(parameter, _)| *parameter == problem.field) {
            Some((_, column)) => Problem { field: column.clone(), ..problem },
            None => problem,
        }
    }
}

impl WorkflowSchema {
    /// Returns the parameters of the requested jobs, or one error with their problems.
    pub(super) fn jobs(&self, drafts: &[JobDraft], unit: &str) -> Result<Vec<JobParameters>> {
        let (mut jobs, mut faulty) = (Vec::with_capacity(drafts.len()), Vec::new());
        let mut known: HashMap<String, &str> = HashMap::new();
        for one in drafts {
            match one.job(self) {
                Ok(job) => {
                    let key = job.key();
                    if let Some(first) = known.get(&key) {
                        let message = format!("it is the same as {first}, and would be paid twice");
                        faulty.push((one.origin.clone(), vec![Problem::new("", message)]));
                    }
                    known.entry(key).or_insert(&one.origin);
                    jobs.push(job);
                }
                Err(problems) => faulty.push((one.origin.clone(), problems)),
            }
        }
        refuse(&counted(drafts.len(), unit), &faulty).map(|()| jobs)
    }
}
