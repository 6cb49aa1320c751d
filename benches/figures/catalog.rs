//! Measures the steps from the catalog to a DataFrame and to pictures.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use up42::catalog::{Scenes, Search};
use up42::polars::prelude::{col, lit};
use up42::simulator::Fault;
use up42::{Aoi, Client};

use crate::best;
use crate::figures::Figures;
use crate::items::page;

/// Network latency of the picture requests.
const LATENCY: Duration = Duration::from_millis(50);

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    frame(figures)?;
    scan(figures)?;
    quicklooks(figures)
}

/// Measures reading a page of items to a frame, compared with geopandas on the same file.
fn frame(figures: &mut Figures) -> up42::Result<()> {
    const ROWS: usize = 10_000;
    let text = page(ROWS);
    let file = folder().join("items.json");
    std::fs::write(&file, &text)?;
    let ours = || best(|| Ok(Scenes::from_geojson(&text)?.to_dataframe()?.shape()));
    let ((rows, columns), before) = ours()?;
    assert_eq!(rows, ROWS);
    let theirs = geopandas(&file)?;
    // Measured again afterwards, as often as the other: the machine's load may have changed.
    let time = before.min(ours()?.1);
    let megabytes = text.len() as f64 / 1e6;
    eprintln!("{megabytes:.0} MB of items to {rows} rows and {columns} columns: {time:?}");
    figures.record("catalog/frame_10k_s", time.as_secs_f64(), "s");
    if let Some((their_rows, their_columns, seconds)) = theirs {
        assert_eq!(their_rows as usize, ROWS);
        eprintln!(
            "geopandas, the same bytes to {their_rows} rows and {their_columns} columns: {seconds:.3} s"
        );
        let speedup = seconds / time.as_secs_f64();
        figures.at_least(10.0, "catalog/frame_speedup_vs_geopandas", speedup, "x");
    }
    Ok(())
}

/// Returns rows, columns and seconds of geopandas' `from_features`.
fn geopandas(file: &Path) -> up42::Result<Option<(f64, f64, f64)>> {
    let Some(python) = python("geopandas") else { return Ok(None) };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/figures/from_features.py");
    let output = Command::new(python).arg(script).arg(file).output()?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let theirs: Vec<f64> = output.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match theirs.as_slice() {
        &[rows, columns, seconds] => Ok(Some((rows, columns, seconds))),
        _ => panic!("geopandas printed {output:?}"),
    }
}

/// Writes 100,000 scenes, and scans for clear ones over Europe in a separate process, whose memory
/// is that of the scan.
fn scan(figures: &mut Figures) -> up42::Result<()> {
    let file = folder().join("scenes.parquet");
    let start = Instant::now();
    let scenes = Scenes::from_geojson(&page(100_000))?;
    let read = start.elapsed();
    let start = Instant::now();
    scenes.to_geoparquet(&file)?;
    let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
    eprintln!("100,000 items made and read in {read:?}, written in {:?}: {megabytes:.0} MB", start.elapsed());
    drop(scenes);
    let output = Command::new(std::env::current_exe()?).arg(SCAN).arg(&file).output()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure =
        |index: usize| output.split_whitespace().nth(index).and_then(|word| word.parse::<f64>().ok());
    let seconds = figure(0).unwrap_or_else(|| panic!("the scan printed {output:?}"));
    figures.record("catalog/geoparquet_scan_100k_s", seconds, "s");
    if let Some(peak) = figure(1) {
        figures.record("catalog/geoparquet_scan_100k_mb", peak, "MB");
    }
    Ok(())
}

/// Argument that runs [`scan_alone`].
pub const SCAN: &str = "scan-alone";

/// Prints the duration of a scan, in seconds, and the peak memory of the process, in MB.
pub fn scan_alone(file: &str) -> up42::Result<()> {
    let query = || {
        let europe = col("west").gt(lit(-10.0)).and(col("east").lt(lit(30.0)));
        let europe = europe.and(col("south").gt(lit(35.0))).and(col("north").lt(lit(60.0)));
        let found = up42::catalog::scan_geoparquet(file)?
            .filter(europe.and(col("cloud_cover").lt(lit(10.0))))
            .select([col("id"), col("datetime"), col("cloud_cover"), col("geometry")])
            .collect()?;
        Ok(found.height())
    };
    let (rows, time) = best(query)?;
    let peak = crate::peak();
    let memory = peak.map_or_else(|| "unknown".to_owned(), |peak| format!("{peak:.0} MB"));
    eprintln!("{rows} of 100,000 scenes found in {time:?}, peak memory {memory}");
    println!("{} {}", time.as_secs_f64(), peak.map_or_else(String::new, |peak| peak.to_string()));
    Ok(())
}

pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Returns the interpreter of a pinned environment; `None`, with a message, if it cannot be
/// created.
pub fn python(name: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/environment.py");
    let made =
        Command::new("python3").args([script, name]).output().ok().filter(|made| made.status.success());
    let path = made.map(|made| PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()));
    if path.is_none() {
        eprintln!("no comparison: `python3 {script} {name}` failed");
    }
    path
}

fn quicklooks(figures: &mut Figures) -> up42::Result<()> {
    let client = Client::simulator()?;
    let catalog = client.catalog();
    let aoi = Aoi::from_bbox([-18.5, 13.5, -16.0, 16.0])?;
    let search = Search::new(&aoi).between("2015-01-01", "2024-12-31");
    let shown = catalog.search(search.limit(200))?;
    assert_eq!(shown.len(), 200, "the simulated archive is too small for this figure");
    // Drawn once before, so that only fetching is measured.
    catalog.download_quicklooks(&shown)?;
    if let Some(simulator) = client.as_simulator() {
        simulator.inject(Fault::slow(LATENCY).on("GET quicklook").always());
    }
    let frame = shown.to_dataframe()?;
    let start = Instant::now();
    let together = catalog.download_quicklooks(&shown)?;
    let parallel = start.elapsed();
    let start = Instant::now();
    for row in 0..frame.height() {
        catalog.download_quicklooks(&shown.select(&frame.slice(row as i64, 1))?)?;
    }
    let serial = start.elapsed();
    eprintln!("{} quicklooks: {parallel:?} together, {serial:?} one after another", together.len());
    figures.at_least(8.0, "catalog/quicklooks_speedup", serial.as_secs_f64() / parallel.as_secs_f64(), "x");
    Ok(())
}
