//! Assets of the storage.

use flate2::Compression;
use flate2::write::GzEncoder;
use geo::{Coord, Intersects};
use serde_json::{Value, json};

use super::item::{ITEMS, Part};
use crate::auth::WORKSPACE_ID;
use crate::catalog::query::Query;
use crate::catalog::scene::Scene;
use crate::catalog::search::Row;
use crate::catalog::shape::{Area, Bbox, parse};
use crate::geotiff;
use crate::orders::order::Order;
use crate::platform::Platform;
use crate::reply::Reply;
use crate::seeded_rng::SeededRng;
use crate::store::stamp;

/// Longer side of a thumbnail and of a raster, in pixels.
const THUMBNAIL: usize = 256;
const LARGEST_SIDE: usize = 256;

/// File of the storage.
pub(super) struct Asset {
    pub id: String,
    /// File name of a download.
    pub file: String,
    pub kind: AssetKind,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum AssetKind {
    Archive,
    Image(Part),
    Thumbnail,
}

/// Returns the id of a part of an order.
pub(super) fn id_of(order: &Order, what: &str) -> String {
    SeededRng::of_text(0, &format!("{} {what}", order.id)).uuid().to_string()
}

impl Asset {
    pub(super) fn of(order: &Order, kind: AssetKind) -> Self {
        let file = match kind {
            AssetKind::Archive => format!("{}.tgz", &order.id[..8]),
            AssetKind::Image(part) => format!("{}.tif", part.name()),
            AssetKind::Thumbnail => "thumbnail.jpg".to_owned(),
        };
        Self { id: id_of(order, &format!("asset {file}")), file, kind }
    }

    /// Properties by which the list can be sorted.
    pub(super) const SORTED_BY: [&str; 5] = ["createdAt", "updatedAt", "name", "size", "source"];

    /// Returns the archive of everything that an order delivered.
    pub(super) fn archive_of(order: &Order) -> Self {
        Self::of(order, AssetKind::Archive)
    }

    /// Returns the archive of an order and the files of its items.
    pub(super) fn all_of(order: &Order) -> Vec<Self> {
        let images = ITEMS.iter().filter(|part| part.is_of(order)).map(|part| AssetKind::Image(*part));
        let others = images.chain([AssetKind::Thumbnail]).map(|kind| Self::of(order, kind));
        [Self::archive_of(order)].into_iter().chain(others).collect()
    }

    /// Returns the stated size in bytes; the file need not be generated yet.
    pub(super) fn size(&self, order: &Order) -> i64 {
        (order.square_km * 10_000.0) as i64
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self.kind {
            AssetKind::Archive => "application/gzip",
            AssetKind::Image(_) => "image/tiff; application=geotiff",
            AssetKind::Thumbnail => "image/jpeg",
        }
    }

    /// Returns the asset as `AssetV2` (`docs/up42-api.md`, 12).
    pub(super) fn json(&self, order: &Order) -> Value {
        let at = finished_at(order);
        let labelled = order.labels.get(&self.id).cloned();
        let updated = if labelled.is_some() { stamp(order.updated) } else { at.clone() };
        let (title, tags) = labelled.unwrap_or((Some(order.name.clone()), order.tags.clone()));
        json!({
            "id": self.id,
            "accountId": WORKSPACE_ID,
            "workspaceId": WORKSPACE_ID,
            "createdAt": at,
            "updatedAt": updated,
            "name": self.file,
            "size": self.size(order),
            "order": {"id": order.order_id(), "status": "FULFILLED", "hostId": order.host()},
            "source": order.kind(),
            "productId": order.product,
            "contentType": self.content_type(),
            "producerName": "airbus",
            "collectionName": order.product().map(|product| product.collection),
            "geospatialMetadataExtraction": "SUCCESSFUL",
            "title": title,
            "tags": tags,
        })
    }
}

/// Returns the time of delivery.
pub(super) fn finished_at(order: &Order) -> String {
    stamp(order.finished().unwrap_or(order.created))
}

impl Platform {
    /// Returns the content of an asset, generated at the first request.
    pub(crate) fn asset_file(&self, id: &str) -> Option<Reply> {
        let (asset, order) = self.asset(id)?;
        let file = self.file_cache.keep(&format!("asset/{id}"), || self.drawn(&asset, &order))?;
        Some(Reply::file(asset.content_type(), file.as_ref().clone()))
    }

    fn drawn(&self, asset: &Asset, order: &Order) -> Option<Vec<u8>> {
        let (scene, bbox) = (self.scene_for(order)?, bbox_of(order)?);
        let area = parse(&order.area)?;
        let covers =
            &|lon: f64, lat: f64| scene.covers(lon, lat) && area.intersects(&Coord { x: lon, y: lat });
        match asset.kind {
            AssetKind::Thumbnail => {
                let mut picture = self.view_of(&scene, bbox).fitted(THUMBNAIL);
                // A black collar around the ordered area, as in real deliveries.
                let (across, down) = (picture.width as f64, picture.height as f64);
                for (place, pixel) in picture.pixels.iter_mut().enumerate() {
                    let (column, row) = (place % picture.width, place / picture.width);
                    let lon = bbox[0] + (column as f64 + 0.5) / across * (bbox[2] - bbox[0]);
                    let lat = bbox[3] - (row as f64 + 0.5) / down * (bbox[3] - bbox[1]);
                    if !covers(lon, lat) {
                        *pixel = [0; 3];
                    }
                }
                picture.jpeg()
            }
            AssetKind::Image(part) => self.image_of(&scene, bbox, part, covers),
            AssetKind::Archive => {
                let gzip = GzEncoder::new(Vec::new(), Compression::fast());
                let mut archive = tar::Builder::new(gzip);
                for part in ITEMS.iter().filter(|part| part.is_of(order)) {
                    let image = self.image_of(&scene, bbox, *part, covers)?;
                    let mut header = tar::Header::new_gnu();
                    header.set_size(image.len() as u64);
                    header.set_mode(0o644);
                    let name = format!("output/{}_{}.tif", scene.id, part.name());
                    archive.append_data(&mut header, name, &image[..]).ok()?;
                }
                archive.into_inner().ok()?.finish().ok()
            }
        }
    }

    fn image_of(
        &self,
        scene: &Scene,
        bbox: Bbox,
        part: Part,
        covers: impl Fn(f64, f64) -> bool,
    ) -> Option<Vec<u8>> {
        let view = self.view_of(scene, bbox);
        let (across, down) = view.size_km();
        let native = across.max(down) * 1000.0 / scene.sensor.gsd;
        let mut picture = view.fitted((native as usize).clamp(16, LARGEST_SIDE));
        if part == Part::Panchromatic {
            for pixel in &mut picture.pixels {
                let grey = pixel.iter().map(|band| u32::from(*band)).sum::<u32>() / 3;
                *pixel = [grey as u8; 3];
            }
        }
        geotiff::encode(&picture, bbox, covers).ok()
    }

    /// Returns the ordered scene; for a tasking order, the newest scene of its area.
    pub(super) fn scene_for(&self, order: &Order) -> Option<Scene> {
        if let Some(image) = &order.image {
            return self.catalog.archive.scene(image);
        }
        let area = Area::of_geometry(&order.area).ok()?;
        let query = Query {
            collections: Some(vec!["phr".into()]),
            area: Some(area),
            contains: false,
            ..Query::default()
        };
        self.catalog.find(&query).iter().find_map(|row| match row {
            Row::Drawn(scene) => Some(scene.as_ref().clone()),
            Row::Given(_) => None,
        })
    }
}

/// Returns the bounding box of an order's area.
pub(super) fn bbox_of(order: &Order) -> Option<Bbox> {
    Area::of_geometry(&order.area).ok()?.boxes.first().copied()
}
