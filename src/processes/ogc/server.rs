use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use super::{OgcBackend, OgcProcess};
use crate::batch::{Batch, Kind};
use crate::client::{Client, Endpoint, LOCALHOST_NAME, items, optional};
use crate::processes::Processes;
use crate::transport::{Request, collect_pages};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;

/// Largest number of processes read of the list.
const MOST: usize = 10_000;
/// Entries per page; a server may send fewer.
const PAGE: &str = "100";

/// OGC API - Processes server (1.0).
///
/// It needs no account of the platform, like [`Catalog::stac`](crate::catalog::Catalog::stac).
/// [`Client::process_server`] stores the journals of its batches with those of the client. A login of
/// the server is given with [`Endpoint`].
///
/// ```
/// # use up42::{simulator::Simulator, serde_json::json};
/// use up42::processes::ProcessServer;
///
/// # let simulator = Simulator::start()?;
/// # let url = simulator.ogc_url();
/// let server = ProcessServer::open(url)?; // such as "https://demo.pygeoapi.io/master"
/// # let client = up42::Client::builder().simulator(simulator.clone()).build()?;
/// # let server = client.process_server(server.url())?;
/// let process = server.process("hello-world")?;
/// assert_eq!(process.inputs().get("name").unwrap().min_occurs, 1);
/// let batch = process.batch("greetings", vec![json!({"name": "Dakar"}), json!({"name": "Thiès"})])?;
/// assert_eq!(batch.run()?.succeeded(), 2);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct ProcessServer {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) title: Option<String>,
}

impl Client {
    /// Opens an OGC API - Processes server whose journals are stored with this client's:
    /// [`Client::batches`] lists them. The client's login is not sent to the server.
    ///
    /// # Errors
    ///
    /// Same as [`ProcessServer::open`].
    pub fn process_server(&self, server: impl Into<Endpoint>) -> Result<ProcessServer> {
        let server = server.into();
        let open = || ProcessServer::of(Self::open_with(&server, self.batches_folder().to_owned())?, &server);
        open().with_context(|| description(server.url()))
    }
}

impl ProcessServer {
    /// Opens the server with this landing page.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`] if there is no OGC API - Processes at the URL, [`ErrorKind::Auth`]
    /// if the server requires a login or rejects the given one, [`ErrorKind::Network`] on failure
    /// of the connection.
    pub fn open(server: impl Into<Endpoint>) -> Result<Self> {
        let server = server.into();
        let open = || Self::of(Client::open(&server)?, &server);
        open().with_context(|| description(server.url()))
    }

    fn of(client: Client, server: &Endpoint) -> Result<Self> {
        let url = server.url().trim_end_matches('/').to_owned();
        let mut server = Self { client, url, title: None };
        let landing = server.json(Request::get(format!("{}/", server.url)))?;
        server.title = optional(&landing, "title");
        if !server.is_declared(&landing)? {
            return Err(Error::response(
                "its conformance names no class of OGC API - Processes: it is another kind of server",
            ));
        }
        Ok(server)
    }

    /// Returns whether the landing page or its conformance declares OGC API - Processes.
    fn is_declared(&self, landing: &Value) -> Result<bool> {
        let own = landing.get("conformsTo").cloned();
        let classes = match own {
            Some(classes) => classes,
            None => {
                let mut json = self.json(Request::get(format!("{}/conformance", self.url)))?;
                json.get_mut("conformsTo").map(Value::take).unwrap_or_default()
            }
        };
        let classes = items(classes, "conformsTo")?;
        Ok(classes.iter().filter_map(Value::as_str).any(|class| class.contains("/ogcapi-processes-1/")))
    }

    /// Returns the URL of the landing page, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the title on the landing page.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the processes of the server, at most 10,000.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] on failure of the connection, [`ErrorKind::Response`] if the response
    /// is not a list of processes.
    pub fn processes(&self) -> Result<Processes> {
        let first = Request::get(format!("{}/processes", self.url)).query("limit", PAGE);
        let mut seen = HashSet::new();
        let pages = collect_pages(first, MOST, |request| {
            let mut page = self.read_page(request, "processes")?;
            page.items.retain(|one| one.get("id").is_some_and(|id| seen.insert(id.to_string())));
            // A page without new entries ends the list: some servers repeat pages.
            page.next = page.next.filter(|_| !page.items.is_empty());
            Ok(page)
        });
        let (list, has_more) = pages.with_context(|| format!("processes of `{}`", self.url))?;
        Ok(Processes::read(&list, has_more))
    }

    /// Returns a process with its inputs and outputs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no process with this id; the message lists the closest
    /// ids.
    pub fn process(&self, id: impl AsRef<str>) -> Result<OgcProcess> {
        let id = id.as_ref();
        let read = || match self.json(Request::get(self.process_url(id)?)) {
            Ok(json) => OgcProcess::read(self, &json),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let known = self.processes().map_err(|_| error.clone())?;
                let near = suggest(known.iter().map(|one| one.id.as_str()), id);
                Err(error.context(format!("there is none: did you mean {near}?")))
            }
            Err(error) => Err(error),
        };
        read().with_context(|| format!("process `{id}` of `{}`", self.url))
    }

    /// Opens the batch with this name on this server, from its journal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no such journal, [`ErrorKind::InvalidInput`] if the
    /// batch belongs to another server, or to another service.
    pub fn batch(&self, name: impl AsRef<str>) -> Result<Batch> {
        Batch::open(&self.client, name.as_ref(), |owner| match owner.kind {
            Kind::OgcProcess => Ok(OgcBackend::of(&self.process(&owner.id)?)),
            _ => Err(Error::invalid(
                "its jobs are not those of an OGC server: open it by `client.batch(name)?`",
            )),
        })
    }

    /// Returns the identity of the server in journals: host and path. A local host has no port,
    /// because the port may change.
    pub(super) fn host_and_path(&self) -> (String, String) {
        let url = url::Url::parse(&self.url).ok();
        let path = url.as_ref().map_or("", url::Url::path).trim_end_matches('/').to_owned();
        let host = match self.client.host() {
            host if host.starts_with(LOCALHOST_NAME) => LOCALHOST_NAME.to_owned(),
            _ => url.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
        };
        (host, path)
    }
}

fn description(url: &str) -> String {
    match url.contains(['?', '#', '@']) {
        // The URL's login, query or fragment may contain a key.
        true => "OGC API - Processes server".to_owned(),
        false => format!("OGC API - Processes server `{url}`"),
    }
}

impl fmt::Debug for ProcessServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProcessServer({})", sanitize(&self.url, 200))
    }
}
