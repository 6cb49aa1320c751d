//! Classic assets of a workspace (`docs/up42-api.md`, 12.1).

use serde_json::{Value, json};

use super::asset::{Asset, finished_at};
use crate::auth::WORKSPACE_ID;
use crate::orders::order::Order;
use crate::pagination::{page_json, page_of, sort};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::request::Request;
use crate::routes::{Route, get};

const PAGE: usize = 10;

/// Returns the endpoints of classic assets.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/workspaces/{workspace}/assets", |platform, request, [_]| platform.list_classic_assets(request)),
        get("/workspaces/{workspace}/assets/{id}", |platform, _, [_, id]| {
            let (asset, order) = platform.classic_asset(id)?;
            Ok(Reply::data(asset.classic_json(&order)))
        }),
        get("/workspaces/{workspace}/assets/{id}/downloadUrl", |platform, _, [_, id]| {
            let (asset, _) = platform.classic_asset(id)?;
            Ok(Reply::data(json!({"url": platform.asset_url_of(&asset)})))
        }),
    ]
}

impl Platform {
    fn list_classic_assets(&self, request: &Request) -> Answer {
        let (page, size) = page_of(request, PAGE)?;
        let json = |order: &Order| Asset::archive_of(order).classic_json(order);
        let mut assets: Vec<Value> = self.stored().iter().map(json).collect();
        sort(&mut assets, request, "Asset", &Asset::SORTED_BY)?;
        Ok(Reply::data(page_json(&assets, page, size)))
    }

    fn classic_asset(&self, id: &str) -> Result<(Asset, Order), Reply> {
        self.asset(id).ok_or_else(|| Reply::refused(404, 404, format!("Asset not found for id {id}")))
    }
}

impl Asset {
    fn classic_json(&self, order: &Order) -> Value {
        let (kind, source) = match (order.kind(), order.job_id()) {
            (_, Some(_)) => ("CUSTOM", "BLOCK"),
            ("TASKING", None) => ("TASKING", "TASKING"),
            _ => ("ARCHIVED", "ORDER"),
        };
        let by = |kind: &str| json!({"id": WORKSPACE_ID, "type": kind});
        let at = finished_at(order);
        json!({
            "id": self.id,
            "workspaceId": WORKSPACE_ID,
            "type": kind,
            "source": source,
            "name": self.file,
            "size": self.size(order),
            "isDeleted": false,
            "createdAt": at,
            "updatedAt": at,
            "createdBy": by("USER"),
            "updatedBy": by("INTERNAL"),
        })
    }
}
