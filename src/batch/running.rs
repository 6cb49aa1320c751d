use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::locked_run::Task;
use super::report::JobCollection;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_view::display::{Cell, MimeBundle};
use up42_view::impl_mime_bundle;

/// A batch that runs in the background, while other cells run.
///
/// Shown in a notebook, or asked for its [`jobs`](Self::jobs), it tells how they stand at
/// that moment. It goes on when this is dropped; when the process ends, the next
/// [`Batch::run`] goes on.
pub struct Running {
    batch: Batch,
    thread: JoinHandle<()>,
    end: Arc<Mutex<Option<Result<JobCollection>>>>,
}

impl Batch {
    /// Runs the batch in the background: as [`run`](Self::run), without its lines of
    /// progress. In the kernel of `up42` its table moves on where the cell was.
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
    /// [`ErrorKind::Io`] when there is no thread to be had, or no journal. What refuses the batch itself
    /// is the error of [`Running::wait`].
    pub fn start(&self) -> Result<Running> {
        let (mut batch, end) = (self.clone(), Arc::new(Mutex::default()));
        batch.policy.in_background = true;
        let (driven, told) = (batch.clone(), Arc::clone(&end));
        // Taken here, so that what is asked of the batch from now on is asked of this run.
        let lock = self.reserve().with_context(|| self.description())?;
        let drive = move || {
            let result = driven.drive_with(Task::Run, lock).with_context(|| driven.description());
            *told.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(result);
        };
        let thread = std::thread::Builder::new().name("up42-batch".into()).spawn(drive);
        let thread = thread.map_err(Error::from).with_context(|| self.description())?;
        Ok(Running { batch, thread, end })
    }
}

impl Running {
    /// The jobs as they stand.
    ///
    /// # Errors
    ///
    /// What ended the batch, if an error did; [`ErrorKind::Io`] when its journal cannot
    /// be read.
    pub fn jobs(&self) -> Result<JobCollection> {
        match self.end() {
            Some(end) => end,
            None => self.batch.jobs(),
        }
    }

    /// Whether it has ended, well or not.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the last job.
    ///
    /// # Errors
    ///
    /// As for [`Batch::run`].
    pub fn wait(self) -> Result<JobCollection> {
        // A panic leaves no result, which is told below.
        let _ = self.thread.join();
        let end = self.end.lock().unwrap_or_else(|broken| broken.into_inner()).take();
        end.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Io, "its thread broke: run it again").context(self.batch.description()))
        })
    }

    /// The jobs as they stand.
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
