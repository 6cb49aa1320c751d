use std::collections::{HashMap, HashSet};

use super::backend::JobBackend;
use crate::jobs::JobParameters;
use up42_core::error::{Error, Result};
use up42_core::hash::hex;

/// What a batch is to run: a name, and a list of different jobs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    /// Free, and not kept.
    pub(super) is_dry: bool,
    pub(super) items: Vec<Item>,
}

/// Who runs the jobs of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) kind: Kind,
    /// The service's host.
    pub(crate) host: String,
    /// The id of the project or the workspace; the path of an OGC server.
    pub(crate) scope_id: String,
    /// The id of the workflow, the process or the data product.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The account's budget that it is paid from, where one pays for all jobs.
    pub(crate) budget: Option<String>,
}

/// The services that run jobs.
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
    /// The hash of what decides what is delivered, as it is in the names of its jobs.
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

    /// Of dry runs.
    pub(super) fn dry(self) -> Self {
        Self { is_dry: true, ..self }
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

    /// As journals and tables have it.
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
