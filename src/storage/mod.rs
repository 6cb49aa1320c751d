//! The storage: what was delivered and processed, as a STAC API (API reference, 12).
//!
//! - [`search`]: which items there are; [`item`], [`items`]: what they are.
//! - [`asset`], [`download`], [`record`]: their files; [`delete`]: how they go.

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
