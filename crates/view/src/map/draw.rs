//! Drawing of a map, once for all its output formats.

use std::panic::resume_unwind;
use std::thread;

use geo::{BoundingRect, MultiPolygon};
use image::DynamicImage;

use super::atlas::Atlas;
use super::layer::Layer;
use super::pipeline::{Pipeline, STILL_BYTES, listed};
use super::scene::{self, Scene};
use super::still::Still;
use super::{Map, area};
use crate::picture;
use up42_core::geo::{Bbox, continuous_near};

/// Largest number of notes shown, since each of a thousand scenes may have one.
const NOTES: usize = 8;

/// Drawn map, with everything that a page needs.
pub struct Drawn {
    pub still: DynamicImage,
    pub jpeg: Vec<u8>,
    /// Bounding box of all content: west, south, east, north; east may exceed 180°.
    pub bbox: [f64; 4],
    pub outlines: Vec<MultiPolygon>,
    pub scenes: Vec<Scene>,
    pub atlas: Option<Atlas>,
    pub notes: Vec<String>,
}

impl Map {
    /// Draws the map: the still picture, and with `embed` the pictures for a page.
    pub(super) fn draw(&self, embed: bool) -> Drawn {
        // Only the first polygon: the middle of an area in two parts across the antimeridian is far
        // away.
        let near = self.aois.first().and_then(|aoi| middle(&aoi.geometry().iter().next()?.clone().into()));
        let mut notes = self.first_notes();
        let (layers, mut scenes) = self.scenes(near, &mut notes);
        let outlines: Vec<MultiPolygon> = self.aois.iter().map(|aoi| area::outline(aoi, near)).collect();
        let bbox = extent(scenes.iter().map(Scene::shown).chain(&outlines));
        let mut still = Still::new(bbox);
        let (image, jpeg) = (DynamicImage::default(), Vec::new());
        let mut drawn = Drawn { still: image, jpeg, bbox, outlines, scenes: Vec::new(), atlas: None, notes };

        let mut pipeline = Pipeline::new(self, &layers, &drawn, &scenes, embed);
        pipeline.run(&layers, &mut scenes, &mut still);
        let atlas = thread::scope(|scope| {
            let atlas = scope.spawn(|| pipeline.atlas(&scenes, STILL_BYTES));
            drawn.still = self.outlined(still, &drawn.outlines, &scenes);
            drawn.jpeg = picture::jpeg(&drawn.still, 80);
            let atlas = atlas.join().unwrap_or_else(|panic| resume_unwind(panic));
            if drawn.jpeg.len() <= STILL_BYTES { atlas } else { pipeline.atlas(&scenes, drawn.jpeg.len()) }
        });
        if let Some((atlas, with_cell)) = atlas {
            with_cell.into_iter().enumerate().for_each(|(thumb, i)| scenes[i].thumb = Some(thumb));
            drawn.atlas = Some(atlas);
        }
        drawn.notes.extend(pipeline.notes(&layers, &scenes));
        scenes.reverse();
        drawn.scenes = scenes;
        drawn
    }

    /// Draws all outlines and labels on the still picture.
    fn outlined(&self, mut still: Still, outlines: &[MultiPolygon], scenes: &[Scene]) -> DynamicImage {
        scenes.iter().rev().for_each(|scene| still.footprint(scene.shown(), scenes.len()));
        outlines.iter().for_each(|outline| still.aoi(outline));
        let areas = self.aois.iter().zip(outlines);
        let areas = areas.filter_map(|(aoi, outline)| Some((aoi.name()?, outline)));
        let labels = scenes.iter().rev().map(|scene| (scene.label.as_str(), scene.shown()));
        still.label(&self.title, areas, labels);
        still.into_image()
    }

    /// Returns the first notes, and the number of the others.
    fn first_notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.notes.iter().take(NOTES).cloned().collect();
        if self.notes.len() > NOTES {
            notes.push(format!("and {} more", self.notes.len() - NOTES));
        }
        notes
    }

    /// Returns the layers with a footprint and their scenes, from the top down.
    fn scenes(&self, near: Option<f64>, notes: &mut Vec<String>) -> (Vec<&Layer>, Vec<Scene>) {
        let mut nowhere = Vec::new();
        let (mut layers, mut scenes) = (Vec::new(), Vec::new());
        for (layer, footprint) in self.layers.iter().zip(scene::footprints(&self.layers, near)).rev() {
            let Some(footprint) = footprint else {
                nowhere.push(layer.id.clone());
                continue;
            };
            let part = layer.part.as_ref().map(|part| continuous_near(part, middle(&footprint)));
            scenes.push(Scene::new(layer, footprint, part));
            layers.push(layer);
        }
        notes.extend(listed(&nowhere, "scene", "has no footprint and is not on the map"));
        (layers, scenes)
    }
}

/// Returns the longitude in the middle of a shape.
fn middle(shape: &MultiPolygon) -> Option<f64> {
    Some(shape.bounding_rect()?.center().x)
}

fn extent<'a>(shapes: impl Iterator<Item = &'a MultiPolygon>) -> [f64; 4] {
    let boxes = shapes.filter_map(Bbox::around).map(Bbox::to_array);
    let joined = boxes.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    // An empty map shows the inhabited Earth.
    joined.unwrap_or([-150.0, -50.0, 170.0, 70.0])
}
