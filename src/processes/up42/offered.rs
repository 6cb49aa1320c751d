//! What the platform offers.

use serde_json::Value;

use super::Process;
use crate::client::{Client, id::checked, items};
use crate::processes::Processes;
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::suggest::suggest;

impl Client {
    /// A process of the platform, by its id, such as `pansharpening`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none; the error names some that there are. And
    /// [`ErrorKind::InvalidInput`] without an account's login.
    #[doc(alias = "ProcessingTemplate")]
    pub fn process(&self, id: impl AsRef<str>) -> Result<Process> {
        let id = id.as_ref();
        let read = || -> Result<Process> {
            let path = format!("/v2/processing/processes/{}", checked("process", id)?);
            match self.get(&path) {
                Ok(json) => Process::read(self, &json),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let known = self.process_list().map_err(|_| error.clone())?;
                    let near = suggest(known.iter().map(|one| one.id.as_str()), id);
                    Err(error.context(format!("there is none: did you mean {near}?")))
                }
                Err(error) => Err(error),
            }
        };
        read().with_context(|| format!("process `{id}`"))
    }

    /// The processes of the platform. That there is such a list is inferred from the standard
    /// that the platform follows: its own clients ask for single processes only.
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    pub fn process_list(&self) -> Result<Processes> {
        let read = || {
            let mut json = self.get("/v2/processing/processes")?;
            items(json.get_mut("processes").map(Value::take).unwrap_or_default(), "processes")
        };
        let list: Result<_> = read();
        Ok(Processes::read(&list.context("list the processes")?, false))
    }
}
