//! KML 2.2 (OGC 07-147r2): placemarks, wherever they stand, and the outlines of ground
//! overlays, by which satellite images are shown. Heights are dropped.

use std::borrow::Cow;

use geo::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use super::broken;
use super::source::{Features, Layer};
use crate::error::{Error, Result};
use crate::geo::Bbox;
use crate::geo::crs::Crs;
use crate::limits::ReadBudget;

/// The deepest nesting. The parser keeps the names of all open elements.
const DEEPEST: usize = 1_000_000;

/// KML is always WGS 84.
pub(super) fn read(text: &str, budget: &ReadBudget) -> Result<Layer> {
    let mut reader = Reader::new(budget);
    let (mut is_kml, mut depth) = (false, 0_usize);
    let mut events = quick_xml::Reader::from_str(text);
    events.config_mut().expand_empty_elements = true;
    // Names are often written by hand.
    events.config_mut().allow_dangling_amp = true;
    loop {
        budget.check_time()?;
        match events.read_event().map_err(broken("KML"))? {
            Event::Start(tag) => {
                let tag = tag.local_name();
                let tag = text_of(tag.as_ref());
                is_kml |= tag == "kml" || is_feature(&tag);
                depth += 1;
                if depth > DEEPEST {
                    return Err(Error::invalid(format!("not KML: it is nested more than {DEEPEST} deep")));
                }
                reader.open(&tag)?;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                reader.close(&text_of(tag.local_name().as_ref()))?;
            }
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
    Ok(Layer { name: None, crs: Crs::Wgs84, features: reader.features.found })
}

/// Pieces of UTF-8 are UTF-8: nothing is lost.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The state of the walk through the elements, whose names are paired by the parser.
struct Reader<'a> {
    features: Features<'a>,
    placemark: Option<Placemark>,
    text: String,
}

#[derive(Default)]
struct Placemark {
    /// Open elements inside the placemark.
    depth: usize,
    /// Of these, the outer boundaries and quads, and the inner boundaries.
    outer: usize,
    inner: usize,
    name: Option<String>,
    polygons: Vec<(Option<LineString>, Vec<LineString>)>,
    positions: usize,
    /// Sides of a `LatLonBox`, and its rotation.
    sides: Sides,
    boxes: Vec<Polygon>,
    error: Option<Error>,
}

/// The values of a `LatLonBox`, as they stand.
#[derive(Default)]
struct Sides {
    west: Option<String>,
    south: Option<String>,
    east: Option<String>,
    north: Option<String>,
    rotation: Option<String>,
}

/// A bare `Polygon` is one, too.
fn is_feature(tag: &str) -> bool {
    matches!(tag, "Placemark" | "GroundOverlay" | "Polygon")
}

impl<'a> Reader<'a> {
    fn new(budget: &'a ReadBudget) -> Self {
        Self { features: Features::new(budget), placemark: None, text: String::new() }
    }

    /// One that is unknown stands as it is.
    fn entity(&mut self, entity: &BytesRef) {
        let name = text_of(entity);
        match (entity.resolve_char_ref(), resolve_xml_entity(&name)) {
            (Ok(Some(letter)), _) => self.text.push(letter),
            (_, Some(letter)) => self.text.push_str(letter),
            _ => self.text.extend(["&", &name, ";"]),
        }
    }

    fn open(&mut self, tag: &str) -> Result<()> {
        self.text.clear();
        let placemark = match &mut self.placemark {
            Some(placemark) => {
                placemark.depth += 1;
                placemark
            }
            None if is_feature(tag) => self.placemark.insert(Placemark::default()),
            None => return Ok(()),
        };
        match tag {
            "Polygon" | "LatLonQuad" => {
                // An empty one takes memory, too.
                self.features.budget.check_positions(placemark.polygons.len() + 1)?;
                placemark.polygons.push((None, Vec::new()));
            }
            "LatLonBox" => {
                self.features.budget.check_positions(5 * (placemark.boxes.len() + 1))?;
                placemark.sides = Sides::default();
            }
            _ => {}
        }
        placemark.count(tag, usize::saturating_add);
        Ok(())
    }

    fn close(&mut self, tag: &str) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let Some(placemark) = &mut self.placemark else { return Ok(()) };
        let Some(depth) = placemark.depth.checked_sub(1) else {
            let placemark = self.placemark.take().unwrap_or_default();
            return self.features.push(placemark.name.clone(), placemark.into_shape());
        };
        placemark.take(tag, text, self.features.budget)?;
        placemark.depth = depth;
        placemark.count(tag, usize::saturating_sub);
        Ok(())
    }
}

impl Placemark {
    fn count(&mut self, tag: &str, add: impl Fn(usize, usize) -> usize) {
        match tag {
            "outerBoundaryIs" | "LatLonQuad" => self.outer = add(self.outer, 1),
            "innerBoundaryIs" => self.inner = add(self.inner, 1),
            _ => {}
        }
    }

    /// Takes the text of an element that ends.
    fn take(&mut self, tag: &str, text: String, budget: &ReadBudget) -> Result<()> {
        match tag {
            "name" if self.depth == 1 => {
                self.name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            }
            "coordinates" if self.outer + self.inner > 0 => {
                // Numbers take more memory than text; three of them at most make a position.
                let numbers = text.split(|c: char| c == ',' || c.is_whitespace());
                let numbers = numbers.filter(|number| !number.is_empty()).count();
                budget.check_positions(self.positions + numbers / 3)?;
                let ring = ring(&text);
                self.positions += ring.as_ref().map_or(0, |ring| ring.0.len());
                budget.check_positions(self.positions)?;
                match (ring, self.polygons.last_mut()) {
                    (Ok(ring), Some((outer, _))) if self.inner == 0 => *outer = Some(ring),
                    (Ok(ring), Some((_, holes))) => holes.push(ring),
                    (Ok(_), None) => {}
                    (Err(error), _) => self.error = Some(error),
                }
            }
            "west" => self.sides.west = Some(text),
            "south" => self.sides.south = Some(text),
            "east" => self.sides.east = Some(text),
            "north" => self.sides.north = Some(text),
            "rotation" => self.sides.rotation = Some(text),
            "LatLonBox" => match self.sides.polygons() {
                Ok(polygons) => self.boxes.extend(polygons),
                Err(error) => self.error = Some(error.context("LatLonBox")),
            },
            _ => {}
        }
        Ok(())
    }

    fn into_shape(self) -> Result<Option<Geometry>> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let polygons =
            self.polygons.into_iter().filter_map(|(outer, holes)| Some(Polygon::new(outer?, holes)));
        let shape = MultiPolygon::new(polygons.chain(self.boxes).collect());
        Ok((!shape.0.is_empty()).then_some(Geometry::MultiPolygon(shape)))
    }
}

impl Sides {
    fn polygons(&self) -> Result<MultiPolygon> {
        let side = |name: &str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default().trim();
            text.parse::<f64>()
                .map_err(|_| Error::invalid(format!("its {name} is `{text}`, not a number of degrees")))
        };
        let [west, south] = [side("west", &self.west)?, side("south", &self.south)?];
        let [east, north] = [side("east", &self.east)?, side("north", &self.north)?];
        let rotation = self.rotation.as_ref().map_or(Ok(0.0), |_| side("rotation", &self.rotation))?;
        // Programs rotate it in different ways: GDAL not at all.
        if rotation % 180.0 != 0.0 {
            return Err(Error::invalid(format!(
                "it is rotated by {rotation}°: write its corners as a `gx:LatLonQuad`"
            )));
        }
        Ok(Bbox::new(west, south, east, north)?.to_polygon())
    }
}

/// `lon,lat[,height]`, and blanks between them, which may stand beside commas, too.
///
/// Where commas stand instead of blanks, positions have two or three numbers each: whichever
/// closes the ring.
fn ring(text: &str) -> Result<LineString> {
    let mut numbers = Vec::new();
    // Where each group of numbers ends that only commas part.
    let mut ends: Vec<usize> = Vec::new();
    let mut goes_on = false;
    for word in text.split_whitespace() {
        if !(goes_on || word.starts_with(',')) || ends.is_empty() {
            ends.push(numbers.len());
        }
        goes_on = word.ends_with(',');
        for number in word.trim_matches(',').split(',').filter(|_| word != ",") {
            let number = number.parse::<f64>().map_err(|_| no_position(word))?;
            numbers.push(number);
        }
        if let Some(end) = ends.last_mut() {
            *end = numbers.len();
        }
    }
    let mut start = 0;
    let mut groups = Vec::with_capacity(ends.len());
    for end in ends {
        groups.push(&numbers[start..end]);
        start = end;
    }
    if let Some(short) = groups.iter().find(|group| group.len() < 2) {
        return Err(no_position(&short.iter().map(f64::to_string).collect::<String>()));
    }
    let coord = |numbers: &[f64]| Coord { x: numbers[0], y: numbers[1] };
    if groups.iter().all(|group| group.len() <= 3) {
        return Ok(groups.into_iter().map(coord).collect());
    }
    let of_width = |width: usize| {
        let is_whole = groups.iter().all(|group| group.len() % width == 0);
        let ring: LineString = numbers.chunks_exact(width).map(coord).collect();
        (is_whole && ring.is_closed()).then_some(ring)
    };
    match (of_width(2), of_width(3)) {
        (Some(ring), None) | (None, Some(ring)) => Ok(ring),
        _ => Err(Error::invalid(
            "commas stand between its positions, where blanks belong: write `lon,lat lon,lat`",
        )),
    }
}

fn no_position(text: &str) -> Error {
    Error::invalid(format!("position `{text}` needs a longitude and a latitude"))
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
        let message = |text: &str| Aoi::from_kml(text).unwrap_err().to_string();
        insta::assert_snapshot!(message("<gpx></gpx>"), @"not KML: there is no `kml` element");
        insta::assert_snapshot!(message("<kml><Placemark><Polygon>"), @"not KML: the text ends inside a placemark");
        insta::assert_snapshot!(message("<kml><Placemark><name>a</nam"), @"not KML: syntax error: tag not closed: `>` not found before end of input");
        insta::assert_snapshot!(message("<kml><Placemark></kml>"), @"not KML: ill-formed document: expected `</Placemark>`, but `</kml>` was found");
        let wrong = "<Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>1 2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>";
        insta::assert_snapshot!(message(wrong), @"feature 0 (`x`): position `1` needs a longitude and a latitude");
        insta::assert_snapshot!(message("<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></kml>"), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
    }

    fn boundary(coordinates: &str) -> Result<Aoi, String> {
        let ring = format!("<LinearRing><coordinates>{coordinates}</coordinates></LinearRing>");
        let polygon = format!("<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>");
        Aoi::from_kml(&polygon).map_err(|error| error.to_string())
    }

    /// The first five are read so by GDAL 3.12.4; the others it refuses or gets wrong.
    #[test]
    fn commas_and_blanks_may_be_mixed_up() {
        let square = Aoi::from_wkt("POLYGON((0 5,3 5,3 7,0 7,0 5))").unwrap();
        for coordinates in [
            "0,5,0 3,5,0 3,7,0 0,7,0 0,5,0",
            "0, 5, 0 3, 5, 0 3, 7, 0 0, 7, 0 0, 5, 0",
            "0 ,5 3 ,5 3 ,7 0 ,7 0 ,5",
            "0,5,0,3,5,0,3,7,0,0,7,0,0,5,0",
            "0,5,0, 3,5,0, 3,7,0, 0,7,0, 0,5,0,",
            "0,5,3,5,3,7,0,7,0,5",
            "0,5, 3,5, 3,7, 0,7, 0,5,",
            "0,5,3,5 , 3,7,0,7 0,5",
        ] {
            let aoi = boundary(coordinates).unwrap_or_else(|message| panic!("{coordinates}: {message}"));
            assert_eq!(aoi.geometry(), square.geometry(), "{coordinates}");
        }
        let error = |coordinates: &str| boundary(coordinates).unwrap_err();
        insta::assert_snapshot!(error("0,5,3,5,3,7,0,7"), @"geometry: commas stand between its positions, where blanks belong: write `lon,lat lon,lat`");
        insta::assert_snapshot!(error("0,,5 3,5 3,7"), @"geometry: position `0,,5` needs a longitude and a latitude");
        insta::assert_snapshot!(error("0 5 3 5 3 7 0 5"), @"geometry: position `0` needs a longitude and a latitude");
    }

    #[test]
    fn an_overlay_is_its_box() {
        let overlay = |sides: &str| {
            let text = format!(
                "<kml><GroundOverlay><name>o</name><LatLonBox>{sides}</LatLonBox></GroundOverlay></kml>"
            );
            Aoi::from_kml(&text).map_err(|error| error.to_string())
        };
        let fiji = overlay(
            "<north>-16</north><south>-19</south><east>-178</east><west>177</west><rotation>0</rotation>",
        );
        assert_eq!(fiji.unwrap().bbox().to_array(), [177.0, -19.0, -178.0, -16.0]);
        let error = |sides: &str| overlay(sides).unwrap_err();
        let sides = "<north>1</north><south>0</south><east>1</east><west>0</west>";
        insta::assert_snapshot!(error(&format!("{sides}<rotation>30</rotation>")), @"feature 0 (`o`): LatLonBox: it is rotated by 30°: write its corners as a `gx:LatLonQuad`");
        insta::assert_snapshot!(error("<north>1</north><east>1</east><west>0</west>"), @"feature 0 (`o`): LatLonBox: its south is ``, not a number of degrees");
        insta::assert_snapshot!(error("<north>0</north><south>1</south><east>1</east><west>0</west>"), @"feature 0 (`o`): LatLonBox: bbox `0, 1, 1, 0` is empty: give west, south, east, north, with west < east and south < north");
    }

    #[test]
    fn elements_may_be_nested_deep() {
        let nested = |tag: &str| format!("<{tag}>").repeat(20_000) + &format!("</{tag}>").repeat(20_000);
        for tag in ["a", "coordinates", "outerBoundaryIs", "Polygon", "name"] {
            let text = format!("<kml><Placemark>{}</Placemark></kml>", nested(tag));
            let message = Aoi::from_kml(&text).unwrap_err().to_string();
            assert_eq!(message, "there is no polygon: an AOI needs a Polygon or a MultiPolygon", "{tag}");
        }
    }

    proptest! {
        #[test]
        fn any_coordinates_are_read_or_refused(text in "[0-9,. \n-]{0,40}") {
            let _ = super::ring(&text);
        }

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
