//! Items of the storage: one for each image of an order, and a collection for each order.

use serde_json::{Value, json};

use super::asset::{Asset, AssetKind, bbox_of, finished_at, id_of};
use crate::auth::WORKSPACE_ID;
use crate::catalog::given::GivenItem;
use crate::catalog::scene::Scene;
use crate::catalog::shape::{bbox_of as box_of, parse};
use crate::orders::order::Order;
use crate::platform::Platform;

/// Image of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Multispectral,
    Panchromatic,
}

pub(super) const ITEMS: [Part; 2] = [Part::Multispectral, Part::Panchromatic];

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Multispectral => "multispectral",
            Self::Panchromatic => "panchromatic",
        }
    }

    /// Returns whether an order delivers the image.
    pub(super) fn is_of(self, order: &Order) -> bool {
        self == Self::Multispectral || order.product().is_some_and(|product| product.bundle)
    }
}

/// Returns the collection's id of an order.
pub(crate) fn collection_of(order: &Order) -> String {
    id_of(order, "collection")
}

/// Returns the id of an item.
pub(super) fn item_of(order: &Order, part: Part) -> String {
    id_of(order, &format!("item {}", part.name()))
}

impl Platform {
    /// Returns the items of an order, for a search.
    pub(super) fn items_of(&self, order: &Order) -> Vec<GivenItem> {
        let Some(scene) = self.scene_for(order) else { return Vec::new() };
        let parts = ITEMS.iter().filter(|part| part.is_of(order));
        let item = |part: &Part| {
            let item = self.item_json_of(order, &scene, *part);
            let shape = parse(&item["geometry"]);
            GivenItem {
                id: item_of(order, *part),
                collection: collection_of(order),
                time: Some((scene.at, scene.at)),
                bbox: shape.as_ref().and_then(box_of),
                shape,
                item,
            }
        };
        parts.map(item).collect()
    }

    fn item_json_of(&self, order: &Order, scene: &Scene, part: Part) -> Value {
        let (id, collection) = (item_of(order, part), collection_of(order));
        let home = format!("{}/v2/assets/stac", self.api_url);
        let parent = format!("{home}/collections/{collection}");
        let asset = |kind: AssetKind, title: &str, role: &str| {
            let asset = Asset::of(order, kind);
            let href = format!("{}/v2/assets/{}", self.api_url, asset.id);
            json!({"href": href, "type": asset.content_type(), "title": title, "roles": [role]})
        };
        let mut properties = json!({
            "datetime": scene.time(),
            "start_datetime": scene.time(),
            "end_datetime": scene.time(),
            "gsd": scene.sensor.gsd,
            "constellation": scene.sensor.constellation,
            "platform": scene.platform,
            "eo:cloud_cover": scene.cloud_cover,
            "proj:epsg": 4326,
        });
        for (name, value) in system_fields(order) {
            properties[name] = value;
        }
        let (title, tags) =
            order.labels.get(&id).cloned().unwrap_or((Some(order.name.clone()), order.tags.clone()));
        properties["up42-user:title"] = title.into();
        properties["up42-user:tags"] = tags.into();
        properties["up42-product:modality"] = part.name().into();
        json!({
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": id,
            "collection": collection,
            "bbox": bbox_of(order),
            "geometry": order.area,
            "properties": properties,
            "links": [
                {"rel": "self", "type": "application/geo+json", "href": format!("{parent}/items/{id}")},
                {"rel": "parent", "type": "application/json", "href": parent},
                {"rel": "collection", "type": "application/json", "href": parent},
                {"rel": "root", "type": "application/json", "href": home},
            ],
            "assets": {
                part.name(): asset(AssetKind::Image(part), part.name(), "data"),
                "thumbnail": asset(AssetKind::Thumbnail, "thumbnail", "thumbnail"),
            },
        })
    }

    pub(super) fn collection_json_of(&self, order: &Order) -> Value {
        let id = collection_of(order);
        let home = format!("{}/v2/assets/stac", self.api_url);
        let own = format!("{home}/collections/{id}");
        let at = self.scene_for(order).map(|scene| scene.time());
        let mut json = json!({
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": id,
            "title": order.name,
            "description": "What an order delivered",
            "license": "proprietary",
            "extent": {"spatial": {"bbox": [bbox_of(order)]}, "temporal": {"interval": [[at, at]]}},
            "links": [
                {"rel": "self", "type": "application/json", "href": own},
                {"rel": "items", "type": "application/geo+json", "href": format!("{own}/items")},
                {"rel": "root", "type": "application/json", "href": home},
            ],
        });
        for (name, value) in system_fields(order) {
            json[name] = value;
        }
        json
    }
}

/// Returns the platform's own properties of items and collections.
fn system_fields(order: &Order) -> Vec<(&'static str, Value)> {
    let fields = [
        ("up42-product:product_id", order.product.as_str().into()),
        ("up42-product:collection_name", order.product().map(|product| product.collection).into()),
        ("up42-order:id", order.order_id().into()),
        ("up42-system:asset_id", Asset::archive_of(order).id.into()),
        ("up42-system:account_id", WORKSPACE_ID.into()),
        ("up42-system:workspace_id", WORKSPACE_ID.into()),
        ("up42-system:source", order.kind().into()),
        ("up42-system:metadata_version", "0.0.1".into()),
        ("created", finished_at(order).into()),
    ];
    let job = order.job_id().map(|id| ("up42-system:job_id", id.into()));
    fields.into_iter().chain(job).collect()
}
