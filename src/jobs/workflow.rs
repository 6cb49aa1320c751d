use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::estimate::Prices;
use super::id::checked;
use super::{Project, optional, required};
use crate::client::{data, items};
use crate::transport::Request;
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::sanitize::sanitize;

/// Workflow: a chain of blocks that begins with a data block.
#[derive(Clone)]
pub struct Workflow {
    project: Project,
    id: String,
    name: String,
    description: Option<String>,
    /// Cache of estimated prices; shared by the clones.
    prices: Arc<Mutex<Prices>>,
}

impl Project {
    /// Returns the project's workflows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] on failure of the connection, [`ErrorKind::Response`] if the response
    /// is not a list of workflows.
    #[doc(alias = "get_workflows")]
    pub fn workflows(&self) -> Result<Vec<Workflow>> {
        let list =
            self.client().get(&self.path("/workflows")).and_then(data).and_then(|list| items(list, "data"));
        let read = |list: Vec<Value>| list.iter().map(|json| Workflow::read(self, json)).collect();
        list.and_then(read).context("list the workflows")
    }

    /// Returns the workflow with this name; creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the platform rejects the name.
    #[doc(alias = "use_existing")]
    pub fn workflow(&self, name: impl AsRef<str>) -> Result<Workflow> {
        let name = name.as_ref();
        let known = self.workflows().with_context(|| format!("workflow `{name}`"))?;
        match known.into_iter().find(|one| one.name() == name) {
            Some(existing) => Ok(existing),
            None => self.create_workflow(name, ""),
        }
    }

    /// Creates a workflow, even if another one has the same name. The description may be empty.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the platform rejects the name: 1 to 100 characters are
    /// allowed.
    pub fn create_workflow(&self, name: impl AsRef<str>, description: impl AsRef<str>) -> Result<Workflow> {
        let name = name.as_ref();
        let body = json!({"name": name, "description": description.as_ref()});
        let request = Request::post(self.client().url(&self.path("/workflows/")), body).mark_charging();
        let json = self.client().json(request).and_then(data);
        json.and_then(|json| Workflow::read(self, &json)).with_context(|| format!("workflow `{name}`"))
    }

    /// Returns the workflow with this id.
    ///
    /// ```
    /// # use up42::Client;
    /// # let project = Client::simulator()?.project()?;
    /// # let id = project.workflow("airports")?.id().to_owned();
    /// let workflow = project.workflow_by_id(id)?;
    /// assert_eq!(workflow.name(), "airports");
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if it does not exist.
    #[doc(alias = "initialize_workflow")]
    pub fn workflow_by_id(&self, id: impl AsRef<str>) -> Result<Workflow> {
        let id = id.as_ref();
        let read = || {
            let json = self.client().get(&self.path(&format!("/workflows/{}", checked("workflow", id)?)));
            Workflow::read(self, &json.and_then(data)?)
        };
        read().with_context(|| format!("workflow `{id}`"))
    }
}

impl Workflow {
    pub(super) fn read(project: &Project, json: &Value) -> Result<Self> {
        Ok(Self {
            project: project.clone(),
            id: required(json, "id")?,
            name: optional(json, "name").unwrap_or_default(),
            description: optional(json, "description"),
            prices: Arc::default(),
        })
    }

    /// Creates a workflow with a known id and name. Sends no request.
    pub(crate) fn known(project: Project, id: String, name: String) -> Self {
        Self { project, id, name, description: None, prices: Arc::default() }
    }

    /// Returns the id on the platform.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name on the platform.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description on the platform.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the workflow's project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Renames the workflow (at most 100 characters); the description stays unchanged. Returns the
    /// workflow with its new name.
    ///
    /// ```
    /// # use up42::Client;
    /// # let project = Client::simulator()?.project()?;
    /// let workflow = project.workflow("airports")?.rename("ports")?;
    /// assert_eq!(workflow.name(), "ports");
    /// assert_eq!(project.workflow("ports")?.id(), workflow.id());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the platform rejects the name, [`ErrorKind::NotFound`] if the
    /// workflow no longer exists.
    #[doc(alias = "update_name")]
    pub fn rename(&self, name: impl AsRef<str>) -> Result<Self> {
        let name = name.as_ref();
        let rename = || self.update(name, self.reloaded()?.description().unwrap_or_default());
        rename().with_context(|| self.error_context(&format!("rename to `{name}`")))
    }

    /// Changes the workflow's description; the name stays unchanged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the workflow no longer exists.
    pub fn describe(&self, description: impl AsRef<str>) -> Result<Self> {
        let describe = || self.update(self.reloaded()?.name(), description.as_ref());
        describe().with_context(|| self.error_context("describe"))
    }

    /// Deletes the workflow. Its jobs stay. Deleting a workflow that does not exist is not an
    /// error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] on failure of the connection, [`ErrorKind::Auth`] if the login lacks
    /// the permission.
    pub fn delete(&self) -> Result<()> {
        let request = Request::delete(self.project.client().url(&self.path("")));
        match self.project.client().send(request) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| self.error_context("delete"))
            }
            _ => Ok(()),
        }
    }

    /// Requests the current state of the workflow: another notebook may have changed it.
    fn reloaded(&self) -> Result<Self> {
        let json = self.project.client().get(&self.path("")).and_then(data)?;
        Ok(Self { prices: Arc::clone(&self.prices), ..Self::read(&self.project, &json)? })
    }

    /// Updates name and description: the API requires both.
    fn update(&self, name: &str, description: &str) -> Result<Self> {
        let body = json!({"name": name, "description": description});
        let request = Request::put(self.project.client().url(&self.path("")), body);
        let json = self.project.client().json(request).and_then(data)?;
        Ok(Self { prices: Arc::clone(&self.prices), ..Self::read(&self.project, &json)? })
    }

    pub(super) fn prices(&self) -> MutexGuard<'_, Prices> {
        self.prices.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Returns the path of the API below this workflow.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.project.path(&format!("/workflows/{}{rest}", self.id))
    }

    pub(crate) fn error_context(&self, what: &str) -> String {
        format!("workflow `{}`: {what}", self.name)
    }
}

impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workflow({}, {})", sanitize(&self.name, 200), sanitize(&self.id, 80))
    }
}
