//! KML 2.2 (OGC 07-147r2): placemarks, wherever they stand, and the four corners of ground
//! overlays, by which satellite images are shown. Heights are dropped.

use std::borrow::Cow;

use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use super::broken;
use super::source::{Feature, Layer};
use crate::error::{Error, Result};
use crate::geo::crs::Crs;

/// KML is always WGS 84.
pub(super) fn read(text: &str) -> Result<Layer> {
    let mut reader = Reader::default();
    let mut is_kml = false;
    let mut events = quick_xml::Reader::from_str(text);
    events.config_mut().expand_empty_elements = true;
    // Names are often written by hand.
    events.config_mut().allow_dangling_amp = true;
    loop {
        match events.read_event().map_err(broken("KML"))? {
            Event::Start(tag) => {
                let tag = tag.local_name();
                let tag = text_of(tag.as_ref());
                is_kml |= tag == "kml" || is_feature(&tag);
                reader.open(&tag);
            }
            Event::End(tag) => reader.close(&text_of(tag.local_name().as_ref())),
            Event::Text(text) => reader.text.push_str(&text_of(&text)),
            Event::CData(text) => reader.text.push_str(&text_of(&text)),
            Event::GeneralRef(entity) => reader.entity(&entity),
            Event::Eof => break,
            _ => {}
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

/// Pieces of UTF-8 are UTF-8: nothing is lost.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
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
    /// One that is unknown stands as it is.
    fn entity(&mut self, entity: &BytesRef) {
        let name = text_of(entity);
        match (entity.resolve_char_ref(), resolve_xml_entity(&name)) {
            (Ok(Some(letter)), _) => self.text.push(letter),
            (_, Some(letter)) => self.text.push_str(letter),
            _ => self.text.extend(["&", &name, ";"]),
        }
    }

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

    use proptest::prelude::*;

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
    fn names_come_out_of_whatever_xml_hides_them_in() {
        let name = |text: &str| {
            let text = format!(
                "<?xml version='1.0'?><!DOCTYPE kml><k:kml xmlns:k='k' x='>'><k:Placemark><k:name>{text}</k:name>\
                 <k:description/><k:Polygon><k:outerBoundaryIs>{RING}</k:outerBoundaryIs></k:Polygon></k:Placemark></k:kml>"
            );
            Aoi::from_kml(&text).unwrap().features()[0].name.clone().unwrap()
        };
        assert_eq!(
            name(" 1 &amp; &#x32;&unknown;<!-- <b> --><![CDATA[<i>&amp;]]> "),
            "1 & 2&unknown;<i>&amp;"
        );
        assert_eq!(name("Fields & meadows &#0; & more"), "Fields & meadows &#0; & more");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| Aoi::from_kml(text).unwrap_err().to_string();
        insta::assert_snapshot!(told("<gpx></gpx>"), @"not KML: there is no `kml` element");
        insta::assert_snapshot!(told("<kml><Placemark><Polygon>"), @"not KML: the text ends inside a placemark");
        insta::assert_snapshot!(told("<kml><Placemark><name>a</nam"), @"not KML: syntax error: tag not closed: `>` not found before end of input");
        insta::assert_snapshot!(told("<kml><Placemark></kml>"), @"not KML: ill-formed document: expected `</Placemark>`, but `</kml>` was found");
        let wrong = "<Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>1 2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>";
        insta::assert_snapshot!(told(wrong), @"feature 0 (`x`): position `1` needs a longitude and a latitude");
        insta::assert_snapshot!(told("<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></kml>"), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[<>/&;!?\\[\\]\\-a\"' é]{0,60}") {
            let _ = (Aoi::from_kml(&text), Aoi::from_kml(&format!("<kml><Placemark>{text}</Placemark></kml>")));
        }

        #[test]
        fn a_document_that_is_cut_off_is_refused_or_whole_so_far(share in 0.0..1.0f64) {
            let one = format!("<Placemark><Polygon><outerBoundaryIs>{RING}</outerBoundaryIs></Polygon></Placemark>");
            let whole = format!("<kml><Document>{}</Document></kml>", one.repeat(3));
            let cut = &whole[..(share * whole.len() as f64) as usize];
            if let Ok(aoi) = Aoi::from_kml(cut) {
                prop_assert_eq!(aoi.features().len(), cut.matches("</Placemark>").count());
            }
        }
    }
}
