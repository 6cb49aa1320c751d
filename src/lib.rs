//! Satellite imagery in Rust notebooks.

mod error;
mod geo;
#[cfg(feature = "simulator")]
pub mod simulator;

pub use error::{Error, ErrorKind, Result, ServerError};
pub use geo::{Aoi, AoiFeature, Bbox};

pub use polars;

/// What a notebook needs: `use up42::prelude::*;`
pub mod prelude {
    pub use crate::{Aoi, Bbox, Error, ErrorKind, Result};
    pub use polars::prelude::{DataFrame, IntoLazy, col, lit};
}
