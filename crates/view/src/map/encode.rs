//! Encoding of a picture, which is decoded once for the still picture, the atlas and the page.

use geo::MultiPolygon;
use image::DynamicImage;

use super::atlas::{self, Cell};
use super::byte_budget::{self, Step};
use super::layer::Layer;
use super::mercator::View;
use super::placement::{Georeference, Placement};
use super::still;
use crate::picture;

/// Form in which a picture is embedded in the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Embed {
    Nothing,
    Thumbnail,
    /// Whole picture: at a step, or without one the original bytes.
    Whole(Option<Step>),
}

/// Decoded picture, in all forms that a map needs.
#[derive(Debug)]
pub struct Encoded {
    pub georeference: Option<Georeference>,
    /// Picture in the size in which the still picture shows it.
    pub patch: DynamicImage,
    /// Bytes to be embedded.
    pub whole: Option<Vec<u8>>,
    pub cell: Option<Cell>,
    /// Whether it has transparent pixels, which a thumbnail shows as white.
    pub has_holes: bool,
    pub longest: u32,
}

/// Encodes the picture of a layer; `None` if it has none. The error says why it cannot be shown.
pub fn encode(
    layer: &Layer,
    footprint: &MultiPolygon,
    placement: Option<Placement>,
    embed: Embed,
    view: &View,
) -> Option<Result<Encoded, String>> {
    let bytes = layer.picture.as_deref()?;
    let image = match picture::decode(bytes) {
        Ok(image) => image,
        Err(error) => return Some(Err(error.to_string())),
    };
    let georeference = placement.unwrap_or(layer.placement).georeference(footprint, &image);
    let longest = image.width().max(image.height());
    let painted = georeference.as_ref().map_or(1, |georeference| still::side(view, georeference));
    // Reduced to the largest size that any form needs.
    let needed = match embed {
        Embed::Nothing => 1,
        Embed::Thumbnail => 2 * atlas::SIDE,
        Embed::Whole(step) => step.unwrap_or(byte_budget::STEPS[0]).side,
    };
    let image = picture::shrunk(&image, painted.max(needed));
    let patch = picture::shrunk(&image, painted).into_owned();
    let cell = (embed != Embed::Nothing).then(|| atlas::cell(&image));
    let whole = match embed {
        Embed::Whole(step) => Some(byte_budget::fitted(bytes, longest, &image, step)),
        _ => None,
    };
    Some(Ok(Encoded { georeference, patch, whole, cell, has_holes: picture::has_holes(&image), longest }))
}
