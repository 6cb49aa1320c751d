//! Footprint of a job's quicklook: the outline of its result.

use geo::{BoundingRect, Geometry};
use serde_json::Value;

use up42_core::geo::geometry_from_json;
use up42_view::picture::size;

/// Largest difference between the aspect ratios of picture and outline (natural logarithm of their
/// quotient): quicklooks are small, and their sides are whole pixels.
const MAX_ASPECT_DIFFERENCE: f64 = 0.15;

/// Returns the feature of a task's `data.json` that belongs to a quicklook: the quicklook's name is
/// the scene's id (`docs/up42-api.md`, 5.7).
pub(super) fn feature_of<'a>(name: &str, features: &'a [Value]) -> Option<&'a Value> {
    let scene = name.rsplit_once('.').map_or(name, |(scene, _)| scene);
    let is_it = |feature: &&Value| {
        let own = feature.get("id").and_then(Value::as_str);
        let ids = ["id", "sceneId", "uid"].map(|field| feature.pointer(&format!("/properties/{field}")));
        own == Some(scene) || ids.into_iter().flatten().any(|id| id.as_str() == Some(scene))
    };
    features.iter().find(is_it)
}

/// Returns the outline of the feature, if the picture has its aspect ratio. A quicklook of a whole
/// scene does not have the footprint of a result that was cut out of it.
pub(super) fn footprint(feature: &Value, picture: &[u8]) -> Option<Geometry> {
    let outline = geometry_from_json(feature.get("geometry")?).ok()?;
    let (width, height) = size(picture)?;
    let shape = f64::from(width) / f64::from(height.max(1));
    let is_alike = |other: f64| (shape / other).ln().abs() < MAX_ASPECT_DIFFERENCE;
    shapes(&outline).into_iter().any(is_alike).then_some(outline)
}

/// Returns the aspect ratios of an outline (width over height): of its bounding box in degrees and
/// on the ground and, if it has four corners, of its sides.
fn shapes(outline: &Geometry) -> Vec<f64> {
    let Some(bbox) = outline.bounding_rect() else { return Vec::new() };
    let shrink = bbox.center().y.to_radians().cos();
    let mut shapes = vec![bbox.width() / bbox.height(), bbox.width() * shrink / bbox.height()];
    if let Geometry::Polygon(polygon) = outline
        && let [a, b, c, ..] = polygon.exterior().0[..]
        && polygon.exterior().0.len() == 5
    {
        let side = |from: geo::Coord, to: geo::Coord| ((to.x - from.x) * shrink).hypot(to.y - from.y);
        let (first, second) = (side(a, b), side(b, c));
        shapes.extend([first / second, second / first]);
    }
    shapes.retain(|shape| shape.is_finite() && *shape > 0.0);
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
    use serde_json::json;

    fn picture(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let pixels = vec![9; (width * height) as usize];
        PngEncoder::new(&mut bytes).write_image(&pixels, width, height, ExtendedColorType::L8).unwrap();
        bytes
    }

    fn feature(corners: [[f64; 2]; 4]) -> Value {
        let ring = [corners.as_slice(), &corners[..1]].concat();
        json!({"id": "s", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"uid": "u.1"}})
    }

    #[test]
    fn a_picture_of_another_shape_has_no_footprint() {
        let wide = feature([[0.0, 60.0], [0.4, 60.0], [0.4, 60.1], [0.0, 60.1]]);
        // At 60° latitude a degree of longitude is half as long as one of latitude.
        assert!(footprint(&wide, &picture(80, 40)).is_some() && footprint(&wide, &picture(80, 20)).is_some());
        assert!(footprint(&wide, &picture(60, 60)).is_none());
        let turned = feature([[0.0, 0.0], [0.3, 0.4], [-0.1, 0.7], [-0.4, 0.3]]);
        assert!(footprint(&turned, &picture(60, 60)).is_some());
    }

    #[test]
    fn a_quicklook_is_matched_to_the_feature_of_its_scene() {
        let features = [feature([[0.0; 2]; 4])];
        assert!(feature_of("s.jpeg", &features).is_some() && feature_of("u.1.png", &features).is_some());
        assert!(feature_of("x.jpeg", &features).is_none());
        assert!(footprint(&features[0], &picture(9, 9)).is_none(), "a point has no shape");
        assert!(footprint(&json!({"geometry": null}), &picture(9, 9)).is_none());
    }
}
