//! Pictures with coloured marks on footprints of every kind: `placement.test.mjs` measures where
//! they are painted.

use image::{ImageFormat, Rgb, RgbImage};
use up42::geo_types::{LineString, Polygon};
use up42::view::{Layer, Map};

/// Side of a picture in pixels, and size of a pixel on the ground in metres.
const SIDE: u32 = 500;
const METRES: f64 = 40.0;

/// Positions and colours of the marks: corners, edges and the centre.
const MARKS: [([f64; 2], [u8; 3]); 9] = [
    ([20.0, 20.0], [255, 0, 0]),
    ([480.0, 20.0], [0, 255, 0]),
    ([480.0, 480.0], [0, 0, 255]),
    ([20.0, 480.0], [255, 255, 0]),
    ([250.0, 20.0], [255, 0, 255]),
    ([480.0, 250.0], [0, 255, 255]),
    ([250.0, 480.0], [255, 128, 0]),
    ([20.0, 250.0], [128, 0, 255]),
    ([250.0, 250.0], [0, 0, 0]),
];

/// Temperate places, places at the antimeridian, and some as near to the poles as the map extends.
const PLACES: [[f64; 2]; 6] =
    [[-17.4, 14.7], [179.97, -17.0], [10.0, 52.0], [25.0, 80.0], [-40.0, 84.8], [120.0, -84.8]];

/// Returns a map of marked pictures. Each id contains the centre, the clockwise rotation, and the
/// share by which the upper edge is shorter on each side.
pub fn map() -> Map {
    let turns = [0.0, 7.0, 15.0, 30.0, 45.0, -20.0];
    let mut map = Map::new("Marks");
    for (i, [lon, lat]) in PLACES.into_iter().enumerate() {
        for (j, degrees) in turns.into_iter().enumerate() {
            let taper = [0.0, 0.08][(i + j) % 2];
            let mut ring: Vec<(f64, f64)> =
                corners(taper).map(|corner| ground([lon, lat], degrees, corner)).to_vec();
            ring.rotate_left((i + j) % 4);
            map = map.layer(
                Layer::new(format!("{lon} {lat} {degrees} {taper}"))
                    .footprint(Polygon::new(LineString::from(ring), vec![]))
                    .picture(picture()),
            );
        }
    }
    map
}

fn picture() -> Vec<u8> {
    let image = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let near = |at: f64, of: u32| (f64::from(of) + 0.5 - at).abs() < 5.0;
        let mark = MARKS.iter().find(|([u, v], _)| near(*u, x) && near(*v, y));
        Rgb(mark.map_or([128; 3], |(_, colour)| *colour))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Returns the corners in metres to the right of and above the picture's centre.
fn corners(taper: f64) -> [[f64; 2]; 4] {
    let (half, top) = (f64::from(SIDE) / 2.0 * METRES, 1.0 - taper);
    [[-top, 1.0], [top, 1.0], [1.0, -1.0], [-1.0, -1.0]].map(|corner| corner.map(|part| part * half))
}

/// Projects a point from a plane that touches the Earth at the picture's centre.
fn ground([lon, lat]: [f64; 2], degrees: f64, [x, y]: [f64; 2]) -> (f64, f64) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (east, north) = (x * cos + y * sin, y * cos - x * sin);
    let (far, azimuth) = (east.hypot(north) / 6_371_000.0, east.atan2(north));
    let lat = lat.to_radians();
    let there = (lat.sin() * far.cos() + lat.cos() * far.sin() * azimuth.cos()).asin();
    let aside = (azimuth.sin() * far.sin() * lat.cos()).atan2(far.cos() - lat.sin() * there.sin());
    (lon + aside.to_degrees(), there.to_degrees())
}
