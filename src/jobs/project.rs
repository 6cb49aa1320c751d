use std::fmt;

use super::id::checked;
use super::optional;
use crate::client::{Client, data};
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// Project: workflows, their jobs, and shared limits.
#[derive(Clone)]
pub struct Project {
    client: Client,
    id: String,
    name: Option<String>,
    description: Option<String>,
}

impl Client {
    /// Returns the project of the login, or the one given by `UP42_PROJECT_ID` or
    /// [`project_id`](crate::client::ClientBuilder::project_id).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if no project is given,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it does not exist.
    pub fn project(&self) -> Result<Project> {
        let id = self.project_id().ok_or_else(|| {
            Error::invalid(
                "no project: set UP42_PROJECT_ID, or give its id to `Client::builder().project_id(…)`",
            )
        })?;
        self.project_by_id(id)
    }

    /// Returns a project of the account by its id. A project's own API key can access only that
    /// project.
    ///
    /// ```
    /// # use up42::{Client, simulator::Simulator};
    /// # let client = Client::simulator()?;
    /// let project = client.project_by_id(Simulator::PROJECT_ID)?;
    /// assert_eq!(project.name(), Some("Simulated project"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it does not exist or does not belong
    /// to this account.
    #[doc(alias = "initialize_project")]
    pub fn project_by_id(&self, id: impl AsRef<str>) -> Result<Project> {
        let id = id.as_ref();
        let read = || self.get(&format!("/projects/{}", checked("project", id)?)).and_then(data);
        let json = read().with_context(|| format!("project `{id}`"))?;
        Ok(Project {
            client: self.clone(),
            id: id.to_owned(),
            name: optional(&json, "name"),
            description: optional(&json, "description"),
        })
    }
}

impl Project {
    /// Returns the id on the platform.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name on the platform.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the description on the platform.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the path of the API below this project.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/projects/{}{rest}", self.id)
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = sanitize(self.name().unwrap_or("without a name"), 200);
        write!(f, "Project({name}, {})", sanitize(&self.id, 80))
    }
}
