use geo_types::{Coord, LineString, MultiPolygon, Polygon, polygon};

use super::{Coverage, Span};
use crate::transform::GeoTransform;
use crate::window::Rect;

const PIXELS: GeoTransform = GeoTransform([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

fn coverage(shape: impl Into<MultiPolygon<f64>>, width: usize, height: usize) -> Coverage {
    Coverage::new(&shape.into(), &PIXELS, width, height).unwrap()
}

/// Returns the shares of all pixels, row by row.
fn shares(coverage: &Coverage, width: usize, height: usize) -> Vec<f64> {
    let mut shares = vec![0.0; width * height];
    for (row, span) in coverage.within(Rect { x: 0, y: 0, width, height }) {
        shares[row * width..][span.column as usize..span.end()].fill(span.share);
    }
    shares
}

#[track_caller]
fn assert_shares(shape: impl Into<MultiPolygon<f64>>, width: usize, expected: &[f64]) {
    let height = expected.len() / width;
    let found = shares(&coverage(shape, width, height), width, height);
    let is_close = |(one, other): (&f64, &f64)| (one - other).abs() < 1e-12;
    assert!(found.iter().zip(expected).all(is_close), "{found:?}");
}

fn rect(left: f64, top: f64, right: f64, bottom: f64) -> Polygon {
    polygon![(x: left, y: top), (x: right, y: top), (x: right, y: bottom), (x: left, y: bottom)]
}

#[test]
fn shares_of_a_rectangle_are_products() {
    let expected = [0.125, 0.25, 0.1875, 0.5, 1.0, 0.75, 0.0, 0.0, 0.0];
    assert_shares(rect(0.5, 0.75, 2.75, 2.0), 3, &expected);
}

#[test]
fn the_direction_of_rings_does_not_matter() {
    let (outer, hole) = (rect(0.0, 0.0, 3.0, 3.0), rect(1.0, 1.0, 2.0, 1.5));
    let reversed = |ring: &LineString| LineString(ring.0.iter().rev().copied().collect());
    let expected = [1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0];
    for exterior in [outer.exterior().clone(), reversed(outer.exterior())] {
        for interior in [hole.exterior().clone(), reversed(hole.exterior())] {
            assert_shares(Polygon::new(exterior.clone(), vec![interior]), 3, &expected);
        }
    }
}

#[test]
fn a_triangle_covers_its_area() {
    // The edge from (0, 0) to (3, 1.5) cuts the first row's pixels at 0, 1/2 and 1.
    let triangle = polygon![(x: 0.0, y: 0.0), (x: 3.0, y: 1.5), (x: 0.0, y: 1.5)];
    assert_shares(triangle, 3, &[0.75, 0.25, 0.0, 0.5, 0.5, 0.25]);
}

#[test]
fn polygons_beyond_the_grid_are_cut() {
    assert_shares(rect(-5.0, -5.0, 1.5, 1.25), 2, &[1.0, 0.5, 0.25, 0.125]);
    assert_shares(rect(0.5, 0.5, 9.0, 9.0), 2, &[0.25, 0.5, 0.5, 1.0]);
    let diamond = polygon![(x: 1.0, y: -2.0), (x: 4.0, y: 1.0), (x: 1.0, y: 4.0), (x: -2.0, y: 1.0)];
    assert_shares(diamond, 2, &[1.0; 4]);
    let corner = polygon![(x: -1.0, y: 1.0), (x: 1.0, y: -1.0), (x: -1.0, y: -1.0)];
    assert!(coverage(corner, 2, 2).is_empty(), "it touches a corner of the grid");
    for outside in [rect(-3.0, 0.0, 0.0, 2.0), rect(2.0, 0.0, 3.0, 2.0), rect(0.0, -2.0, 2.0, 0.0)] {
        let coverage = coverage(outside.clone(), 2, 2);
        assert!(coverage.is_empty(), "{outside:?}");
        assert!(coverage.area() > 1.0);
    }
}

#[test]
fn parts_and_tiny_polygons_are_exact() {
    let parts = MultiPolygon::new(vec![rect(0.1, 0.2, 0.3, 0.4), rect(0.5, 0.5, 0.500_01, 0.500_02)]);
    let found = coverage(parts, 1, 1);
    assert!((found.row(0)[0].share - (0.04 + 2e-10)).abs() < 1e-15);
    assert!((found.area() - (0.04 + 2e-10)).abs() < 1e-15);
}

#[test]
fn interiors_are_single_spans() {
    let found = coverage(rect(0.5, 0.0, 999.5, 1000.0), 1000, 1000);
    assert_eq!(found.rows(), 0..1000);
    let span = |column, width, share| Span { column, width, share };
    assert_eq!(found.row(500), [span(0, 1, 0.5), span(1, 998, 1.0), span(999, 1, 0.5)]);
    let within: Vec<_> = found.within(Rect { x: 990, y: 3, width: 20, height: 1 }).collect();
    assert_eq!(within, [(3, span(990, 9, 1.0)), (3, span(999, 1, 0.5))]);
    assert!(found.row(1000).is_empty());
}

#[test]
fn edges_along_borders_in_coordinates_leave_no_slivers() {
    // 0.1 has no exact binary form: the corners lie beside the borders by chance.
    let transform = GeoTransform([500_000.3, 0.1, 0.0, 5_000_000.7, 0.0, -0.1]);
    for columns in 1..50 {
        let (x, y) = transform.apply(f64::from(columns), 3.0);
        let shape = rect(500_000.3, 5_000_000.7, x, y).into();
        let found = Coverage::new(&shape, &transform, 100, 100).unwrap();
        let expected = vec![Span { column: 0, width: columns, share: 1.0 }];
        assert_eq!(found.rows(), 0..3);
        assert!((0..3).all(|row| found.row(row) == expected), "{columns}: {found:?}");
    }
}

#[test]
fn shares_do_not_depend_on_a_rotation_of_the_grid() {
    // Columns to the north and rows to the east.
    let transform = GeoTransform([10.0, 0.0, 2.0, 20.0, 2.0, 0.0]);
    let shape = rect(11.0, 20.0, 14.0, 23.0).into();
    let found = Coverage::new(&shape, &transform, 3, 2).unwrap();
    assert_eq!(shares(&found, 3, 2), [0.5, 0.25, 0.0, 1.0, 0.5, 0.0]);
}

#[test]
fn a_corner_that_is_no_number_is_an_error() {
    let mut shape = rect(0.0, 0.0, 1.0, 1.0);
    shape.exterior_mut(|ring| ring.0[1] = Coord { x: f64::NAN, y: 0.0 });
    let error = Coverage::new(&shape.into(), &PIXELS, 2, 2).unwrap_err();
    assert_eq!(error.to_string(), "a corner of the polygon is not a finite number");
}
