//! The storage of an account: what was delivered and processed, as a STAC API
//! (`docs/up42-api.md`, 12).
//!
//! - [`Storage`]: searches [`StorageItems`], downloads their [`StorageAsset`]s, deletes them.

mod asset;
mod delete;
mod deliver;
mod download;
mod item;
mod items;
mod record;
mod search;
mod view;

pub use asset::StorageAsset;
pub use delete::{Deletion, DeletionPart};
pub(crate) use deliver::deliver;
pub use download::{StorageDownload, StorageDownloads};
pub use item::StorageItem;
pub use items::StorageItems;
pub use search::Storage;
