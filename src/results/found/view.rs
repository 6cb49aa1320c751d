//! MIME bundles of dry runs for notebooks.

use std::ops::RangeBounds;

use super::{FoundByJob, FoundScenes};
use crate::jobs::Credits;
use up42_core::time::minute;
use up42_view::Aoi;
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;
use up42_view::map::Map;

impl FoundScenes {
    /// Returns a map of the quicklooks and the area of interest. Scenes without a picture are shown
    /// by their footprints; scenes without a footprint are listed below the map.
    #[doc(alias = "map_quicklooks")]
    pub fn to_map(&self, aoi: &Aoi) -> Map {
        let failed = self.iter().filter_map(|job| Some((&job.label, job.scenes.as_ref().err()?)));
        let map = self.quicklooks().to_map(aoi);
        failed.fold(map, |map, (label, error)| map.note(format!("{label}: {error}")))
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let has_failures = self.iter().any(|job| job.scenes.is_err());
        let mut columns = vec![
            Column::new("Dry run"),
            Column::number("Scenes"),
            Column::new("Newest (UTC)"),
            Column::number("Lowest cloud"),
            Column::number("Minimum").unit("credits"),
            Column::number("Maximum").unit("credits"),
        ];
        if has_failures {
            columns.push(Column::new("Reason"));
        }
        let credits = |count: i64| Cell::Number(count as f64, 0);
        let row = |job: &FoundByJob| {
            let scenes = || job.scenes.iter().flatten().map(|found| &found.scene);
            let newest = scenes().filter_map(|scene| scene.datetime).max();
            let clearest = scenes().filter_map(|scene| scene.cloud_cover).min_by(f64::total_cmp);
            let price = job.price.as_ref().ok().map(|price| price.credits);
            let mut cells = vec![
                Cell::text(&job.label),
                job.scenes.as_ref().map_or(Cell::Empty, |scenes| Cell::Number(scenes.len() as f64, 0)),
                newest.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                clearest.map_or(Cell::Empty, Cell::Percent),
                price.map_or(Cell::Empty, |price| credits(price.min)),
                price.map_or(Cell::Empty, |price| credits(price.max)),
            ];
            if has_failures {
                cells.push(
                    job.scenes.as_ref().err().map_or(Cell::Empty, |error| Cell::text(error.to_string())),
                );
            }
            cells
        };
        let prices = || self.iter().filter_map(|job| Some(job.price.as_ref().ok()?.credits));
        let sum = |bound: fn(Credits) -> i64| prices().map(bound).fold(0, i64::saturating_add);
        let scenes = self.iter().flat_map(|job| job.scenes.iter().flatten()).count();
        let footer = [
            Cell::text("All jobs"),
            Cell::Number(scenes as f64, 0),
            Cell::Empty,
            Cell::Empty,
            credits(sum(|price| price.min)),
            credits(sum(|price| price.max)),
        ];
        Table::new(format!("{self:?}"), columns)
            .list(self.iter().as_slice(), rows, "found", row)
            .footer(footer)
            .note("The credits are the platform's estimates for the real jobs; dry runs are free.")
    }
}

impl_show!(FoundScenes);
