use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::locked_run::Task;
use super::report::JobCollection;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_view::MimeBundle;
use up42_view::elements::Cell;
use up42_view::impl_mime_bundle;

/// A batch that runs in the background, while other cells run.
///
/// Its display and its [`jobs`](Self::jobs) show the current state. The run continues if this value
/// is dropped; if the process ends, the next [`Batch::run`] resumes the batch.
pub struct Running {
    batch: Batch,
    thread: JoinHandle<()>,
    end: Arc<Mutex<Option<Result<JobCollection>>>>,
}

impl Batch {
    /// Runs the batch in the background, as [`run`](Self::run) does, but prints no progress. In the
    /// kernel of `up42`, the display of the cell is updated.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::jobs::ParallelParameters;
    /// # let client = Client::simulator()?;
    /// # let workflow = client.project()?.workflow("dakar")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let parameters = workflow.construct_parameters_parallel(
    /// #     ParallelParameters::new().geometries(&aoi).interval_dates([("2019-01-01", "2019-12-31")]),
    /// # )?;
    /// let running = workflow.batch("dakar", parameters)?.start()?;
    /// println!("{:?}", running.jobs()?); // as they stand now
    /// assert_eq!(running.wait()?.succeeded(), 1);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if the thread or the lock file cannot be created. The errors of the batch
    /// itself are returned by [`Running::wait`].
    pub fn start(&self) -> Result<Running> {
        let (mut batch, end) = (self.clone(), Arc::new(Mutex::default()));
        batch.policy.in_background = true;
        let (driven, result_slot) = (batch.clone(), Arc::clone(&end));
        // Taken before the thread starts, so that calls on the batch from now on refer to this run.
        let lock = self.reserve().with_context(|| self.description())?;
        let run = move || {
            let result = driven.drive_with(Task::Run, lock).with_context(|| driven.description());
            *result_slot.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(result);
        };
        let thread = std::thread::Builder::new().name("up42-batch".into()).spawn(run);
        let thread = thread.map_err(Error::from).with_context(|| self.description())?;
        Ok(Running { batch, thread, end })
    }
}

impl Running {
    /// Returns the current state of the jobs.
    ///
    /// # Errors
    ///
    /// The error that ended the batch, if there is one; [`ErrorKind::Io`] if its journal cannot be
    /// read.
    pub fn jobs(&self) -> Result<JobCollection> {
        match self.end() {
            Some(end) => end,
            None => self.batch.jobs(),
        }
    }

    /// Returns whether the run has ended, with or without an error.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until the run has ended and returns the jobs.
    ///
    /// # Errors
    ///
    /// The errors of [`Batch::run`].
    pub fn wait(self) -> Result<JobCollection> {
        // A panic leaves no result; the error for that is below.
        let _ = self.thread.join();
        let end = self.end.lock().unwrap_or_else(|broken| broken.into_inner()).take();
        end.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Io, "its thread broke: run it again").context(self.batch.description()))
        })
    }

    /// Returns the display of the current state.
    fn bundle(&self) -> MimeBundle {
        match self.jobs() {
            Ok(jobs) => jobs.overview("running.jobs()?"),
            Err(error) => MimeBundle::text(Cell::text(error.to_string()).to_text()),
        }
    }

    fn end(&self) -> Option<Result<JobCollection>> {
        self.end.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }
}

impl_mime_bundle!(Running);

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.jobs() {
            Ok(jobs) => write!(f, "{jobs:?}"),
            Err(error) => write!(f, "{error}"),
        }
    }
}
