//! Reader of KML 2.2 (OGC 07-147r2): placemarks at any depth, and the outlines of ground overlays,
//! which show satellite images. Heights are ignored.

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

/// Largest nesting depth. The parser holds the names of all open elements.
const DEEPEST: usize = 1_000_000;

/// Reads KML, which is always WGS 84.
pub fn read(text: &str, budget: &ReadBudget) -> Result<Layer> {
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

/// Never lossy: the bytes are part of a valid UTF-8 text.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// State while the elements are read. The parser checks that start and end tags match.
struct Reader<'a> {
    features: Features<'a>,
    placemark: Option<Placemark>,
    text: String,
}

#[derive(Default)]
struct Placemark {
    /// Number of open elements inside the placemark.
    depth: usize,
    /// Of these, the outer boundaries and quads, and the inner boundaries.
    outer: usize,
    inner: usize,
    name: Option<String>,
    polygons: Vec<(Option<LineString>, Vec<LineString>)>,
    positions: usize,
    /// Sides and rotation of a `LatLonBox`.
    sides: LatLonBox,
    boxes: Vec<Polygon>,
    error: Option<Error>,
}

/// Values of a `LatLonBox`, as text.
#[derive(Default)]
struct LatLonBox {
    west: Option<String>,
    south: Option<String>,
    east: Option<String>,
    north: Option<String>,
    rotation: Option<String>,
}

/// A `Polygon` outside of a placemark is one, too.
fn is_feature(tag: &str) -> bool {
    matches!(tag, "Placemark" | "GroundOverlay" | "Polygon")
}

impl<'a> Reader<'a> {
    fn new(budget: &'a ReadBudget) -> Self {
        Self { features: Features::new(budget), placemark: None, text: String::new() }
    }

    /// Adds the text of an entity; an unknown one stays as written.
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
                // An empty polygon takes memory, too.
                self.features.budget.check_positions(placemark.polygons.len() + 1)?;
                placemark.polygons.push((None, Vec::new()));
            }
            "LatLonBox" => {
                self.features.budget.check_positions(5 * (placemark.boxes.len() + 1))?;
                placemark.sides = LatLonBox::default();
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

    /// Stores the text of an element that ends.
    fn take(&mut self, tag: &str, text: String, budget: &ReadBudget) -> Result<()> {
        match tag {
            "name" if self.depth == 1 => {
                self.name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            }
            "coordinates" if self.outer + self.inner > 0 => {
                // Numbers take more memory than text; a position has at most three of them.
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

impl LatLonBox {
    fn polygons(&self) -> Result<MultiPolygon> {
        let side = |name: &str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default().trim();
            text.parse::<f64>()
                .map_err(|_| Error::invalid(format!("its {name} is `{text}`, not a number of degrees")))
        };
        let [west, south] = [side("west", &self.west)?, side("south", &self.south)?];
        let [east, north] = [side("east", &self.east)?, side("north", &self.north)?];
        let rotation = self.rotation.as_ref().map_or(Ok(0.0), |_| side("rotation", &self.rotation))?;
        // Programs rotate it differently; GDAL does not at all.
        if rotation % 180.0 != 0.0 {
            return Err(Error::invalid(format!(
                "it is rotated by {rotation}°: write its corners as a `gx:LatLonQuad`"
            )));
        }
        Ok(Bbox::new(west, south, east, north)?.to_polygon())
    }
}

/// Parses `lon,lat[,height]` positions, separated by whitespace, which may also surround commas.
///
/// If commas stand in place of whitespace, positions have two or three numbers each, whichever
/// closes the ring.
fn ring(text: &str) -> Result<LineString> {
    let mut numbers = Vec::new();
    // End of each group of numbers that are separated by commas only.
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_coordinates_are_read_or_refused(text in "[0-9,. \n-]{0,40}") {
            let _ = super::ring(&text);
        }
    }
}
