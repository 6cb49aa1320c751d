//! Maps of scenes and rasters, without network access: interactive where scripts run, a still
//! picture elsewhere.
//!
//! Each picture is decoded once, georeferenced ([`Placement`]), drawn on the still picture and
//! encoded within the byte budget; then the page is written. The same input gives the same bytes,
//! so that notebooks have small diffs.

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
use crate::impl_mime_bundle;
use crate::{MimeBundle, picture};
use up42_core::error::{Context, Error, Result};
use up42_core::file;
use up42_core::sanitize::sanitize;

/// Default size limit of the HTML of a map, in bytes: a notebook with a few maps stays small enough
/// to send and to keep in git.
const BUDGET: usize = 5_000_000;

/// Map of scenes, shown in the notebook, or saved as a page or a picture.
///
/// Quicklooks, results, mosaics and coverages return their own maps (`Quicklooks::to_map`), to
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
    /// Placement of all pictures, overriding that of the layers.
    placement: Option<Placement>,
    /// Rust code that selects scenes; `{ids}` is the placeholder of their ids.
    snippet: Option<&'static str>,
}

impl Map {
    /// Makes an empty map. Without areas and layers it shows the Earth.
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

    /// Adds a name and a value about the origin of the map, such as the catalog and the search.
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

    /// Adds several names and values about the origin of the map.
    #[doc(hidden)]
    pub fn about_all(mut self, about: &[(String, String)]) -> Self {
        self.about.extend_from_slice(about);
        self
    }

    /// Sets the date on the saved page. Default: the time of saving.
    pub fn dated(mut self, date: Timestamp) -> Self {
        self.dated = Some(date);
        self
    }

    /// Draws the tiles of a server below the pictures. The page contains its own base map, which
    /// remains visible where tiles cannot be loaded. Tiles are the only part of a map that uses the
    /// network; the still picture has none.
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

    /// Adds the outline of an area of interest.
    pub fn aoi(mut self, aoi: &Aoi) -> Self {
        self.aois.push(aoi.clone());
        self
    }

    /// Adds a scene or raster above the previous ones.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds a note below the map, such as what could not be shown. The first eight notes are shown,
    /// and the number of the others.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets the Rust code that selects scenes by the ids copied from the map; `{ids}` is their
    /// placeholder.
    #[doc(hidden)]
    pub fn snippet(mut self, rust: &'static str) -> Self {
        self.snippet = Some(rust);
        self
    }

    /// Sets the placement of all pictures, overriding the layers. Default: the placement of each
    /// layer.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// Sets the size limit of the HTML, in bytes. Default: 5,000,000.
    ///
    /// The limit applies to [`to_html`](Self::to_html), as far as the pictures determine its
    /// length; a saved page is about as large. If everything fits, the original pictures are
    /// embedded without their metadata. Otherwise all of them are reduced, down to 112 pixels. If
    /// that is not enough, only the most important ones are embedded: those visible when the map
    /// opens, then those with the least cloud; the others are shown as thumbnails of 48 pixels. A
    /// note on the map says what was reduced or left out. The outlines, the properties of the
    /// scenes, the still picture and the viewer are always included: about 0.25 MB, and 0.1 KB per
    /// scene.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// Returns the map for a notebook: an HTML fragment with a still picture and, where scripts may
    /// run, the interactive map over it.
    pub fn to_html(&self) -> String {
        let drawn = self.draw(true);
        html::inline(self, &drawn)
    }

    /// Saves the map as a single HTML page that works offline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written.
    pub fn save_html(&self, path: impl AsRef<Path>) -> Result<()> {
        let drawn = self.draw(true);
        let page = self.page(&drawn);
        file::write(path.as_ref(), page.as_bytes()).with_context(|| saving(path.as_ref()))
    }

    /// Saves the still picture (960 × 600 pixels) as JPEG or PNG, by the extension of the path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for any other extension;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written.
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

    /// Returns only the still picture, for example to be shown beside a table: as HTML, `width`
    /// pixels wide, and as a JPEG.
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
