use super::{Scene, Scenes};
use crate::display::{Cell, Column, Table};
use crate::time::minute;

impl Scenes {
    /// Shows the scenes as a table.
    pub fn evcxr_display(&self) {
        self.table().bundle().print();
    }

    fn table(&self) -> Table {
        let columns = [
            Column::new("Scene"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud"),
            Column::number("AOI covered"),
            Column::number("Resolution").unit("m"),
            Column::new("Collection"),
        ];
        let row = |scene: &Scene| {
            [
                Cell::id(&scene.id),
                scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                scene.cloud_cover.map_or(Cell::Empty, Cell::Percent),
                scene.aoi_coverage.map_or(Cell::Empty, Cell::Percent),
                scene.resolution.map_or(Cell::Empty, |metres| Cell::Number(metres, decimals(metres))),
                scene.collection.clone().into(),
            ]
        };
        let caption = match self.len() {
            1 => "1 scene".to_owned(),
            many => format!("{many} scenes"),
        };
        let mut table = Table::new(caption, columns)
            .rows(self.iter().map(row))
            .more(self.len(), "scenes.to_dataframe()?");
        if let Some(note) = self.note() {
            table = table.note(note);
        } else if self.has_more() {
            table = table.note("The catalog has more: raise the search's limit to see them.");
        }
        for scene in self.iter().filter(|scene| scene.note.is_some()).take(10) {
            table = table.note(format!("{}: {}", scene.id, scene.note.as_deref().unwrap_or_default()));
        }
        table
    }
}

/// Half a metre needs a decimal, ten metres do not.
fn decimals(metres: f64) -> usize {
    usize::from(metres.fract() != 0.0) + usize::from((metres * 10.0).fract().abs() > 1e-9)
}
