use std::borrow::Cow;

use geo::{CoordsIter, MultiPolygon, Simplify};
use serde_json::{Value, json};

use super::area::joined;
use super::layer::Layer;
use super::placement::Georeference;
use up42_core::geo::{Bbox, continuous_near, polygons};
use up42_core::redact;
use up42_core::sanitize::sanitize;
use up42_core::time::minute;

/// Largest number of positions of an outline that is not simplified.
const MOST_POSITIONS: usize = 100;

/// Divisor of the extent of a larger outline; the quotient is the tolerance of simplification.
const DETAIL: f64 = 4_000.0;

/// Layer with a footprint, prepared for the page.
pub struct Scene {
    pub footprint: MultiPolygon,
    /// Part that is shown, if not the whole footprint.
    part: Option<MultiPolygon>,
    pub georeference: Option<Georeference>,
    /// Embedded JPEG or PNG.
    pub picture: Option<Vec<u8>>,
    /// Label on the still picture: the date, or the title without one.
    pub label: String,
    /// Index of its cell in the atlas.
    pub thumb: Option<usize>,
    facts: Value,
}

impl Scene {
    pub fn new(layer: &Layer, footprint: MultiPolygon, part: Option<MultiPolygon>) -> Self {
        let properties: Vec<_> =
            layer.properties.iter().map(|(key, value)| [sanitize(key, 120), sanitize(value, 600)]).collect();
        let facts = json!({
            "id": redact::text(&layer.id),
            "title": sanitize(layer.title_or_id(), 200),
            "collection": sanitize(&layer.collection, 120),
            "constellation": layer.constellation.as_ref().map(|name| sanitize(name, 120)),
            "datetime": layer.acquired.map(|moment| moment.to_string()),
            "cloud": layer.cloud_cover,
            "properties": properties,
        });
        let label = match layer.acquired {
            Some(at) => minute(at).chars().take("2020-12-31".len()).collect(),
            None => sanitize(layer.title_or_id(), 40),
        };
        Self { footprint, part, georeference: None, picture: None, thumb: None, label, facts }
    }

    /// Returns the outline that is shown.
    pub fn shown(&self) -> &MultiPolygon {
        self.part.as_ref().unwrap_or(&self.footprint)
    }

    /// Returns the outline for the page. Detail finer than a screen shows is removed to save space.
    fn outline(&self) -> Cow<'_, MultiPolygon> {
        let whole = self.shown();
        match Bbox::around(whole).map(Bbox::to_array) {
            Some([west, south, east, north]) if whole.coords_count() > MOST_POSITIONS => {
                Cow::Owned(whole.simplify((east - west).max(north - south) / DETAIL))
            }
            _ => Cow::Borrowed(whole),
        }
    }

    /// Sets the georeference of the picture. If only a part is shown, the picture is clipped to it.
    pub fn set_georeference(&mut self, georeference: Option<Georeference>) {
        let is_cut = self.part.is_some();
        self.georeference = georeference
            .map(|georeference| Georeference { clip: georeference.clip || is_cut, ..georeference });
    }

    /// Returns the JSON for the viewer; `at` is the offset of the picture in the pack.
    pub fn to_json(&self, at: usize) -> Value {
        let mut facts = self.facts.clone();
        facts["rings"] = rings(&self.outline());
        if let Some(picture) = &self.picture {
            facts["picture"] = json!([at, picture.len()]);
        }
        if let Some(thumb) = self.thumb {
            facts["thumb"] = thumb.into();
        }
        if let Some(georeference) =
            self.georeference.as_ref().filter(|_| self.picture.is_some() || self.thumb.is_some())
        {
            let rounding = DegreeRounding::of(&self.footprint);
            facts["corners"] = georeference.quad.iter().map(|&corner| rounding.position(corner)).collect();
            facts["flat"] = georeference.flat.into();
            facts["clip"] = georeference.clip.into();
        }
        facts
    }
}

/// Largest absolute longitude, since some footprints continue beyond 180°.
const FARTHEST: f64 = 540.0;

/// Returns the footprints of layers, each continuous across the antimeridian and near the others;
/// `None` if a position is not on Earth.
pub fn footprints(layers: &[Layer], near: Option<f64>) -> Vec<Option<MultiPolygon>> {
    let mut near = near;
    let place = |layer: &Layer| {
        let shape = polygons(layer.footprint.as_ref()?)?;
        // Checks the positions, since a bounding box ignores NaN.
        if !shape.coords_iter().all(|at| at.x.abs() <= FARTHEST && at.y.abs() <= 90.0) {
            return None;
        }
        let shape = joined(continuous_near(&shape, near));
        let bbox = Bbox::around(&shape)?;
        near.get_or_insert((bbox.west + bbox.east) / 2.0);
        Some(shape)
    };
    layers.iter().map(place).collect()
}

/// Returns the outer rings as arrays of positions.
pub fn rings(shape: &MultiPolygon) -> Value {
    let rounding = DegreeRounding::of(shape);
    let ring = |polygon: &geo::Polygon| -> Value {
        polygon.exterior().coords().map(|point| rounding.position([point.x, point.y])).collect()
    };
    shape.iter().map(ring).collect()
}

/// Rounding of degrees to about 1/100,000 of the extent of a shape; more digits only take space.
struct DegreeRounding(f64);

impl DegreeRounding {
    fn of(shape: &MultiPolygon) -> Self {
        let [west, south, east, north] = Bbox::around(shape).map_or([0.0; 4], Bbox::to_array);
        let extent = (east - west).max(north - south).clamp(1e-6, 360.0);
        Self(10f64.powf(5.0 - extent.log10().floor()))
    }

    fn position(&self, point: [f64; 2]) -> Value {
        point.iter().map(|degrees| Value::from((degrees * self.0).round() / self.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, LineString, Point, Polygon, Rect};
    use proptest::prelude::*;

    use super::*;
    use crate::map::Map;

    fn ring(points: &[[f64; 2]]) -> Polygon {
        Polygon::new(LineString::from(points.to_vec()), vec![])
    }

    #[test]
    fn an_invalid_footprint_does_not_affect_others() {
        let good = ring(&[[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]]);
        let bad = |at: [f64; 2]| ring(&[[1.0, 1.0], [2.0, 1.0], at, [1.0, 2.0]]);
        let far = [[2.0, f64::NAN], [f64::NAN, 2.0], [f64::INFINITY, 2.0], [2.0, 1e300], [1e300, 2.0]];
        let layers: Vec<_> =
            far.map(bad).into_iter().chain([good]).map(|shape| Layer::new("a").footprint(shape)).collect();
        let found = footprints(&layers, None);
        assert!(found[..5].iter().all(Option::is_none), "{found:?}");
        assert_eq!(Bbox::around(found[5].as_ref().unwrap()).unwrap().to_array(), [1.0, 1.0, 2.0, 2.0]);
    }

    fn degrees() -> impl Strategy<Value = f64> {
        let odd = [f64::NAN, f64::INFINITY, -180.0, 180.0, 0.0, -0.0, 90.0, -90.0, 1e300, 1e-300, 540.0];
        prop_oneof![prop::sample::select(odd.to_vec()), -90.0..90.0, -540.0..540.0]
    }

    fn shape() -> impl Strategy<Value = Geometry> {
        let polygon = prop::collection::vec([degrees(), degrees()], 0..7).prop_map(|points| ring(&points));
        prop_oneof![
            prop::collection::vec(polygon, 0..3).prop_map(|many| MultiPolygon::new(many).into()),
            [degrees(), degrees(), degrees(), degrees()]
                .prop_map(|[a, b, c, d]| Geometry::Rect(Rect::new([a, b], [c, d]))),
            [degrees(), degrees()].prop_map(|[x, y]| {
                Geometry::GeometryCollection(vec![ring(&[[x, y]; 4]), ring(&[])].into())
            }),
            Just(Point::new(0.0, 0.0).into()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_footprint_is_drawn_without_a_panic(shapes in prop::collection::vec(shape(), 1..5)) {
            let mut picture = std::io::Cursor::new(Vec::new());
            image::RgbImage::from_pixel(8, 8, image::Rgb([90; 3]))
                .write_to(&mut picture, image::ImageFormat::Png)
                .unwrap();
            let layer = |shape: Geometry| Layer::new("a").footprint(shape).picture(picture.get_ref().clone());
            let map = shapes.into_iter().map(layer).fold(Map::new("any"), Map::layer);
            prop_assert!(map.draw(false).bbox.iter().all(|side| side.is_finite()));
        }
    }
}
