//! Satellite imagery in Rust notebooks: find scenes, see them before paying, and run
//! the same analysis over many places and dates at once.
//!
//! ```
//! use up42::prelude::*;
//!
//! let client = Client::simulator()?; // or Client::from_env()?
//! let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?.named("Dakar");
//! let search = Search::new(&aoi).between("2018-01-01", "2020-12-31").max_cloud_cover(20.0).limit(5);
//!
//! let scenes = client.catalog().search(&search)?;
//! let clear = scenes.to_dataframe()?.lazy().filter(col("aoi_coverage").gt(lit(20.0))).collect()?;
//! let quicklooks = client.catalog().download_quicklooks(&scenes.select(&clear)?)?;
//! let page = tempfile::tempdir()?;
//! quicklooks.to_map(&aoi).save_html(page.path().join("dakar.html"))?;
//! # Ok::<(), up42::Error>(())
//! ```
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`aoi`] | [`Aoi`]: areas of interest, from files of any common format |
//! | [`catalog`] | search results, quicklooks, coverage, mosaics: [`Catalog`](catalog::Catalog), [`Search`](catalog::Search), [`Scenes`](catalog::Scenes) |
//! | [`jobs`] | projects, workflows and their jobs: [`Project`](jobs::Project), [`Workflow`](jobs::Workflow), [`ParallelParameters`](jobs::ParallelParameters) |
//! | [`batch`] | many jobs at once, each bought once: [`Batch`](batch::Batch), [`JobCollection`](batch::JobCollection) |
//! | [`results`] | downloaded results of jobs: [`Results`](results::Results) |
//! | [`raster`] | GeoTIFFs: facts, statistics, indices, zonal time series: [`Raster`](raster::Raster) |
//! | [`products`], [`orders`], [`tasking`] | data products, orders of archive images and of new ones: [`DataProduct`](products::DataProduct), [`OrderPlan`](orders::OrderPlan), [`Tasking`](tasking::Tasking) |
//! | [`storage`] | delivered images: [`Storage`](storage::Storage) |
//! | [`processes`] | UP42's processing, and OGC API - Processes servers: [`Process`](processes::Process), [`ProcessServer`](processes::ProcessServer) |
//! | [`account`] | budgets: [`Budgets`](account::Budgets) |
//! | [`client`] | login and connection: [`Client`] |
//! | [`view`] | maps, charts and tables: [`Map`](view::Map), [`Chart`](view::Chart), [`Show`](view::Show) |
//! | [`simulator`] | a simulated platform in this process |
//! | [`error`] | [`Error`]: one line with the whole chain of causes |
//!
//! In a notebook, lists, frames, areas, maps and charts display themselves as HTML and text, and
//! areas and maps as a picture, too. A search or an error prints one line.
//!
//! # In a notebook
//!
//! `up42 kernel install` registers the kernel "Rust (UP42)" with this library prebuilt, in which
//! `up42::prelude` is imported. In a plain evcxr kernel the first cell is `:dep up42 = "0.1"`. The
//! crates whose types occur in this interface are re-exported: `up42::polars`, `up42::geo_types`,
//! `up42::jiff` and `up42::serde_json`.
//!
//! # Limits
//!
//! There is no async interface: calls block, and send their requests concurrently where that is
//! faster. This is an independent project, not UP42's.
//!
//! # Features
//!
//! | feature | default | contents |
//! |---|---|---|
//! | `simulator` | yes | [`Client::simulator`] and the [`simulator`] module |

pub mod account;
pub mod batch;
pub mod catalog;
pub mod client;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod jobs;
mod open_batch;
pub mod orders;
pub mod processes;
pub mod products;
pub mod raster;
pub mod results;
mod schema;
#[cfg(test)]
mod status_tests;
pub mod storage;
pub mod tasking;
mod transport;

/// Areas of interest, and the limits within which files are read.
pub mod aoi {
    #[doc(inline)]
    pub use up42_core::{AoiFeature, Bbox, ReadLimits};
    #[doc(inline)]
    pub use up42_view::Aoi;
}

/// The one error of this library.
pub mod error {
    #[doc(inline)]
    pub use up42_core::{Error, ErrorKind, Result, ServerError};
}

/// Values as a notebook shows them: MIME bundles, tables, charts and maps.
pub mod view {
    #[doc(inline)]
    pub use up42_view::{
        Chart, Layer, Live, Map, MimeBundle, Placement, Show, Tiles, ToMimeBundle, display, display_live,
    };
}

/// Dates as searches take them.
pub mod time {
    #[doc(inline)]
    pub use up42_core::time::DateBound;
}

pub use aoi::Aoi;
#[doc(hidden)]
pub use batch::rehearsal;
pub use client::Client;
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "simulator")]
#[doc(inline)]
pub use up42_simulator as simulator;

// Their types occur in this crate's interface.
pub use {geo_types, jiff, polars, serde_json};

/// The names that a notebook needs: `use up42::prelude::*;`
pub mod prelude {
    pub use crate::batch::{OnChange, OnFailure};
    pub use crate::catalog::{Catalog, MosaicOptions, Op, Search, SortBy};
    pub use crate::client::Endpoint;
    pub use crate::jobs::GeometryOperation::{Bbox, Contains, Intersects};
    pub use crate::jobs::{JobFilter, JobQuery, JobStatus, ParallelParameters, Settings};
    pub use crate::orders::{OrderFilter, OrderStatus};
    pub use crate::processes::ProcessServer;
    pub use crate::raster::{Index, Mask, Raster, Statistic, band};
    pub use crate::view::{Layer, Map, MimeBundle, Show, ToMimeBundle, display, display_live};
    pub use crate::{Aoi, Client, Error, ErrorKind, Result};
    pub use polars::df;
    pub use polars::prelude::{DataFrame, IntoLazy, col, lit};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
