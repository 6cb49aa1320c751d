//! Opens batches by name: the journal states which service runs the jobs.

use std::sync::Arc;

use crate::batch::{Batch, JobBackend, Kind, Owner, WorkflowBackend};
use crate::client::Client;
use crate::orders::OrderBackend;
use crate::processes::OgcBackend;
use crate::processes::ProcessingBackend;
use up42_core::error::{Error, Result};

impl Client {
    /// Opens the batch with this name from its journal, whatever service runs its jobs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such journal,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the batch belongs to another
    /// project or workspace.
    pub fn batch(&self, name: impl AsRef<str>) -> Result<Batch> {
        Batch::open(self, name.as_ref(), |owner| service(self, owner))
    }
}

fn service(client: &Client, owner: &Owner) -> Result<Arc<dyn JobBackend>> {
    match owner.kind {
        Kind::Workflow => Ok(WorkflowBackend::reopened(client.project()?, owner)),
        Kind::OgcProcess if owner.host.starts_with("http") => Ok(OgcBackend::of(
            &client.process_server(format!("{}{}", owner.host, owner.scope_id))?.process(&owner.id)?,
        )),
        // The journal has no port, since that of a local server may change.
        Kind::OgcProcess => Err(Error::invalid(
            "it belongs to an OGC server on this machine: open it by `client.process_server(url)?.batch(name)`",
        )),
        Kind::Process => {
            let process = client.process(&owner.id)?;
            Ok(ProcessingBackend::of(&match &owner.budget {
                Some(budget) => process.budget_id(budget),
                None => process,
            }))
        }
        Kind::Order => OrderBackend::of(client, &owner.id, &owner.name),
    }
}
