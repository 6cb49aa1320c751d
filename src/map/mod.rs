//! Scenes and rasters on a map that needs no network: interactive where scripts
//! run, a still picture everywhere else.
//!
//! Each layer is decoded once, placed ([`Placement`]), painted into the still and
//! fitted into the byte budget; then the page is written. The same input gives
//! the same bytes, so that notebooks diff well.

mod aoi;
mod collar;
mod homography;
mod html;
mod layer;
mod mercator;
mod outline;
mod pixels;
mod placement;
mod scene;
mod still;
mod text;

use std::fmt;
use std::path::Path;

use geo::{BoundingRect, MultiPolygon};
use maud::Markup;

pub(crate) use layer::Layer;
pub(crate) use pixels::Pixels;
pub use placement::Placement;

use self::scene::Scene;
use self::still::Still;
use crate::display::{Bundle, file, picture};
use crate::error::{Context, Error, Result};
use crate::geo::{Aoi, Bbox, unrolled};
use crate::plain::plain;

/// What the pictures of one map may take in its HTML unless told otherwise: a
/// notebook with a few maps stays small enough to send and to keep in git.
const BUDGET: usize = 3_000_000;

/// A map of scenes: shown in the notebook, or saved as a page or a picture.
#[derive(Clone)]
pub struct Map {
    title: String,
    subtitle: Option<String>,
    aois: Vec<Aoi>,
    layers: Vec<Layer>,
    notes: Vec<String>,
    budget: usize,
}

impl Map {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            aois: Vec::new(),
            layers: Vec::new(),
            notes: Vec::new(),
            budget: BUDGET,
        }
    }

    /// A line under the title of the saved page, such as where the scenes come
    /// from and when.
    pub(crate) fn subtitle(mut self, text: impl Into<String>) -> Self {
        self.subtitle = Some(text.into());
        self
    }

    /// Outlines an area of interest.
    pub(crate) fn aoi(mut self, aoi: &Aoi) -> Self {
        self.aois.push(aoi.clone());
        self
    }

    /// Lays a scene or raster over those before it.
    pub(crate) fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Says something under the map, such as what could not be shown.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// The same map with all its pictures laid in one way; each picture decides
    /// for itself otherwise.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.layers.iter_mut().for_each(|layer| layer.placement = placement);
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

    fn draw(&self, embed: bool) -> Drawn {
        // The first polygon: an area across the antimeridian has its middle nowhere.
        let near = self.aois.first().and_then(|aoi| middle(&aoi.geometry().iter().next()?.clone().into()));
        let footprints = scene::footprints(&self.layers, near);
        let outlines: Vec<MultiPolygon> = self.aois.iter().map(|aoi| aoi::outline(aoi, near)).collect();
        let cut = |(layer, footprint): (&Layer, &Option<MultiPolygon>)| {
            Some(unrolled(layer.part.as_ref()?, middle(footprint.as_ref()?)))
        };
        let parts: Vec<Option<MultiPolygon>> = self.layers.iter().zip(&footprints).map(cut).collect();
        let shown = parts.iter().zip(&footprints).filter_map(|(part, all)| part.as_ref().or(all.as_ref()));
        let bbox = extent(shown.chain(&outlines));
        let mut still = Still::new(bbox);
        let mut scenes = Vec::with_capacity(self.layers.len());
        let mut notes = self.notes.clone();
        let (mut broken, mut nowhere, mut too_large) = (Vec::new(), Vec::new(), Vec::new());
        // Base64 takes four characters for three bytes.
        let mut left = self.budget / 4 * 3;
        let mut pictures = self.layers.iter().filter(|layer| layer.image.is_some()).count();
        for ((layer, footprint), part) in self.layers.iter().zip(footprints).zip(parts).rev() {
            let share = left / pictures.max(1);
            pictures -= usize::from(layer.image.is_some());
            let Some(footprint) = footprint else {
                nowhere.push(layer.id.clone());
                continue;
            };
            let mut scene = Scene::new(layer, footprint);
            match layer.image.as_deref().map(|bytes| (bytes, picture::decode(bytes))) {
                None => scene.cut(part),
                Some((_, Err(error))) => {
                    broken.push(format!("{} ({error})", layer.id));
                    scene.cut(part);
                }
                Some((bytes, Ok(image))) => {
                    scene.placed = layer.placement.place(&scene.footprint, &image);
                    scene.cut(part);
                    if let Some(placed) = &scene.placed {
                        still.paint(&image, placed, &scene.footprint);
                    }
                    if embed {
                        scene.picture = picture::fitted(bytes, &image, share);
                        left -= scene.picture.as_ref().map_or(0, Vec::len);
                        if scene.picture.is_none() {
                            too_large.push(layer.id.clone());
                        }
                    }
                }
            }
            scenes.push(scene);
        }
        scenes.reverse();
        scenes.iter().for_each(|scene| still.footprint(&scene.footprint));
        outlines.iter().for_each(|outline| still.aoi(outline));
        still.label(&self.title);
        notes.extend(told(&broken, "picture", "could not be read"));
        notes.extend(told(&nowhere, "scene", "has no footprint and is not on the map"));
        notes.extend(told(&too_large, "picture", "did not fit into the map's byte budget"));
        let image = still.into_image();
        let jpeg = picture::jpeg(&image, 80);
        Drawn { still: image, jpeg, bbox, outlines, scenes, notes }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pictures = self.layers.iter().filter(|layer| layer.image.is_some()).count();
        write!(f, "Map {}: {} scenes, {pictures} with a picture", plain(&self.title, 80), self.layers.len())
    }
}

/// Everything that a page needs, worked out once.
struct Drawn {
    still: image::DynamicImage,
    jpeg: Vec<u8>,
    /// Around everything: west, south, east, north; east may pass 180°.
    bbox: [f64; 4],
    outlines: Vec<MultiPolygon>,
    scenes: Vec<Scene>,
    notes: Vec<String>,
}

/// The longitude in the middle of a shape.
fn middle(shape: &MultiPolygon) -> Option<f64> {
    Some(shape.bounding_rect()?.center().x)
}

fn saving(path: &Path) -> String {
    format!("save map `{}`", path.display())
}

fn extent<'a>(shapes: impl Iterator<Item = &'a MultiPolygon>) -> [f64; 4] {
    let boxes = shapes.filter_map(Bbox::around).map(Bbox::to_array);
    let joined = boxes.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    // With nothing to show, the inhabited Earth.
    joined.unwrap_or([-150.0, -50.0, 170.0, 70.0])
}

/// `2 pictures could not be read: a, b`.
fn told(ids: &[String], noun: &str, what: &str) -> Option<String> {
    let (first, plural) = (ids.first()?, if ids.len() == 1 { "" } else { "s" });
    let what = if ids.len() == 1 {
        what.to_owned()
    } else {
        what.replace("has no", "have no").replace("is not", "are not")
    };
    let mut names = plain(first, 120);
    for id in ids.iter().skip(1).take(2) {
        names.push_str(", ");
        names.push_str(&plain(id, 120));
    }
    if ids.len() > 3 {
        names.push_str(&format!(" and {} more", ids.len() - 3));
    }
    Some(format!("{} {noun}{plural} {what}: {names}", ids.len()))
}

#[cfg(test)]
mod accuracy;
#[cfg(test)]
mod tests;
