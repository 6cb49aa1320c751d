//! Opening of a batch from its journal.

use std::path::PathBuf;
use std::sync::Arc;

use super::backend::JobBackend;
use super::batch::Batch;
use super::journal::{Head, Journal};
use super::plan::{Item, Owner, Plan};
use super::policy::{Limits, OnChange, Policy};
use super::report::{BillingSummary, JobCollection, JobRecord};
use super::state::{Event, State};
use crate::client::Client;
use up42_core::error::{Context, Error, ErrorKind, Result};

impl Batch {
    /// Opens the batch of this name in the client's folder. `service` creates the backend for the
    /// owner in the journal.
    pub(crate) fn open(
        client: &Client,
        name: &str,
        service: impl FnOnce(&Owner) -> Result<Arc<dyn JobBackend>>,
    ) -> Result<Self> {
        let opened = || -> Result<Self> {
            let path = Journal::path(client.batches_folder(), name);
            let journal = Journal::open(&path)?.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("there is no journal `{}`", path.display()))
            })?;
            let head = journal.head()?;
            let service = service(&head.owner)?;
            let items = journal.items()?;
            head.owner.check(&service.owner())?;
            let mut batch = Self::with_plan(service, Plan { name: head.name, is_dry: false, items });
            batch.policy.limits = journal.limits()?;
            Ok(batch)
        };
        opened().with_context(|| format!("batch `{name}`"))
    }

    pub(super) fn jobs_in_journal(&self) -> Result<JobCollection> {
        let (items, state, policy) = self.state_in_journal()?;
        Ok(self.collection(&items, &state, &policy, policy.limits.max_concurrent))
    }

    /// Returns the jobs, their state and the policy of the batch. Sends no request.
    pub(super) fn state_in_journal(&self) -> Result<(Vec<Item>, State, Policy)> {
        let journal = self.journal()?;
        let policy = self.policy_with(journal.as_ref())?;
        let (known, events) = match journal {
            Some(journal) => (journal.items()?, journal.events()?),
            None => (Vec::new(), Vec::new()),
        };
        let items = self.plan.merged(known);
        let state = self.replay(&items, &events, 1, &policy)?;
        Ok((items, state, policy))
    }

    /// Returns the policy; limits that are not set now are read from the journal.
    pub(super) fn policy_with(&self, journal: Option<&Journal>) -> Result<Policy> {
        let kept = journal.map_or(Ok(Limits::default()), Journal::limits)?;
        Ok(Policy { limits: self.policy.limits.or(kept), ..self.policy.clone() })
    }

    /// Returns the path of the journal; `None` for dry runs, which have no journal file.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let folder = self.service.client().batches_folder();
        (!self.plan.is_dry).then(|| Journal::path(folder, &self.plan.name))
    }

    pub(super) fn journal(&self) -> Result<Option<Journal>> {
        let Some(path) = self.path() else { return Ok(None) };
        let Some(journal) = Journal::open(&path)? else { return Ok(None) };
        journal.head()?.owner.check(&self.service.owner())?;
        Ok(Some(journal))
    }

    pub(super) fn create(&self) -> Result<Journal> {
        let head = Head {
            name: self.plan.name.clone(),
            run: uuid::Uuid::new_v4().simple().to_string()[..8].to_owned(),
            owner: self.service.owner(),
            created: jiff::Timestamp::now().to_string(),
        };
        match self.path() {
            Some(path) => Journal::create(&path, &head),
            None => Journal::in_memory(&head),
        }
    }

    /// Returns the state after all events. Jobs that are no longer among the parameters are left
    /// out if they were not sent, and otherwise treated as [`OnChange`] says.
    pub(super) fn replay(
        &self,
        items: &[Item],
        events: &[Event],
        limit: usize,
        policy: &Policy,
    ) -> Result<State> {
        let mut state = State::new(items.len(), limit, policy.limits.lost_job_timeout());
        for event in events {
            state.apply(event);
        }
        let mut removed = Vec::new();
        for (item, index) in self.plan.indices(items).into_iter().enumerate() {
            match policy.on_change {
                _ if index.is_some() => {}
                _ if state.phase(item).is_waiting() => state.exclude(item),
                OnChange::Keep => {}
                OnChange::LeaveOut => state.exclude(item),
                OnChange::Refuse => removed.push(&items[item].parameters.label),
            }
        }
        match removed.first() {
            None => Ok(state),
            Some(first) => Err(Error::invalid(format!(
                "its journal has {} of {} jobs that the parameters no longer have, such as `{first}`: keep them by \
                 `.on_change(OnChange::Keep)`, leave them out by `.on_change(OnChange::LeaveOut)`, or give \
                 the batch another name",
                removed.len(),
                items.len(),
            ))),
        }
    }

    /// Updates waiting items from the parameters: their labels, and the inputs that are not part of
    /// their identity. Returns the items that changed.
    pub(super) fn renew(&self, items: &mut [Item], state: &State) -> Vec<usize> {
        let mut renewed = Vec::new();
        for (item, index) in self.plan.indices(items).into_iter().enumerate() {
            let Some(index) = index.filter(|_| state.phase(item).is_waiting()) else { continue };
            let now = &self.plan.items[index].parameters;
            if items[item].parameters != *now {
                items[item].parameters = now.clone();
                renewed.push(item);
            }
        }
        renewed
    }

    /// Returns the items in the order of the parameters, then the other items of the journal,
    /// without those that are left out.
    pub(super) fn shown(&self, items: &[Item], state: &State) -> Vec<usize> {
        let shown =
            self.plan.indices(items).into_iter().enumerate().filter(|(item, _)| !state.is_excluded(*item));
        let mut shown: Vec<_> = shown.map(|(item, index)| (index.unwrap_or(usize::MAX), item)).collect();
        shown.sort();
        shown.into_iter().map(|(_, item)| item).collect()
    }

    pub(super) fn collection(
        &self,
        items: &[Item],
        state: &State,
        policy: &Policy,
        limit: Option<usize>,
    ) -> JobCollection {
        let record = |(index, item): (usize, usize)| {
            JobRecord::new(index, &items[item].parameters, state.phase(item), state.stop())
        };
        let records = self.shown(items, state).into_iter().enumerate().map(record).collect();
        let paid = self.service.costs().then(|| state.paid());
        let billing = BillingSummary { paid, max_credits: policy.limits.max_credits, limit };
        JobCollection::new(self.service.clone(), self.plan.name.clone(), records).with_billing(billing)
    }
}
