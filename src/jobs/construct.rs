use super::job_draft::JobDraft;
use super::problem::refuse;
use super::query::JobQuery;
use super::workflow_schema::WorkflowSchema;
use super::{JobParameters, ParallelParameters, Workflow};
use up42_core::error::{Context, Result};
use up42_view::elements::counted;

impl Workflow {
    /// Returns the parameters of one job: the defaults of the workflow's tasks, overwritten by the
    /// query. They are checked as by [`check_parameters`](Self::check_parameters).
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the workflow has no tasks, or
    /// if the job cannot be sent; the message names the parameters.
    pub fn construct_parameters(&self, query: impl Into<JobQuery>) -> Result<JobParameters> {
        let query = query.into();
        let mut jobs = self.construct(|| Ok(vec![query]))?;
        Ok(jobs.swap_remove(0))
    }

    /// Returns the parameters of many jobs: the defaults of the workflow's tasks, overwritten by
    /// the geometry and dates of each job. They are checked as by
    /// [`check_parameters`](Self::check_parameters).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the workflow has no tasks, if
    /// the parameters are not one of the combinations that make jobs, or if a job cannot be sent;
    /// the message names the first such jobs with their parameters, and the number of others.
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
                JobDraft { origin: format!("job `{label}`"), label, query, ..JobDraft::default() }
            });
            WorkflowSchema::of(self)?.jobs(&drafts.collect::<Vec<_>>(), "job")
        };
        construct().with_context(|| self.error_context("construct parameters"))
    }

    /// Checks parameters without sending anything, for example after changes by hand: names, types,
    /// bounds, allowed values and required parameters against the blocks' schemas; the area (km² on
    /// the ellipsoid) and the number of images against the project's settings.
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
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a job cannot be sent; the
    /// message names the first such jobs with their parameters, and the number of others.
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
