//! Storage of an account: results of orders and processing jobs, as a STAC API (`docs/up42-api.md`,
//! 12).
//!
//! - [`Storage`]: searches [`StorageItems`], downloads their [`StorageAsset`]s, deletes them.

mod asset;
mod delete;
mod delivery;
mod download;
mod item;
mod items;
mod record;
mod search;
mod view;

pub use asset::StorageAsset;
pub use delete::{Deletion, DeletionPart};
pub(crate) use delivery::deliver;
pub use download::{StorageDownload, StorageDownloads};
pub use item::StorageItem;
pub use items::StorageItems;
pub use search::Storage;
