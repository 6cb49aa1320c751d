use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::archive::Limits;
use super::files::Files;
use super::folder::{Folder, Place};
use super::merged::data_path;
use super::progress::Progress;
use super::renamed::Renamed;
use super::{Download, ResultFeature};
use crate::batch::{Delivery, JobCollection, JobRecord, Outcome};
use crate::jobs::JobId;
use crate::transport::{DownloadProgress, UnpackReservation};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::impl_list;
use up42_core::parallel::in_parallel;

/// Downloaded results of a batch: `job_<id>/` for each job, and a `data.json` with the features of
/// all jobs in the folder.
#[derive(Clone)]
pub struct Results {
    folder: PathBuf,
    pub(super) data: PathBuf,
    features: Vec<ResultFeature>,
    failed: Vec<(String, Error)>,
    renamed: Vec<(String, PathBuf)>,
    /// Number of jobs without results: failed, rejected, or not ended.
    without: usize,
}

impl JobCollection {
    /// Downloads the results of all succeeded jobs, several at a time, and unpacks them to
    /// `job_<id>/`. One `data.json` lists the features of all jobs in the folder, including those
    /// downloaded earlier. A `data.json` written or changed by others stays unchanged, and the list
    /// gets another name ([`Results::data_path`]). A download of more than a few seconds prints its
    /// progress: bytes, rate and time left.
    ///
    /// Repeated calls resume: complete results are not downloaded again, interrupted downloads are
    /// continued, also after the program was killed, and failed ones are retried. No job runs
    /// again. Orders and processing jobs deliver to the storage, whose list of items may be
    /// incomplete: it is requested again by each call, and new items are added. If two programs
    /// download to one folder, one waits for the other.
    ///
    /// Each download needs free space on the disk for the packed and the unpacked files. An archive
    /// is rejected as a whole if an entry would leave the folder or is not a regular file, or if it
    /// unpacks to too many bytes: an archive above [`Download::largest()`] is kept, and unpacked by
    /// a call with a higher limit. Files with names that are invalid on this system are renamed
    /// ([`Results::renamed`]). Archives are streamed, so memory use does not depend on their size.
    ///
    /// ```
    /// # use up42::{Client, Aoi};
    /// # use up42::jobs::ParallelParameters;
    /// # use up42::results::Download;
    /// # let client = Client::simulator()?;
    /// # let workflow = client.project()?.workflow("ports")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// # let place = Aoi::from_bbox([13.3, 52.5, 13.32, 52.52])?;
    /// # let one = ParallelParameters::new().geometries(&place).interval_dates([("2019-01-01", "2019-12-31")]);
    /// # let parameters = workflow.construct_parameters_parallel(one)?;
    /// # let batch = workflow.batch("ports", parameters)?.quiet();
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let jobs = batch.run()?;
    /// let results = jobs.download_results(folder)?;
    /// let again = jobs.download_results(Download::to(folder).quiet())?;
    /// assert_eq!(results.len(), again.len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the folder cannot be written. Errors of single
    /// jobs are in [`failed`](Results::failed).
    pub fn download_results(&self, to: impl Into<Download>) -> Result<Results> {
        let to = to.into();
        let context = || format!("download results to `{}`", to.folder.display());
        let waits = || {
            if !to.is_quiet {
                println!("another program downloads to `{}`: waiting for it", to.folder.display());
            }
        };
        let folder = Folder::open(&to.folder, waits).with_context(context)?;
        let finished: Vec<(&JobRecord, &JobId)> = self
            .iter()
            .filter(|record| matches!(record.outcome, Outcome::Succeeded { .. }))
            .filter_map(|record| Some((record, &record.job.as_ref()?.id)))
            .collect();
        let is_whole = |id: &JobId| folder.place(id).is_whole();
        let progress = Progress::new(finished.iter().filter(|(_, id)| !is_whole(id)).count());
        let limits = Limits { files: to.files, bytes: to.largest };
        let fetch = |(record, id): &(&JobRecord, &JobId)| {
            let was_whole = is_whole(id);
            let fetched = self.fetch(&folder, record, id, limits, &progress.incoming);
            if !was_whole {
                progress.end_one();
            }
            fetched.with_context(|| format!("results of job `{id}`"))
        };
        let fetched = progress.show_during(to.is_quiet, || in_parallel(&finished, to.at_once, fetch));
        let mut results = Results {
            folder: folder.path().to_owned(),
            data: data_path(folder.path()).with_context(context)?,
            features: Vec::new(),
            failed: Vec::new(),
            renamed: Vec::new(),
            without: self.len() - finished.len(),
        };
        for ((record, _), features) in finished.iter().zip(fetched) {
            let failed = match features {
                Ok(fetched) => {
                    results.features.extend(fetched.features);
                    results.renamed.extend(fetched.renamed);
                    fetched.missing
                }
                Err(error) => Some(error),
            };
            results.failed.extend(failed.map(|error| (record.label.clone(), error)));
        }
        let requested: Vec<&JobId> = finished.iter().map(|(_, id)| *id).collect();
        results.write_merged(&folder, &requested).with_context(context)?;
        Ok(results)
    }

    fn fetch(
        &self,
        folder: &Folder,
        record: &JobRecord,
        id: &JobId,
        limits: Limits,
        incoming: &DownloadProgress,
    ) -> Result<Fetched> {
        let place = folder.place(id);
        let mut missing = None;
        if place.is_whole() {
            if place.may_grow() {
                let grown = self.download(id, &place, limits, incoming);
                let grown = grown.with_context(|| format!("the new results of job `{id}`"));
                missing = grown.err().filter(hides_results);
            }
        } else {
            let packed = match place.archive.metadata() {
                Ok(archive) if archive.is_file() => Some(incoming.packed(archive.len())),
                _ => self.download(id, &place, limits, incoming)?,
            };
            if let Some(packed) = packed {
                place.unpack(folder, limits, packed)?;
            }
        }
        if place.archive.exists() {
            fs::remove_file(&place.archive)?;
        }
        let renamed = Renamed::read(&place.folder);
        let features = ResultFeature::read_all(&place.folder, &renamed, record, id)?;
        let renamed = renamed.iter().map(|(path, here)| (path.to_owned(), place.folder.join(here)));
        Ok(Fetched { features, renamed: renamed.collect(), missing })
    }

    /// Downloads the results of a job; `None` if they are single files, which are then complete.
    fn download(
        &self,
        id: &JobId,
        place: &Place,
        limits: Limits,
        incoming: &DownloadProgress,
    ) -> Result<Option<UnpackReservation>> {
        let client = self.client();
        match self.delivery(id)? {
            Delivery::Archive(url) => client.download_signed(&place.archive, incoming, url).map(Some),
            Delivery::Files { features, files, may_grow } => {
                place.take(client, &Files { features, files, may_grow }, limits, incoming).map(|()| None)
            }
        }
    }
}

/// Results of a job on the disk.
struct Fetched {
    features: Vec<ResultFeature>,
    /// Renamed files: path in the archive, path on the disk.
    renamed: Vec<(String, PathBuf)>,
    /// Error of the request for new results, if results may be missing.
    missing: Option<Error>,
}

/// Returns whether results may be missing after this error. Not if the list is empty: then the
/// items were deleted from the storage, and are still on the disk.
fn hides_results(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Response)
}

impl_list!(Results(features: ResultFeature), "Returns an iterator over the results.");

impl Results {
    /// Returns the folder of the results.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of the list of all features in the folder: `data.json`, or `data-2.json`
    /// and so on if that name is taken by another file.
    pub fn data_path(&self) -> &Path {
        &self.data
    }

    /// Returns the files that were renamed because their names are invalid or taken on this system:
    /// path in the archive, path on the disk.
    pub fn renamed(&self) -> &[(String, PathBuf)] {
        &self.renamed
    }

    /// Returns the label and the error of each job whose results could not be downloaded
    /// completely. Call [`download_results`](JobCollection::download_results) again to retry.
    pub fn failed(&self) -> Vec<(&str, Error)> {
        self.failed.iter().map(|(label, error)| (label.as_str(), error.clone())).collect()
    }

    /// Returns the number of jobs without results: failed, rejected, or not ended.
    pub fn without_results(&self) -> usize {
        self.without
    }

    /// Creates results without a download, for tests.
    #[cfg(any(test, fuzzing))]
    pub(super) fn of_features(folder: &Path, features: Vec<ResultFeature>) -> Self {
        let (folder, data) = (folder.to_owned(), folder.join("data.json"));
        Self { folder, data, features, failed: Vec::new(), renamed: Vec::new(), without: 0 }
    }

    pub(super) fn features(&self) -> &[ResultFeature] {
        &self.features
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} results in {}", self.len(), self.folder.display())?;
        if !self.failed.is_empty() {
            write!(f, ", {} jobs could not be downloaded", self.failed.len())?;
        }
        if self.without > 0 {
            write!(f, ", {} jobs have none", self.without)?;
        }
        if !self.renamed.is_empty() {
            write!(f, ", {} files are called otherwise than in their archives", self.renamed.len())?;
        }
        if !self.data.ends_with("data.json") {
            write!(f, ", listed in {}", self.data.display())?;
        }
        Ok(())
    }
}
