//! The connection to the platform: login, region, endpoints, retries and timeouts.
//!
//! - [`Client`]: a login, or a simulator in this process. Everything else begins with it.
//! - [`ClientBuilder`]: its settings.
//! - [`Workspace`]: the account's workspaces.

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

use crate::transport::{Incoming, Login, Packed, Request, Response, Secret, Worker};
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::redact;

/// The host of every server on this machine, as journals name it.
pub(crate) const THIS_MACHINE: &str = "this machine";

/// A login to the platform, or to the simulator.
///
/// Cheap to clone; the connections, the token and the limits are shared. Making a
/// client asks nothing of the network: a wrong password shows at the first
/// request, or when the client is displayed.
///
/// ```
/// # use up42::Client;
/// let client = Client::simulator()?;
/// assert!(client.credits()? > 0);
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
    who: Who,
    project_id: Option<String>,
    batches: PathBuf,
    /// The workspace, once it was asked for.
    workspace: Mutex<Option<Workspace>>,
    #[cfg(feature = "simulator")]
    simulator: Option<up42_simulator::Simulator>,
}

/// Who is logged in, without what proves it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Who {
    /// A project's own key: the classic interface.
    Project,
    /// An account: today's interface, and the account's projects.
    Account(String),
    /// Another server's login, which goes with each request.
    Guest,
    /// No login: a server that is open to all.
    Nobody,
}

impl Client {
    /// A client from the environment.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `UP42_USERNAME`, `UP42_PASSWORD` | the account's login |
    /// | `UP42_PROJECT_ID`, `UP42_PROJECT_API_KEY` | a project's login; with an account, the project to work in |
    /// | `UP42_REGION` | `eu` (default) or `sa` |
    /// | `UP42_API_URL`, `UP42_AUTH_URL` | another server, such as `up42 simulator` |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when neither login
    /// is complete; the error names the variables.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_variables(|name| std::env::var(name).ok())?.build()
    }

    /// A client for other logins, servers and limits.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client of a new simulator in this process: no account, no network.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the simulator cannot listen on
    /// this machine.
    #[cfg(feature = "simulator")]
    pub fn simulator() -> Result<Self> {
        Self::builder().simulator(up42_simulator::Simulator::start()?).build()
    }

    /// A client of a simulator that lives in a folder: after a restart of the kernel the same
    /// call is the same platform, with its jobs, its credits and the journals of batches.
    /// Meanwhile its jobs have gone on.
    ///
    /// ```
    /// # use up42::Client;
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("platform");
    /// let client = Client::simulator_in(&folder)?;
    /// assert_eq!(client.credits()?, Client::simulator_in(&folder)?.credits()?);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when the folder cannot be written, or the
    /// simulator cannot listen on this machine.
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
    /// assert_eq!(client.credits()?, 1_000);
    ///
    /// let product = client.data_product("pneo/display")?;
    /// assert_eq!(product.eula, EulaState::NotAccepted);
    /// simulator.accept_eula(product.eula_id.unwrap());
    /// assert_eq!(client.data_product("pneo/display")?.eula, EulaState::Accepted);
    ///
    /// // A STAC API and an OGC API - Processes server are there too.
    /// assert_eq!(Catalog::stac(simulator.stac_url())?.collections()?.len(), 4);
    /// assert_eq!(ProcessServer::open(simulator.ogc_url())?.list()?.len(), 3);
    ///
    /// // A request is stopped before its answer, until the test lets it go.
    /// let held = simulator.hold(Hold::answer().on("GET /balance"));
    /// let asked = std::thread::scope(|scope| {
    ///     let asked = scope.spawn(|| client.credits());
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

    /// The account's balance, in credits (1 credit is 0.01 EUR).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] when the login is refused, and the
    /// errors of the network.
    pub fn credits(&self) -> Result<i64> {
        let classic = || {
            balance(&self.get("/accounts/me/credits/balance").and_then(data)?, "balance").context("`data`")
        };
        let today = || {
            let json = self.get("/v2/payments/balances")?;
            balance(json.get("available").unwrap_or(&Value::Null), "amount").context("`available`")
        };
        let balance = match classic() {
            // Where the older endpoint is gone, the newer one may be there (`docs/up42-api.md`, 7).
            Err(error) if error.kind() == ErrorKind::NotFound => today().map_err(|_| error),
            balance => balance,
        };
        balance.context("read the credits")
    }

    pub(crate) fn who(&self) -> &Who {
        &self.inner.who
    }

    /// Whether requests bring a login along.
    pub(crate) fn has_login(&self) -> bool {
        self.inner.who != Who::Nobody
    }

    pub(crate) fn project_id(&self) -> Option<&str> {
        self.inner.project_id.as_deref()
    }

    /// Where the journals of batches are kept.
    pub(crate) fn batches_folder(&self) -> &Path {
        &self.inner.batches
    }

    /// The API as journals name it: its host, its port where that is no usual one, and its
    /// path, since a gateway may serve several platforms. Servers on this machine are one,
    /// whatever their ports: a simulator has another each time.
    pub(crate) fn host(&self) -> String {
        let Ok(url) = url::Url::parse(&self.inner.api_url) else { return self.inner.api_url.clone() };
        let host = match url.host_str().unwrap_or_default() {
            "127.0.0.1" | "localhost" | "[::1]" => THIS_MACHINE.to_owned(),
            host => url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        };
        format!("{host}{}", url.path().trim_end_matches('/'))
    }

    /// A whole URL for a path of the API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inner.api_url)
    }

    /// Whether this client's own login goes with a request.
    pub(crate) fn brings_login(&self, request: &Request) -> bool {
        let api = url::Url::parse(&self.inner.api_url);
        self.inner.who != Who::Nobody && api.is_ok_and(|api| request.brings_token_to(&api))
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

    /// Downloads a signed URL, which is its own login; a file on a server that knows no signed
    /// ones, with its login.
    pub(crate) fn download(
        &self,
        url: &Secret,
        path: impl Into<PathBuf>,
        incoming: &Incoming,
    ) -> Result<Packed> {
        self.inner.worker.download(self.file_behind(url), path.into(), incoming.clone())
    }

    /// Returns whether the file behind a signed URL has so many bytes.
    pub(crate) fn has_length(&self, url: &Secret, length: u64) -> Result<bool> {
        self.inner.worker.has_length(self.file_behind(url), length)
    }

    fn file_behind(&self, url: &Secret) -> Request {
        let request = Request::signed(url);
        match self.inner.who {
            Who::Guest => request.login(Login::Token),
            Who::Project | Who::Account(_) | Who::Nobody => request,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.inner.who, redact::text(&self.inner.api_url))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Project => f.write_str("a project's key"),
            Who::Account(user) => f.write_str(user),
            Who::Guest => f.write_str("with a login"),
            Who::Nobody => f.write_str("without a login"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_gateways_of_one_host_are_two_and_a_simulator_on_another_port_is_the_same() {
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
