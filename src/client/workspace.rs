use std::fmt;

use super::{Client, LoginKind, Region, data, optional, required};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell};
use up42_view::impl_mime_bundle;

/// Workspace of a login, which owns its orders and jobs.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Workspace {
    /// Id on the platform.
    pub id: String,
    /// E-mail address of the login, if the platform returns it.
    pub email: Option<String>,
    /// Region of the platform; `None` for another server, such as the simulator.
    pub region: Option<Region>,
}

impl Client {
    /// Returns the workspace of the login. Only the first call sends a request.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let workspace = client.workspace()?;
    /// assert_eq!((workspace.id.len(), workspace.region), (36, None));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the login is refused,
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there is no login.
    pub fn workspace(&self) -> Result<Workspace> {
        let lock = || self.inner.workspace.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(workspace) = lock().clone() {
            return Ok(workspace);
        }
        let workspace = self.ask_workspace().context("read the workspace")?;
        *lock() = Some(workspace.clone());
        Ok(workspace)
    }

    /// Returns the region of the API server; `None` for another server.
    pub fn region(&self) -> Option<Region> {
        match self.inner.api_url.as_str() {
            "https://api.up42.com" => Some(Region::Eu),
            "https://api.sa.up42.com" => Some(Region::Sa),
            _ => None,
        }
    }

    /// Requests the workspace (`docs/up42-api.md`, 1.4 and 1.6).
    fn ask_workspace(&self) -> Result<Workspace> {
        let (id, email) = match (self.login_kind(), self.project_id()) {
            (LoginKind::Account(_), _) => {
                let path = "/realms/public/protocol/openid-connect/userinfo";
                let json = self.json(Request::get(format!("{}{path}", self.inner.auth_url)))?;
                (required(&json, "sub")?, optional(&json, "email"))
            }
            (LoginKind::Project, Some(project)) => {
                let json = self.get(&format!("/projects/{}", super::id::checked("project", project)?));
                (required(&json.and_then(data)?, "workspaceId")?, None)
            }
            _ => return Err(Error::invalid("there is no login: a workspace belongs to one")),
        };
        Ok(Workspace { id: super::id::checked("workspace", &id)?.to_owned(), email, region: self.region() })
    }
}

impl Workspace {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        Card::new("Workspace")
            .fact("Id", Cell::id(&self.id))
            .fact("Login", self.email.clone())
            .fact("Region", self.region.map(|region| region.to_string()))
    }
}

impl_mime_bundle!(Workspace);

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workspace({})", sanitize(&self.id, 80))
    }
}
