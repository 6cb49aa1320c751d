//! Storage items as results of jobs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::StorageItems;
use crate::batch::{Content, Delivery, ResultFile};
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::geo::geometry_to_json;

/// Returns the files of the items except thumbnails, each as a feature with the item's footprint.
///
/// # Errors
///
/// [`ErrorKind::Response`] if there are no items yet, or more than are read; [`ErrorKind::Server`]
/// while the platform processes a delivered archive.
pub(crate) fn deliver(items: &StorageItems) -> Result<Delivery> {
    check_archives(items)?;
    let (mut features, mut files) = (Vec::new(), Vec::new());
    for item in items {
        let outline = item.scene.footprint.as_ref().map(geometry_to_json);
        let feature = json!({
            "type": "Feature", "id": item.id(), "geometry": outline, "properties": item.scene.properties,
        });
        let named = item.named_assets();
        for (asset, name) in
            named.into_iter().filter(|(asset, _)| asset.roles.iter().all(|role| role != "thumbnail"))
        {
            // File names depend only on the item and the asset, not on the rest of the list.
            let name = format!("{}_{name}", item.folder_name());
            let mut feature = feature.clone();
            feature["properties"]["up42.data_path"] = json!(name);
            feature["properties"]["asset"] = json!(asset.name);
            features.push(feature);
            let (item, asset) = (item.clone(), asset.clone());
            let url = Box::new(move || asset.signed_url(&item));
            files.push(ResultFile { name, content: Content::At(url) });
        }
    }
    match items {
        none if none.is_empty() => {
            Err(Error::response("the storage has nothing of it yet: ask again in a minute"))
        }
        cut if cut.has_more() => {
            let message = format!(
                "the storage has more than {} items of it: download them by searches of `client.storage()`",
                cut.len()
            );
            Err(Error::response(message))
        }
        // The list may be incomplete, and does not state how many items will follow.
        _ => Ok(Delivery::Files { features, files, may_grow: true }),
    }
}

/// Fails while the platform processes an archive that was delivered for an order of the items
/// (`docs/up42-api.md`, 12.2). Without information about archives the list of items is used as it
/// is.
fn check_archives(items: &StorageItems) -> Result<()> {
    use ErrorKind::{Auth, InvalidInput, NotFound};
    let orders: BTreeSet<&str> = items.iter().filter_map(|item| item.order_id.as_deref()).collect();
    for order in orders {
        let request = Request::get(items.client.url("/v2/assets")).query("search", order).query("size", "50");
        let page = match items.client.json(request) {
            Err(error) if matches!(error.kind(), NotFound | Auth | InvalidInput) => continue,
            page => page.context("ask for the archives of the order")?,
        };
        let mut archives = page.get("content").and_then(Value::as_array).into_iter().flatten();
        let is_being_read = |archive: &Value| {
            archive.pointer("/order/id").and_then(Value::as_str) == Some(order)
                && archive["geospatialMetadataExtraction"] == "IN_PROGRESS"
        };
        if archives.any(is_being_read) {
            let message = "the platform still processes the delivery: retry in a minute";
            return Err(Error::new(ErrorKind::Server, message));
        }
    }
    Ok(())
}
