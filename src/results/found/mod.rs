//! Results of dry runs: scenes with their quicklooks, and prices of the real jobs.

mod requests;
mod view;

use std::collections::{HashMap, HashSet};
use std::fmt;

use polars::prelude::DataFrame;

use self::requests::Listed;
use crate::batch::{JobCollection, JobRecord};
use crate::catalog::{Quicklook, QuicklookOutcome, Quicklooks};
use crate::frame::Frame;
use crate::jobs::{JobId, JobStatus, Price, Project};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::geo::wkb;
use up42_core::impl_list;
use up42_core::parallel::in_parallel;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;

/// Largest number of simultaneous requests; the client's rate limiter applies too.
const CONCURRENT_REQUESTS: usize = 16;

/// Results of the jobs of a [dry run](crate::jobs::Workflow::test_jobs_parallel), each with its own
/// outcome, in the order of the parameters.
#[derive(Clone)]
pub struct FoundScenes {
    jobs: Vec<FoundByJob>,
}

/// Result of one dry run.
#[derive(Clone)]
#[non_exhaustive]
pub struct FoundByJob {
    /// Label of the job: usually place and dates.
    pub label: String,
    /// Job on the platform, if it was created.
    pub job: Option<JobId>,
    /// Scenes with their quicklooks, or the reason why they are unknown.
    pub scenes: Result<Vec<Quicklook>>,
    /// Price of the real job, or the reason why it is unknown.
    pub price: Result<Price>,
}

impl_list!(FoundScenes(jobs: FoundByJob), "Returns an iterator over the results of the jobs.");

impl JobCollection {
    /// Requests, for each job of a [dry run](crate::jobs::Workflow::test_jobs_parallel), its
    /// scenes, their quicklooks, and the price of the real job. It is free.
    ///
    /// ```
    /// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
    /// # use up42::jobs::ParallelParameters;
    /// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let workflow = client.project()?.workflow("dakar")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// let years = [("2019-01-01", "2019-12-31"), ("2020-01-01", "2020-12-31")];
    /// let parameters = workflow.construct_parameters_parallel(
    ///     ParallelParameters::new().geometries(&aoi).interval_dates(years),
    /// )?;
    /// let found = workflow.test_jobs_parallel(parameters)?.found_scenes()?;
    /// assert_eq!(found.quicklooks().pictures(), 2);
    /// found.to_map(&aoi);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// The scenes are the features of the job's `data.json` (`docs/up42-api.md`, 5.1). A scene
    /// known only from the name of a quicklook has no footprint.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if these are not jobs of a workflow. If all requests of all jobs
    /// fail, the error of the first. Other errors of a job are in its
    /// [`scenes`](FoundByJob::scenes) or [`price`](FoundByJob::price).
    #[doc(alias = "get_quicklooks", alias = "download_quicklooks")]
    pub fn found_scenes(&self) -> Result<FoundScenes> {
        let (records, project) = (self.iter().as_slice(), self.project()?);
        let listed = in_parallel(records, CONCURRENT_REQUESTS, |record| listed(project, record));
        let prices = in_parallel(records, CONCURRENT_REQUESTS, |record| {
            requests::price(project, id_of(record)?, record)
        });
        let outcomes = self.pictures(&listed);
        let scenes = |listed: Vec<Listed>| {
            let outcome = |id: &str| outcomes.get(id).cloned().unwrap_or(QuicklookOutcome::Missing);
            listed
                .into_iter()
                .map(|one| Quicklook { outcome: outcome(&one.scene.id), scene: one.scene })
                .collect()
        };
        let jobs = records.iter().zip(listed).zip(prices).map(|((record, listed), price)| FoundByJob {
            label: record.label.clone(),
            job: record.job.as_ref().map(|job| job.id.clone()),
            scenes: listed.map(scenes),
            price,
        });
        let jobs: Vec<_> = jobs.collect();
        if let Some(error) = jobs.first().and_then(|job| job.scenes.as_ref().err())
            && jobs.iter().all(|job| job.scenes.is_err() && job.price.is_err())
        {
            return Err(error.clone().context(format!("scenes of `{}`", self.name())));
        }
        Ok(FoundScenes { jobs })
    }

    /// Downloads the quicklooks, once per scene.
    fn pictures(&self, listed: &[Result<Vec<Listed>>]) -> HashMap<String, QuicklookOutcome> {
        let all = listed.iter().flatten().flatten();
        let wanted: HashMap<&str, &str> =
            all.filter_map(|one| Some((one.scene.id.as_str(), one.quicklook.as_deref()?))).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let outcomes =
            in_parallel(&wanted, CONCURRENT_REQUESTS, |(_, url)| requests::picture_at(self.client(), url));
        wanted.into_iter().map(|(id, _)| id.to_owned()).zip(outcomes).collect()
    }
}

fn listed(project: &Project, record: &JobRecord) -> Result<Vec<Listed>> {
    let has_ended = record.job.as_ref().is_some_and(|job| job.status == JobStatus::Succeeded);
    match has_ended {
        true => requests::scenes(project, id_of(record)?),
        false => Err(not_there(record)),
    }
}

fn id_of(record: &JobRecord) -> Result<&JobId> {
    record.job.as_ref().map(|job| &job.id).ok_or_else(|| not_there(record))
}

fn not_there(record: &JobRecord) -> Error {
    Error::new(ErrorKind::NotFound, record.reason().unwrap_or_else(|| "it has not ended yet".to_owned()))
}

impl FoundScenes {
    /// Returns the scenes with their quicklooks, each scene once.
    pub fn quicklooks(&self) -> Quicklooks {
        let mut known = HashSet::new();
        let all = self.iter().filter_map(|job| job.scenes.as_ref().ok()).flatten();
        let different = all.filter(|quicklook| known.insert(quicklook.scene.id.as_str()));
        Quicklooks::of(different.cloned().collect())
    }

    /// Returns the scenes as a Polars DataFrame, one row per scene and job; a job without scenes
    /// has one row.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `label` | String | | never null | |
    /// | `job` | String | | no job was created | `id` of the job |
    /// | `scene` | String | | the job found none | name of the quicklook, or `id` of the feature |
    /// | `collection` | String | | not stated | as for [`Scenes`](crate::catalog::Scenes::to_dataframe) |
    /// | `datetime` | Datetime(ms) | UTC | not stated | the same |
    /// | `cloud_cover` | Float64 | % of the scene | unknown | the same |
    /// | `geometry` | Binary | degrees, WGS 84 | no footprint | the same, as WKB |
    /// | `quicklook` | Boolean | | never null | whether there is a picture |
    /// | `min_credits`, `max_credits` | Int64 | credits for the whole job | unknown | `credit` of the job's estimate |
    /// | `error` | String | | the scenes are known | |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        type Row<'a> = (&'a FoundByJob, Option<&'a Quicklook>);
        let rows: Vec<Row> = self
            .iter()
            .flat_map(|job| {
                let scenes = job.scenes.as_deref().unwrap_or_default();
                let none = scenes.is_empty().then_some((job, None));
                scenes.iter().map(move |scene| (job, Some(scene))).chain(none)
            })
            .collect();
        let credits = |row: &Row| Some(row.0.price.as_ref().ok()?.credits);
        let errors = rows.iter().map(|(job, _)| Some(job.scenes.as_ref().err()?.to_string()));
        Frame::of(&rows)
            .text("label", |(job, _)| Some(&job.label))
            .text("job", |(job, _)| Some(job.job.as_ref()?.as_str()))
            .text("scene", |(_, found)| Some(&found.as_ref()?.scene.id))
            .text("collection", |(_, found)| found.as_ref()?.scene.collection.as_deref())
            .instant("datetime", |(_, found)| found.as_ref()?.scene.datetime)?
            .number("cloud_cover", |(_, found)| found.as_ref()?.scene.cloud_cover)
            .binary("geometry", |(_, found)| found.as_ref()?.scene.footprint.as_ref().map(wkb::write))
            .flag("quicklook", |(_, found)| found.is_some_and(|found| found.picture().is_some()))
            .integer("min_credits", |row| Some(credits(row)?.min))
            .integer("max_credits", |row| Some(credits(row)?.max))
            .strings("error", errors.collect())
            .finish()
            .context("found scenes to a DataFrame")
    }
}

impl fmt::Debug for FoundScenes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found =
            self.iter().filter(|job| job.scenes.as_ref().is_ok_and(|scenes| !scenes.is_empty())).count();
        write!(f, "{found} of {} found scenes", counted(self.len(), "dry run"))
    }
}

impl fmt::Debug for FoundByJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scenes {
            Ok(scenes) => write!(f, "{}: {}", sanitize(&self.label, 200), counted(scenes.len(), "scene")),
            Err(error) => write!(f, "{}: {error}", sanitize(&self.label, 200)),
        }
    }
}
