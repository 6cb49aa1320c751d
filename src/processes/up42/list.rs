//! Processes of the platform.

use serde_json::Value;

use super::Process;
use crate::client::{Client, id::checked, items};
use crate::processes::Processes;
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::suggest::suggest;

impl Client {
    /// Returns a process of the platform by its id, such as `pansharpening`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if it does not exist; the message lists the closest ids.
    /// [`ErrorKind::InvalidInput`] without the login of an account.
    #[doc(alias = "ProcessingTemplate")]
    pub fn process(&self, id: impl AsRef<str>) -> Result<Process> {
        let id = id.as_ref();
        let read = || -> Result<Process> {
            let path = format!("/v2/processing/processes/{}", checked("process", id)?);
            match self.get(&path) {
                Ok(json) => Process::read(self, &json),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let known = self.processes().map_err(|_| error.clone())?;
                    let near = suggest(known.iter().map(|one| one.id.as_str()), id);
                    Err(error.context(format!("there is none: did you mean {near}?")))
                }
                Err(error) => Err(error),
            }
        };
        read().with_context(|| format!("process `{id}`"))
    }

    /// Returns the processes of the platform. The endpoint is inferred from the standard that the
    /// platform follows: UP42's own clients request single processes only.
    /// [`process_server`](Self::process_server) opens another server.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let processes = client.processes()?;
    /// assert!(processes.iter().any(|process| process.id == "pansharpening"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] on failure of the connection, [`ErrorKind::Response`] if the response
    /// is not a list of processes.
    pub fn processes(&self) -> Result<Processes> {
        let read = || {
            let mut json = self.get("/v2/processing/processes")?;
            items(json.get_mut("processes").map(Value::take).unwrap_or_default(), "processes")
        };
        let list: Result<_> = read();
        Ok(Processes::read(&list.context("list the processes")?, false))
    }
}
