use std::sync::Arc;

use geo_types::{MultiPolygon, Polygon, polygon};

use super::*;
use crate::raster::Raster;
use crate::{Index, band};

/// Creates a GeoTIFF of 32-bit floats with `tile` × `tile` blocks; the upper left corner is at (0, 0)
/// and the pixels are squares of `size`. Values of 0 are no data.
pub(crate) fn geotiff(width: u32, values: &[f32], tile: u32, size: f64) -> Raster {
    let height = values.len() as u32 / width;
    let (columns, rows) = (width.div_ceil(tile), height.div_ceil(tile));
    let mut blocks = Vec::new();
    for block in 0..columns * rows {
        let (left, top) = (block % columns * tile, block / columns * tile);
        for (y, x) in (0..tile * tile).map(|pixel| (top + pixel / tile, left + pixel % tile)) {
            let is_inside = x < width && y < height;
            let value = if is_inside { values[(y * width + x) as usize] } else { 0.0 };
            blocks.extend_from_slice(&value.to_le_bytes());
        }
    }
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut add = |bytes: &[u8]| {
        let start = file.len() as u32;
        file.extend_from_slice(bytes);
        start
    };
    let doubles =
        |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let longs = |values: &[u32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let start = add(&blocks);
    let count = columns * rows;
    let offset = |block| start + block * tile * tile * 4;
    // Arrays of one number are stored in their entries.
    let offsets = if count == 1 { start } else { add(&longs(&(0..count).map(offset).collect::<Vec<_>>())) };
    let bytes = tile * tile * 4;
    let counts = if count == 1 { bytes } else { add(&longs(&vec![bytes; count as usize])) };
    let scale = add(&doubles(&[size, size, 0.0]));
    let tie = add(&doubles(&[0.0; 6]));
    // Tag, type (short, long, double, text), number of values, and the value or its position.
    let entries: [(u16, u16, u32, u32); 13] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 32),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 4, 1, tile),
        (323, 4, 1, tile),
        (324, 4, count, offsets),
        (325, 4, count, counts),
        (339, 3, 1, 3),
        (33550, 12, 3, scale),
        (33922, 12, 6, tie),
    ];
    let mut directory = (entries.len() as u16 + 1).to_le_bytes().to_vec();
    for (tag, kind, count, value) in entries {
        directory.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        directory.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    // GDAL_NODATA: the text "0".
    directory.extend([42113_u16.to_le_bytes(), 2_u16.to_le_bytes()].concat());
    directory.extend([2_u32.to_le_bytes(), [b'0', 0, 0, 0]].concat());
    directory.extend(0_u32.to_le_bytes());
    let start = add(&directory);
    file[4..8].copy_from_slice(&start.to_le_bytes());
    Raster::from_source(Arc::new(file), "test.tif").unwrap()
}

/// Returns a rectangle; rows go down to negative y.
fn rect(left: f64, top: f64, right: f64, bottom: f64) -> MultiPolygon {
    let ring: Polygon =
        polygon![(x: left, y: -top), (x: right, y: -top), (x: right, y: -bottom), (x: left, y: -bottom)];
    ring.into()
}

fn values(zonal: &Zonal, stack: &Stack, polygons: &[MultiPolygon]) -> Vec<Vec<Option<f64>>> {
    zonal.compute(stack, polygons).unwrap().into_iter().map(|row| row.values).collect()
}

/// Returns a raster of 40 × 30 pixels with values from 1, in blocks of 16 × 16.
fn counting() -> Raster {
    geotiff(40, &(1..=1200).map(|value| value as f32).collect::<Vec<_>>(), 16, 1.0)
}

#[test]
fn statistics_are_weighted_across_blocks() {
    use Statistic::{Count, Max, Mean, Min, Sum, Valid, Variety};
    let stack = Stack::new([counting()]).unwrap();
    let zonal = Zonal::new([band(1)], [Count, Sum, Mean, Min, Max, Variety, Valid]);
    let found = values(&zonal, &stack, &[rect(0.0, 0.0, 40.0, 30.0), rect(15.5, 15.0, 17.0, 17.0)]);
    let whole = [1200.0, 600.0 * 1201.0, 600.5, 1.0, 1200.0, 1200.0, 1.0];
    assert_eq!(found[0], whole.map(Some));
    // Pixels 616, 617, 656 and 657 of four blocks, those on the left by half.
    let part = [3.0, 308.0 + 617.0 + 328.0 + 657.0, 1910.0 / 3.0, 616.0, 657.0, 4.0, 1.0];
    assert_eq!(found[1], part.map(Some));
}

#[test]
fn polygons_outside_have_no_values() {
    use Statistic::{Count, Mean, Valid};
    let stack = Stack::new([counting()]).unwrap();
    let zonal = Zonal::new([band(1), band(1) / 0.0], [Count, Mean, Valid]);
    let found = values(&zonal, &stack, &[rect(50.0, 0.0, 60.0, 5.0), rect(-1.0, 0.0, 1.0, 1.0)]);
    assert_eq!(found[..2], [vec![None; 3], vec![None; 3]]);
    assert_eq!(found[2], [Some(1.0), Some(1.0), Some(0.5)]);
    assert_eq!(found[3], [Some(0.0), None, Some(0.0)], "no pixel has a value");
}

#[test]
fn bands_of_other_resolutions_are_sampled() {
    use Statistic::{Count, Mean, Sum};
    let fine = geotiff(4, &(1..=16).map(|value| value as f32).collect::<Vec<_>>(), 16, 10.0);
    let classes = geotiff(2, &[4.0, 8.0, 4.0, 4.0], 16, 20.0);
    let stack = Stack::new([classes, fine]).unwrap().names(["scl", "red"]).unwrap();
    let square = rect(0.0, 0.0, 40.0, 40.0);
    let mask = Mask::band("scl").without([8]);
    let zonal = Zonal::new([band("red"), band("red") * band("scl")], [Count, Sum, Mean]).mask(mask);
    let found = values(&zonal, &stack, &[square]);
    // Without 3, 4, 7 and 8 in the upper right quarter.
    let sum = 136.0 - 22.0;
    assert_eq!(found[0], [Some(12.0), Some(sum), Some(sum / 12.0)]);
    assert_eq!(found[1], [Some(12.0), Some(4.0 * sum), Some(4.0 * sum / 12.0)]);
}

#[test]
fn pixels_without_data_do_not_count() {
    use Statistic::{Count, Median, Valid};
    let raster = geotiff(2, &[0.0, 5.0, 7.0, f32::NAN], 16, 1.0);
    let stack = Stack::new([raster]).unwrap();
    let found = values(&Zonal::new([band(1)], [Count, Median, Valid]), &stack, &[rect(0.0, 0.0, 2.0, 2.0)]);
    assert_eq!(found, [[Some(2.0), Some(6.0), Some(0.5)]]);
}

#[test]
fn results_do_not_depend_on_threads() {
    let values: Vec<f32> = (0..250_000_u32).map(|index| (index * 7919 % 10_007) as f32 + 0.1).collect();
    let stack = Stack::new([geotiff(500, &values, 16, 1.0)]).unwrap();
    let zonal = Zonal::new([band(1)], [Statistic::Mean, Statistic::Std, Statistic::Median]);
    let polygons = [rect(0.3, 0.3, 499.7, 499.7), rect(100.1, 3.0, 200.7, 400.0)];
    let first = zonal.compute(&stack, &polygons).unwrap();
    for _ in 0..5 {
        assert_eq!(zonal.compute(&stack, &polygons).unwrap(), first);
    }
}

#[test]
fn errors_name_what_is_wrong() {
    let stack = Stack::new([counting()]).unwrap();
    let message = |zonal: Zonal| zonal.compute(&stack, &[]).unwrap_err().to_string();
    assert_eq!(
        message(Zonal::new([Index::Ndvi], [Statistic::Mean])),
        "expression `ndvi`: there is no band `nir`: the bands of the raster have no names, use their numbers from \
         1 to 1"
    );
    assert_eq!(
        message(Zonal::new([band(1)], [Statistic::Percentile(101)])),
        "there is no percentile 101: use 0 to 100"
    );
    let broken = rect(0.0, f64::NAN, 1.0, 1.0);
    let error = Zonal::new([band(1)], [Statistic::Mean]).compute(&stack, &[rect(0.0, 0.0, 1.0, 1.0), broken]);
    assert_eq!(error.unwrap_err().to_string(), "polygon 1: a corner of the polygon is not a finite number");
}
