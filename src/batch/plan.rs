use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::jobs::{JobMode, JobParameters};

/// What a batch is to run: a name, and a list of different jobs.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) mode: JobMode,
    pub(super) items: Vec<Item>,
}

/// One job to run.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The hash of the inputs.
    pub(super) key: String,
    pub(super) parameters: JobParameters,
}

impl Plan {
    pub(super) fn new(name: impl Into<String>, mode: JobMode, jobs: Vec<JobParameters>) -> Result<Self> {
        let name = name.into();
        if jobs.is_empty() {
            return Err(Error::invalid(format!("batch `{name}` has no jobs: the parameters are empty")));
        }
        let mut known = HashMap::new();
        let mut items = Vec::new();
        for (index, parameters) in jobs.into_iter().enumerate() {
            let key = parameters.key();
            if let Some(first) = known.insert(key.clone(), index) {
                return Err(Error::invalid(format!(
                    "batch `{name}`: jobs {first} and {index} (`{}`) are the same, and would be paid twice",
                    parameters.label
                )));
            }
            items.push(Item { key, parameters });
        }
        Ok(Self { name, mode, items })
    }

    /// The job's name on the platform in one run of the plan, so that a job whose
    /// answer was lost can be found again, and is not taken for one of another run.
    pub(super) fn job_name(&self, index: usize, run: &str) -> String {
        let key = &self.items[index].key;
        let prefix: String = self.name.chars().take(60).collect();
        format!("{prefix}_{index}_{key}_{run}")
    }
}
