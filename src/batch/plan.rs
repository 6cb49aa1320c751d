use std::collections::{HashMap, HashSet};

use super::backend::JobBackend;
use crate::jobs::JobParameters;
use up42_core::error::{Error, Result};
use up42_core::hash::hex;

/// Plan of a batch: a name, and a list of different jobs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    /// Whether the jobs are dry runs: free, and without a journal file.
    pub(super) is_dry: bool,
    pub(super) items: Vec<Item>,
}

/// Service that runs the jobs of a batch, as recorded in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) kind: Kind,
    /// Host of the service.
    pub(crate) host: String,
    /// Id of the project or the workspace; path of an OGC server.
    pub(crate) scope_id: String,
    /// Id of the workflow, the process or the data product.
    pub(crate) id: String,
    /// Name of the workflow, the process or the data product.
    pub(crate) name: String,
    /// Id of the account's budget that pays for the jobs, if one budget pays for all.
    pub(crate) budget: Option<String>,
}

/// Kind of service that runs jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A workflow of a project.
    Workflow,
    /// A process of today's platform.
    Process,
    /// A data product of today's platform.
    Order,
    /// A process of an OGC API - Processes server.
    OgcProcess,
}

/// One job to run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// Identity of the item: the hash of the inputs that decide what is delivered. It is part of
    /// the names of its jobs.
    pub(super) key: String,
    pub(super) parameters: JobParameters,
}

impl Plan {
    pub(super) fn new(
        service: &dyn JobBackend,
        name: impl Into<String>,
        jobs: Vec<JobParameters>,
    ) -> Result<Self> {
        let name = name.into();
        if jobs.is_empty() {
            return Err(Error::invalid(format!("batch `{name}` has no jobs: the parameters are empty")));
        }
        let mut known = HashMap::new();
        let mut items = Vec::new();
        for (index, parameters) in jobs.into_iter().enumerate() {
            let key = service.key(&parameters).unwrap_or_else(|| parameters.key());
            if let Some(first) = known.insert(key.clone(), index) {
                return Err(Error::invalid(format!(
                    "batch `{name}`: jobs {first} and {index} (`{}`) are the same, and would be paid twice",
                    parameters.label
                )));
            }
            items.push(Item { key, parameters });
        }
        Ok(Self { name, is_dry: false, items })
    }

    /// Marks the jobs as dry runs.
    pub(super) fn dry(self) -> Self {
        Self { is_dry: true, ..self }
    }

    /// Returns the items of the journal, then the new items in the order of the parameters.
    pub(super) fn merged(&self, known: Vec<Item>) -> Vec<Item> {
        let old: HashSet<String> = known.iter().map(|item| item.key.clone()).collect();
        let mut all = known;
        all.extend(self.items.iter().filter(|item| !old.contains(&item.key)).cloned());
        all
    }

    /// Returns the index of each item in the plan; `None` for items that the plan does not contain.
    pub(super) fn indices(&self, items: &[Item]) -> Vec<Option<usize>> {
        let planned = self.items.iter().enumerate().map(|(place, item)| (item.key.as_str(), place));
        let planned: HashMap<&str, usize> = planned.collect();
        items.iter().map(|item| planned.get(item.key.as_str()).copied()).collect()
    }

    /// Returns a hash of the jobs, in any order, and of the workflow's id. The workflow's name is
    /// not used, since it may change.
    pub(super) fn hash(workflow: &str, jobs: &[JobParameters]) -> String {
        let mut keys: Vec<_> = jobs.iter().map(JobParameters::key).collect();
        keys.sort();
        hex(format!("{workflow} {}", keys.join(" ")), 6)
    }
}

impl Owner {
    /// Checks that the service at hand is the one recorded in the journal.
    pub(super) fn check(&self, here: &Self) -> Result<()> {
        let is_same = (self.kind, &self.host, &self.scope_id, &self.id)
            == (here.kind, &here.host, &here.scope_id, &here.id);
        match is_same {
            true => Ok(()),
            false => Err(Error::invalid(format!(
                "its journal belongs to {}, and not to {}: give the batch another name",
                self.description(),
                here.description()
            ))),
        }
    }

    fn description(&self) -> String {
        let Self { kind, host, scope_id, id, name, budget: _ } = self;
        match kind {
            Kind::Workflow => format!("workflow `{name}` ({id}) of project {scope_id} on {host}"),
            Kind::Process => format!("process `{id}` of workspace {scope_id} on {host}"),
            Kind::Order => format!("orders of `{name}` ({id}) of workspace {scope_id} on {host}"),
            Kind::OgcProcess => format!("process `{id}` of {host}{scope_id}"),
        }
    }
}

impl Kind {
    const ALL: [Self; 4] = [Self::Workflow, Self::Process, Self::Order, Self::OgcProcess];

    /// Returns the name that journals and tables use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Process => "process",
            Self::Order => "order",
            Self::OgcProcess => "OGC process",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
