use geo::MultiPolygon;
use serde_json::{Value, json};

use super::layer::Layer;
use super::placement::Placed;
use crate::geo::{polygons, unrolled};
use crate::plain::plain;

/// A layer that has a place, ready for the page.
pub(super) struct Scene {
    pub(super) footprint: MultiPolygon,
    pub(super) placed: Option<Placed>,
    /// What is embedded: a JPEG or PNG.
    pub(super) picture: Option<Vec<u8>>,
    facts: Value,
}

impl Scene {
    pub(super) fn new(layer: &Layer, footprint: MultiPolygon) -> Self {
        let properties: Vec<_> =
            layer.properties.iter().map(|(key, value)| [plain(key, 120), plain(value, 600)]).collect();
        let facts = json!({
            "id": layer.id,
            "title": plain(layer.title_or_id(), 200),
            "collection": plain(&layer.collection, 120),
            "constellation": layer.constellation.as_ref().map(|name| plain(name, 120)),
            "datetime": layer.acquired.map(|moment| moment.to_string()),
            "cloud": layer.cloud_cover.filter(|cloud| cloud.is_finite()),
            "properties": properties,
        });
        Self { footprint, placed: None, picture: None, facts }
    }

    /// Shows a part of it alone.
    pub(super) fn cut(&mut self, part: Option<MultiPolygon>) {
        let Some(part) = part else { return };
        self.footprint = part;
        self.placed.iter_mut().for_each(|placed| placed.clip = true);
    }

    /// As the viewer reads it; `at` is where the picture starts in the pack.
    pub(super) fn to_json(&self, at: usize) -> Value {
        let mut facts = self.facts.clone();
        facts["rings"] = rings(&self.footprint);
        if let (Some(picture), Some(placed)) = (&self.picture, &self.placed) {
            facts["picture"] = json!([at, picture.len()]);
            facts["corners"] = placed.quad.iter().map(|&corner| position(corner)).collect();
            facts["clip"] = placed.clip.into();
        }
        facts
    }
}

/// The footprints of layers, each made continuous and next to the others.
pub(super) fn footprints(layers: &[Layer], near: Option<f64>) -> Vec<Option<MultiPolygon>> {
    let mut near = near;
    let place = |layer: &Layer| {
        let shape = polygons(layer.footprint.as_ref()?)?;
        let shape = unrolled(&shape, near);
        let bbox = crate::geo::Bbox::around(&shape)?;
        let finite = bbox.to_array().iter().all(|value| value.is_finite());
        near.get_or_insert((bbox.west + bbox.east) / 2.0);
        finite.then_some(shape)
    };
    layers.iter().map(place).collect()
}

/// Outer rings as arrays of positions.
pub(super) fn rings(shape: &MultiPolygon) -> Value {
    let ring = |polygon: &geo::Polygon| -> Value {
        polygon.exterior().coords().map(|point| position([point.x, point.y])).collect()
    };
    shape.iter().map(ring).collect()
}

/// Degrees to a decimetre: what is finer only takes space.
fn position(point: [f64; 2]) -> Value {
    point.iter().map(|degrees| Value::from((degrees * 1e6).round() / 1e6)).collect()
}
