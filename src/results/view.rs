//! MIME bundles of results for notebooks.

use std::ops::RangeBounds;

use super::raster::preview;
use super::{ResultFeature, Results};
use up42_core::parallel::in_parallel;
use up42_view::Aoi;
use up42_view::elements::{Cell, Column, Table, counted};
use up42_view::impl_show;
use up42_view::map::{Layer, Map};

impl Results {
    /// Returns a map of the rasters and the area of interest, from their files on the disk. Results
    /// that cannot be shown are listed below the map. Sends no request.
    #[doc(alias = "plot_results", alias = "map_results")]
    pub fn to_map(&self, aoi: &Aoi) -> Map {
        let features: Vec<&ResultFeature> = self.iter().collect();
        let previews = in_parallel(&features, 4, |feature| Some(preview(feature.path.as_deref()?)));
        let mut map =
            Map::new(format!("{} results, {}", self.len(), aoi.name().unwrap_or("area of interest")))
                .about("Jobs", jobs(self))
                .aoi(aoi);
        for (feature, preview) in features.into_iter().zip(previews) {
            match preview {
                Some(Ok(preview)) => {
                    let (width, height, bands) = preview.size;
                    let size = format!("{width} × {height} pixels, {bands} bands");
                    let layer = Layer::new(feature.file_name())
                        .title(&feature.label)
                        .collection("results")
                        .footprint(preview.footprint)
                        .picture(preview.png)
                        .property("Job", feature.job.to_string())
                        .property("Raster", size);
                    map = map.layer(layer);
                }
                Some(Err(error)) => map = map.note(format!("{}: {error}", feature.label)),
                None => map = map.note(format!("{}: the result names no file that is there", feature.label)),
            }
        }
        map
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Job"),
            Column::new("File"),
            Column::number("Size").unit("KB"),
            Column::new("Job id"),
        ];
        let row = |feature: &ResultFeature| {
            [
                Cell::text(&feature.label),
                Cell::id(feature.file_name()),
                feature.size().map_or(Cell::Empty, |bytes| Cell::Number(bytes as f64 / 1000.0, 0)),
                Cell::id(feature.job.as_str().chars().take(8).collect::<String>()),
            ]
        };
        let mut table =
            Table::new(format!("{} in {}", counted(self.len(), "result"), self.folder().display()), columns)
                .list(self.iter().as_slice(), rows, "results", row);
        for (label, error) in self.failed() {
            table = table.note(format!("{label}: {error}"));
        }
        if !self.failed().is_empty() {
            table = table.note("`download_results` tries these again; no job runs again for that");
        }
        if self.without_results() > 0 {
            let jobs = counted(self.without_results(), "job");
            table = table.note(format!("{jobs} without results: the table of the jobs has the reasons"));
        }
        if let Some((path, here)) = self.renamed().first() {
            let files = counted(self.renamed().len(), "file");
            let here = here.file_name().unwrap_or_default().to_string_lossy();
            table = table.note(format!(
                "{files} called otherwise than in the archive, as this system does not take the name: \
                 `{path}` is `{here}`; `renamed()` lists all"
            ));
        }
        if !self.data_path().ends_with("data.json") {
            let list = self.data_path().file_name().unwrap_or_default().to_string_lossy();
            table = table.note(format!("the list of all features is `{list}`: `data.json` is another file"));
        }
        table
    }
}

impl_show!(Results);

/// Returns a text with the ids of the jobs, at most five.
fn jobs(results: &Results) -> String {
    let mut ids: Vec<&str> = results.iter().map(|feature| feature.job.as_str()).collect();
    ids.dedup();
    let more = if ids.len() > 5 { format!(" and {} more", ids.len() - 5) } else { String::new() };
    ids.truncate(5);
    format!("{}{more}", ids.join(", "))
}
