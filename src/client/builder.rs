use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use url::Url;

use super::{Client, Inner, LoginKind};
use crate::transport::{Connection, Login, Request, RetryPolicy, Secret, Settings, TokenSource, Worker};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;

/// Default request timeout.
pub(super) const TIMEOUT: Duration = Duration::from_secs(120);

/// Default folder of the batches' journals.
pub(super) const BATCHES: &str = "up42-batches";

/// Region of the platform's servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Region {
    /// Europe: `api.up42.com`.
    #[default]
    Eu,
    /// Saudi Arabia: `api.sa.up42.com`.
    Sa,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eu => "Europe",
            Self::Sa => "Saudi Arabia",
        })
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "eu" => Ok(Self::Eu),
            "sa" => Ok(Self::Sa),
            _ => Err(Error::invalid(format!("region `{text}` is unknown: use `eu` or `sa`"))),
        }
    }
}

/// Builder of a [`Client`]: login, server and settings.
///
/// ```
/// # use up42::Client;
/// # use up42::client::Region;
/// let client = Client::builder().account("me@example.com", "secret").region(Region::Sa).build()?;
/// assert!(!format!("{client:?}").contains("secret"));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ClientBuilder {
    account: Option<(String, Secret)>,
    project_id: Option<String>,
    project_key: Option<Secret>,
    region: Region,
    api_url: Option<String>,
    auth_url: Option<String>,
    retry: RetryPolicy,
    timeout: Option<Duration>,
    batches: Option<PathBuf>,
    #[cfg(feature = "simulator")]
    simulator: Option<up42_simulator::Simulator>,
}

impl ClientBuilder {
    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let mut builder = Self::default();
        if let Some(region) = variable("UP42_REGION") {
            builder.region = region.parse().context("UP42_REGION")?;
        }
        builder.api_url = variable("UP42_API_URL");
        builder.auth_url = variable("UP42_AUTH_URL");
        builder.project_id = variable("UP42_PROJECT_ID");
        builder.project_key = variable("UP42_PROJECT_API_KEY").map(Secret::new);
        match (variable("UP42_USERNAME"), variable("UP42_PASSWORD")) {
            (Some(user), Some(password)) => builder.account = Some((user, Secret::new(password))),
            (None, None) => {}
            (Some(_), None) => return Err(Error::invalid("UP42_USERNAME is set, but UP42_PASSWORD is not")),
            (None, Some(_)) => return Err(Error::invalid("UP42_PASSWORD is set, but UP42_USERNAME is not")),
        }
        Ok(builder)
    }

    /// Sets a project's login, for the classic API with projects, workflows and jobs.
    pub fn project(mut self, id: impl Into<String>, api_key: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self.project_key = Some(Secret::new(api_key));
        self
    }

    /// Sets an account's login, for the current API and the account's projects.
    pub fn account(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.account = Some((user.into(), Secret::new(password)));
        self
    }

    /// Sets the project that an account works in; see [`Client::project`].
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// Sets the platform's region (default [`Region::Eu`]).
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Sets another API server, such as that of `up42 simulator`.
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = Some(url.into());
        self
    }

    /// Sets another login server.
    pub fn auth_url(mut self, url: impl Into<String>) -> Self {
        self.auth_url = Some(url.into());
        self
    }

    /// Sets the number of attempts of a request, and the pauses between them.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the request timeout: the longest wait for a response to begin, and between two parts of
    /// it (default 120 s).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the folder of the batches' journals. Default: `up42-batches` in the current directory;
    /// for a simulator in this process, in the simulator's folder. A relative path is resolved when
    /// the client is built, so a later change of the current directory has no effect.
    pub fn batches(mut self, folder: impl Into<PathBuf>) -> Self {
        self.batches = Some(folder.into());
        self
    }

    /// Uses the given simulator, with a login to its account and its project unless other ones are
    /// set.
    #[cfg(feature = "simulator")]
    pub fn simulator(mut self, simulator: up42_simulator::Simulator) -> Self {
        self.simulator = Some(simulator);
        self
    }

    /// Fills the settings that are not set with those of the simulator.
    #[cfg(feature = "simulator")]
    fn with_simulator(mut self) -> Self {
        use up42_simulator::Simulator;
        let Some(simulator) = &self.simulator else { return self };
        self.api_url.get_or_insert_with(|| simulator.api_url().to_owned());
        self.auth_url.get_or_insert_with(|| simulator.auth_url().to_owned());
        self.project_id.get_or_insert_with(|| Simulator::PROJECT_ID.to_owned());
        self.batches.get_or_insert_with(|| simulator.folder().join(BATCHES));
        if self.account.is_none() && self.project_key.is_none() {
            self = self.account(Simulator::USERNAME, Simulator::PASSWORD);
        }
        self
    }

    /// Builds the client. Sends no request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if no login is set, or if a URL is invalid.
    pub fn build(self) -> Result<Client> {
        #[cfg(feature = "simulator")]
        let this = self.with_simulator();
        #[cfg(not(feature = "simulator"))]
        let this = self;
        this.connect()
    }

    fn connect(self) -> Result<Client> {
        let (api, auth) = match self.region {
            Region::Eu => ("https://api.up42.com", "https://auth.up42.com"),
            Region::Sa => ("https://api.sa.up42.com", "https://auth.sa.up42.com"),
        };
        let api_url = server(self.api_url.as_deref().unwrap_or(api))?;
        let auth_url = server(self.auth_url.as_deref().unwrap_or(auth))?;
        let auth = parsed(&auth_url)?;
        let (login_kind, tokens) = match (self.account, &self.project_id, self.project_key) {
            (Some((user, password)), _, _) => {
                let login = account_login(&auth_url, &user, password);
                let hint = format!("check the user `{user}` and its password (UP42_USERNAME, UP42_PASSWORD)");
                (LoginKind::Account(user), TokenSource::new(login, hint))
            }
            (None, Some(id), Some(key)) => {
                let login = project_login(&api_url, id, key);
                let hint = format!(
                    "check the project id `{id}` and its API key (UP42_PROJECT_ID, UP42_PROJECT_API_KEY)"
                );
                (LoginKind::Project, TokenSource::new(login, hint))
            }
            (None, _, _) => return Err(no_login()),
        };
        let api = parsed(&api_url)?;
        let timeout = self.timeout.unwrap_or(TIMEOUT);
        let (auth, tokens) = (Some(auth), Some(tokens));
        let settings = Settings { api, auth, tokens, credentials: None, retry: self.retry, timeout };
        let connection = Connection::new(settings)?;
        let inner = Inner {
            worker: Worker::start(connection)?,
            api_url,
            auth_url,
            login_kind,
            project_id: self.project_id,
            batches: absolute(self.batches.unwrap_or_else(|| BATCHES.into()))?,
            workspace: Mutex::default(),
            #[cfg(feature = "simulator")]
            simulator: self.simulator,
        };
        Ok(Client { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = match (&self.account, &self.project_key) {
            (Some((user, _)), _) => sanitize(user, 200),
            (None, Some(_)) => "a project's key".to_owned(),
            (None, None) => "no login".to_owned(),
        };
        let url = self.api_url.as_deref().map_or_else(|| self.region.to_string(), |url| sanitize(url, 200));
        write!(f, "ClientBuilder({login} at {url})")
    }
}

/// Returns the absolute path of a folder, since a cell may change the current directory later.
pub(super) fn absolute(folder: PathBuf) -> Result<PathBuf> {
    std::path::absolute(&folder)
        .map_err(Error::from)
        .with_context(|| format!("folder of the batches `{}`", folder.display()))
}

/// Makes the login request of an account (`docs/up42-api.md`, 1.3).
fn account_login(auth_url: &str, user: &str, password: Secret) -> Request {
    let url = format!("{auth_url}/realms/public/protocol/openid-connect/token");
    let fields = vec![
        ("grant_type", Secret::new("password")),
        ("client_id", Secret::new("up42-api")),
        ("scope", Secret::new("openid")),
        ("username", Secret::new(user)),
        ("password", password),
    ];
    Request::form(url, fields)
}

/// Makes the login request of a project (`docs/up42-api.md`, 1.1).
fn project_login(api_url: &str, id: &str, key: Secret) -> Request {
    Request::form(format!("{api_url}/oauth/token"), vec![("grant_type", Secret::new("client_credentials"))])
        .login(Login::Basic(id.to_owned(), key))
}

pub(super) fn server(url: &str) -> Result<String> {
    // The user, query or fragment may contain a key: the message does not quote them.
    if url.contains(['@', '?', '#']) {
        return Err(Error::invalid(
            "a server's URL has a user, a query or a fragment: write no more than `https://host/path`",
        ));
    }
    let parsed =
        Url::parse(url).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
    match parsed {
        Some(parsed) => Ok(parsed.as_str().trim_end_matches('/').to_owned()),
        None => Err(Error::invalid(format!("server `{url}` is not a URL: write `https://…`"))),
    }
}

fn parsed(url: &str) -> Result<Url> {
    Url::parse(url).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
}

fn no_login() -> Error {
    Error::invalid(
        "no login: set UP42_USERNAME and UP42_PASSWORD, or UP42_PROJECT_ID and UP42_PROJECT_API_KEY; \
         `Client::simulator()` needs neither",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<ClientBuilder> {
        ClientBuilder::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_login_is_read_from_the_environment() {
        let account =
            from(&[("UP42_USERNAME", "me"), ("UP42_PASSWORD", "hunter2"), ("UP42_REGION", "SA")]).unwrap();
        let client = account.build().unwrap();
        assert_eq!(format!("{client:?}"), "Client(me at https://api.sa.up42.com)");
        assert_eq!(client.region(), Some(Region::Sa));
        let project = from(&[("UP42_PROJECT_ID", "p"), ("UP42_PROJECT_API_KEY", "hunter2")]).unwrap();
        assert!(!format!("{project:?}").contains("hunter2"));
        assert_eq!(project.build().unwrap().login_kind(), &LoginKind::Project);
    }

    #[test]
    fn the_error_of_a_missing_setting_names_it() {
        let message = |variables| from(variables).and_then(ClientBuilder::build).unwrap_err().to_string();
        assert!(
            message(&[]).starts_with("no login: set UP42_USERNAME and UP42_PASSWORD, or UP42_PROJECT_ID")
        );
        assert!(message(&[("UP42_PROJECT_ID", "p")]).starts_with("no login"));
        assert_eq!(message(&[("UP42_USERNAME", "me")]), "UP42_USERNAME is set, but UP42_PASSWORD is not");
        assert_eq!(
            message(&[("UP42_REGION", "moon")]),
            "UP42_REGION: region `moon` is unknown: use `eu` or `sa`"
        );
    }

    #[test]
    fn an_invalid_server_url_is_an_error_without_its_secrets() {
        let error = Client::builder().account("me", "x").api_url("api.up42.com").build().unwrap_err();
        assert_eq!(error.to_string(), "server `api.up42.com` is not a URL: write `https://…`");
        for url in
            ["https://me:hunter2@host", "https://host?key=hunter2", "https://host/#hunter2", "me:hunter2@"]
        {
            let error = Client::builder().account("me", "x").auth_url(url).build().unwrap_err().to_string();
            assert!(!error.contains("hunter2") && error.contains("write no more than"), "{error}");
        }
    }
}
