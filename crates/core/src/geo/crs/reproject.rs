//! Reprojection of geometries to WGS 84 that preserves their edges.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use proj4rs::Proj;
use proj4rs::transform::transform;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::ReadBudget;

/// Largest distance of an edge from its original course, in degrees of latitude: a decimetre.
const TOLERANCE: f64 = 0.1 / 111_320.0;

/// Edges shorter than this in both directions, in degrees, are not refined below 85° of latitude:
/// their deviation is less than a decimetre.
const SHORT: f64 = 0.005;

/// Largest number of times that an edge is halved.
const MAX_HALVINGS: u32 = 12;

/// Transformation from a coordinate system to WGS 84.
#[derive(Debug)]
pub struct Transformation {
    name: String,
    from: Proj,
    to: Proj,
}

impl Transformation {
    /// Creates the transformation of a definition in the form of PROJ.
    pub(super) fn new(name: &str, definition: &str) -> Result<Self> {
        let proj = |definition: &str| {
            Proj::from_proj_string(definition).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
        };
        let (from, to) = (proj(definition)?, proj("+proj=longlat +datum=WGS84 +no_defs")?);
        Ok(Self { name: name.to_owned(), from, to })
    }

    /// Returns the geometry in WGS 84. Edges are straight in their original system: positions are
    /// added to each, so that it deviates by at most a decimetre.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a position outside of the system, and for more positions
    /// than the budget has left.
    pub fn reproject(&self, shape: &MultiPolygon, budget: &ReadBudget) -> Result<MultiPolygon> {
        let polygon = |polygon: &Polygon| {
            let ring = |ring| self.ring(ring, budget);
            let holes = polygon.interiors().iter().map(ring).collect::<Result<_>>()?;
            Ok(Polygon::new(ring(polygon.exterior())?, holes))
        };
        shape.iter().map(polygon).collect::<Result<_>>().map(MultiPolygon::new)
    }

    fn ring(&self, ring: &LineString, budget: &ReadBudget) -> Result<LineString> {
        let mut positions = Vec::with_capacity(ring.0.len());
        let mut before: Option<(Coord, Coord)> = None;
        for &point in ring.coords() {
            let position = self.position(point)?;
            if let Some((from, start)) = before {
                let along = |share: f64| self.position(from + (point - from) * share);
                let count = positions.len() + 1;
                refined(start, position, &along, &mut positions)?;
                budget.take_positions(positions.len() - count)?;
            } else {
                positions.push(position);
            }
            before = Some((point, position));
        }
        Ok(LineString::new(positions))
    }

    /// Returns longitude and latitude, in degrees, of a position in the original system.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a position outside of the system.
    pub fn to_lon_lat(&self, x: f64, y: f64) -> Result<(f64, f64)> {
        self.position(Coord { x, y }).map(|found| (found.x, found.y))
    }

    /// Returns the position in the original system of a longitude and latitude, in degrees.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a position outside of the system.
    pub fn from_lon_lat(&self, lon: f64, lat: f64) -> Result<(f64, f64)> {
        let mut moved = (lon.to_radians(), lat.to_radians(), 0.0);
        let there = transform(&self.to, &self.from, &mut moved);
        let (x, y) = match self.from.is_latlong() {
            true => (moved.0.to_degrees(), moved.1.to_degrees()),
            false => (moved.0, moved.1),
        };
        match there.is_ok() && x.is_finite() && y.is_finite() {
            true => Ok((x, y)),
            false => Err(Error::invalid(format!(
                "position {lon}, {lat} lies outside of the coordinate system `{}`",
                self.name
            ))),
        }
    }

    fn position(&self, point: Coord) -> Result<Coord> {
        let (start, near) = match self.from.is_latlong() {
            true => (Coord { x: point.x.to_radians(), y: point.y.to_radians() }, 1e-6),
            false => (point, 1.0),
        };
        let mut moved = (start.x, start.y, 0.0);
        let there = transform(&self.from, &self.to, &mut moved);
        let found = Coord { x: moved.0.to_degrees(), y: moved.1.to_degrees() };
        // Formulas return a position for any input: it is right if the inverse leads back.
        let back = transform(&self.to, &self.from, &mut moved);
        let is_back = (moved.0 - start.x).abs() < near && (moved.1 - start.y).abs() < near;
        match there.is_ok() && back.is_ok() && is_back {
            true => Ok(found),
            false => Err(Error::invalid(format!(
                "position {}, {} lies outside of the coordinate system `{}`",
                point.x, point.y, self.name
            ))),
        }
    }
}

/// Adds the end of a curve to `positions`, and before it the positions needed to follow the curve:
/// `along` returns the position at a share of its length.
pub fn refined(
    start: Coord,
    end: Coord,
    along: &impl Fn(f64) -> Result<Coord>,
    positions: &mut Vec<Coord>,
) -> Result<()> {
    let mut open = vec![(0.0, start, 1.0, end, 0)];
    while let Some((from, start, to, end, halvings)) = open.pop() {
        let span = Coord { x: short_way(end.x - start.x), y: end.y - start.y };
        let is_short = span.x.abs() < SHORT && span.y.abs() < SHORT && end.y.abs().max(start.y.abs()) < 85.0;
        let mut is_straight = is_short || halvings >= MAX_HALVINGS;
        if !is_straight {
            is_straight = true;
            // Not only the middle: an edge may bend to both sides.
            for share in [0.5, 0.25, 0.75] {
                let there = along(from + (to - from) * share)?;
                let straight = start + span * share;
                let off = short_way(there.x - straight.x) * straight.y.to_radians().cos();
                is_straight &= off.hypot(there.y - straight.y) <= TOLERANCE;
            }
        }
        if is_straight {
            positions.push(end);
        } else {
            let half = (from + to) / 2.0;
            let middle = along(half)?;
            open.push((half, middle, to, end, halvings + 1));
            open.push((from, start, half, middle, halvings + 1));
        }
    }
    Ok(())
}

/// Returns a difference in longitude the short way round, in degrees.
fn short_way(degrees: f64) -> f64 {
    degrees - (degrees / 360.0).round() * 360.0
}
