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
