//! An area cut into pieces of the same size.
//!
//! Cuts run along meridians and parallels, where the edges of shapes are straight, so
//! that the pieces together are the whole and nothing else.

use geo::{BooleanOps, Coord, LineString, MultiPolygon};

use super::Bbox;
use super::antimeridian::{cut_edges, split, unrolled};
use super::coverage::area_km2;
use crate::error::{Error, Result};

/// The most pieces: each may become a job.
const MOST: f64 = 10_000.0;

/// How much smaller than the limit a piece is, for the digits that cuts lose.
const MARGIN: f64 = 1e-6;

/// How exactly a cut divides the area, and the most steps that it is looked for in.
const EXACT: f64 = 1e-9;
const SEARCH: usize = 60;

/// The pieces of a shape that is [`split`] at the antimeridian.
pub(super) fn cut(shape: &MultiPolygon, max_km2: f64) -> Result<Vec<MultiPolygon>> {
    if !(max_km2 > 0.0 && max_km2.is_finite()) {
        return Err(Error::invalid(format!("pieces of `{max_km2}` km²: give a positive number")));
    }
    let count = (area_km2(shape) / max_km2 * (1.0 + MARGIN)).ceil().max(1.0);
    if count > MOST {
        return Err(Error::invalid(format!(
            "pieces of at most {max_km2} km² would be {count}: give a limit that makes at most {MOST}"
        )));
    }
    let mut open = vec![(unrolled(shape, None), count as usize)];
    let mut pieces = Vec::with_capacity(count as usize);
    while let Some((shape, count)) = open.pop() {
        match halves(&shape, count) {
            Some([first, second]) => {
                open.push((second, count - count / 2));
                open.push((first, count / 2));
            }
            None => pieces.push(cut_edges(&split(&shape))),
        }
    }
    Ok(pieces)
}

/// The shape on both sides of the cut for so many pieces, west or south first.
fn halves(shape: &MultiPolygon, count: usize) -> Option<[MultiPolygon; 2]> {
    let bbox = Bbox::around(shape).filter(|_| count > 1)?;
    let narrowing = ((bbox.south + bbox.north) / 2.0).to_radians().cos();
    let is_wide = (bbox.east - bbox.west) * narrowing > bbox.north - bbox.south;
    let whole = area_km2(shape);
    let wanted = whole * (count / 2) as f64 / count as f64;
    let (from, to) = if is_wide { (bbox.west, bbox.east) } else { (bbox.south, bbox.north) };
    // Regula falsi (Illinois): a few steps where halving takes thirty. Each end with what
    // lies below it beyond what is wanted.
    let (mut low, mut high) = ((from, -wanted), (to, whole - wanted));
    let mut at = from;
    let mut was_low = None;
    for _ in 0..SEARCH {
        at = low.0 - low.1 * (high.0 - low.0) / (high.1 - low.1);
        let off = area_below(shape, is_wide, at) - wanted;
        if off.abs() <= EXACT * whole {
            break;
        }
        let is_low = off < 0.0;
        let (end, other) = if is_low { (&mut low, &mut high) } else { (&mut high, &mut low) };
        *end = (at, off);
        if was_low == Some(is_low) {
            other.1 /= 2.0;
        }
        was_low = Some(is_low);
    }
    let (first, second) = match is_wide {
        true => (Bbox { east: at, ..bbox }, Bbox { west: at, ..bbox }),
        false => (Bbox { north: at, ..bbox }, Bbox { south: at, ..bbox }),
    };
    Some([first, second].map(|side| shape.intersection(&MultiPolygon::from(side.to_rect()))))
}

/// The area west of a meridian, or south of a parallel. Rings are cut one by one
/// (Sutherland and Hodgman): what runs back and forth along the cut adds nothing.
fn area_below(shape: &MultiPolygon, is_wide: bool, at: f64) -> f64 {
    let side = |point: &Coord| if is_wide { point.x } else { point.y };
    let below = |ring: &LineString| {
        let mut kept = Vec::with_capacity(ring.0.len() + 2);
        for edge in ring.lines() {
            let (start, end) = (side(&edge.start), side(&edge.end));
            if start <= at {
                kept.push(edge.start);
            }
            if (start <= at) != (end <= at) {
                let mut crossing = edge.start + edge.delta() * ((at - start) / (end - start));
                *(if is_wide { &mut crossing.x } else { &mut crossing.y }) = at;
                kept.push(crossing);
            }
        }
        LineString::new(kept)
    };
    let polygon = |polygon: &geo::Polygon| {
        let holes = polygon.interiors().iter().map(below).collect();
        geo::Polygon::new(below(polygon.exterior()), holes)
    };
    area_km2(&MultiPolygon::new(shape.iter().map(polygon).collect()))
}

#[cfg(test)]
mod tests {
    use crate::Aoi;
    use geo::{Area, BooleanOps};
    use proptest::prelude::*;

    fn check(aoi: &Aoi, max_km2: f64) {
        let pieces = aoi.split(max_km2).unwrap();
        let areas: Vec<f64> = pieces.iter().map(|piece| piece.area_km2()).collect();
        let sum: f64 = areas.iter().sum();
        let whole = aoi.area_km2();
        assert!((sum / whole - 1.0).abs() < 1e-6, "{sum} of {whole}");
        assert!(areas.iter().all(|area| *area <= max_km2), "{areas:?} of {max_km2}");
        assert!(areas.len() as f64 <= whole / max_km2 * 1.000_01 + 1.0, "{} pieces", areas.len());
        for (index, piece) in pieces.features().iter().enumerate() {
            let outside = piece.geometry.difference(aoi.geometry()).unsigned_area();
            assert!(outside < 1e-6 * piece.geometry.unsigned_area(), "{outside}");
            for other in &pieces.features()[..index] {
                let shared = piece.geometry.intersection(&other.geometry).unsigned_area();
                assert!(shared < 1e-6 * piece.geometry.unsigned_area(), "{shared}");
            }
        }
    }

    #[test]
    fn pieces_are_as_few_as_can_be_and_named() {
        let dakar = Aoi::example("Dakar").unwrap();
        let pieces = dakar.split(dakar.area_km2() / 3.0 * 1.001).unwrap();
        let names: Vec<_> = pieces.iter().map(|piece| piece.name().unwrap().to_owned()).collect();
        assert_eq!(names, ["Dakar 1", "Dakar 2", "Dakar 3"]);
        assert_eq!((pieces.name(), pieces.area_km2()), (Some("Dakar"), dakar.area_km2()));
        assert_eq!(dakar.split(1000.0).unwrap().features().len(), 1);
    }

    #[test]
    fn holes_gaps_poles_and_the_antimeridian_are_kept() {
        let ring = "POLYGON ((0 0, 9 0, 9 5, 0 5, 0 0), (1 1, 1 4, 8 4, 8 1, 1 1))";
        for aoi in [
            Aoi::from_wkt(ring),
            Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]),
            Aoi::around([30.0, 88.0], 5e5),
        ] {
            let aoi = aoi.unwrap();
            for parts in [1.5, 7.3] {
                check(&aoi, aoi.area_km2() / parts);
            }
        }
    }

    #[test]
    fn what_makes_no_pieces_is_refused() {
        let dakar = Aoi::example("Dakar").unwrap();
        let message = |max| dakar.split(max).unwrap_err().to_string();
        insta::assert_snapshot!(message(0.0), @"split `Dakar`: pieces of `0` km²: give a positive number");
        insta::assert_snapshot!(message(f64::NAN), @"split `Dakar`: pieces of `NaN` km²: give a positive number");
        insta::assert_snapshot!(message(0.001), @"split `Dakar`: pieces of at most 0.001 km² would be 157294: give a limit that makes at most 10000");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_star_is_cut_into_its_pieces(
            west in -180.0..180.0_f64, south in -80.0..70.0_f64, size in 0.01..8.0_f64, parts in 1.0..12.0_f64,
            arms in proptest::collection::vec(0.2..1.0_f64, 3..12),
        ) {
            let corner = |(index, arm): (usize, &f64)| {
                let (sine, cosine) = (index as f64 / arms.len() as f64 * std::f64::consts::TAU).sin_cos();
                let lon = west + size * arm * cosine;
                let lon = if lon > 180.0 { lon - 360.0 } else if lon < -180.0 { lon + 360.0 } else { lon };
                (lon, south + size * arm * sine)
            };
            let ring: Vec<_> = arms.iter().enumerate().map(corner).collect();
            let aoi = Aoi::from_geometry(geo::Polygon::new(ring.into(), vec![])).unwrap();
            check(&aoi, aoi.area_km2() / parts);
        }
    }
}
