//! The work of drawing a map, done once for all its forms.

use geo::{BoundingRect, MultiPolygon};

use super::layer::Layer;
use super::scene::{self, Scene};
use super::still::Still;
use super::{Map, aoi};
use crate::display::picture;
use crate::geo::{Bbox, unrolled};
use crate::plain::plain;

/// Everything that a page needs, worked out once.
pub(super) struct Drawn {
    pub(super) still: image::DynamicImage,
    pub(super) jpeg: Vec<u8>,
    /// Around everything: west, south, east, north; east may pass 180°.
    pub(super) bbox: [f64; 4],
    pub(super) outlines: Vec<MultiPolygon>,
    pub(super) scenes: Vec<Scene>,
    pub(super) notes: Vec<String>,
}

impl Map {
    pub(super) fn draw(&self, embed: bool) -> Drawn {
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
        let mut pictures = self.layers.iter().filter(|layer| layer.picture.is_some()).count();
        for ((layer, footprint), part) in self.layers.iter().zip(footprints).zip(parts).rev() {
            let share = left / pictures.max(1);
            pictures -= usize::from(layer.picture.is_some());
            let Some(footprint) = footprint else {
                nowhere.push(layer.id.clone());
                continue;
            };
            let mut scene = Scene::new(layer, footprint);
            match layer.picture.as_deref().map(|bytes| (bytes, picture::decode(bytes))) {
                None => scene.cut(part),
                Some((_, Err(error))) => {
                    broken.push(format!("{} ({error})", layer.id));
                    scene.cut(part);
                }
                Some((bytes, Ok(image))) => {
                    scene.placed = self.placement.unwrap_or(layer.placement).place(&scene.footprint, &image);
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

/// The longitude in the middle of a shape.
fn middle(shape: &MultiPolygon) -> Option<f64> {
    Some(shape.bounding_rect()?.center().x)
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
