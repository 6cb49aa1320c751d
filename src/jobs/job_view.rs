//! MIME bundles of a job's tasks and quicklooks for notebooks.

use std::ops::RangeBounds;

use jiff::Timestamp;

use super::{JobQuicklook, JobQuicklooks, JobTask, ProjectJob};
use up42_core::time::{minute, parse_timestamp};
use up42_view::Aoi;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, Table, counted};
use up42_view::map::{Layer, Map};
use up42_view::picture::{MOST_BYTES, thumbnail};
use up42_view::show::TableRow;
use up42_view::{impl_mime_bundle, impl_show};

/// Width and height of a thumbnail, in pixels: twice the displayed 48 px, for dense screens.
const THUMBNAIL: u32 = 96;

impl ProjectJob {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }
}

impl_mime_bundle!(ProjectJob);

impl TableRow for JobTask {
    fn table(tasks: &[Self], rows: impl RangeBounds<usize>) -> Table {
        let columns =
            ["Task", "Status", "Block", "Version", "Started (UTC)", "Finished (UTC)"].map(Column::new);
        let time = |at: Option<Timestamp>| at.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let row = |task: &JobTask| {
            [
                Cell::id(&task.name),
                Cell::status(task.status.status_kind(), task.status.to_string()),
                Cell::text(&task.block),
                task.version.clone().into(),
                time(task.started),
                time(task.finished),
            ]
        };
        Table::new(counted(tasks.len(), "task"), columns).list(tasks, rows, "tasks", row)
    }
}

impl JobTask {
    fn bundle(&self) -> MimeBundle {
        let time = |at: Option<Timestamp>| at.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        Card::new(&self.name)
            .badge(self.status.status_kind(), self.status.to_string())
            .fact("Id", Cell::id(&self.id))
            .fact("Job", Cell::id(self.job.as_str()))
            .fact("Block", self.block.as_str())
            .fact("Version", self.version.clone())
            .fact("Started (UTC)", time(self.started))
            .fact("Finished (UTC)", time(self.finished))
            .bundle()
    }
}

impl_mime_bundle!(JobTask);

impl JobQuicklooks {
    /// Returns a map of the quicklooks and the area of interest. Quicklooks without a footprint or
    /// a picture are listed below the map.
    #[doc(alias = "map_quicklooks")]
    #[doc(alias = "plot_quicklooks")]
    pub fn to_map(&self, aoi: &Aoi) -> Map {
        let title = format!(
            "{}, {}",
            counted(self.pictures(), "quicklook"),
            aoi.name().unwrap_or("area of interest")
        );
        let mut map = Map::new(title).aoi(aoi);
        for quicklook in self {
            let layer = Layer::new(quicklook.scene())
                .collection("quicklooks")
                .acquired(quicklook.acquired())
                .cloud_cover(quicklook.cloud_cover());
            map = match (&quicklook.footprint, quicklook.picture()) {
                (Some(footprint), Some(bytes)) => {
                    map.layer(layer.footprint(footprint.clone()).picture(bytes))
                }
                _ => map.note(format!("{}: {}", quicklook.name, quicklook.outcome())),
            };
        }
        map
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Quicklook", "Name", "Outcome"].map(Column::new);
        let row = |quicklook: &JobQuicklook| {
            let bytes = quicklook.picture().filter(|bytes| bytes.len() <= MOST_BYTES);
            let small = bytes.and_then(|bytes| thumbnail(bytes, THUMBNAIL).ok());
            let title = format!("quicklook {}", quicklook.name);
            [
                small.map_or(Cell::Empty, |small| Cell::Image(small, title)),
                Cell::id(&quicklook.name),
                Cell::text(quicklook.outcome()),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(self.iter().as_slice(), rows, "quicklooks", row)
    }
}

impl_show!(JobQuicklooks);

impl JobQuicklook {
    /// Returns a table row with the picture, or with the reason why there is none.
    fn bundle(&self) -> MimeBundle {
        JobQuicklooks { quicklooks: vec![self.clone()] }.table(..).bundle()
    }

    fn outcome(&self) -> String {
        match (self.picture(), &self.footprint) {
            (Some(bytes), Some(_)) => format!("{} KB", bytes.len().div_ceil(1000)),
            (Some(bytes), None) => format!("{} KB, its place is not known", bytes.len().div_ceil(1000)),
            (None, _) => self.error().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Returns the acquisition time, if the properties have it under a known name.
    fn acquired(&self) -> Option<Timestamp> {
        let names = ["datetime", "acquisitionDate", "acquisition_date"];
        names.iter().find_map(|name| parse_timestamp(self.properties.get(*name)?.as_str()?))
    }

    /// Returns the cloud cover of the whole scene, in %.
    fn cloud_cover(&self) -> Option<f64> {
        ["eo:cloud_cover", "cloudCoverage", "cloudCover"]
            .iter()
            .find_map(|name| self.properties.get(*name)?.as_f64())
    }

    /// Returns the scene id: the quicklook's name without its extension.
    fn scene(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(scene, _)| scene)
    }
}

impl_mime_bundle!(JobQuicklook);

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::client::Client;
    use crate::jobs::JobId;
    use up42_view::elements::ROWS;

    #[test]
    fn tasks_are_shown_with_their_status() {
        let project = Client::simulator().unwrap().project().unwrap();
        let json = json!({
            "id": "t1", "name": "tiling:1:1", "status": "RUNNING", "startedAt": "2020-06-01T11:35:10Z",
            "block": {"name": "tiling"}, "blockVersion": "2.2.3",
        });
        let task = JobTask::read(&project, &JobId::from("a1"), &json).unwrap();
        assert_eq!(format!("{task:?}"), "JobTask(tiling:1:1, running)");
        insta::assert_snapshot!(JobTask::table(&[task], ..ROWS).bundle().text, @r"
        1 task
        Task        Status     Block   Version  Started (UTC)     Finished (UTC)
        ──────────  ─────────  ──────  ───────  ────────────────  ──────────────
        tiling:1:1  ● running  tiling  2.2.3    2020-06-01 11:35  –
        ");
    }
}
