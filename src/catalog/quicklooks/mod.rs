//! Quicklooks: preview pictures from the catalog, cached on disk.

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
use up42_view::elements::counted;
use up42_view::picture::MOST_BYTES;

/// Number of parallel downloads; the limiter controls the rate.
const CONCURRENT_REQUESTS: usize = 32;

/// Quicklooks of scenes, each with its own outcome: a missing one never shifts or hides the others.
#[derive(Clone)]
pub struct Quicklooks {
    quicklooks: Vec<Quicklook>,
    /// Catalog and search that the scenes come from.
    origin: Vec<(String, String)>,
}

/// Scene, and the outcome of its quicklook.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Quicklook {
    /// Scene of the quicklook.
    pub scene: Scene,
    /// Outcome of the download.
    pub outcome: QuicklookOutcome,
}

/// Outcome of the download of a quicklook.
#[derive(Clone)]
#[non_exhaustive]
pub enum QuicklookOutcome {
    /// Picture as it was sent: JPEG or PNG.
    Picture(Arc<[u8]>),
    /// No quicklook at the provider.
    Missing,
    /// Error of the download.
    Failed(Error),
}

impl Scene {
    /// Returns whether the catalog lists a quicklook.
    pub fn has_quicklook(&self) -> bool {
        self.quicklook != QuicklookSource::None
    }
}

impl Catalog {
    /// Downloads the quicklooks of the scenes in parallel.
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
    /// Pictures are cached on disk, up to 1 GB, and downloaded once: in `UP42_CACHE`, else in the
    /// system's cache folder; see [`cache`](Self::cache).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] if the login is refused. Any other error of a quicklook is its
    /// [`outcome`](Quicklook::outcome).
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

    /// Sets the cache folder of quicklooks. The catalog of a server on this machine, such as the
    /// simulator, has no cache unless this is set.
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

    /// Disables the cache: every quicklook is downloaded.
    pub fn without_cache(mut self) -> Self {
        self.cache = None;
        self
    }

    /// Returns the outcome for one scene, from the cache if it is there. An error is a refused
    /// login, which concerns all scenes.
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

    /// Returns the cache key of a picture: catalog, collection, scene and source.
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
                self.send(Request::get(self.client.url(&quicklook_path(provider, &scene.id))))
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

    /// Downloads an asset. An `href` whose path ends in `/download-url` returns a signed URL
    /// (`docs/up42-api.md`, 16); any other one is the file. That ending in the query does not cause
    /// a POST: items may come from anyone, and a POST is sent with the login.
    fn asset(&self, href: &str) -> Result<Response, Failed> {
        if !href.starts_with("https:") && !href.starts_with("http:") {
            let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
            let message = format!("it is at `{scheme}:…`: only http and https can be downloaded");
            return Err(Error::invalid(message).into());
        }
        if !url::Url::parse(href).is_ok_and(|url| url.path().ends_with("/download-url")) {
            return self.send(Request::get(href));
        }
        let json = self.send(Request::post(href, json!({})).secret())?.json()?;
        let url = json.get("url").and_then(Value::as_str);
        let url = url.ok_or_else(|| Error::response("the answer to `download-url` has no `url`"))?;
        self.send(Request::signed(&Secret::new(url)))
    }

    /// Sends a request for one scene. A 403 may concern that scene only, and an error of another
    /// host has nothing to do with the login.
    fn send(&self, request: Request) -> Result<Response, Failed> {
        let is_own = self.client.sends_login(&request);
        self.client.send(request.at_most(MOST_BYTES)).map_err(|error| {
            let is_login = error.kind() == ErrorKind::Auth
                && error.server_error().is_some_and(|server_error| server_error.status != 403);
            if is_own && is_login { Failed::Login(error) } else { Failed::Scene(error) }
        })
    }
}

/// Failure of the login or of one scene.
enum Failed {
    Login(Error),
    Scene(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Scene(error)
    }
}

/// Returns an error for what is not a picture, such as an HTML page with a success status.
pub(crate) fn picture(bytes: Vec<u8>) -> Result<Vec<u8>> {
    match image::guess_format(&bytes) {
        Ok(image::ImageFormat::Jpeg | image::ImageFormat::Png) => Ok(bytes),
        _ => Err(Error::response(format!("{} bytes that are neither JPEG nor PNG", bytes.len()))),
    }
}

impl_list!(Quicklooks(quicklooks: Quicklook), "Returns an iterator over the quicklooks, in the order of the scenes.");

impl Quicklooks {
    pub(crate) fn of(quicklooks: Vec<Quicklook>) -> Self {
        Self { quicklooks, origin: Vec::new() }
    }

    /// Returns the number of quicklooks with a picture.
    pub fn pictures(&self) -> usize {
        self.iter().filter(|quicklook| quicklook.picture().is_some()).count()
    }
}

impl Quicklook {
    /// Returns the bytes of the picture, JPEG or PNG; `None` if there is none.
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
