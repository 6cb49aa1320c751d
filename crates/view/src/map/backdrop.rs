//! Background of the still picture: sea, land, borders and graticule.

use super::mercator::View;
use crate::picture::canvas::{Canvas, Pixel, Rgb, Stroke};
use up42_core::geo::{Detail, land};

/// Colours of the viewer in the light theme (`assets/viewer/viewer.css`).
const SEA: Rgb = [0xdc, 0xe8, 0xee];
const LAND: Rgb = [0xf5, 0xf3, 0xec];
const COAST: Rgb = [0x8f, 0xa3, 0xaf];
const BORDER: Rgb = [0xb4, 0xac, 0x9a];
const GRID: Rgb = [0x7f, 0x95, 0xa2];

/// Possible distances between lines of the graticule, in degrees.
const STEPS: [f64; 15] =
    [30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/// Draws sea, land, coasts, borders and graticule in a window.
pub fn backdrop(view: &View) -> Canvas {
    let mut canvas = Canvas::new(view.width, view.height, SEA);
    let shown = view.bbox();
    let span = (shown[2] - shown[0]).max(shown[3] - shown[1]);
    // Finer than on the interactive map, since it is drawn only once.
    let detail = match span {
        ..12.0 => Detail::Place,
        ..150.0 => Detail::Region,
        _ => Detail::World,
    };
    let around = land(detail, shown);
    let pixels =
        |line: &Vec<[f64; 2]>| -> Vec<Pixel> { line.iter().map(|&point| view.pixel(point)).collect() };
    canvas.fill(&around.rings.iter().map(pixels).collect::<Vec<_>>(), LAND);
    for (horizontal, _, at) in graticule(view) {
        let end = if horizontal { [view.width as f64, at] } else { [at, view.height as f64] };
        let start = if horizontal { [0.0, at] } else { [at, 0.0] };
        canvas.shade(
            [start[0], start[1], end[0].max(start[0] + 1.0), end[1].max(start[1] + 1.0)],
            GRID,
            0.22,
        );
    }
    for coast in &around.coasts {
        canvas.line(&pixels(coast), Stroke { width: 1.0, colour: COAST, dash: None });
    }
    for border in &around.borders {
        canvas.line(&pixels(border), Stroke { width: 1.0, colour: BORDER, dash: Some((5.0, 3.0)) });
    }
    canvas
}

/// Returns the lines of the graticule: whether it is a parallel, its label, and its row or column.
pub fn graticule(view: &View) -> Vec<(bool, String, f64)> {
    let [west, south, east, north] = view.bbox();
    let step = STEPS.into_iter().find(|step| (east - west) / step >= 5.0).unwrap_or(0.001);
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let each = |from: f64, to: f64| {
        let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
        (first..=last).map(move |i| i as f64 * step)
    };
    let label = |degrees: f64, [above, below]: [&str; 2]| match degrees {
        0.0 => "0°".to_owned(),
        _ => format!("{:.digits$}° {}", degrees.abs(), if degrees > 0.0 { above } else { below }),
    };
    let meridians = each(west, east).map(|lon| {
        let turned = (lon + 180.0).rem_euclid(360.0) - 180.0;
        let name = if turned == -180.0 { "180°".to_owned() } else { label(turned, ["E", "W"]) };
        (false, name, view.pixel([lon, 0.0])[0])
    });
    let parallels = each(south, north).map(|lat| (true, label(lat, ["N", "S"]), view.pixel([west, lat])[1]));
    meridians.chain(parallels).collect()
}

/// Draws the whole Earth in a rectangle, with a mark at the position of the window.
pub fn locator(canvas: &mut Canvas, [left, top, right, bottom]: [f64; 4], [lon, lat]: [f64; 2]) {
    let world @ [_, south, _, north] = [-180.0, -62.0, 180.0, 82.0];
    let at = |[lon, lat]: [f64; 2]| {
        let x = left + (lon + 180.0) / 360.0 * (right - left);
        [x, top + (north - lat) / (north - south) * (bottom - top)]
    };
    canvas.shade([left - 2.0, top - 2.0, right + 2.0, bottom + 2.0], [0xff; 3], 1.0);
    canvas.shade([left, top, right, bottom], SEA, 1.0);
    let rings = land(Detail::World, world).rings;
    let inside = |&point: &[f64; 2]| at([point[0], point[1].clamp(south, north)]);
    let rings: Vec<Vec<Pixel>> = rings.iter().map(|ring| ring.iter().map(inside).collect()).collect();
    canvas.fill(&rings, [0xd5, 0xd0, 0xc2]);
    let [x, y] = at([(lon + 180.0).rem_euclid(360.0) - 180.0, lat.clamp(south, north)]);
    for (diameter, colour) in [(9.0, [0xff; 3]), (6.0, [0xd5, 0x3e, 0x00])] {
        canvas.dot([x, y], diameter, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graticule_lines_are_round_degrees_with_a_hemisphere() {
        let names = |bbox| -> Vec<String> {
            graticule(&View::around(bbox, 960, 600, 0.09)).into_iter().map(|line| line.1).collect()
        };
        let dakar = names([-17.54, 14.65, -17.42, 14.76]);
        assert!(
            dakar.contains(&"17.50° W".to_owned()) && dakar.contains(&"14.70° N".to_owned()),
            "{dakar:?}"
        );
        let fiji = names([177.0, -19.0, 182.0, -16.0]);
        assert!(
            ["178° E", "180°", "178° W", "18° S"].iter().all(|name| fiji.contains(&(*name).to_owned())),
            "{fiji:?}"
        );
        assert!(names([-150.0, -50.0, 170.0, 70.0]).contains(&"0°".to_owned()));
    }
}
