//! Products that can be ordered: collections, their data products, licences and parameters
//! (`docs/up42-api.md`, 9).

mod collection;
mod collections;
mod eula;
mod list;
mod parameter;
mod params;
mod product;
mod view;

pub use collection::DataCollection;
pub use collections::DataCollections;
pub use eula::EulaState;
pub(crate) use eula::states as eula_states;
pub use list::DataProducts;
pub use parameter::{ProductParameter, ProductParameters};
pub(crate) use params::is_place;
pub use product::DataProduct;
