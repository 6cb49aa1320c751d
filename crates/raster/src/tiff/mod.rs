//! Headers of TIFF files, classic and BigTIFF.

mod blocks;
mod byte_order;
mod directory;
mod geo_keys;
mod georeference;
mod header;
mod image;
mod metadata;
mod pages;
pub mod tags;

pub use blocks::Block;
pub use byte_order::ByteOrder;
pub use directory::{Directory, Reader};
pub use geo_keys::GeoKeys;
pub use georeference::Georeference;
pub use header::{Header, LevelImages};
pub use image::Image;
pub use metadata::Metadata;
