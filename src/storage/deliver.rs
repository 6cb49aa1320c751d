//! Items as the results of jobs.

use serde_json::json;

use super::StorageItems;
use crate::batch::{Content, Delivery, ResultFile};
use crate::error::{Error, Result};
use crate::geo::geometry_to_json;

/// The files of items, but for their thumbnails, each as a feature with the item's outline.
///
/// # Errors
///
/// When there is no item, and when there are more than are read.
pub(crate) fn deliver(items: &StorageItems) -> Result<Delivery> {
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
            let told = format!(
                "the storage has more than {} items of it: download them by searches of `client.storage()`",
                cut.len()
            );
            Err(Error::response(told))
        }
        // The list may be late, and says nothing of what is to come.
        _ => Ok(Delivery::Files { features, files, may_grow: true }),
    }
}
