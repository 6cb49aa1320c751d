use serde_json::Value;

use super::block::quoted;
use super::{Block, Workflow, optional, required};
use crate::client::{data, items};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};

impl Workflow {
    /// Returns the blocks that can follow the last task; for a workflow without tasks, the data
    /// blocks.
    ///
    /// ```
    /// # use up42::Client;
    /// # let project = Client::simulator()?.project()?;
    /// let workflow = project.workflow("airports")?;
    /// assert!(workflow.compatible_blocks()?.iter().all(|block| block.is_data));
    /// workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// assert!(workflow.compatible_blocks()?.iter().any(|block| block.name == "tiling"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection,
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if the response is not a list of blocks.
    #[doc(alias = "get_compatible_blocks")]
    pub fn compatible_blocks(&self) -> Result<Vec<Block>> {
        let compatible = || match self.tasks()?.last() {
            Some(last) => self.fitting(&last.name, None),
            // The endpoint requires a parent task.
            None => Ok(self.project().blocks()?.into_iter().filter(|block| block.is_data).collect()),
        };
        compatible().with_context(|| self.error_context("compatible blocks"))
    }

    /// Returns the blocks that can follow a task of the workflow and precede the next task, if
    /// there is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the workflow has no such
    /// task; the message lists its tasks.
    pub fn compatible_blocks_after(&self, task: impl AsRef<str>) -> Result<Vec<Block>> {
        let compatible = || {
            let tasks: Vec<String> = self.tasks()?.into_iter().map(|task| task.name).collect();
            let place = tasks.iter().position(|name| name == task.as_ref()).ok_or_else(|| {
                Error::invalid(match tasks.is_empty() {
                    true => "it has no tasks: `add_tasks` first".to_owned(),
                    false => format!("it has no task `{}`, but {}", task.as_ref(), quoted(&tasks)),
                })
            })?;
            self.fitting(&tasks[place], tasks.get(place + 1))
        };
        compatible().with_context(|| self.error_context("compatible blocks"))
    }

    /// Requests the compatible blocks. The response has only ids, names and versions: details come
    /// from the list of blocks.
    fn fitting(&self, parent: &str, child: Option<&String>) -> Result<Vec<Block>> {
        let client = self.project().client();
        let mut request =
            Request::get(client.url(&self.path("/compatible-blocks"))).query("parentTaskName", parent);
        if let Some(child) = child {
            request = request.query("childTaskName", child);
        }
        let mut json = client.json(request).and_then(data)?;
        let list = items(json.get_mut("blocks").map(Value::take).unwrap_or_default(), "data.blocks")?;
        let known = self.project().blocks()?;
        let read = |json: &Value| {
            let id = required(json, "blockId")?;
            match known.iter().find(|block| block.id == id) {
                Some(block) => Ok(block.clone()),
                None => Ok(Block {
                    version: optional(json, "versionTag"),
                    // A data block cannot follow another block: `is_data` stays `false`.
                    ..Block::read(&serde_json::json!({"id": id, "name": required(json, "name")?}))?
                }),
            }
        };
        list.iter().map(read).collect()
    }
}
