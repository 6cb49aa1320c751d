//! The connection to the platform: login, region, endpoints, retries and timeouts.
//!
//! - [`Client`]: the entry point, with a login or with a simulator in this process.
//! - [`ClientBuilder`]: its settings.
//! - [`Workspace`]: the workspace of the login.

mod builder;
mod card;
mod endpoint;
mod envelope;
mod field;
pub(crate) mod id;
mod open;
mod pages;
mod signed;
mod workspace;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;

pub use crate::transport::RetryPolicy;
pub use builder::{ClientBuilder, Region};
pub use endpoint::Endpoint;
pub(crate) use envelope::{data, items};
pub(crate) use field::{balance, credits, optional, required};
pub(crate) use pages::pages;
pub use workspace::Workspace;

use crate::transport::{DownloadProgress, Login, Request, Response, Secret, UnpackReservation, Worker};
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::redact;

/// Host of every server on this machine, as journals store it.
pub(crate) const LOCALHOST_NAME: &str = "this machine";

/// Client of the platform, or of the simulator.
///
/// Cheap to clone: clones share the connections, the token and the rate limits. Making a client
/// sends no request: a wrong password fails at the first request, or when the client is displayed.
///
/// ```
/// # use up42::Client;
/// let client = Client::simulator()?;
/// assert!(client.balance()? > 0);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    worker: Worker,
    api_url: String,
    auth_url: String,
    login_kind: LoginKind,
    project_id: Option<String>,
    batches: PathBuf,
    /// Workspace, once it was requested.
    workspace: Mutex<Option<Workspace>>,
    #[cfg(feature = "simulator")]
    simulator: Option<up42_simulator::Simulator>,
}

/// Kind of login, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LoginKind {
    /// A project's API key, for the classic API.
    Project,
    /// An account by its user name, for the current API and the account's projects.
    Account(String),
    /// Credentials of another server, sent with each request.
    External,
    /// No login: a public server.
    NoLogin,
}

impl Client {
    /// Makes a client from environment variables.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `UP42_USERNAME`, `UP42_PASSWORD` | the account's login |
    /// | `UP42_PROJECT_ID`, `UP42_PROJECT_API_KEY` | a project's login; or an account's project |
    /// | `UP42_REGION` | `eu` (default) or `sa` |
    /// | `UP42_API_URL`, `UP42_AUTH_URL` | another server, such as `up42 simulator` |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if neither login is complete; the error names the variables.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_variables(|name| std::env::var(name).ok())?.build()
    }

    /// Returns a builder for other logins, servers and limits.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Makes a client of a new simulator in this process, without an account or the network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the simulator cannot listen on this machine.
    #[cfg(feature = "simulator")]
    pub fn simulator() -> Result<Self> {
        Self::builder().simulator(up42_simulator::Simulator::start()?).build()
    }

    /// Makes a client of a simulator whose state is stored in a folder. After a restart of the
    /// kernel the same call opens the same platform, with its jobs, credits and journals of
    /// batches; its jobs have progressed in the meantime.
    ///
    /// ```
    /// # use up42::Client;
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("platform");
    /// let client = Client::simulator_in(&folder)?;
    /// assert_eq!(client.balance()?, Client::simulator_in(&folder)?.balance()?);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the folder cannot be written, or if the simulator cannot listen on this
    /// machine.
    #[cfg(feature = "simulator")]
    pub fn simulator_in(folder: impl AsRef<Path>) -> Result<Self> {
        let simulator = up42_simulator::Simulator::builder().folder(folder).start()?;
        Self::builder().simulator(simulator).build()
    }

    /// Returns the simulator behind this client, to move its clock, to inject faults and to
    /// look at what it received.
    ///
    /// ```
    /// use up42::simulator::Hold;
    /// use up42::Client;
    /// use up42::catalog::Catalog;
    /// use up42::processes::ProcessServer;
    /// use up42::products::EulaState;
    ///
    /// let client = Client::simulator()?;
    /// let simulator = client.as_simulator().unwrap();
    ///
    /// simulator.add_credits(-99_000);
    /// assert_eq!(client.balance()?, 1_000);
    ///
    /// let product = client.data_product("pneo/display")?;
    /// assert_eq!(product.eula, EulaState::NotAccepted);
    /// simulator.accept_eula(product.eula_id.unwrap());
    /// assert_eq!(client.data_product("pneo/display")?.eula, EulaState::Accepted);
    ///
    /// // A STAC API and an OGC API - Processes server are there too.
    /// assert_eq!(Catalog::stac(simulator.stac_url())?.collections()?.len(), 4);
    /// assert_eq!(ProcessServer::open(simulator.ogc_url())?.processes()?.len(), 3);
    ///
    /// // A request is stopped before its answer, until the test lets it go.
    /// let held = simulator.hold(Hold::answer().on("GET /balance"));
    /// let asked = std::thread::scope(|scope| {
    ///     let asked = scope.spawn(|| client.balance());
    ///     held.wait_until_reached();
    ///     assert!(!asked.is_finished());
    ///     held.release();
    ///     asked.join().unwrap()
    /// });
    /// assert_eq!(asked?, 1_000);
    /// # Ok::<(), up42::Error>(())
    /// ```
    #[cfg(feature = "simulator")]
    pub fn as_simulator(&self) -> Option<&up42_simulator::Simulator> {
        self.inner.simulator.as_ref()
    }

    /// Returns the account's balance in credits (1 credit is 0.01 EUR).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] if the login is refused, [`ErrorKind::Network`] if there is no response.
    pub fn balance(&self) -> Result<i64> {
        let classic = || {
            balance(&self.get("/accounts/me/credits/balance").and_then(data)?, "balance").context("`data`")
        };
        let today = || {
            let json = self.get("/v2/payments/balances")?;
            balance(json.get("available").unwrap_or(&Value::Null), "amount").context("`available`")
        };
        let balance = match classic() {
            // If the older endpoint is gone, the newer one may exist (`docs/up42-api.md`, 7).
            Err(error) if error.kind() == ErrorKind::NotFound => today().map_err(|_| error),
            balance => balance,
        };
        balance.context("read the credits")
    }

    pub(crate) fn login_kind(&self) -> &LoginKind {
        &self.inner.login_kind
    }

    /// Returns whether requests are sent with a login.
    pub(crate) fn has_login(&self) -> bool {
        self.inner.login_kind != LoginKind::NoLogin
    }

    pub(crate) fn project_id(&self) -> Option<&str> {
        self.inner.project_id.as_deref()
    }

    /// Returns the folder of the batches' journals.
    pub(crate) fn batches_folder(&self) -> &Path {
        &self.inner.batches
    }

    /// Returns the API's name in journals: its host, its port unless it is the default one, and its
    /// path, since a gateway may serve several platforms. All servers on this machine have one
    /// name, whatever their ports, since a simulator gets another port at each start.
    pub(crate) fn host(&self) -> String {
        let Ok(url) = url::Url::parse(&self.inner.api_url) else { return self.inner.api_url.clone() };
        let host = match url.host_str().unwrap_or_default() {
            "127.0.0.1" | "localhost" | "[::1]" => LOCALHOST_NAME.to_owned(),
            host => url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        };
        format!("{host}{}", url.path().trim_end_matches('/'))
    }

    /// Returns the absolute URL of a path of the API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inner.api_url)
    }

    /// Returns whether this client's own login is sent with a request.
    pub(crate) fn sends_login(&self, request: &Request) -> bool {
        let api = url::Url::parse(&self.inner.api_url);
        self.inner.login_kind != LoginKind::NoLogin && api.is_ok_and(|api| request.sends_token_to(&api))
    }

    pub(crate) fn send(&self, request: Request) -> Result<Response> {
        self.inner.worker.send(request)
    }

    pub(crate) fn json(&self, request: Request) -> Result<Value> {
        let shown = request.shown();
        self.send(request)?.json().context(shown)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.json(Request::get(self.url(path)))
    }

    /// Downloads a signed URL without a login; from a server with its own credentials and no signed
    /// URLs, with these credentials.
    pub(crate) fn download(
        &self,
        url: &Secret,
        path: impl Into<PathBuf>,
        incoming: &DownloadProgress,
    ) -> Result<UnpackReservation> {
        self.inner.worker.download(self.file_behind(url), path.into(), incoming.clone())
    }

    /// Returns whether the file behind a signed URL has `length` bytes.
    pub(crate) fn has_length(&self, url: &Secret, length: u64) -> Result<bool> {
        self.inner.worker.has_length(self.file_behind(url), length)
    }

    fn file_behind(&self, url: &Secret) -> Request {
        let request = Request::signed(url);
        match self.inner.login_kind {
            LoginKind::External => request.login(Login::Token),
            LoginKind::Project | LoginKind::Account(_) | LoginKind::NoLogin => request,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.inner.login_kind, redact::text(&self.inner.api_url))
    }
}

impl fmt::Display for LoginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoginKind::Project => f.write_str("a project's key"),
            LoginKind::Account(user) => f.write_str(user),
            LoginKind::External => f.write_str("with a login"),
            LoginKind::NoLogin => f.write_str("without a login"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_differ_by_path_and_simulators_not_by_port() {
        let host = |url: &str| {
            let client = Client::builder().account("me", "secret").api_url(url).auth_url(url);
            client.build().unwrap().host()
        };
        assert_eq!(host("https://api.up42.com"), "api.up42.com");
        assert_eq!(host("https://api.up42.com:443/"), "api.up42.com");
        assert_eq!(host("https://gateway.example.com:8443/eu"), "gateway.example.com:8443/eu");
        assert_eq!(host("https://gateway.example.com:8443/sa"), "gateway.example.com:8443/sa");
        assert_eq!(host("http://127.0.0.1:4711"), host("http://localhost:4712"));
    }
}
