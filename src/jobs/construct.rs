use super::job_draft::JobDraft;
use super::problem::refuse;
use super::query::JobQuery;
use super::workflow_schema::WorkflowSchema;
use super::{JobParameters, ParallelParameters, Workflow};
use up42_core::error::{Context, Result};
use up42_view::display::counted;

impl Workflow {
    /// The parameters of one job: the defaults of the workflow's tasks, and what the query
    /// asks for. They are checked as by [`check_parameters`](Self::check_parameters).
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::jobs::JobQuery;
    /// # let client = Client::simulator()?;
    /// let workflow = client.project()?.workflow("dakar")?;
    /// workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"])?;
    /// let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// let query = JobQuery::new()
    ///     .geometry(&aoi)
    ///     .between("2019-01-01", "2019-12-31")
    ///     .set("max_cloud_cover", 20)
    ///     .set("tiling.tile_width", 512);
    /// let job = workflow.construct_parameters(query)?;
    /// assert_eq!(job.inputs["tiling:1"]["tile_width"], 512);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the workflow has
    /// no task, and when the job cannot be sent; the error names the parameters.
    pub fn construct_parameters(&self, query: impl Into<JobQuery>) -> Result<JobParameters> {
        let query = query.into();
        let mut jobs = self.construct(|| Ok(vec![query]))?;
        Ok(jobs.swap_remove(0))
    }

    /// The parameters of many jobs: the defaults of the workflow's tasks, and for
    /// each job its place and dates. They are checked as by
    /// [`check_parameters`](Self::check_parameters).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the workflow has
    /// no task, when what is given makes no job, and when a job cannot be sent; the error
    /// names the first such jobs with their parameters, and counts the others.
    pub fn construct_parameters_parallel(
        &self,
        parallel: impl Into<ParallelParameters>,
    ) -> Result<Vec<JobParameters>> {
        let parallel = parallel.into();
        self.construct(|| parallel.queries())
    }

    fn construct(&self, queries: impl FnOnce() -> Result<Vec<JobQuery>>) -> Result<Vec<JobParameters>> {
        let construct = || {
            let drafts = queries()?.into_iter().map(|query| {
                let label = query.label();
                JobDraft { who: format!("job `{label}`"), label, query, ..JobDraft::default() }
            });
            WorkflowSchema::of(self)?.jobs(&drafts.collect::<Vec<_>>(), "job")
        };
        construct().with_context(|| self.error_context("construct parameters"))
    }

    /// Checks parameters before anything is sent, such as those that were changed by hand:
    /// the names and types of the tasks' parameters, their bounds and choices, and what is
    /// required, as the blocks describe them; the area (in km² on the ellipsoid) and the
    /// number of images against the project's settings.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::jobs::JobQuery;
    /// # let client = Client::simulator()?;
    /// # let workflow = client.project()?.workflow("dakar")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// let mut job = workflow.construct_parameters(JobQuery::new().scene_ids(["S2A_1"]))?;
    /// job.inputs["sobloo-s2-l1c-aoiclipped:1"]["limit"] = "many".into();
    /// let error = workflow.check_parameters(&[job]).unwrap_err();
    /// assert!(error.to_string().ends_with("job `S2A_1`, `limit`: `many` is not a number"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when a job cannot be
    /// sent; the error names the first such jobs with their parameters, and counts the
    /// others.
    pub fn check_parameters(&self, parameters: &[JobParameters]) -> Result<()> {
        let check = || {
            let workflow = WorkflowSchema::of(self)?;
            let found = parameters.iter().map(|job| (format!("job `{}`", job.label), workflow.problems(job)));
            let faulty: Vec<_> = found.filter(|(_, problems)| !problems.is_empty()).collect();
            refuse(&counted(parameters.len(), "job"), &faulty)
        };
        check().with_context(|| self.error_context("check parameters"))
    }
}
