//! Scenes and rasters on a map that needs no network: interactive where scripts
//! run, a still picture everywhere else.
//!
//! Each layer is decoded once, placed ([`Placement`]), painted into the still and
//! fitted into the byte budget; then the page is written. The same input gives
//! the same bytes, so that notebooks diff well.

mod aoi;
mod collar;
mod draw;
mod homography;
mod html;
mod layer;
mod mercator;
mod pack;
mod pixels;
mod placement;
mod scene;
mod script;
mod still;
mod text;

use std::fmt;
use std::path::Path;

use maud::Markup;

pub use layer::Layer;
pub(crate) use pixels::Pixels;
pub use placement::Placement;

use self::draw::Drawn;
use crate::display::{Bundle, file};
use crate::error::{Context, Error, Result};
use crate::geo::Aoi;
use crate::plain::plain;

/// What the pictures of one map may take in its HTML unless told otherwise: a
/// notebook with a few maps stays small enough to send and to keep in git.
const BUDGET: usize = 3_000_000;

/// A map of scenes: shown in the notebook, or saved as a page or a picture.
///
/// What the library finds makes its own maps, such as
/// [`Quicklooks::map`](crate::Quicklooks::map); more can be laid on them.
///
/// ```
/// use up42::geo_types::Rect;
/// use up42::{Aoi, Layer, Map};
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
    subtitle: Option<String>,
    aois: Vec<Aoi>,
    layers: Vec<Layer>,
    notes: Vec<String>,
    budget: usize,
    /// Over what the layers say.
    placement: Option<Placement>,
}

impl Map {
    /// An empty map. Without areas and layers it shows the Earth.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            aois: Vec::new(),
            layers: Vec::new(),
            notes: Vec::new(),
            budget: BUDGET,
            placement: None,
        }
    }

    /// A line under the title of the saved page, such as where the scenes come
    /// from and when.
    pub(crate) fn subtitle(mut self, text: impl Into<String>) -> Self {
        self.subtitle = Some(text.into());
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

    /// Says something under the map, such as what could not be shown.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The same map with all its pictures laid in one way, whatever their layers say; each
    /// picture decides for itself otherwise.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// The same map with so many bytes for its pictures, as they stand in the
    /// HTML. Pictures are made smaller until they fit. 3 MB unless set.
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
        let page = html::page(self, &drawn);
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
        let bytes = file::encoded(&self.draw(false).still, path)
            .ok_or_else(|| Error::invalid("a picture ends in .jpg, .jpeg or .png"))
            .with_context(|| saving(path))?;
        file::write(path, &bytes).with_context(|| saving(path))
    }

    /// Shows the map in a notebook.
    pub fn evcxr_display(&self) {
        self.bundle().print();
    }

    pub(crate) fn bundle(&self) -> Bundle {
        let drawn = self.draw(true);
        Bundle {
            html: html::inline(self, &drawn),
            jpeg: Some(drawn.jpeg.clone()),
            text: self.text(&drawn.notes),
        }
    }

    /// The still picture alone, for what stands beside a table: as HTML, so many pixels
    /// wide, and as a JPEG.
    pub(crate) fn small(&self, width: usize) -> (Markup, Vec<u8>) {
        let drawn = self.draw(false);
        (html::small(self, &drawn, width), drawn.jpeg)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pictures = self.layers.iter().filter(|layer| layer.picture.is_some()).count();
        let (title, count) = (plain(&self.title, 80), self.layers.len());
        let scenes = if count == 1 { "scene" } else { "scenes" };
        write!(f, "Map {title}: {count} {scenes}, {pictures} with a picture")
    }
}

fn saving(path: &Path) -> String {
    format!("save map `{}`", path.display())
}

#[cfg(test)]
mod tests;
