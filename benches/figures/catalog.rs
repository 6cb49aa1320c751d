//! From the catalog to a DataFrame and to pictures.

use std::time::{Duration, Instant};

use up42::simulator::Fault;
use up42::{Aoi, Client, Search};

use crate::best;
use crate::figures::Figures;

/// The round trip that the pictures are fetched over.
const LATENCY: Duration = Duration::from_millis(50);

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    let client = Client::simulator()?;
    let catalog = client.catalog();
    let aoi = Aoi::from_bbox([-18.5, 13.5, -16.0, 16.0])?;
    let search = Search::new(&aoi).between("2015-01-01", "2024-12-31");

    let scenes = catalog.search(search.clone().limit(1000))?;
    assert_eq!(scenes.len(), 1000, "the simulated archive is too small for this figure");
    let (frame, time) = best(|| scenes.to_dataframe())?;
    eprintln!("a frame of {} rows and {} columns in {time:?}", frame.height(), frame.width());
    figures.record("catalog/frame_1k_s", time.as_secs_f64(), "s");

    let shown = catalog.search(search.limit(200))?;
    // Drawn once, so that fetching is what is measured.
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
    figures.record("catalog/quicklooks_speedup", serial.as_secs_f64() / parallel.as_secs_f64(), "x");
    Ok(())
}
