//! MIME bundles of the storage for notebooks.

use std::ops::RangeBounds;

use super::{Deletion, DeletionPart, StorageDownload, StorageDownloads, StorageItem, StorageItems};
use crate::batch::is_own_tag;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, StatusKind, Table};
use up42_view::{impl_mime_bundle, impl_show};

impl StorageItems {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Item"),
            Column::new("Title"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud"),
            Column::new("Collection"),
            Column::new("Modality"),
            Column::new("Tags"),
            Column::new("Assets"),
        ];
        let row = |item: &StorageItem| {
            [
                Cell::id(item.id()),
                item.title.clone().into(),
                item.scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                item.scene.cloud_cover.map_or(Cell::Empty, Cell::Percent),
                item.product_collection.clone().into(),
                item.modality.clone().into(),
                Cell::text(own_tags(item)),
                Cell::text(
                    item.assets.iter().map(|asset| asset.name.as_str()).collect::<Vec<_>>().join(", "),
                ),
            ]
        };
        let table = Table::new(format!("{self:?}"), columns).list(&self.items, rows, "items", row);
        match self.has_more() {
            true => table.note("The storage has more: search it with a higher limit, or for fewer."),
            false => table,
        }
    }
}

impl_show!(StorageItems);

/// Returns the tags without those that this library adds to orders.
fn own_tags(item: &StorageItem) -> String {
    let own = item.tags.iter().filter(|tag| !is_own_tag(tag));
    own.map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl StorageItem {
    fn bundle(&self) -> MimeBundle {
        let card = Card::new(self.title.as_deref().unwrap_or(self.id()))
            .fact("Id", Cell::id(self.id()))
            .fact("Acquired (UTC)", self.scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))))
            .fact("Cloud", self.scene.cloud_cover.map_or(Cell::Empty, Cell::Percent))
            .fact(
                "Resolution, m",
                self.scene.resolution.map_or(Cell::Empty, |metres| Cell::Number(metres, 1)),
            )
            .fact("Collection", self.product_collection.clone())
            .fact("Modality", self.modality.clone())
            .fact("Tags", own_tags(self))
            .fact("Order", self.order_id.as_deref().map(Cell::id))
            .fact("Job", self.job_id.as_deref().map(Cell::id));
        let asset =
            |card: Card, asset: &super::StorageAsset| card.fact(&asset.name, asset.media_type.clone());
        self.assets.iter().fold(card, asset).bundle()
    }
}

impl_mime_bundle!(StorageItem);

impl StorageDownloads {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("File"),
            Column::new("Asset"),
            Column::number("Size").unit("KB"),
            Column::new("Outcome"),
        ];
        let row = |file: &StorageDownload| {
            let (size, outcome) = match &file.size {
                Ok(size) => (Cell::Number(*size as f64 / 1000.0, 0), Cell::status(StatusKind::Ok, "there")),
                Err(error) => (Cell::Empty, Cell::status(StatusKind::Failed, error.to_string())),
            };
            [Cell::text(file.path.display().to_string()), Cell::id(&file.asset), size, outcome]
        };
        Table::new(format!("{self:?}"), columns).list(&self.files, rows, "files", row)
    }
}

impl_show!(StorageDownloads);

impl Deletion {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Collection"),
            Column::new("Title"),
            Column::number("Chosen").unit("items"),
            Column::new("Other items"),
        ];
        let row = |part: &DeletionPart| {
            let others = match part.others.len() {
                0 => Cell::status(StatusKind::Ok, "none: it can go"),
                _ => Cell::status(StatusKind::Failed, format!("not chosen: {}", part.others.join(", "))),
            };
            [
                Cell::id(&part.collection),
                part.title.clone().into(),
                Cell::Number(part.chosen.len() as f64, 0),
                others,
            ]
        };
        Table::new(format!("{self:?}"), columns).list(&self.parts, rows, "deletion", row).note(
            "The storage deletes whole collections only. Nothing is deleted before deletion.confirm()?.",
        )
    }
}

impl_show!(Deletion);
