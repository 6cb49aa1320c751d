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
//! quicklooks.map(&aoi).save_html(page.path().join("dakar.html"))?;
//! # Ok::<(), up42::Error>(())
//! ```
//!
//! # The main types
//!
//! - [`Client`]: a login to the platform, or to the [`simulator`] in this process.
//! - [`Aoi`]: the area of interest, from a file of any common format.
//! - [`Catalog`]: UP42's, or any STAC API ([`Catalog::stac`]), with its [`Collections`].
//! - [`Search`], [`Scenes`], [`Quicklooks`]: what the catalog has, as a table, as a
//!   Polars DataFrame ([`Scenes::to_dataframe`]), as a GeoParquet file
//!   ([`Scenes::to_geoparquet`], [`scan_geoparquet`]), as a [`Map`] and as a [`Gallery`].
//! - [`Coverage`], [`Timeline`], [`AoiClouds`], [`Mosaic`]: answers before buying, with
//!   their [`Chart`]s.
//! - [`Project`], [`Workflow`], [`ParallelParameters`], [`Batch`]: many jobs at once,
//!   from places and dates or from a DataFrame
//!   ([`Workflow::construct_parameters_from_dataframe`]); what they would find
//!   ([`JobCollection::found_scenes`]) and their price first ([`Batch::estimate`]), then
//!   their [`JobCollection`], also as charts ([`JobCollection::timeline`],
//!   [`JobCollection::spending`]); found again after a restart ([`Client::batch`],
//!   [`Client::batches`]).
//! - [`Process`], [`ProcessServer`]: processes of today's platform, on the items of the
//!   storage, and those of any OGC API - Processes server, as the same [`Batch`].
//! - [`Map`], [`Layer`]: scenes and pictures in their places, interactive and offline.
//! - [`Results`]: what the jobs made, unpacked, in a frame and on a map.
//! - [`DataCollections`], [`DataProduct`], [`OrderPlan`], [`Orders`]: what can be bought, what
//!   it costs, and buying it, straight from scenes ([`Scenes::order`]) or a mosaic
//!   ([`Mosaic::order`]); [`Budgets`], [`Tasking`].
//! - [`Storage`]: what was delivered, as a STAC API, with its files.
//! - [`Error`]: one line that tells the whole story.
//!
//! In a notebook, what holds many things or is looked at shows itself (HTML, for areas and
//! maps a picture too, and text); a search or an error prints one line.
//!
//! # In a notebook
//!
//! `up42 kernel install` registers the kernel "Rust (UP42)" with this library prebuilt;
//! there, `use up42::prelude::*;` stands already. In a plain evcxr kernel the first cell
//! is `:dep up42 = "0.1"`. The crates whose types stand in this interface are re-exported:
//! `up42::polars`, `up42::geo_types`, `up42::jiff` and `up42::serde_json`.
//!
//! # What it does not do
//!
//! It has no async interface: calls block, and many things at once are done inside. It
//! does not process pixels. It is an independent project, not UP42's.
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `simulator` | yes | [`Client::simulator`] and the [`simulator`] module |

mod account;
mod batch;
mod catalog;
mod client;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod glossary;
mod jobs;
mod open_batch;
mod orders;
mod processes;
mod results;
mod schema;
#[cfg(test)]
mod status_tests;
mod storage;
mod tasking;
mod transport;

pub use account::{Budget, Budgets};
#[doc(hidden)]
pub use batch::rehearsal;
pub use batch::{
    Batch, BatchEntry, Batches, JobCollection, JobRecord, OnChange, OnFailure, Outcome, Running,
};
pub use catalog::{
    AoiCloud, AoiClouds, Catalog, Collection, Collections, Coverage, CoveragePart, Filter, Gallery, Mosaic,
    MosaicCost, MosaicOptions, MosaicPart, Op, Queryable, Queryables, Quicklook, QuicklookOutcome,
    Quicklooks, Scene, Scenes, Search, SortBy, Timeline, TimelinePeriod, scan_geoparquet,
    scan_geoparquet_within,
};
pub use client::{Client, ClientBuilder, Endpoint, Region, Workspace};
pub use glossary::{
    DataCollection, DataCollections, DataProduct, DataProducts, EulaState, ProductParameter,
    ProductParameters,
};
pub use jobs::{
    Block, CreditEntry, CreditHistory, Credits, Durations, Estimate, EstimatedJob, GeometryOperation, Job,
    JobFilter, JobId, JobLogs, JobMode, JobParameters, JobQuery, JobQuicklook, JobQuicklooks, JobStatus,
    JobTask, Manifest, ParallelParameters, ParameterInfo, ParametersInfo, Price, Project, ProjectJob,
    ProjectSettings, Setting, Settings, Task, TaskLog, Workflow,
};
pub use orders::{
    EstimatedOrder, Order, OrderCoverage, OrderEstimate, OrderFilter, OrderItem, OrderPart, OrderPlacement,
    OrderPlan, OrderStatus, Orders, PlacedOrder, PlacedOrders,
};
pub use processes::{
    OgcProcess, Process, ProcessInput, ProcessInputs, ProcessOutput, ProcessRows, ProcessServer,
    ProcessSummary, Processes, ProcessingFilter,
};
pub use results::{Download, FoundByJob, FoundScenes, ResultFeature, Results};
pub use storage::{
    Deletion, DeletionPart, Storage, StorageAsset, StorageDownload, StorageDownloads, StorageItem,
    StorageItems,
};
pub use tasking::{FeasibilityOption, FeasibilityStudies, FeasibilityStudy, Quotation, Quotations, Tasking};
pub use transport::RetryPolicy;
#[doc(inline)]
pub use up42_core::{AoiFeature, Bbox, Error, ErrorKind, ReadLimits, Result, ServerError};
#[cfg(feature = "simulator")]
#[doc(inline)]
pub use up42_simulator as simulator;
#[doc(inline)]
pub use up42_view::{
    Aoi, Chart, Layer, Live, Map, MimeBundle, Placement, Show, Tiles, ToMimeBundle, display, display_live,
};

// Their types stand in this crate's interface.
pub use {geo_types, jiff, polars, serde_json};

/// What a notebook needs: `use up42::prelude::*;`
pub mod prelude {
    pub use crate::GeometryOperation::{Bbox, Contains, Intersects};
    pub use crate::{
        Aoi, Catalog, Client, Endpoint, Error, ErrorKind, JobFilter, JobQuery, JobStatus, Layer, Map,
        MimeBundle, MosaicOptions, OnChange, OnFailure, Op, OrderFilter, OrderStatus, ParallelParameters,
        ProcessServer, Result, Search, Settings, Show, SortBy, ToMimeBundle, display, display_live,
    };
    pub use polars::df;
    pub use polars::prelude::{DataFrame, IntoLazy, col, lit};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
