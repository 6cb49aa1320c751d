//! Times NDVI and its mean within polygons, over the red and the near-infrared band of a scene.
//!
//! ```text
//! cargo run --release -p up42-raster --example zonal_bench -- B04.tif B08.tif fields.shp
//! ```
//!
//! prints the wall and CPU seconds, the largest memory, and the mean of all means. CPU time and memory
//! are read from `/proc`.

use std::error::Error;
use std::time::Instant;

use geo_types::MultiPolygon;
use up42_raster::{Index, Raster, Stack, Statistic, Zonal};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [red, nir, polygons] = arguments.as_slice() else {
        return Err("name two rasters and polygons".into());
    };
    let shapes = shapefile::read_shapes_as::<_, shapefile::Polygon>(polygons)?;
    let polygons: Vec<MultiPolygon> =
        shapes.into_iter().map(TryInto::try_into).collect::<Result<_, shapefile::Error>>()?;

    let (start, cpu) = (Instant::now(), cpu_seconds());
    let stack = Stack::new([Raster::open(red)?, Raster::open(nir)?])?.names(["red", "nir"])?;
    let zonal = Zonal::new([Index::Ndvi], [Statistic::Mean, Statistic::Count]);
    let rows = zonal.compute(&stack, &polygons)?;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);

    let means: Vec<f64> = rows.iter().filter_map(|row| row.values[0]).collect();
    let cells: f64 = rows.iter().filter_map(|row| row.values[1]).sum();
    println!(
        "up42: n={} wall {wall:.2}s cpu {cpu:.2}s rss {:.0}MB mean {:.5} cells {cells:.0}",
        polygons.len(),
        largest_memory() / 1e3,
        means.iter().sum::<f64>() / means.len() as f64
    );
    Ok(())
}

/// Returns the CPU seconds of this process, in steps of 10 ms (proc(5): fields 14 and 15).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    fields.take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Returns the largest resident memory of this process in kB.
fn largest_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(f64::NAN)
}
