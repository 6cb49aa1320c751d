//! KML 2.2 (OGC 07-147r2): placemarks, wherever they stand, and the four corners of ground
//! overlays, by which satellite images are shown. Heights are dropped.

use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use super::source::{Feature, Layer};
use super::xml::{Piece, Pieces};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;

/// KML is always WGS 84.
pub(super) fn read(text: &str) -> Result<Layer> {
    let mut reader = Reader::default();
    let mut is_kml = false;
    for piece in Pieces::of(text) {
        match piece {
            Piece::Open(tag) => {
                is_kml |= tag == "kml" || is_feature(tag);
                reader.open(tag);
            }
            Piece::Close(tag) => reader.close(tag),
            Piece::Text(text) => reader.text.push_str(&text),
        }
    }
    if !is_kml {
        return Err(Error::invalid("not KML: there is no `kml` element"));
    }
    if reader.placemark.is_some() {
        return Err(Error::invalid("not KML: the text ends inside a placemark"));
    }
    Ok(Layer { name: None, crs: Crs::Wgs84, features: reader.features })
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    features: Vec<Feature>,
    placemark: Option<Placemark>,
    /// The open elements inside the placemark.
    inside: Vec<String>,
    text: String,
}

#[derive(Default)]
struct Placemark {
    /// The element that it is.
    tag: String,
    name: Option<String>,
    polygons: Vec<(Option<LineString>, Vec<LineString>)>,
    error: Option<Error>,
}

/// A bare `Polygon` is one, too.
fn is_feature(tag: &str) -> bool {
    matches!(tag, "Placemark" | "GroundOverlay" | "Polygon")
}

impl Reader {
    fn open(&mut self, tag: &str) {
        self.text.clear();
        if self.placemark.is_none() && is_feature(tag) {
            self.placemark = Some(Placemark { tag: tag.to_owned(), ..Placemark::default() });
            self.inside.clear();
        } else if self.placemark.is_some() {
            self.inside.push(tag.to_owned());
        }
        if let (Some(placemark), "Polygon" | "LatLonQuad") = (&mut self.placemark, tag) {
            placemark.polygons.push((None, Vec::new()));
        }
    }

    fn close(&mut self, tag: &str) {
        let text = std::mem::take(&mut self.text);
        let Some(placemark) = &mut self.placemark else { return };
        if self.inside.is_empty() {
            if tag == placemark.tag {
                self.features.extend(self.placemark.take().map(Placemark::into_feature));
            }
            return;
        }
        let inside = |name: &str| self.inside.iter().any(|open| open == name);
        match tag {
            "name" if self.inside.len() == 1 => {
                placemark.name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            }
            "coordinates" if ["outerBoundaryIs", "innerBoundaryIs", "LatLonQuad"].into_iter().any(inside) => {
                let is_outer = !inside("innerBoundaryIs");
                match (ring(&text), placemark.polygons.last_mut()) {
                    (Ok(ring), Some((outer, _))) if is_outer => *outer = Some(ring),
                    (Ok(ring), Some((_, holes))) => holes.push(ring),
                    (Ok(_), None) => {}
                    (Err(error), _) => placemark.error = Some(error),
                }
            }
            _ => {}
        }
        if self.inside.last().is_some_and(|open| open == tag) {
            self.inside.pop();
        }
    }
}

impl Placemark {
    fn into_feature(self) -> Feature {
        let polygons =
            self.polygons.into_iter().filter_map(|(outer, holes)| Some(Polygon::new(outer?, holes)));
        let shape = MultiPolygon::new(polygons.collect());
        let shape = match self.error {
            Some(error) => Err(error),
            None => Ok((!shape.0.is_empty()).then_some(Geometry::MultiPolygon(shape))),
        };
        Feature { name: self.name, shape }
    }
}

/// `lon,lat[,height]` and blanks between them.
fn ring(text: &str) -> Result<LineString> {
    let position = |tuple: &str| {
        let mut numbers = tuple.split(',').map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => Ok(Coord { x, y }),
            _ => Err(Error::invalid(format!("position `{tuple}` needs a longitude and a latitude"))),
        }
    };
    text.split_whitespace().map(position).collect()
}

#[cfg(test)]
mod tests {
    use crate::Aoi;

    const RING: &str = "<LinearRing><coordinates>0,0,5 2,0,5 2,2,5\n 0,2,5 0,0,5</coordinates></LinearRing>";
    const HOLE: &str =
        "<LinearRing><coordinates>0.5,0.5 1.5,0.5 1.5,1.5 0.5,1.5 0.5,0.5</coordinates></LinearRing>";

    #[test]
    fn placemarks_are_found_wherever_they_stand() {
        let polygon = format!(
            "<Polygon><outerBoundaryIs>{RING}</outerBoundaryIs><innerBoundaryIs>{HOLE}</innerBoundaryIs></Polygon>"
        );
        let many = format!(
            "<Placemark><name>A &amp; B</name><MultiGeometry>{polygon}<Point><coordinates></coordinates></Point></MultiGeometry></Placemark>"
        );
        let text = format!("<kml><Document><name>no</name><Folder>{many}</Folder>{many}</Document></kml>");
        let aoi = Aoi::from_kml(&text).unwrap();
        assert_eq!(aoi.features().len(), 2);
        assert_eq!(aoi.features()[0].name.as_deref(), Some("A & B"));
        let bare = Aoi::from_kml(&polygon).unwrap();
        assert_eq!(bare.geometry().0[0].interiors().len(), 1);
        assert!((bare.area_km2() / aoi.area_km2() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| Aoi::from_kml(text).unwrap_err().to_string();
        insta::assert_snapshot!(told("<gpx></gpx>"), @"not KML: there is no `kml` element");
        insta::assert_snapshot!(told("<kml><Placemark><Polygon>"), @"not KML: the text ends inside a placemark");
        let wrong = "<Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>1 2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>";
        insta::assert_snapshot!(told(wrong), @"feature 0 (`x`): position `1` needs a longitude and a latitude");
        insta::assert_snapshot!(told("<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></kml>"), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
    }
}
