//! Deliveries of orders: assets, and the STAC API of the storage (`docs/up42-api.md`, 12).
//!
//! They are derived from the orders and not stored.

mod asset;
pub(super) mod classic;
mod item;
pub(super) mod stac;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalog::instant;
use super::catalog::query::strings;
use super::orders::{list::values, order::Order, unknown};
use super::pagination::{page_json, page_of, sort};
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post};
use asset::Asset;
pub(super) use item::collection_of;

/// Returns the id of the archive of an order.
pub(super) fn archive_of(order: &Order) -> String {
    Asset::archive_of(order).id
}

/// Returns a time of the query, if it is there.
fn bound(request: &Request, name: &str) -> Result<Option<i64>, Reply> {
    let wrong = |text: &str| Reply::problem(400, format!("{name} must be a time, got {text}"));
    request.query(name).map(|text| instant(text).ok_or_else(|| wrong(text))).transpose()
}

const PAGE: usize = 20;

/// Returns the endpoints of assets.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v2/assets", |platform, request, []| platform.list_assets(request)),
        get("/v2/assets/{id}", |platform, _, [id]| {
            platform.asset_file(id).ok_or_else(|| unknown("Asset", id))
        }),
        get("/v2/assets/{id}/metadata", |platform, _, [id]| {
            let (asset, order) = platform.asset(id).ok_or_else(|| unknown("Asset", id))?;
            Ok(Reply::json(200, &asset.json(&order)))
        }),
        post("/v2/assets/{id}/metadata", |platform, request, [id]| platform.relabel_asset(request, id)),
        post("/v2/assets/{id}/download-url", |platform, _, [id]| {
            let (asset, _) = platform.asset(id).ok_or_else(|| unknown("Asset", id))?;
            Ok(Reply::json(200, &json!({"url": platform.asset_url_of(&asset)})))
        }),
        get("/v2/coverage/orders/{id}", |platform, _, [id]| platform.order_coverage(id)),
    ]
}

impl Platform {
    /// Returns the orders whose images are in the storage.
    fn stored(&self) -> Vec<Order> {
        let now = self.clock.now();
        let store = self.store();
        let orders = store.orders.iter().filter(|order| order.is_stored(now)).cloned();
        // Results of processing are stored like those of orders.
        let done = store.processing.iter().filter(|job| job.captured(now).is_some());
        let made = done.filter_map(|job| job.made.clone()).filter(|made| !made.deleted);
        orders.chain(made).collect()
    }

    /// Returns the order of an item in the storage, by the item's URL.
    pub(super) fn source_of(&self, href: &str) -> Option<Order> {
        let (collection, _) = href.split_once("/collections/")?.1.split_once("/items/")?;
        self.stored().into_iter().find(|order| collection_of(order) == collection)
    }

    /// Returns an asset in the storage, and its order.
    fn asset(&self, id: &str) -> Option<(Asset, Order)> {
        self.stored().into_iter().find_map(|order| {
            let asset = Asset::all_of(&order).into_iter().find(|asset| asset.id == id)?;
            Some((asset, order))
        })
    }

    /// Returns a signed URL of a file.
    fn asset_url_of(&self, asset: &Asset) -> String {
        self.signed_url(&format!("/assets/{}/{}", asset.id, asset.file), &asset.file)
    }

    /// Handles a request for the list of archives (12.2), of which each order has one.
    fn list_assets(&self, request: &Request) -> Answer {
        let (page, size) = page_of(request, PAGE)?;
        let mut assets: Vec<Value> =
            self.stored().iter().map(|order| Asset::archive_of(order).json(order)).collect();
        let is_one = |name: &str, is: &dyn Fn(&str) -> bool| {
            let wanted = values(request, name);
            wanted.is_empty() || wanted.into_iter().any(is)
        };
        let (after, before) = (bound(request, "createdAfter")?, bound(request, "createdBefore")?);
        assets.retain(|asset| {
            let text = |name: &str| asset[name].as_str().unwrap_or_default();
            let at = instant(text("createdAt"));
            let holds = |words: &str| {
                [text("name"), text("title"), asset["order"]["id"].as_str().unwrap_or_default()]
                    .iter()
                    .any(|field| field.to_lowercase().contains(&words.to_lowercase()))
            };
            after.is_none_or(|after| at >= Some(after))
                && before.is_none_or(|before| at <= Some(before))
                && is_one("workspaceId", &|id| text("workspaceId") == id)
                && is_one("collectionNames", &|name| text("collectionName") == name)
                && is_one("producerNames", &|name| text("producerName") == name)
                && is_one("sources", &|source| text("source") == source)
                && is_one("tags", &|tag| asset["tags"].as_array().into_iter().flatten().any(|one| one == tag))
                && request.query("search").is_none_or(holds)
        });
        sort(&mut assets, request, "Asset", &Asset::SORTED_BY)?;
        Ok(Reply::json(200, &page_json(&assets, page, size)))
    }

    /// Handles a change of a file's title and tags (12.2); missing members stay unchanged.
    fn relabel_asset(&self, request: &Request, id: &str) -> Answer {
        let (asset, order) = self.asset(id).ok_or_else(|| unknown("Asset", id))?;
        self.relabel(&order, &asset.id, (&request.json()?, "title", "tags"))?;
        let (asset, order) = self.asset(id).ok_or_else(|| unknown("Asset", id))?;
        Ok(Reply::json(200, &asset.json(&order)))
    }

    /// Sets the title and the tags of an item or a file, if they are in the body.
    fn relabel(
        &self,
        order: &Order,
        id: &str,
        (body, title, tags): (&Value, &str, &str),
    ) -> Result<(), Reply> {
        let new_tags = strings(&body[tags], tags).map_err(|message| Reply::problem(400, message))?;
        self.with_stored(order, |order, now| {
            let label =
                order.labels.entry(id.to_owned()).or_insert((Some(order.name.clone()), order.tags.clone()));
            if let Some(title) = body.get(title) {
                label.0 = title.as_str().map(str::to_owned);
            }
            if body.get(tags).is_some() {
                label.1 = new_tags.unwrap_or_default();
            }
            order.updated = now;
        })
    }

    /// Changes an order or a result of processing in the storage.
    fn with_stored(&self, order: &Order, change: impl FnOnce(&mut Order, Timestamp)) -> Result<(), Reply> {
        let now = self.clock.now();
        let mut store = self.store();
        let store = &mut *store;
        let made = store.processing.iter_mut().filter_map(|job| job.made.as_mut());
        let mut stored = store.orders.iter_mut().chain(made);
        let found = stored.find(|one| one.id == order.id).ok_or_else(|| unknown("Order", &order.id))?;
        change(found, now);
        Ok(())
    }

    /// Handles a request for the coverage of an order (10.2 g).
    fn order_coverage(&self, id: &str) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let order = store.orders.iter().find(|order| order.id == id).ok_or_else(|| unknown("Order", id))?;
        let whole =
            super::catalog::shape::Area::of_geometry(&order.area).map_or(0.0, |area| area.square_km());
        let done = if order.captured(now).is_some() { order.square_km.min(whole) } else { 0.0 };
        let part = |km: f64| json!({"sqKmArea": km, "percentage": 100.0 * (km / whole.max(1e-9)), "geometry": if km > 0.0 { order.area.clone() } else { Value::Null }});
        Ok(Reply::json(200, &json!({"covered": part(done), "remainder": part(whole - done)})))
    }
}
