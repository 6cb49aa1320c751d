use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use super::{OgcBackend, OgcProcess};
use crate::batch::{Batch, Kind};
use crate::client::{Client, Endpoint, THIS_MACHINE, items, optional};
use crate::processes::Processes;
use crate::transport::{Request, collect_pages};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;

/// Processes that are read of a list.
const MOST: usize = 10_000;
/// Entries of a page; a server may send fewer.
const PAGE: &str = "100";

/// Any OGC API - Processes server (1.0): its processes, run in parallel.
///
/// No account of the platform is needed, so a server stands for itself, as
/// [`Catalog::stac`](crate::catalog::Catalog::stac) does; [`Client::processes`] keeps the journals of its
/// batches with those of the client. Where the server wants a login of its own, an
/// [`Endpoint`] has it.
///
/// ```
/// # use up42::{simulator::Simulator, serde_json::json};
/// use up42::processes::ProcessServer;
///
/// # let simulator = Simulator::start()?;
/// # let url = simulator.ogc_url();
/// let server = ProcessServer::open(url)?; // such as "https://demo.pygeoapi.io/master"
/// # let client = up42::Client::builder().simulator(simulator.clone()).build()?;
/// # let server = client.processes(server.url())?;
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
    /// An OGC API - Processes server, whose batches are kept where this client keeps its own:
    /// [`Client::batches`] lists them. The client's login is not sent to it.
    ///
    /// # Errors
    ///
    /// As for [`ProcessServer::open`].
    pub fn processes(&self, server: impl Into<Endpoint>) -> Result<ProcessServer> {
        let server = server.into();
        let open = || ProcessServer::of(Self::open_with(&server, self.batches_folder().to_owned())?, &server);
        open().with_context(|| description(server.url()))
    }
}

impl ProcessServer {
    /// The server with this landing page.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`] when there is no OGC API - Processes at the URL,
    /// [`ErrorKind::Auth`] when the server wants a login or refuses the one that it was given,
    /// and the errors of the network.
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

    /// Whether the landing page, or the conformance that it leads to, speaks of processes.
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

    /// Its landing page, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it calls itself.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The processes that it offers.
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    pub fn list(&self) -> Result<Processes> {
        let first = Request::get(format!("{}/processes", self.url)).query("limit", PAGE);
        let mut seen = HashSet::new();
        let pages = collect_pages(first, MOST, |request| {
            let mut page = self.read_page(request, "processes")?;
            page.items.retain(|one| one.get("id").is_some_and(|id| seen.insert(id.to_string())));
            // A server that repeats itself has no more.
            page.next = page.next.filter(|_| !page.items.is_empty());
            Ok(page)
        });
        let (list, has_more) = pages.with_context(|| format!("processes of `{}`", self.url))?;
        Ok(Processes::read(&list, has_more))
    }

    /// A process, with what it can be told.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none of this id; the error names some that there
    /// are.
    pub fn process(&self, id: impl AsRef<str>) -> Result<OgcProcess> {
        let id = id.as_ref();
        let read = || match self.json(Request::get(self.process_url(id)?)) {
            Ok(json) => OgcProcess::read(self, &json),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let known = self.list().map_err(|_| error.clone())?;
                let near = suggest(known.iter().map(|one| one.id.as_str()), id);
                Err(error.context(format!("there is none: did you mean {near}?")))
            }
            Err(error) => Err(error),
        };
        read().with_context(|| format!("process `{id}` of `{}`", self.url))
    }

    /// The batch of this name on this server, as its journal has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such journal, [`ErrorKind::InvalidInput`] when
    /// the batch belongs to another server or to no server at all.
    pub fn batch(&self, name: impl AsRef<str>) -> Result<Batch> {
        Batch::open(&self.client, name.as_ref(), |owner| match owner.kind {
            Kind::OgcProcess => Ok(OgcBackend::of(&self.process(&owner.id)?)),
            _ => Err(Error::invalid(
                "its jobs are not those of an OGC server: open it by `client.batch(name)?`",
            )),
        })
    }

    /// How a journal knows the server: a host, whatever its port where that is this machine,
    /// and a path.
    pub(super) fn host_and_path(&self) -> (String, String) {
        let url = url::Url::parse(&self.url).ok();
        let path = url.as_ref().map_or("", url::Url::path).trim_end_matches('/').to_owned();
        let host = match self.client.host() {
            host if host.starts_with(THIS_MACHINE) => THIS_MACHINE.to_owned(),
            _ => url.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
        };
        (host, path)
    }
}

fn description(url: &str) -> String {
    match url.contains(['?', '#', '@']) {
        // What stands beside the address may be a key: it is not told.
        true => "OGC API - Processes server".to_owned(),
        false => format!("OGC API - Processes server `{url}`"),
    }
}

impl fmt::Debug for ProcessServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProcessServer({})", sanitize(&self.url, 200))
    }
}
