//! What a map costs to build, and to keep in a notebook.

use up42::{Aoi, Client, Search};

use crate::best;
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    let client = Client::simulator()?;
    let catalog = client.catalog();
    let aoi = Aoi::from_bbox([-18.5, 13.5, -16.0, 16.0])?.named("Senegal");
    for (scenes, built, size) in [
        (100, "display/100_build_s", "display/100_html_mb"),
        (1000, "display/1000_build_s", "display/1000_html_mb"),
    ] {
        let found = catalog.search(Search::new(&aoi).between("2015-01-01", "2024-12-31").limit(scenes))?;
        assert_eq!(found.len(), scenes, "the simulated archive is too small for this figure");
        let quicklooks = catalog.download_quicklooks(&found)?;
        let map = quicklooks.map(&aoi);
        let (html, time) = best(|| Ok(map.to_html()))?;
        figures.record(built, time.as_secs_f64(), "s");
        figures.record(size, html.len() as f64 / 1e6, "MB");
    }
    Ok(())
}
