//! Satellite imagery in Rust notebooks.

mod display;
mod error;
mod geo;
mod map;

pub use error::{Error, ErrorKind, Result, ServerError};
pub use geo::{Aoi, AoiFeature, Bbox};
pub use map::{Map, Placement};

pub use polars;

/// What a notebook needs: `use up42::prelude::*;`
pub mod prelude {
    pub use crate::{Aoi, Bbox, Error, ErrorKind, Result};
    pub use polars::prelude::{DataFrame, IntoLazy, col, lit};
}
