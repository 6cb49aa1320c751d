use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::block::quoted;
use super::{Block, Workflow, optional, required};
use crate::client::{data, items};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// Block of a workflow (`docs/up42-api.md`, `WorkflowTask`).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// Name of the task, such as `tiling:1`; key of its parameters in a job.
    pub name: String,
    /// Technical name of the block.
    pub block: String,
    /// Id of the block.
    pub block_id: String,
    /// Version of the block.
    pub version: Option<String>,
    /// Parameters of the block: name to schema, with `default`, `required`, `type` and
    /// `description`.
    pub parameters: Map<String, Value>,
}

impl Workflow {
    /// Returns the workflow's tasks, in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection,
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if the response is not a list of tasks.
    #[doc(alias = "workflow_tasks")]
    #[doc(alias = "get_workflow_tasks")]
    pub fn tasks(&self) -> Result<Vec<Task>> {
        self.project()
            .client()
            .get(&self.path("/tasks"))
            .and_then(read_tasks)
            .with_context(|| self.error_context("tasks"))
    }

    /// Replaces the workflow's tasks by these blocks, given by name, id or display name, the data
    /// block first. A version is given after `@`, as in `tiling@1.2.1`; the default is the newest
    /// version.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::view::Show;
    /// # let project = Client::simulator()?.project()?;
    /// let workflow = project.workflow("airports")?;
    /// let tasks = workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "Raster Tiling", "tiling@1.2.1"])?;
    /// let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
    /// assert_eq!(names, ["sobloo-s2-l1c-aoiclipped:1", "tiling:1", "tiling:2"]);
    /// tasks.show();
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a block or version does not
    /// exist (the message lists the closest names or the versions), or if blocks are not
    /// compatible.
    #[doc(alias = "add_workflow_tasks")]
    pub fn add_tasks(&self, blocks: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<Task>> {
        let context = || self.error_context("add tasks");
        let known = self.project().blocks().with_context(context)?;
        let chain = blocks.into_iter().map(|wanted| self.project().find_block(&known, wanted.as_ref()));
        let chain = chain.collect::<Result<Vec<_>>>().with_context(context)?;
        check_order(&chain, &known).with_context(context)?;
        let tasks = Value::Array(named(&chain));
        // The request replaces the whole list, so it may be repeated.
        let request = Request::post(self.project().client().url(&self.path("/tasks/")), tasks);
        let done = self.project().client().json(request).and_then(read_tasks);
        done.map_err(|error| {
            match error.server_error().is_some_and(|server_error| server_error.status == 422) {
                true => error.context(
                    "two of the blocks do not fit together: `compatible_blocks` lists those that do",
                ),
                false => error,
            }
        })
        .with_context(context)
    }
}

/// Checks that the first block is a data block and the only one (`docs/up42-api.md`, 3). The
/// platform rejects other chains without stating the reason.
fn check_order(chain: &[Block], known: &[Block]) -> Result<()> {
    let Some((first, rest)) = chain.split_first() else {
        return Err(Error::invalid("no block is given: begin with a data block"));
    };
    if !first.is_data && known.iter().any(|block| block.is_data) {
        let data: Vec<_> = known.iter().filter(|block| block.is_data).map(|block| &block.name).collect();
        return Err(Error::invalid(format!(
            "`{}` works on the data of another block: begin with a data block, such as {}",
            first.name,
            quoted(&data[..data.len().min(3)])
        )));
    }
    match rest.iter().find(|block| block.is_data) {
        Some(block) => Err(Error::invalid(format!(
            "`{}` is a data block: there is one in a workflow, and it comes first",
            block.name
        ))),
        None => Ok(()),
    }
}

/// Builds the tasks, each after its predecessor. Repeated blocks get the numbers 1, 2 and so on.
fn named<'a>(chain: &'a [Block]) -> Vec<Value> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut parent: Option<String> = None;
    let task = |block: &'a Block| {
        let count = counts.entry(block.name.as_str()).or_default();
        *count += 1;
        let name = format!("{}:{count}", block.name);
        json!({"name": name, "parentName": parent.replace(name.clone()), "blockId": block.id})
    };
    chain.iter().map(task).collect()
}

fn read_tasks(json: Value) -> Result<Vec<Task>> {
    let task = |json: &Value| {
        let block = json.get("block").unwrap_or(&Value::Null);
        let version = optional(block, "version").or_else(|| optional(json, "blockVersionTag"));
        Ok(Task {
            name: required(json, "name")?,
            block: optional(block, "name").or_else(|| optional(json, "blockName")).unwrap_or_default(),
            block_id: required(block, "id").context("`block`")?,
            version,
            parameters: block.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
        })
    };
    // The platform returns the tasks in the order of the chain.
    items(data(json)?, "data")?.iter().map(task).collect()
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", sanitize(&self.name, 200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &str, kind: &str) -> Block {
        Block::read(&json!({"id": name, "name": name, "type": kind})).unwrap()
    }

    #[test]
    fn a_workflow_is_a_data_block_then_processing_blocks() {
        let (data, work) = (block("s2", "DATA"), block("tiling", "PROCESSING"));
        let known = [data.clone(), work.clone()];
        let message = |chain: &[&Block]| {
            let chain: Vec<Block> = chain.iter().map(|block| (*block).clone()).collect();
            check_order(&chain, &known).unwrap_err().to_string()
        };
        assert_eq!(message(&[]), "no block is given: begin with a data block");
        assert_eq!(
            message(&[&work]),
            "`tiling` works on the data of another block: begin with a data block, such as `s2`"
        );
        assert_eq!(
            message(&[&data, &work, &data]),
            "`s2` is a data block: there is one in a workflow, and it comes first"
        );
    }

    #[test]
    fn tasks_are_chained_and_have_unique_names() {
        let chain = [block("s2", "DATA"), block("tiling", ""), block("tiling", "")];
        assert_eq!(
            Value::Array(named(&chain)),
            json!([
                {"name": "s2:1", "parentName": null, "blockId": "s2"},
                {"name": "tiling:1", "parentName": "s2:1", "blockId": "tiling"},
                {"name": "tiling:2", "parentName": "tiling:1", "blockId": "tiling"},
            ])
        );
    }
}
