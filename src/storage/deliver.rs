//! Items as the results of jobs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::StorageItems;
use crate::batch::{Content, Delivery, ResultFile};
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::geo::geometry_to_json;

/// The files of items, but for their thumbnails, each as a feature with the item's outline.
///
/// # Errors
///
/// When there is no item, when there are more than are read, and while the platform reads an
/// archive of which more will come.
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
            // Whatever else is in the list, now or at another time, a file is that of its item.
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
        // The list may be late, and says nothing of what is to come.
        _ => Ok(Delivery::Files { features, files, may_grow: true }),
    }
}

/// Fails while the platform reads an archive that an order of the items delivered (API
/// reference, 12.2). A platform that tells nothing of its archives is taken at its list.
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
            let message = "the platform still reads what was delivered: ask again in a minute";
            return Err(Error::new(ErrorKind::Server, message));
        }
    }
    Ok(())
}
