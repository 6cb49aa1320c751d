use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::classic::quicklook_path;
use super::scene::QuicklookSource;
use super::{Catalog, Scene, Scenes};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::list::list;
use crate::transport::{Request, Response, Secret, in_parallel};

/// Downloads at a time; the limiter holds the rate.
const AT_ONCE: usize = 32;

/// The quicklooks of some scenes, each with its own outcome: one that is missing
/// never shifts or hides the others.
#[derive(Clone)]
pub struct Quicklooks {
    quicklooks: Vec<Quicklook>,
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
    /// # use up42::{Aoi, Client, Search};
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).limit(3))?;
    /// let quicklooks = client.catalog().download_quicklooks(&scenes)?;
    /// assert_eq!(quicklooks.pictures(), scenes.len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] when the login is refused. Whatever befalls a single
    /// quicklook is its own [`outcome`](Quicklook::outcome).
    pub fn download_quicklooks(&self, scenes: &Scenes) -> Result<Quicklooks> {
        let scenes: Vec<Scene> = scenes.iter().cloned().collect();
        let outcomes = in_parallel(&scenes, AT_ONCE, |scene| self.quicklook(scene));
        let quicklooks = scenes
            .into_iter()
            .zip(outcomes)
            .map(|(scene, outcome)| Ok(Quicklook { scene, outcome: outcome? }));
        Ok(Quicklooks { quicklooks: quicklooks.collect::<Result<_>>()? })
    }

    /// What comes of one scene; an error is a refused login, which befalls them all.
    fn quicklook(&self, scene: &Scene) -> Result<QuicklookOutcome> {
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

    /// An asset's `href` that ends in `/download-url` gives a signed URL (API
    /// reference, 16); any other is the file.
    fn asset(&self, href: &str) -> Result<Response, Failed> {
        if !href.starts_with("https:") && !href.starts_with("http:") {
            let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
            let told = format!("it is at `{scheme}:…`: only http and https can be downloaded");
            return Err(Error::invalid(told).into());
        }
        if !href.ends_with("/download-url") {
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
        self.client.send(request).map_err(|error| {
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
fn picture(bytes: Vec<u8>) -> Result<Vec<u8>> {
    match image::guess_format(&bytes) {
        Ok(image::ImageFormat::Jpeg | image::ImageFormat::Png) => Ok(bytes),
        _ => Err(Error::response(format!("{} bytes that are neither JPEG nor PNG", bytes.len()))),
    }
}

list!(Quicklooks(quicklooks: Quicklook), "The quicklooks, in the order of the scenes.");

impl Quicklooks {
    /// How many of them have a picture.
    pub fn pictures(&self) -> usize {
        self.iter().filter(|quicklook| quicklook.picture().is_some()).count()
    }

    /// Writes each picture to the folder, named by its scene's id. An id that is no
    /// file name is cleaned, and marked with a hash.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] when a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
        for quicklook in self.iter() {
            let Some(bytes) = quicklook.picture() else { continue };
            let suffix = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpg" };
            let name = file_name(&quicklook.scene.id);
            let path = folder.join(format!("{name}.{suffix}"));
            std::fs::write(&path, bytes).with_context(|| format!("write `{}`", path.display()))?;
        }
        Ok(())
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

/// A scene's id as a file name on every system: ids come from outside. What had to be
/// changed gets a hash of the whole, so that no two names meet.
fn file_name(id: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = id.chars().map(|letter| if safe(letter) { letter } else { '_' }).take(150).collect();
    let name = if name.starts_with('.') { format!("_{name}") } else { name };
    if name == id {
        return name;
    }
    let hash: String = Sha256::digest(id).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}-{hash}")
}

impl fmt::Debug for Quicklooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} quicklooks of {} scenes", self.pictures(), self.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ids_share_a_file() {
        let names: std::collections::HashSet<_> =
            ["a_b", "a/b", "a\\b", "東1", "京1", ".a", "_.a"].map(file_name).into_iter().collect();
        assert_eq!(names.len(), 7, "{names:?}");
        assert_eq!(file_name("PHR1A_2019-05-03.1"), "PHR1A_2019-05-03.1");
        assert!(file_name("../a").starts_with("_.._a-"));
    }
}
