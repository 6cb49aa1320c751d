//! What scenes look like: pictures as the catalog has them, kept on disk.

mod cache;
mod gallery;
mod save;
mod view;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

pub(super) use cache::Cache;
pub use gallery::Gallery;
pub(super) use view::{SNIPPET, layer};

use super::provider::quicklook_path;
use super::scenes::QuicklookSource;
use super::{Catalog, Scene, Scenes};
use crate::transport::{Request, Response, Secret};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::impl_list;
use up42_core::parallel::in_parallel;
use up42_core::redact;
use up42_view::display::counted;
use up42_view::display::picture::MOST_BYTES;

/// Downloads at a time; the limiter holds the rate.
const CONCURRENT_REQUESTS: usize = 32;

/// The quicklooks of some scenes, each with its own outcome: one that is missing
/// never shifts or hides the others.
#[derive(Clone)]
pub struct Quicklooks {
    quicklooks: Vec<Quicklook>,
    /// Where the scenes come from.
    origin: Vec<(String, String)>,
}

/// One scene and what came of its quicklook.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Quicklook {
    /// Whose picture it is.
    pub scene: Scene,
    /// What came of it.
    pub outcome: QuicklookOutcome,
}

/// What came of a quicklook.
#[derive(Clone)]
#[non_exhaustive]
pub enum QuicklookOutcome {
    /// The picture as it was sent: JPEG or PNG.
    Picture(Arc<[u8]>),
    /// The provider has none.
    Missing,
    /// It could not be had.
    Failed(Error),
}

impl Scene {
    /// Whether the catalog promises a quicklook.
    pub fn has_quicklook(&self) -> bool {
        self.quicklook != QuicklookSource::None
    }
}

impl Catalog {
    /// Downloads the quicklooks of the scenes, many at a time.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).limit(3))?;
    /// let quicklooks = client.catalog().download_quicklooks(&scenes)?;
    /// assert_eq!(quicklooks.pictures(), scenes.len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// Pictures are kept on disk, up to 1 GB, and asked for once: in `UP42_CACHE`, else in
    /// the system's folder for caches; see [`cache`](Self::cache).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] when the login is refused. Whatever befalls a single
    /// quicklook is its own [`outcome`](Quicklook::outcome).
    pub fn download_quicklooks(&self, scenes: &Scenes) -> Result<Quicklooks> {
        let origin = scenes.origin().to_vec();
        let scenes: Vec<Scene> = scenes.iter().cloned().collect();
        let outcomes = in_parallel(&scenes, CONCURRENT_REQUESTS, |scene| self.quicklook(scene));
        let quicklooks = scenes
            .into_iter()
            .zip(outcomes)
            .map(|(scene, outcome)| Ok(Quicklook { scene, outcome: outcome? }));
        if let Some(cache) = &self.cache {
            cache.trim();
        }
        Ok(Quicklooks { quicklooks: quicklooks.collect::<Result<_>>()?, origin })
    }

    /// Keeps quicklooks in another folder. The catalog of a server on this machine, such as
    /// the simulator, keeps them only then.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// # let folder = tempfile::tempdir()?;
    /// let catalog = client.catalog().cache(folder.path());
    /// let scenes = catalog.search(Search::new(&aoi).limit(3))?;
    /// catalog.download_quicklooks(&scenes)?;
    /// let again = catalog.download_quicklooks(&scenes)?; // asks nothing
    /// assert_eq!(again.pictures(), 3);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(Cache::new(folder));
        self
    }

    /// Keeps no quicklooks, and asks for each.
    pub fn without_cache(mut self) -> Self {
        self.cache = None;
        self
    }

    /// What comes of one scene, out of the cache where it is there; an error is a refused
    /// login, which befalls them all.
    fn quicklook(&self, scene: &Scene) -> Result<QuicklookOutcome> {
        let Some(cache) = &self.cache else { return self.fetch(scene) };
        let name = self.name(scene);
        if let Some(bytes) = cache.get(&name).and_then(|bytes| picture(bytes).ok()) {
            return Ok(QuicklookOutcome::Picture(bytes.into()));
        }
        let outcome = self.fetch(scene)?;
        if let QuicklookOutcome::Picture(bytes) = &outcome {
            cache.put(&name, bytes);
        }
        Ok(outcome)
    }

    /// Whose picture it is: of which catalog, which scene, and which of its pictures.
    fn name(&self, scene: &Scene) -> String {
        let source = match &scene.quicklook {
            QuicklookSource::Asset(href) => redact::data(href),
            QuicklookSource::Classic(provider) => (&**provider).into(),
            QuicklookSource::None => "".into(),
        };
        let collection = scene.collection.as_deref().unwrap_or_default();
        [&self.client.url(""), collection, &scene.id, &source].join("\n")
    }

    fn fetch(&self, scene: &Scene) -> Result<QuicklookOutcome> {
        let bytes = match &scene.quicklook {
            QuicklookSource::None => return Ok(QuicklookOutcome::Missing),
            QuicklookSource::Asset(href) => self.asset(href),
            QuicklookSource::Classic(provider) => {
                self.ask(Request::get(self.client.url(&quicklook_path(provider, &scene.id))))
            }
        };
        let bytes = bytes.and_then(|answer| Ok(picture(answer.body)?));
        match bytes {
            Ok(bytes) => Ok(QuicklookOutcome::Picture(bytes.into())),
            Err(Failed::Login(error)) => Err(error),
            Err(Failed::Scene(error)) if error.kind() == ErrorKind::NotFound => Ok(QuicklookOutcome::Missing),
            Err(Failed::Scene(error)) => {
                Ok(QuicklookOutcome::Failed(error.context(format!("quicklook of `{}`", scene.id))))
            }
        }
    }

    /// An asset's `href` whose path ends in `/download-url` gives a signed URL (API
    /// reference, 16); any other is the file. What stands in its query leads to no POST:
    /// items may come from anyone, and a POST brings the login.
    fn asset(&self, href: &str) -> Result<Response, Failed> {
        if !href.starts_with("https:") && !href.starts_with("http:") {
            let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
            let message = format!("it is at `{scheme}:…`: only http and https can be downloaded");
            return Err(Error::invalid(message).into());
        }
        if !url::Url::parse(href).is_ok_and(|url| url.path().ends_with("/download-url")) {
            return self.ask(Request::get(href));
        }
        let json = self.ask(Request::post(href, json!({})).secret())?.json()?;
        let url = json.get("url").and_then(Value::as_str);
        let url = url.ok_or_else(|| Error::response("the answer to `download-url` has no `url`"))?;
        self.ask(Request::signed(&Secret::new(url)))
    }

    /// Sends a request for one scene. A 403 may concern that scene alone, and what
    /// another host refuses has nothing to do with the login.
    fn ask(&self, request: Request) -> Result<Response, Failed> {
        let is_own = self.client.brings_login(&request);
        self.client.send(request.at_most(MOST_BYTES)).map_err(|error| {
            let is_login = error.kind() == ErrorKind::Auth
                && error.server_error().is_some_and(|said| said.status != 403);
            if is_own && is_login { Failed::Login(error) } else { Failed::Scene(error) }
        })
    }
}

/// Whom a failure concerns.
enum Failed {
    Login(Error),
    Scene(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Scene(error)
    }
}

/// Refuses what is not a picture, such as a page of HTML sent with a good status.
pub(crate) fn picture(bytes: Vec<u8>) -> Result<Vec<u8>> {
    match image::guess_format(&bytes) {
        Ok(image::ImageFormat::Jpeg | image::ImageFormat::Png) => Ok(bytes),
        _ => Err(Error::response(format!("{} bytes that are neither JPEG nor PNG", bytes.len()))),
    }
}

impl_list!(Quicklooks(quicklooks: Quicklook), "The quicklooks, in the order of the scenes.");

impl Quicklooks {
    pub(crate) fn of(quicklooks: Vec<Quicklook>) -> Self {
        Self { quicklooks, origin: Vec::new() }
    }

    /// How many of them have a picture.
    pub fn pictures(&self) -> usize {
        self.iter().filter(|quicklook| quicklook.picture().is_some()).count()
    }
}

impl Quicklook {
    /// The bytes of the picture, JPEG or PNG.
    pub fn picture(&self) -> Option<&[u8]> {
        match &self.outcome {
            QuicklookOutcome::Picture(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Debug for Quicklooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", counted(self.pictures(), "quicklook"), counted(self.len(), "scene"))
    }
}

impl fmt::Debug for QuicklookOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Picture(bytes) => write!(f, "{} KB", bytes.len().div_ceil(1000)),
            Self::Missing => f.write_str("missing"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}
