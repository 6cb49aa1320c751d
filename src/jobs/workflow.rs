use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Map, Value, json};

use super::estimate::Prices;
use super::{Project, block, optional, required};
use crate::client::{data, items};
use crate::error::{Context, Error, Result};
use crate::plain::plain;
use crate::transport::Request;

/// A workflow: a chain of blocks that begins with a data block.
#[derive(Clone)]
pub struct Workflow {
    project: Project,
    id: String,
    name: String,
    /// Of estimated jobs; shared by the clones.
    prices: Arc<Mutex<Prices>>,
}

/// One block in a workflow (API reference, `WorkflowTask`).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The name under which jobs give its parameters, such as `tiling:1`.
    pub name: String,
    /// The block's technical name.
    pub block: String,
    /// The block's id.
    pub block_id: String,
    /// The block's version.
    pub version: Option<String>,
    /// What the block can be told: parameter to schema, with `default`, `required`,
    /// `type` and `description`.
    pub parameters: Map<String, Value>,
}

impl Workflow {
    pub(super) fn read(project: &Project, json: &Value) -> Result<Self> {
        Ok(Self {
            project: project.clone(),
            id: required(json, "id")?,
            name: optional(json, "name").unwrap_or_default(),
            prices: Arc::default(),
        })
    }

    /// A workflow that was met before. Asks nothing.
    pub(crate) fn known(project: Project, id: String, name: String) -> Self {
        Self { project, id, name, prices: Arc::default() }
    }

    /// The platform's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name given on the platform.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The project it belongs to.
    pub fn project(&self) -> &Project {
        &self.project
    }

    pub(super) fn prices(&self) -> MutexGuard<'_, Prices> {
        self.prices.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The chain of blocks, in order.
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    #[doc(alias = "workflow_tasks")]
    pub fn tasks(&self) -> Result<Vec<Task>> {
        self.project
            .client()
            .get(&self.path("/tasks"))
            .and_then(read_tasks)
            .with_context(|| self.told("tasks"))
    }

    /// Makes the workflow this chain of blocks, given by name, id or display name,
    /// the data block first. Tasks that it had are replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there is no such
    /// block, or when blocks do not fit together.
    #[doc(alias = "add_workflow_tasks")]
    pub fn add_tasks(&self, blocks: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<Task>> {
        let told = || self.told("add tasks");
        let known = self.project.blocks().with_context(told)?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut tasks: Vec<Value> = Vec::new();
        let mut parent: Option<String> = None;
        for wanted in blocks {
            let block = block::find(&known, wanted.as_ref()).with_context(told)?;
            let count = counts.entry(&block.name).or_default();
            *count += 1;
            let name = format!("{}:{count}", block.name);
            tasks.push(json!({"name": name, "parentName": parent, "blockId": block.id}));
            parent = Some(name);
        }
        if tasks.is_empty() {
            return Err(Error::invalid("no block is given: begin with a data block").context(told()));
        }
        // The whole list is replaced, so sending it twice does no harm.
        let request = Request::post(self.project.client().url(&self.path("/tasks/")), Value::Array(tasks));
        self.project.client().json(request).and_then(read_tasks).with_context(told)
    }

    /// A path of the API below this workflow.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.project.path(&format!("/workflows/{}{rest}", self.id))
    }

    pub(crate) fn told(&self, what: &str) -> String {
        format!("workflow `{}`: {what}", self.name)
    }
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
    // The chain is a list of parents; the platform keeps it in order.
    items(data(json)?, "data")?.iter().map(task).collect()
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", plain(&self.name, 200))
    }
}

impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workflow({}, {})", plain(&self.name, 200), plain(&self.id, 80))
    }
}
