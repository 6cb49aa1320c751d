//! What orders deliver: assets, and the STAC API of the storage (section 12 of the interface).
//!
//! Nothing of it is kept: it follows from the orders.

mod asset;
mod item;
mod stac;

use serde_json::{Value, json};

use super::call::Call;
use super::orders::{order::Order, unknown};
use super::platform::{Platform, wrong_method};
use super::reply::{Answer, Reply};
use super::spring::{page_of, spring_page};
use asset::Asset;
pub(super) use item::collection_of;

const PAGE: usize = 20;

impl Platform {
    pub(super) fn assets(&self, call: &Call, path: &[&str]) -> Answer {
        match (call.method.as_str(), path) {
            (_, ["stac", rest @ ..]) => self.storage_stac(call, rest),
            ("GET", []) => self.list_assets(call),
            ("GET", [id]) => self.asset_file(id).ok_or_else(|| unknown("Asset", id)),
            ("GET", [id, "metadata"]) => self
                .asset(id)
                .map(|(asset, order)| Reply::json(200, &asset.json(&order)))
                .ok_or_else(|| unknown("Asset", id)),
            ("POST", [id, "download-url"]) => {
                let (asset, _) = self.asset(id).ok_or_else(|| unknown("Asset", id))?;
                let url = self.signed_url(&format!("/assets/{id}/{}", asset.file), &asset.file);
                Ok(Reply::json(200, &json!({"url": url})))
            }
            (_, [] | [_] | [_, "metadata" | "download-url"]) => Err(wrong_method(call)),
            _ => Err(Reply::problem(404, "Resource does not exist.")),
        }
    }

    /// Orders whose images are in the storage.
    fn stored(&self) -> Vec<Order> {
        let now = self.clock.now();
        let books = self.books();
        let orders = books.orders.iter().filter(|order| order.is_stored(now)).cloned();
        // What processing has made stands in the storage as what was ordered does.
        let done = books.processing.iter().filter(|job| job.captured(now).is_some());
        orders.chain(done.filter_map(|job| job.made.clone())).collect()
    }

    /// The order that an item of the storage is of, by the item's URL.
    pub(super) fn source_of(&self, href: &str) -> Option<Order> {
        let (collection, _) = href.split_once("/collections/")?.1.split_once("/items/")?;
        self.stored().into_iter().find(|order| collection_of(order) == collection)
    }

    /// An asset that is there, and its order.
    fn asset(&self, id: &str) -> Option<(Asset, Order)> {
        self.stored().into_iter().find_map(|order| {
            let asset = Asset::all_of(&order).into_iter().find(|asset| asset.id == id)?;
            Some((asset, order))
        })
    }

    /// The archives, of which each order has one.
    fn list_assets(&self, call: &Call) -> Answer {
        let (page, size) = page_of(call, PAGE)?;
        let found = |order: &Order| {
            call.query("search").is_none_or(|text| order.id == text || order.name.contains(text))
        };
        let mut assets: Vec<Value> = self
            .stored()
            .iter()
            .filter(|order| found(order))
            .filter_map(|order| Some(Asset::all_of(order).first()?.json(order)))
            .collect();
        assets.reverse();
        Ok(Reply::json(200, &spring_page(&assets, page, size)))
    }

    /// 10.2 g
    pub(super) fn order_coverage(&self, id: &str) -> Answer {
        let now = self.clock.now();
        let books = self.books();
        let order = books.orders.iter().find(|order| order.id == id).ok_or_else(|| unknown("Order", id))?;
        let whole =
            super::catalog::shape::Area::of_geometry(&order.area).map_or(0.0, |area| area.square_km());
        let done = if order.captured(now).is_some() { order.square_km.min(whole) } else { 0.0 };
        let part = |km: f64| json!({"sqKmArea": km, "percentage": 100.0 * km / whole.max(1e-9), "geometry": if km > 0.0 { order.area.clone() } else { Value::Null }});
        Ok(Reply::json(200, &json!({"covered": part(done), "remainder": part(whole - done)})))
    }
}
