use std::fmt;
use std::path::Path;
use std::sync::Arc;

use geo::Geometry;
use serde_json::{Map, Value};

use super::{JobTask, quicklook_footprint};
use crate::client::{data, items};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::file;
use up42_core::impl_list;
use up42_core::parallel::in_parallel;
use up42_core::redact;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;
use up42_view::picture::{self, MOST_BYTES};

/// Largest number of simultaneous downloads; the client's rate limiter applies too.
const CONCURRENT_REQUESTS: usize = 16;

/// Quicklooks of a job's task, each with its own outcome: a failed download does not affect the
/// others.
#[derive(Clone, Default)]
pub struct JobQuicklooks {
    pub(super) quicklooks: Vec<JobQuicklook>,
}

/// One quicklook of a job's task.
#[derive(Clone)]
#[non_exhaustive]
pub struct JobQuicklook {
    /// Name on the platform, such as `S2A_2019.jpeg`.
    pub name: String,
    /// Footprint of the quicklook: outline of its result, WGS 84. `None` if the task's `data.json`
    /// has no such result, or if the picture's aspect ratio differs from the outline's, because it
    /// then shows more than the result.
    pub footprint: Option<Geometry>,
    /// Properties of the result in `data.json`.
    pub properties: Map<String, Value>,
    picture: Result<Arc<[u8]>>,
}

impl JobTask {
    /// Downloads the quicklooks of the images found by the task, several at a time. Only data tasks
    /// have quicklooks.
    ///
    /// ```
    /// # use up42::{Client, simulator::Clock, simulator::Simulator};
    /// # use up42::jobs::ParallelParameters;
    /// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let project = client.project()?;
    /// # let workflow = project.workflow("airports")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// # let aoi = up42::Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let places = ParallelParameters::new().geometries(&aoi).interval_dates([("2019-01-01", "2019-12-31")]);
    /// # let jobs = workflow.run_jobs_parallel(workflow.construct_parameters_parallel(places)?)?;
    /// # let id = jobs.iter().next().unwrap().job.as_ref().unwrap().id.clone();
    /// let quicklooks = project.job(&id)?.task("sobloo-s2-l1c-aoiclipped")?.download_quicklooks()?;
    /// assert!(quicklooks.iter().all(|one| one.picture().is_some() && one.footprint.is_some()));
    /// let map = quicklooks.to_map(&aoi);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the job no longer exists. The error
    /// of a single quicklook is in [`error`](JobQuicklook::error).
    pub fn download_quicklooks(&self) -> Result<JobQuicklooks> {
        let download = || {
            let list = self.project().client().json(Request::get(self.url("/outputs/quicklooks/")?));
            let names = items(list.and_then(data)?, "data")?;
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            let features = if names.is_empty() { Vec::new() } else { self.features()? };
            let quicklooks = in_parallel(&names, CONCURRENT_REQUESTS, |name| self.quicklook(name, &features));
            Ok::<_, Error>(JobQuicklooks { quicklooks })
        };
        download().with_context(|| self.error_context("quicklooks"))
    }

    fn quicklook(&self, name: &str, features: &[Value]) -> JobQuicklook {
        let picture = self.picture(name).with_context(|| format!("quicklook `{name}`"));
        let feature = quicklook_footprint::feature_of(name, features);
        let footprint = feature.zip(picture.as_ref().ok());
        let footprint = footprint.and_then(|(feature, bytes)| quicklook_footprint::footprint(feature, bytes));
        let properties = feature.and_then(|feature| feature.get("properties")?.as_object()).cloned();
        JobQuicklook { name: name.to_owned(), footprint, properties: properties.unwrap_or_default(), picture }
    }

    fn picture(&self, name: &str) -> Result<Arc<[u8]>> {
        let request = Request::get(self.quicklook_url(name)?).at_most(MOST_BYTES);
        let bytes = self.project().client().send(request)?.body;
        match image::guess_format(&bytes) {
            Ok(image::ImageFormat::Jpeg | image::ImageFormat::Png) => Ok(bytes.into()),
            _ => Err(Error::response(format!("{} bytes that are neither JPEG nor PNG", bytes.len()))),
        }
    }
}

impl_list!(JobQuicklooks(quicklooks: JobQuicklook), "Returns an iterator over the quicklooks, in the platform's order.");

impl JobQuicklooks {
    /// Returns the number of quicklooks with a picture.
    pub fn pictures(&self) -> usize {
        self.iter().filter(|one| one.picture().is_some()).count()
    }

    /// Writes each picture to the folder, under its name on the platform. Names that are invalid on
    /// some system, or that differ only in case, are cleaned and get a hash.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if a file cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let pictures = self.iter().filter_map(|quicklook| Some((&quicklook.name, quicklook.picture()?)));
        let pictures = pictures.map(|(name, bytes)| {
            let suffix = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpg" };
            let is_named = matches!(picture::extension(Path::new(name)).as_str(), "jpg" | "jpeg" | "png");
            let shown = redact::data(name);
            let file = if is_named { shown.into_owned() } else { format!("{shown}.{suffix}") };
            (name.clone(), file, bytes)
        });
        file::write_all(folder.as_ref(), pictures)
    }
}

impl JobQuicklook {
    /// Returns the bytes of the picture, JPEG or PNG; `None` if the download failed.
    pub fn picture(&self) -> Option<&[u8]> {
        self.picture.as_deref().ok()
    }

    /// Returns the reason why there is no picture.
    pub fn error(&self) -> Option<&Error> {
        self.picture.as_ref().err()
    }
}

impl fmt::Debug for JobQuicklooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.pictures(), counted(self.len(), "quicklook"))
    }
}

impl fmt::Debug for JobQuicklook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = sanitize(&self.name, 200);
        match &self.picture {
            Ok(bytes) => write!(f, "{name}: {} KB", bytes.len().div_ceil(1000)),
            Err(error) => write!(f, "{name}: {error}"),
        }
    }
}
