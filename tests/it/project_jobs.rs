//! Tests of single jobs and of lists of jobs.

use std::time::Duration;

use up42::ErrorKind;
use up42::batch::JobCollection;
use up42::geo_types::Geometry;
use up42::jobs::{
    GeometryOperation, JobFilter, JobMode, JobStatus, ParallelParameters, Project, ProjectJob, Workflow,
};
use up42::serde_json::{Value, json};
use up42::simulator::{Fault, Simulator};

use crate::projects::message;
use crate::server::{Server, json as answer_json};
use crate::wait::{PATIENCE, still, until};
use crate::{client_of, fast, harbour};

const S2: &str = "sobloo-s2-l1c-aoiclipped";

fn run(project: &Project, name: &str, blocks: &[&str], places: usize) -> (Workflow, JobCollection) {
    let workflow = project.workflow(name).unwrap();
    workflow.add_tasks(blocks).unwrap();
    let parallel = ParallelParameters::new()
        .geometries(&harbour())
        .interval_dates(
            (0..places).map(|year| (format!("{}-01-01", 2018 + year), format!("{}-12-31", 2018 + year))),
        )
        .geometry_operation(GeometryOperation::Bbox);
    let parameters = workflow.construct_parameters_parallel(parallel).unwrap();
    let jobs = workflow.batch(name, parameters).unwrap().quiet().run().unwrap();
    (workflow, jobs)
}

fn first(project: &Project, jobs: &JobCollection) -> ProjectJob {
    project.job(&jobs.iter().next().unwrap().job.as_ref().unwrap().id).unwrap()
}

#[test]
fn jobs_are_listed_by_filters() {
    let (simulator, client) = fast();
    let project = client.project().unwrap();
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs").after(1));
    let (ports, _) = run(&project, "ports", &[S2], 3);
    let (lakes, _) = run(&project, "lakes", &[S2], 1);
    let dry = ports.construct_parameters_parallel(ParallelParameters::new().scene_ids(["a"])).unwrap();
    ports.test_jobs_parallel(dry).unwrap();

    let count = |filter: JobFilter| project.jobs(filter).unwrap().len();
    let all = JobFilter::new;
    assert_eq!((count(all()), count(all().limit(2)), count(all().name("LAKES"))), (5, 2, 1));
    assert_eq!((count(all().mode(JobMode::DryRun)), count(all().mode(JobMode::Default))), (1, 4));
    assert_eq!((ports.jobs(all()).unwrap().len(), lakes.jobs(all()).unwrap().len()), (4, 1));
    assert_eq!((count(all().between("2000-01-01", "2000-12-31")), count(all().between("..", ".."))), (0, 5));
    let error = project.jobs(all().status(["failing"])).unwrap_err();
    assert_eq!(
        message(&error),
        "jobs of project `Simulated project`: there is no status `failing`, but `not started`, `queued`, \
         `running`, `cancelling`, `cancelled`, `failed`, `error`, `succeeded`, `rejected`"
    );

    let failed = project.jobs(JobStatus::Failed).unwrap();
    assert_eq!((failed.len(), failed.succeeded()), (1, 0));
    let failed = failed.with_details().unwrap();
    let record = failed.iter().next().unwrap();
    assert!(record.reason().unwrap().contains("the block stopped unexpectedly"), "{:?}", record.reason());
    assert_eq!(record.cost(), Some(0));
    let paid = project.jobs(all()).unwrap().with_details().unwrap();
    assert_eq!(paid.cost(), client.credit_history().unwrap().spent());

    let ids: Vec<_> = paid.iter().map(|record| record.job.as_ref().unwrap().id.clone()).rev().collect();
    let again = project.jobs_by_id(ids.iter().chain(&ids)).unwrap();
    assert_eq!(again.iter().map(|record| record.job.as_ref().unwrap().id.clone()).collect::<Vec<_>>(), ids);
    let error = project.jobs_by_id(["31e82142-0000"]).unwrap_err();
    assert!(message(&error).starts_with("job `31e82142-0000`: 404: "), "{error}");
}

#[test]
fn results_of_listed_jobs_are_downloaded() {
    let (_simulator, client) = fast();
    let project = client.project().unwrap();
    let (ports, _) = run(&project, "ports", &[S2], 2);
    let folder = tempfile::tempdir().unwrap();
    let results = ports.jobs(JobFilter::new()).unwrap().download_results(folder.path()).unwrap();
    assert!(results.failed().is_empty() && results.len() >= 2, "{results:?}");
}

#[test]
fn an_endless_list_is_read_once() {
    let server = Server::start(|request| match request.starts_with("GET /projects/p/jobs?") {
        true => answer_json(
            json!({"data": [{"id": "a", "status": "RUNNING", "createdAt": "2020-01-01T00:00:00Z"}]}),
        ),
        false if request.contains("/token") => answer_json(json!({"access_token": "t", "expires_in": 300})),
        false => answer_json(json!({"data": {"id": "p"}})),
    });
    let project = server.client().project_id("p").build().unwrap().project().unwrap();
    assert_eq!(project.jobs(JobFilter::new()).unwrap().len(), 1);
    assert_eq!(server.requests_to("GET /projects/p/jobs?").len(), 2);
    project.jobs(JobFilter::new().between("2020-01-02", "..")).unwrap();
    assert_eq!(server.requests_to("GET /projects/p/jobs?").len(), 3, "older jobs are not asked for");
}

#[test]
fn a_job_is_renamed_and_run_again_with_its_inputs() {
    let (simulator, client) = fast();
    let project = client.project().unwrap();
    let (_, jobs) = run(&project, "ports", &[S2], 1);
    let job = first(&project, &jobs);
    let renamed = job.rename("Dakar").unwrap();
    assert_eq!((renamed.name.as_deref(), &renamed.id), (Some("Dakar"), &job.id));
    let error = message(&job.rename("").unwrap_err());
    assert!(error.ends_with("Field \"name\" must not be empty"), "{error}");
    let again = job.rerun("Dakar, again").unwrap();
    assert!(
        again.id != job.id && again.name.as_deref() == Some("Dakar, again") && again.inputs == job.inputs
    );
    assert_eq!(again.wait(PATIENCE).unwrap().status, JobStatus::Succeeded);
    assert_eq!(simulator.ledger().len(), 2);
    // A job that may have been created is not created again.
    simulator.inject(Fault::lost_answer().on("POST /jobs"));
    assert_eq!(job.rerun("once").unwrap_err().kind(), ErrorKind::Network);
    assert_eq!(simulator.ledger().len(), 3);
}

#[test]
fn a_job_is_cancelled() {
    let simulator = still().start().unwrap();
    let project = client_of(&simulator).project().unwrap();
    let workflow = project.workflow("ports").unwrap();
    workflow.add_tasks([S2]).unwrap();
    let inputs = json!({S2.to_owned() + ":1": {"bbox": harbour().bbox().to_array(), "limit": 1}});
    let id = create(&simulator, &workflow, &inputs);
    let job = project.job(id.as_str()).unwrap();
    assert_eq!(job.cancel().unwrap().status, JobStatus::Cancelling);
    assert!(job.wait(Duration::ZERO).unwrap().status == JobStatus::Cancelling, "a wait ends in time");
    simulator.clock().advance(Duration::from_secs(10));
    assert_eq!(job.refresh().unwrap().status, JobStatus::Cancelled);
    assert_eq!((job.cost().unwrap(), job.cancel().unwrap().status.clone()), (0, JobStatus::Cancelled));
    let error = job.refresh().unwrap().download_results("nowhere").unwrap_err().to_string();
    assert_eq!(error, format!("job `{id}` is cancelled: only what succeeded has results"));
}

/// Creates a job as another client would.
fn create(simulator: &Simulator, workflow: &Workflow, inputs: &Value) -> String {
    let parameters = workflow.default_parameters().unwrap();
    let mut parameters = parameters;
    parameters.inputs = inputs.as_object().unwrap().clone();
    let running = workflow.batch("one", vec![parameters]).unwrap().quiet().start().unwrap();
    until(|| !simulator.ledger().is_empty());
    let id = simulator.ledger()[0].id.clone();
    drop(running);
    id
}

#[test]
fn tasks_have_logs_and_results() {
    let (simulator, client) = fast();
    let project = client.project().unwrap();
    let (_, jobs) = run(&project, "ports", &[S2, "tiling"], 1);
    let job = first(&project, &jobs);
    let tasks = job.tasks().unwrap();
    assert_eq!(tasks.iter().map(|task| task.block.as_str()).collect::<Vec<_>>(), [S2, "tiling"]);
    assert!(tasks.iter().all(|task| task.status == JobStatus::Succeeded && task.finished >= task.started));
    let logs = job.logs().unwrap();
    assert!(logs.len() == 2 && logs.to_string().contains("[tiling:1:1]\n"), "{logs}");
    assert!(job.task("tiling").unwrap().log().unwrap().text.contains("ended with SUCCEEDED"));
    let error = job.task("ndvi").unwrap_err().to_string();
    assert_eq!(error, format!("job `{}` has no task `ndvi`, but `{S2}:1:1`, `tiling:1:1`", job.id));

    let folder = tempfile::tempdir().unwrap();
    let whole = job.download_results(folder.path()).unwrap();
    let part = job.task(S2).unwrap().download_results(folder.path()).unwrap();
    assert_eq!((whole.len(), part.len()), (1, 1));
    let path = part.iter().next().unwrap().path.clone().unwrap();
    let inside = folder.path().join(format!("task_{}", tasks[0].id)).join(format!("job_{}", job.id));
    assert!(path.starts_with(inside), "{}", path.display());
    let requests = simulator.requests();
    let task_url = format!("/tasks/{}/downloads/results/", tasks[0].id);
    assert_eq!(requests.iter().filter(|request| request.path.ends_with(&task_url)).count(), 1);
}

#[test]
fn only_succeeded_jobs_have_results() {
    let (simulator, client) = fast();
    let project = client.project().unwrap();
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs"));
    let (_, jobs) = run(&project, "ports", &[S2, "tiling"], 1);
    let job = first(&project, &jobs);
    let error = job.download_results("nowhere").unwrap_err().to_string();
    assert_eq!(error, format!("job `{}` is failed: only what succeeded has results", job.id));
    let error = job.task("tiling").unwrap().download_results("nowhere").unwrap_err().to_string();
    assert!(error.ends_with("is cancelled: only what succeeded has results"), "{error}");
}

#[test]
fn quicklooks_have_the_footprint_of_the_results() {
    let (simulator, client) = fast();
    let project = client.project().unwrap();
    let (workflow, jobs) = run(&project, "ports", &[S2, "tiling"], 1);
    let job = first(&project, &jobs);
    let quicklooks = job.download_quicklooks().unwrap();
    assert_eq!((quicklooks.len(), quicklooks.pictures()), (1, 1));
    assert!(quicklooks.iter().all(|one| one.footprint.is_some() && !one.properties.is_empty()));
    assert!(job.task("tiling").unwrap().download_quicklooks().unwrap().is_empty());
    assert!(quicklooks.to_map(&harbour()).to_html().contains("1 quicklook, Dakar"));
    let folder = tempfile::tempdir().unwrap();
    let results = job.download_results(folder.path()).unwrap();
    let Some(Geometry::Polygon(outline)) = quicklooks.iter().next().unwrap().footprint.clone() else {
        panic!()
    };
    let corners: Vec<_> = outline.exterior().coords().map(|at| [at.x, at.y]).collect();
    assert_eq!(results.iter().next().unwrap().geometry["coordinates"][0], json!(corners));
    quicklooks.save(folder.path()).unwrap();
    let name = quicklooks.iter().next().unwrap().name.clone();
    assert!(folder.path().join(&name).metadata().unwrap().len() > 1000);

    simulator.inject(Fault::server_error(404).on("GET quicklooks").after(1));
    let gone = job.download_quicklooks().unwrap();
    assert_eq!((gone.len(), gone.pictures()), (1, 0));
    let error = message(gone.iter().next().unwrap().error().unwrap());
    assert!(error.starts_with(&format!("quicklook `{name}`: 404")), "{error}");

    // A dry run shows whole scenes, and its `data.json` has their outlines.
    let place =
        ParallelParameters::new().geometries(&harbour()).interval_dates([("2019-01-01", "2019-12-31")]);
    let dry = workflow.test_jobs_parallel(workflow.construct_parameters_parallel(place).unwrap()).unwrap();
    let seen = first(&project, &dry).download_quicklooks().unwrap();
    assert!(seen.pictures() > 0 && seen.iter().all(|one| one.footprint.is_some()), "{seen:?}");
}

#[test]
fn the_credit_history_is_read_page_by_page() {
    let (simulator, client) = fast();
    let (_, jobs) = run(&client.project().unwrap(), "ports", &[S2], 3);
    let history = client.credit_history().unwrap();
    assert_eq!(history.sum(), client.balance().unwrap());
    assert_eq!(history.spent(), jobs.cost());
    let newest_first = history.iter().map(|entry| entry.at);
    assert!(newest_first.is_sorted_by(|a, b| a >= b));
    assert_eq!(history.iter().filter(|entry| entry.job.is_some()).count(), 3);
    assert!(client.credit_history_between("2000-01-01", "2000-12-31").unwrap().is_empty());
    let requests = simulator.requests().len();
    let error = client.credit_history_between("yesterday", "..").unwrap_err();
    assert!(error.to_string().contains("date `yesterday`"), "{error}");
    assert_eq!(simulator.requests().len(), requests);
}
