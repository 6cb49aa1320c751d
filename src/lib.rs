//! Satellite imagery in Rust notebooks.

mod batch;
mod catalog;
mod client;
mod display;
mod error;
mod frame;
mod geo;
mod jobs;
mod map;
mod results;
#[cfg(feature = "simulator")]
pub mod simulator;
mod time;
mod transport;

pub use batch::{Batch, JobCollection, JobRecord, Outcome};
pub use catalog::{Catalog, Quicklook, QuicklookOutcome, Quicklooks, Scene, Scenes, Search, SortBy};
pub use client::{Client, ClientBuilder, Region};
pub use error::{Error, ErrorKind, Result, ServerError};
pub use geo::{Aoi, AoiFeature, Bbox};
pub use jobs::{
    Block, Credits, Estimate, EstimatedJob, GeometryOperation, Job, JobId, JobMode, JobParameters, JobStatus,
    ParallelParameters, Project, ProjectSettings, Setting, Settings, Task, Workflow,
};
pub use map::{Map, Placement};
pub use results::{ResultFeature, Results};
pub use transport::RetryPolicy;

pub use polars;

/// What a notebook needs: `use up42::prelude::*;`
pub mod prelude {
    pub use crate::GeometryOperation::{Bbox, Contains, Intersects};
    pub use crate::{
        Aoi, Client, Error, ErrorKind, JobStatus, ParallelParameters, Result, Search, Settings, SortBy,
    };
    pub use polars::prelude::{DataFrame, IntoLazy, col, lit};
}
