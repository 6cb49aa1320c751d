//! Catalogs: the current STAC API, the classic search, and the search of hosts.

pub(super) mod archive;
mod cell;
mod classic;
mod collections;
mod data_products;
mod filter;
pub(super) mod given;
pub(super) mod landing;
pub(super) mod query;
pub(super) mod scene;
pub(super) mod search;
pub(super) mod sensor;
pub(super) mod shape;
mod sky;
pub(super) mod stac;
mod stac_root;

pub(super) use archive::LARGEST_LATITUDE;
pub(super) use filter::{instant, order};
pub(super) use search::Catalog;

use super::routes::{Route, get, post};

/// Returns the endpoints of the classic search, of data products and of collections.
pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/catalog/stac/search", |platform, request, []| platform.classic_search(request, None)),
        post("/catalog/hosts/{host}/stac/search", |platform, request, [host]| {
            platform.classic_search(request, Some(host))
        }),
        get("/catalog/{host}/image/{id}/quicklook", |platform, _, [_, id]| platform.classic_quicklook(id)),
        get("/data-products", |platform, _, []| platform.data_products()),
        get("/collections", |platform, _, []| platform.classic_collections()),
        get("/v2/collections", |platform, request, []| platform.list_collections(request)),
    ]
}
