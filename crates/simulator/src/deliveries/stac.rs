//! The STAC API of the storage (`docs/up42-api.md`, 12.3).

use serde_json::{Value, json};

use super::item::{ITEMS, collection_of, item_of};
use crate::catalog::given::GivenItem;
use crate::catalog::landing::CONFORMS_TO;
use crate::catalog::query::Query;
use crate::catalog::search::compare_missing_last;
use crate::catalog::stac::{body_of, page_of, query_of, token_for};
use crate::orders::{order::Order, unknown};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::routes::{Route, delete, get, patch, post};

/// Returns the endpoints of the STAC API of the storage.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/v2/assets/stac", |platform, _, []| Ok(platform.storage_landing())),
        get("/v2/assets/stac/queryables", |_, _, []| Ok(storage_queryables())),
        get("/v2/assets/stac/collections", |platform, _, []| {
            let stored = platform.stored();
            let all: Vec<Value> = stored.iter().map(|order| platform.collection_json_of(order)).collect();
            Ok(Reply::json(200, &json!({"collections": all, "links": []})))
        }),
        get("/v2/assets/stac/collections/{id}", |platform, _, [id]| {
            Ok(Reply::json(200, &platform.collection_json_of(&platform.order_of(id)?)))
        }),
        delete("/v2/assets/stac/collections/{id}", |platform, _, [id]| platform.delete_collection(id)),
        get("/v2/assets/stac/collections/{id}/items", |platform, request, [id]| {
            platform.order_of(id)?;
            platform.search_storage(&merged(request, json!({"collections": [id]}))?)
        }),
        get("/v2/assets/stac/collections/{collection}/items/{id}", |platform, _, [collection, id]| {
            platform.stored_item(collection, id)
        }),
        patch(
            "/v2/assets/stac/collections/{collection}/items/{id}",
            |platform, request, [collection, id]| platform.relabel_item(request, collection, id),
        ),
        get("/v2/assets/stac/search", |platform, request, []| {
            platform.search_storage(&merged(request, json!({}))?)
        }),
        post("/v2/assets/stac/search", |platform, request, []| platform.search_storage(&request.json()?)),
    ]
}

impl Platform {
    fn storage_landing(&self) -> Reply {
        let home = format!("{}/v2/assets/stac", self.api_url);
        let link = |rel: &str, path: &str| json!({"rel": rel, "type": "application/json", "href": format!("{home}{path}")});
        let page = json!({
            "type": "Catalog",
            "id": "up42-storage",
            "title": "UP42 storage (simulator)",
            "description": "What was ordered and processed",
            "stac_version": "1.0.0",
            "conformsTo": CONFORMS_TO,
            "links": [
                link("self", ""),
                link("root", ""),
                link("data", "/collections"),
                {"rel": "search", "type": "application/geo+json", "href": format!("{home}/search"), "method": "POST"},
            ],
        });
        Reply::json(200, &page)
    }

    fn order_of(&self, collection: &str) -> Result<Order, Reply> {
        let order = self.stored().into_iter().find(|order| collection_of(order) == collection);
        order.ok_or_else(|| unknown("Collection", collection))
    }

    fn search_storage(&self, body: &Value) -> Answer {
        let wrong = |message: String| Reply::problem(400, message);
        // The first page's next link contains the whole search.
        let query = query_of(body).map_err(wrong)?;
        let (start, size) = page_of(body)?;
        let stored = self.stored();
        let items = stored.iter().flat_map(|order| self.items_of(order));
        let is_named = |item: &GivenItem| query.ids.as_ref().is_none_or(|ids| ids.contains(&item.id));
        let mut found: Vec<GivenItem> =
            items.filter(|item| is_named(item) && query.takes_given(item)).collect();
        sort(&mut found, &query);
        let (start, end) = (start.min(found.len()), (start + size).min(found.len()));
        let mut links = vec![json!({"rel": "root", "href": format!("{}/v2/assets/stac", self.api_url)})];
        if end < found.len() {
            let mut next = body.clone();
            next["token"] = token_for(end).into();
            let href = format!("{}/v2/assets/stac/search", self.api_url);
            links.push(json!({"rel": "next", "method": "POST", "href": href, "body": next}));
        }
        let features: Vec<&Value> = found[start..end].iter().map(|item| &item.item).collect();
        let page = json!({"type": "FeatureCollection", "features": features, "links": links});
        Ok(Reply::json(200, &page).with_header("content-type", "application/geo+json"))
    }

    fn relabel_item(&self, request: &Request, collection: &str, id: &str) -> Answer {
        let order = self.order_of(collection)?;
        if !ITEMS.iter().any(|part| part.is_of(&order) && item_of(&order, *part) == id) {
            return Err(unknown("Item", id));
        }
        self.relabel(&order, id, (&request.json()?, "up42-user:title", "up42-user:tags"))?;
        self.stored_item(collection, id)
    }

    fn stored_item(&self, collection: &str, id: &str) -> Answer {
        let items = self.items_of(&self.order_of(collection)?);
        let item = items.into_iter().find(|item| item.id == id).ok_or_else(|| unknown("Item", id))?;
        Ok(Reply::json(200, &item.item))
    }

    fn delete_collection(&self, id: &str) -> Answer {
        let order = self.order_of(id)?;
        self.with_stored(&order, |order, now| (order.deleted, order.updated) = (true, now))?;
        Ok(Reply::empty(204))
    }
}

/// Returns the search in a URL as a body, with further members.
fn merged(request: &Request, more: Value) -> Result<Value, Reply> {
    let mut body = body_of(&request.query).map_err(|message| Reply::problem(400, message))?;
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    Ok(body)
}

/// Sorts items by the keys of the query, then the newest first.
fn sort(items: &mut [GivenItem], query: &Query) {
    let newest = [("datetime".to_owned(), true), ("id".to_owned(), false)];
    let keys: Vec<_> = query.sort.iter().chain(&newest).collect();
    items.sort_by(|a, b| {
        let orders = keys.iter().map(|(name, down)| {
            compare_missing_last(a.property(name).as_ref(), b.property(name).as_ref(), *down)
        });
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
}

fn storage_queryables() -> Reply {
    let text = json!({"type": "string"});
    let number = json!({"type": "number"});
    let properties = json!({
        "id": text, "collection": text, "datetime": {"type": "string", "format": "date-time"},
        "gsd": number, "platform": text, "constellation": text, "eo:cloud_cover": number,
        "up42-user:title": text, "up42-user:tags": {"type": "array"}, "up42-order:id": text,
        "up42-product:product_id": text, "up42-product:collection_name": text, "up42-product:modality": text,
        "up42-system:asset_id": text, "up42-system:source": text,
    });
    Reply::json(200, &json!({"type": "object", "title": "Queryables", "properties": properties}))
        .with_header("content-type", "application/schema+json")
}
