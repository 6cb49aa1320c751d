use std::collections::HashMap;

use super::JobParameters;
use super::chain::Chain;
use super::problem::{Problem, refuse};
use super::query::JobQuery;
use crate::display::counted;
use crate::error::Result;

/// A job that was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Which one it is, such as `` row 3 (`Dakar`) ``.
    pub(super) who: String,
    /// Its label.
    pub(super) label: String,
    pub(super) query: JobQuery,
    /// Parameters that came from a column of another name.
    pub(super) columns: Vec<(&'static str, String)>,
    /// What could not even be read.
    pub(super) problems: Vec<Problem>,
}

impl Asked {
    fn job(&self, chain: &Chain) -> Result<JobParameters, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems.clone());
        }
        let job = chain.job(self.label.clone(), &self.query).map_err(|problem| vec![problem]);
        let checked = job.and_then(|job| match chain.problems(&job) {
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

impl Chain {
    /// The parameters of the jobs that were asked for, or what is wrong with them.
    pub(super) fn jobs(&self, asked: &[Asked], unit: &str) -> Result<Vec<JobParameters>> {
        let (mut jobs, mut faulty) = (Vec::with_capacity(asked.len()), Vec::new());
        let mut known: HashMap<String, &str> = HashMap::new();
        for one in asked {
            match one.job(self) {
                Ok(job) => {
                    let key = job.key();
                    if let Some(first) = known.get(&key) {
                        let message = format!("it is the same as {first}, and would be paid twice");
                        faulty.push((one.who.clone(), vec![Problem::new("", message)]));
                    }
                    known.entry(key).or_insert(&one.who);
                    jobs.push(job);
                }
                Err(problems) => faulty.push((one.who.clone(), problems)),
            }
        }
        refuse(&counted(asked.len(), unit), &faulty).map(|()| jobs)
    }
}
