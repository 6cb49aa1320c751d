//! What can be bought: collections, their data products, and what a product can be told
//! (API reference, 9).

mod collection;
mod collections;
mod eula;
mod parameter;
mod params;
mod product;
mod products;
mod view;

pub use collection::DataCollection;
pub use collections::DataCollections;
pub use eula::EulaState;
pub(crate) use eula::states as eula_states;
pub use parameter::{ProductParameter, ProductParameters};
pub(crate) use params::is_place;
pub use product::DataProduct;
pub use products::DataProducts;
