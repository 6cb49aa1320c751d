use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::hash::hex;
use crate::jobs::{JobMode, JobParameters, Workflow};

/// What a batch is to run: a name, and a list of different jobs.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) mode: JobMode,
    pub(super) items: Vec<Item>,
}

/// Where the jobs of a batch are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The platform's host.
    pub(super) host: String,
    /// The project's id.
    pub(super) project: String,
    /// The workflow's id.
    pub(super) workflow: String,
    pub(super) workflow_name: String,
}

/// One job to run.
#[derive(Clone, Debug, PartialEq)]
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

    /// What the journal knows, then what is new, in the order of the parameters.
    pub(super) fn merged(&self, known: Vec<Item>) -> Vec<Item> {
        let old: HashSet<String> = known.iter().map(|item| item.key.clone()).collect();
        let mut all = known;
        all.extend(self.items.iter().filter(|item| !old.contains(&item.key)).cloned());
        all
    }

    /// Where each item stands in the plan; `None` for one that it does not have.
    pub(super) fn places(&self, items: &[Item]) -> Vec<Option<usize>> {
        let planned = self.items.iter().enumerate().map(|(place, item)| (item.key.as_str(), place));
        let planned: HashMap<&str, usize> = planned.collect();
        items.iter().map(|item| planned.get(item.key.as_str()).copied()).collect()
    }

    /// Names a plan by what it runs, in whatever order, and by its workflow's id: a
    /// workflow may get another name.
    pub(super) fn hash(workflow: &str, jobs: &[JobParameters]) -> String {
        let mut keys: Vec<_> = jobs.iter().map(JobParameters::key).collect();
        keys.sort();
        hex(format!("{workflow} {}", keys.join(" ")), 6)
    }
}

impl Owner {
    /// Whether what is at hand is what the journal was begun with.
    pub(super) fn check(&self, here: &Self) -> Result<()> {
        if (&self.host, &self.project, &self.workflow) == (&here.host, &here.project, &here.workflow) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "its journal belongs to workflow `{}` ({}) of project {} on {}, and not to workflow `{}` ({}) of project \
             {} on {}: give the batch another name",
            self.workflow_name,
            self.workflow,
            self.project,
            self.host,
            here.workflow_name,
            here.workflow,
            here.project,
            here.host
        )))
    }

    pub(super) fn of(workflow: &Workflow) -> Self {
        Self {
            host: workflow.project().client().host(),
            project: workflow.project().id().to_owned(),
            workflow: workflow.id().to_owned(),
            workflow_name: workflow.name().to_owned(),
        }
    }
}
