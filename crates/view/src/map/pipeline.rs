//! Pipeline for the pictures of a map: each is decoded once, for the still picture, the atlas and
//! the page.
//!
//! Pictures are processed from the top layer down, in chunks. The pictures of a chunk are encoded
//! in parallel, while the previous chunk is drawn and added to the page in order. The sizes of a
//! chunk determine the quality of the next chunk but one, so the result does not depend on the
//! timing of the threads.

use std::io::Write;
use std::panic::resume_unwind;
use std::thread;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::atlas::{self, Atlas, Cell};
use super::byte_budget::{ByteBudget, EmbedRequest, EmbedSettings, Step};
use super::draw::Drawn;
use super::encode::{Embed, Encoded, encode};
use super::layer::Layer;
use super::rank::ranked;
use super::scene::Scene;
use super::still::Still;
use super::{Map, html};
use crate::picture;
use up42_core::parallel::{cores, in_parallel};
use up42_core::sanitize::sanitize;

/// Smallest number of pictures in a chunk. `CHUNKS` is the largest number of chunks.
const CHUNK: usize = 32;
const CHUNKS: usize = 64;

/// Bytes reserved for the still picture, which takes about half of them.
pub const STILL_BYTES: usize = 130_000;

/// Deflated bytes in the description for the corners, the atlas cell and the picture of a scene.
const SCENE_BYTES: usize = 60;

/// Side in pixels below which a note reports the reduction.
const SMALL: u32 = 256;

pub struct Pipeline<'a> {
    map: &'a Map,
    /// Whether pictures are embedded, too, or only drawn on the still picture.
    embed: bool,
    byte_budget: ByteBudget,
    /// Indexes of the scenes by rank. `ranks` is the rank of each scene.
    order: Vec<usize>,
    ranks: Vec<usize>,
    cells: Vec<Option<Cell>>,
    /// Bytes for all pictures, including the still picture.
    room: usize,
    broken: Vec<String>,
    /// Smallest step at which a picture was reduced.
    smallest: Option<Step>,
}

/// Encoded pictures of consecutive scenes, to be drawn and added to the page.
struct Chunk<'a> {
    /// Index of its first scene.
    first: usize,
    scenes: &'a mut [Scene],
    encoded: Vec<Option<Result<Encoded, String>>>,
    step: Option<Step>,
}

impl<'a> Pipeline<'a> {
    /// Makes a pipeline. The scenes are in order from the top down.
    pub fn new(map: &'a Map, layers: &[&Layer], drawn: &Drawn, scenes: &[Scene], embed: bool) -> Self {
        let mut pipeline = Self {
            map,
            embed,
            byte_budget: ByteBudget::new(0, Vec::new()),
            order: Vec::new(),
            ranks: vec![0; scenes.len()],
            cells: vec![None; scenes.len()],
            room: 0,
            broken: Vec::new(),
            smallest: None,
        };
        if !embed {
            return pipeline;
        }
        let lying: Vec<_> =
            layers.iter().zip(scenes).map(|(layer, scene)| (scene.shown(), layer.cloud_cover)).collect();
        pipeline.order = ranked(&lying, &drawn.outlines, drawn.bbox);
        pipeline.order.iter().enumerate().for_each(|(rank, &i)| pipeline.ranks[i] = rank);
        let requests: Vec<_> = pipeline.order.iter().map(|&i| embed_request(layers[i])).collect();
        // Base64 needs four characters for three bytes.
        let room = map.budget.saturating_sub(html::inline(map, drawn).len()) / 4 * 3;
        pipeline.room = room.saturating_sub(described(scenes) + scenes.len() * SCENE_BYTES);
        let room = pipeline.room.saturating_sub(STILL_BYTES);
        let thumbnails = (requests.iter().flatten().count() * atlas::CELL).min(room * 3 / 5);
        pipeline.byte_budget = ByteBudget::new(room - thumbnails, requests);
        pipeline
    }

    pub fn run(&mut self, layers: &[&Layer], scenes: &mut [Scene], still: &mut Still) {
        let size = scenes.len().div_ceil(CHUNKS).max(CHUNK);
        let (placement, view) = (self.map.placement, still.view);
        let mut before = None;
        for (first, chunk) in scenes.chunks_mut(size).enumerate().map(|(i, chunk)| (i * size, chunk)) {
            let settings = self.byte_budget.settings();
            let embeds: Vec<Embed> = (first..first + chunk.len()).map(|i| self.embed(i, &settings)).collect();
            let work: Vec<_> = layers[first..].iter().zip(&*chunk).zip(embeds).collect();
            let encode_all = || {
                in_parallel(&work, cores(), |((layer, scene), embed)| {
                    encode(layer, &scene.footprint, placement, *embed, &view)
                })
            };
            let all = thread::scope(|scope| {
                let all = scope.spawn(encode_all);
                if let Some(before) = before.take() {
                    self.add_layers(before, layers, still);
                }
                all.join()
            });
            let encoded = all.unwrap_or_else(|panic| resume_unwind(panic));
            before = Some(Chunk { first, scenes: chunk, encoded, step: settings.step });
        }
        if let Some(last) = before {
            self.add_layers(last, layers, still);
        }
    }

    fn embed(&self, i: usize, settings: &EmbedSettings) -> Embed {
        match self.embed {
            true if self.ranks[i] < settings.before => Embed::Whole(settings.step),
            true => Embed::Thumbnail,
            false => Embed::Nothing,
        }
    }

    fn add_layers(&mut self, chunk: Chunk, layers: &[&Layer], still: &mut Still) {
        for (i, (scene, encoded)) in (chunk.first..).zip(chunk.scenes.iter_mut().zip(chunk.encoded)) {
            let encoded = encoded.transpose().unwrap_or_else(|error| {
                self.broken.push(format!("{} ({error})", layers[i].id));
                None
            });
            self.add_layer(i, encoded, chunk.step, scene, still);
        }
    }

    fn add_layer(
        &mut self,
        i: usize,
        encoded: Option<Encoded>,
        step: Option<Step>,
        scene: &mut Scene,
        still: &mut Still,
    ) {
        let (whole, encoded) = match encoded {
            Some(mut encoded) => (encoded.whole.take(), Some(encoded)),
            None => (None, None),
        };
        if self.embed {
            scene.picture = self.byte_budget.take(self.ranks[i], step, whole);
        }
        let Some(encoded) = encoded else { return };
        scene.set_georeference(encoded.georeference);
        if let Some(georeference) = &scene.georeference {
            still.paint(&encoded.patch, georeference, scene.shown());
        }
        if let Some(step) = step.filter(|step| scene.picture.is_some() && encoded.longest > step.side) {
            self.smallest = Some(self.smallest.filter(|smallest| smallest.side < step.side).unwrap_or(step));
        }
        // No thumbnail for an embedded picture with transparent pixels: it would show them as
        // white.
        self.cells[i] = encoded.cell.filter(|_| scene.picture.is_none() || !encoded.has_holes);
    }

    /// Encodes the atlas in the bytes that remain beside a still picture of `still` bytes. Returns
    /// it with the indexes of the scenes that have a cell.
    pub fn atlas(&self, scenes: &[Scene], still: usize) -> Option<(Atlas, Vec<usize>)> {
        let embedded: usize = scenes.iter().filter_map(|scene| scene.picture.as_ref()).map(Vec::len).sum();
        let room = self.room.saturating_sub(embedded + still);
        let mut with_cell: Vec<usize> =
            self.order.iter().copied().filter(|&i| self.cells[i].is_some()).collect();
        let cells: Vec<&Cell> = with_cell.iter().filter_map(|&i| self.cells[i].as_ref()).collect();
        let atlas = Atlas::of(&cells, room)?;
        with_cell.truncate(atlas.cells);
        Some((atlas, with_cell))
    }

    /// Returns notes on the pictures that could not be read, were left out or were reduced.
    pub fn notes(&self, layers: &[&Layer], scenes: &[Scene]) -> Vec<String> {
        let mut notes: Vec<String> =
            listed(&self.broken, "picture", "could not be read").into_iter().collect();
        if !self.embed {
            return notes;
        }
        let all = scenes.iter().filter(|scene| scene.georeference.is_some()).count();
        let without = || {
            layers
                .iter()
                .zip(scenes)
                .filter(|(_, scene)| scene.georeference.is_some() && scene.picture.is_none())
        };
        let gone: Vec<String> =
            without().filter(|(_, scene)| scene.thumb.is_none()).map(|(layer, _)| layer.id.clone()).collect();
        let small = without().count() - gone.len();
        let budget = format!("the map's limit of {} MB (`.max_bytes(…)`)", self.map.budget as f64 / 1e6);
        if small > 0 {
            notes.push(format!("shown by thumbnails only, to keep to {budget}: {small} of {all} pictures"));
        } else if let Some(step) = self.smallest.filter(|step| step.side < SMALL) {
            notes.push(format!(
                "pictures are made smaller, down to {} pixels, to keep to {budget}",
                step.side
            ));
        }
        notes.extend(listed(&gone, "picture", &format!("did not fit into {budget}")));
        notes
    }
}

fn embed_request(layer: &Layer) -> Option<EmbedRequest> {
    let bytes = layer.picture.as_deref()?;
    let (width, height) = picture::size(bytes)?;
    Some(EmbedRequest { width, height, bytes: bytes.len(), is_jpeg: bytes.starts_with(&[0xff, 0xd8]) })
}

/// Estimates the deflated size of the descriptions of all scenes in bytes, from a sample.
fn described(scenes: &[Scene]) -> usize {
    let sample: Vec<&Scene> = scenes.iter().step_by(scenes.len().div_ceil(100).max(1)).collect();
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
    for scene in &sample {
        deflated.write_all(scene.to_json(0).to_string().as_bytes()).expect("a vector takes what is written");
    }
    let bytes = deflated.finish().expect("a vector takes what is written").len();
    bytes * scenes.len() / sample.len().max(1)
}

/// Formats a note with ids: `2 pictures could not be read: a, b`.
pub fn listed(ids: &[String], noun: &str, what: &str) -> Option<String> {
    let (first, plural) = (ids.first()?, if ids.len() == 1 { "" } else { "s" });
    let what = if ids.len() == 1 {
        what.to_owned()
    } else {
        what.replace("has no", "have no").replace("is not", "are not")
    };
    let mut names = sanitize(first, 120);
    for id in ids.iter().skip(1).take(2) {
        names.push_str(", ");
        names.push_str(&sanitize(id, 120));
    }
    if ids.len() > 3 {
        names.push_str(&format!(" and {} more", ids.len() - 3));
    }
    Some(format!("{} {noun}{plural} {what}: {names}", ids.len()))
}
