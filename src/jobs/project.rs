use std::fmt;

use serde_json::{Value, json};

use super::{Workflow, optional};
use crate::client::{Client, data, items};
use crate::error::{Context, Error, Result};
use crate::plain::plain;
use crate::transport::Request;

/// A project: workflows, their jobs, and the limits that they share.
#[derive(Clone)]
pub struct Project {
    client: Client,
    id: String,
    name: Option<String>,
    description: Option<String>,
}

impl Client {
    /// The project of the login, or the one given by `UP42_PROJECT_ID` or
    /// [`project_id`](crate::ClientBuilder::project_id).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when no project is
    /// given, [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it does not exist.
    #[doc(alias = "initialize_project")]
    pub fn project(&self) -> Result<Project> {
        let id = self.project_id().map(str::to_owned).ok_or_else(|| {
            Error::invalid(
                "no project: set UP42_PROJECT_ID, or give its id to `Client::builder().project_id(…)`",
            )
        })?;
        let json = self.get(&format!("/projects/{id}")).and_then(data);
        let json = json.with_context(|| format!("project `{id}`"))?;
        Ok(Project {
            client: self.clone(),
            id,
            name: optional(&json, "name"),
            description: optional(&json, "description"),
        })
    }
}

impl Project {
    /// The platform's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name given on the platform.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The description given on the platform.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The project's workflows.
    ///
    /// # Errors
    ///
    /// Those of the network, and a page that is none.
    #[doc(alias = "get_workflows")]
    pub fn workflows(&self) -> Result<Vec<Workflow>> {
        let list =
            self.client.get(&self.path("/workflows")).and_then(data).and_then(|list| items(list, "data"));
        let read = |list: Vec<Value>| list.iter().map(|json| Workflow::read(self, json)).collect();
        list.and_then(read).context("list the workflows")
    }

    /// The workflow with this name: the existing one, or a new one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the platform
    /// refuses the name.
    #[doc(alias = "create_workflow")]
    pub fn workflow(&self, name: impl AsRef<str>) -> Result<Workflow> {
        let name = name.as_ref();
        let told = || format!("workflow `{name}`");
        if let Some(existing) =
            self.workflows().with_context(told)?.into_iter().find(|one| one.name() == name)
        {
            return Ok(existing);
        }
        let body = json!({"name": name, "description": ""});
        let request = Request::post(self.client.url(&self.path("/workflows/")), body).charging();
        let json = self.client.json(request).and_then(data);
        json.and_then(|json| Workflow::read(self, &json)).with_context(told)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// A path of the API below this project.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/projects/{}{rest}", self.id)
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = plain(self.name().unwrap_or("without a name"), 200);
        write!(f, "Project({name}, {})", plain(&self.id, 80))
    }
}
