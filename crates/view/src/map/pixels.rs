//! Pixels of a quicklook over an area, by the same georeferencing as on the map.

use geo::{BooleanOps, MultiPolygon};
use image::{DynamicImage, RgbaImage};

use super::Placement;
use super::homography::Homography;
use crate::picture::canvas::Pixel;
use crate::picture::scanline::spans;
use crate::picture::shrunk;

/// Longest side of the reduced picture from which pixels are taken.
const SIDE: u32 = 256;

/// Colours (red, green, blue) of a quicklook.
#[derive(Clone, Debug, Default)]
pub struct Pixels {
    /// Pixels of the scene, without its collar.
    pub scene: Vec<[u8; 3]>,
    /// Pixels of the scene over the area.
    pub area: Vec<[u8; 3]>,
}

impl Pixels {
    /// Reads the pixels of a quicklook. The longitudes of footprint and area must not differ by
    /// 360°. `None` if the picture cannot be georeferenced.
    pub fn of(image: &DynamicImage, footprint: &MultiPolygon, area: &MultiPolygon) -> Option<Self> {
        let small = shrunk(image, SIDE);
        let georeference = Placement::Auto.georeference(footprint, &small)?;
        let to_square = Homography::to_unit_square(&georeference.quad, georeference.flat)?;
        let small = small.to_rgba8();
        let (width, height) = (f64::from(small.width()), f64::from(small.height()));
        let pixel = |point: &geo::Coord| -> Pixel {
            let [u, v, w] = to_square.terms(point.x, point.y);
            [u / w * width, v / w * height]
        };
        let rings = |shape: &MultiPolygon| -> Vec<Vec<Pixel>> {
            let ring = |ring: &geo::LineString| ring.coords().map(pixel).collect();
            let all = |polygon: &geo::Polygon| -> Vec<Vec<Pixel>> {
                std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
            };
            shape.iter().flat_map(all).collect()
        };
        let whole = vec![[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
        let scene = if georeference.clip { rings(footprint) } else { vec![whole] };
        // Clipped to the footprint: outside, the projective transformation may flip positions.
        let area = rings(&area.intersection(footprint));
        Some(Self { scene: inside(&small, &scene), area: inside(&small, &area) })
    }
}

/// Returns the pixels whose centres lie in the rings, except transparent ones.
fn inside(image: &RgbaImage, rings: &[Vec<Pixel>]) -> Vec<[u8; 3]> {
    let width = f64::from(image.width());
    let mut pixels = Vec::new();
    for (line, y) in spans(rings, image.height() as usize).iter().zip(0..) {
        for pair in line.chunks_exact(2) {
            let [from, to] = [pair[0], pair[1]].map(|x| (x - 0.5).ceil().clamp(0.0, width) as u32);
            let shown = (from..to).map(|x| image.get_pixel(x, y).0).filter(|[.., alpha]| *alpha >= 128);
            pixels.extend(shown.map(|[r, g, b, _]| [r, g, b]));
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{LineString, Polygon};
    use image::{Rgb, RgbImage};

    fn ring(points: &[[f64; 2]]) -> MultiPolygon {
        Polygon::new(LineString::from(points.to_vec()), vec![]).into()
    }

    #[test]
    fn the_pixels_over_the_area_are_counted() {
        // The left half is red; the picture is rotated by 45° on the ground.
        let red = |x: u32, _: u32| Rgb(if x < 300 { [200, 0, 0] } else { [0, 0, 200] });
        let image = DynamicImage::ImageRgb8(RgbImage::from_fn(600, 600, red));
        let footprint = ring(&[[10.0, 0.2], [10.2, 0.0], [10.0, -0.2], [9.8, 0.0]]);
        // The quarter at the northern corner, which is the upper left of the picture.
        let corner = ring(&[[10.0, 0.2], [10.1, 0.1], [10.0, 0.0], [9.9, 0.1]]);
        let pixels = Pixels::of(&image, &footprint, &corner).unwrap();
        assert_eq!(pixels.scene.len(), 256 * 256);
        assert!((pixels.area.len() as f64 / 16_384.0 - 1.0).abs() < 0.01, "{}", pixels.area.len());
        let reds = pixels.area.iter().filter(|pixel| pixel[0] > 150).count();
        assert!(reds as f64 > 0.99 * pixels.area.len() as f64, "{reds}");
        let away = ring(&[[11.0, 0.0], [11.1, 0.0], [11.1, 0.1]]);
        assert!(Pixels::of(&image, &footprint, &away).unwrap().area.is_empty());
    }
}
