//! The catalogs: the STAC API of today, the classic search, the hosts.

mod archive;
mod classic;
mod filter;
pub(super) mod given;
mod landing;
pub(super) mod scene;
pub(super) mod search;
pub(super) mod sensor;
pub(super) mod shape;
mod sky;
mod stac;

pub(super) use search::Catalog;
