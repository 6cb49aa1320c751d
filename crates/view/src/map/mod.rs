//! Scenes and rasters on a map that needs no network: interactive where scripts
//! run, a still picture everywhere else.
//!
//! Each layer is decoded once, placed ([`Placement`]), painted into the still and
//! fitted into the byte budget; then the page is written. The same input gives
//! the same bytes, so that notebooks diff well.

mod atlas;
mod backdrop;
mod byte_budget;
mod collar;
mod draw;
mod encode;
mod homography;
mod html;
mod labels;
mod layer;
mod mercator;
mod orientation;
pub mod pack;
mod page;
mod pipeline;
mod pixels;
mod placement;
mod rank;
mod scene;
mod script;
mod short;
mod still;
mod text;
mod tiles;

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use maud::Markup;

pub use layer::Layer;
pub use pixels::Pixels;
pub use placement::Placement;
pub use tiles::Tiles;

use self::draw::Drawn;
use crate::Aoi;
use crate::display::{MimeBundle, picture};
use crate::impl_mime_bundle;
use up42_core::error::{Context, Error, Result};
use up42_core::file;
use up42_core::sanitize::sanitize;

/// What one map may take as HTML unless told otherwise: a notebook with a few maps stays
/// small enough to send and to keep in git.
const BUDGET: usize = 5_000_000;

/// A map of scenes: shown in the notebook, or saved as a page or a picture.
///
/// Quicklooks, results and items of the storage return their own maps (`Quicklooks::map`), to
/// which layers and areas can be added.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
/// use up42::geo_types::Rect;
/// use up42::Aoi;
/// use up42::view::{Layer, Map};
///
/// let aoi = Aoi::example("Dakar")?;
/// let planned = Layer::new("planned").footprint(Rect::new((-17.53, 14.66), (-17.47, 14.72)));
/// let map = Map::new("Where we fly").aoi(&aoi).layer(planned).note("not flown yet");
/// assert_eq!(format!("{map:?}"), "Map Where we fly: 1 scene, 0 with a picture");
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Map {
    title: String,
    about: Vec<(String, String)>,
    dated: Option<Timestamp>,
    tiles: Option<Tiles>,
    #[doc(hidden)]
    pub aois: Vec<Aoi>,
    layers: Vec<Layer>,
    notes: Vec<String>,
    budget: usize,
    /// Over what the layers say.
    placement: Option<Placement>,
    /// Rust that selects scenes; `{ids}` stands for them.
    snippet: Option<&'static str>,
}

impl Map {
    /// An empty map. Without areas and layers it shows the Earth.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            about: Vec::new(),
            dated: None,
            tiles: None,
            aois: Vec::new(),
            layers: Vec::new(),
            notes: Vec::new(),
            budget: BUDGET,
            placement: None,
            snippet: None,
        }
    }

    /// Says where it comes from, such as the catalog and what was asked for: name and
    /// value, in this order.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
    /// # use up42::Aoi;
    /// # use up42::view::Map;
    /// let map = Map::new("Where we fly").aoi(&Aoi::example("Dakar")?).about("Pilot", "A. Ndiaye");
    /// assert!(map.to_html().contains("Where we fly"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn about(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.about.push((name.into(), value.into()));
        self
    }

    /// The same, many at once.
    #[doc(hidden)]
    pub fn about_all(mut self, about: &[(String, String)]) -> Self {
        self.about.extend_from_slice(about);
        self
    }

    /// The date on the saved page; the day of saving unless set.
    pub fn dated(mut self, date: Timestamp) -> Self {
        self.dated = Some(date);
        self
    }

    /// Draws the tiles of a server under the pictures, over the base map that the page
    /// brings along and shows where tiles fail: the one thing that makes a map ask the
    /// network. The still picture does without.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
    /// # use up42::Aoi;
    /// # use up42::view::{Map, Tiles};
    /// let aoi = Aoi::example("Dakar")?;
    /// let streets = Map::new("Dakar").aoi(&aoi).tiles(Tiles::osm());
    /// let own = Tiles::new("https://tiles.example.com/{z}/{x}/{y}.png", "© Example")?.max_zoom(17);
    /// let own = Map::new("Dakar").aoi(&aoi).tiles(own);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn tiles(mut self, tiles: Tiles) -> Self {
        self.tiles = Some(tiles);
        self
    }

    /// Outlines an area of interest.
    pub fn aoi(mut self, aoi: &Aoi) -> Self {
        self.aois.push(aoi.clone());
        self
    }

    /// Lays a scene or raster over those before it.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Says something under the map, such as what could not be shown. Eight notes are
    /// shown, and how many there are beyond.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Shows the Rust that makes the way back from the map's ids.
    #[doc(hidden)]
    pub fn snippet(mut self, rust: &'static str) -> Self {
        self.snippet = Some(rust);
        self
    }

    /// The same map with all its pictures laid in one way, whatever their layers say; each
    /// picture decides for itself otherwise.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// The same map with so many bytes for its HTML: 5,000,000 unless set.
    ///
    /// It is the length of [`to_html`](Self::to_html) as far as pictures decide it; a saved
    /// page is as large. While everything fits, pictures are embedded as they came, without
    /// their metadata. Then all of them are made smaller, down to 112 pixels. Then only
    /// those that matter most are embedded: what is seen when the map opens, then the
    /// clearest; the others are shown by thumbnails of 48 pixels. The map says what was made
    /// smaller or left out. The outlines, what is known of each scene, the still picture and
    /// the viewer itself are always there: about 0.25 MB, and a tenth of a kilobyte for each
    /// scene.
    pub fn budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// The map as a notebook shows it: a fragment of HTML with a still picture and,
    /// where scripts may run, the interactive map over it.
    pub fn to_html(&self) -> String {
        let drawn = self.draw(true);
        html::inline(self, &drawn)
    }

    /// Saves the map as one page that opens offline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be written.
    pub fn save_html(&self, path: impl AsRef<Path>) -> Result<()> {
        let drawn = self.draw(true);
        let page = self.page(&drawn);
        file::write(path.as_ref(), page.as_bytes()).with_context(|| saving(path.as_ref()))
    }

    /// Saves the still picture, 960 × 600 pixels, as JPEG or PNG by the path's
    /// extension.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for another extension,
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be written.
    pub fn save_image(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = picture::for_file(&self.draw(false).still, path)
            .ok_or_else(|| Error::invalid("a picture ends in .jpg, .jpeg or .png"))
            .with_context(|| saving(path))?;
        file::write(path, &bytes).with_context(|| saving(path))
    }

    pub(crate) fn bundle(&self) -> MimeBundle {
        let drawn = self.draw(true);
        MimeBundle {
            html: html::inline(self, &drawn),
            jpeg: Some(drawn.jpeg.clone()),
            text: self.text(&drawn.notes),
        }
    }

    /// The still picture alone, for what stands beside a table: as HTML, so many pixels
    /// wide, and as a JPEG.
    #[doc(hidden)]
    pub fn small(&self, width: usize) -> (Markup, Vec<u8>) {
        let drawn = self.draw(false);
        (html::small(self, &drawn, width), drawn.jpeg)
    }
}

impl_mime_bundle!(Map);

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pictures = self.layers.iter().filter(|layer| layer.picture.is_some()).count();
        let (title, count) = (sanitize(&self.title, 80), self.layers.len());
        let scenes = if count == 1 { "scene" } else { "scenes" };
        write!(f, "Map {title}: {count} {scenes}, {pictures} with a picture")
    }
}

fn saving(path: &Path) -> String {
    format!("save map `{}`", path.display())
}

#[cfg(test)]
mod accuracy;
mod area;
#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod tests;
