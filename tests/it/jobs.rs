use std::collections::HashSet;

use up42::batch::Outcome;
use up42::catalog::Search;
use up42::jobs::{GeometryOperation, JobParameters, JobStatus, ParallelParameters, Settings, Workflow};
use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client, ErrorKind};

use crate::{airports, client_of, dakar};

/// Starts a simulator on which a job of a minute takes a tenth of a second.
fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

fn workflow(client: &Client) -> Workflow {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    workflow
}

fn parameters(workflow: &Workflow, places: &Aoi) -> Vec<JobParameters> {
    let parallel = ParallelParameters::new()
        .geometries(places)
        .interval_dates([("2019-01-01", "2019-12-31"), ("2020-01-01", "2020-12-31")])
        .geometry_operation(GeometryOperation::Bbox);
    workflow.construct_parameters_parallel(parallel).unwrap()
}

#[test]
fn only_the_given_settings_change() {
    let simulator = Simulator::start().unwrap();
    let project = client_of(&simulator).project().unwrap();
    let before = project.settings().unwrap();
    let after = project.update_settings(Settings::new().max_concurrent_jobs(3)).unwrap();
    let mut expected: Vec<_> = before.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
    expected.iter_mut().find(|(name, _)| name == "MAX_CONCURRENT_JOBS").unwrap().1 = "3".into();
    let settings_after: Vec<_> = after.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
    assert_eq!(settings_after, expected);
    let error = project.update_settings(Settings::new().max_concurrent_jobs(100_000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("Range[1,1000]"), "{error}");
}

#[test]
fn a_workflow_is_created_once_and_then_found() {
    let client = Client::simulator().unwrap();
    let project = client.project().unwrap();
    let first = project.workflow("twice").unwrap();
    assert_eq!(project.workflow("twice").unwrap().id(), first.id());
    assert_eq!(project.workflows().unwrap().len(), 1);
    let tasks = first.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"]).unwrap();
    assert_eq!(
        tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(),
        ["sobloo-s2-l1c-aoiclipped:1", "tiling:1"]
    );
    let error = first.add_tasks(["sobloo-s2-l1c"]).unwrap_err();
    assert!(error.to_string().contains("did you mean `sobloo-s2-l1c-"), "{error}");
}

#[test]
fn jobs_run_within_the_limit_and_cost_what_was_estimated() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    workflow.project().update_settings(Settings::new().max_concurrent_jobs(5)).unwrap();
    let parameters = parameters(&workflow, &airports());
    assert_eq!(parameters.len(), 24);
    let batch = workflow.batch("airports", parameters.clone()).unwrap().quiet();
    let price = batch.estimate().unwrap().total();
    assert!(simulator.ledger().is_empty(), "an estimate creates nothing");
    let before = client.balance().unwrap();
    let jobs = batch.run().unwrap();
    assert_eq!(jobs.succeeded(), 24, "{:?}", jobs.to_dataframe());
    assert!((price.min..=price.max).contains(&jobs.cost()), "{price} against {}", jobs.cost());
    assert_eq!(before - client.balance().unwrap(), jobs.cost());
    let labels: Vec<_> = jobs.iter().map(|record| &record.label).collect();
    assert_eq!(
        labels,
        parameters.iter().map(|one| &one.label).collect::<Vec<_>>(),
        "in the order of the parameters"
    );
    let refused = simulator.requests().iter().filter(|request| request.status == 429).count();
    assert_eq!(refused, 0, "the window keeps to the limit");
    let created: HashSet<_> = simulator.ledger().iter().map(|entry| entry.inputs.to_string()).collect();
    assert_eq!((simulator.ledger().len(), created.len()), (24, 24));
}

#[test]
fn a_failed_job_has_its_logs_and_others_continue() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs").after(3));
    let jobs = workflow.batch("failing", parameters(&workflow, &airports())).unwrap().quiet().run().unwrap();
    assert_eq!(jobs.succeeded(), 23);
    let failed = jobs.iter().find(|record| matches!(record.outcome, Outcome::Failed { .. })).unwrap();
    assert_eq!(failed.job.as_ref().unwrap().status, JobStatus::Failed);
    assert!(!failed.reason().unwrap().contains("left no log"), "{:?}", failed.reason());
    assert_eq!(failed.cost(), Some(0));
}

#[test]
fn too_few_credits_for_any_job_are_an_error() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).credits(10).start().unwrap();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let error = workflow.run_jobs_parallel(parameters(&workflow, &airports())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credits);
    assert!(error.to_string().starts_with("batch `jobs-"), "{error}");
    assert!(error.to_string().contains("403: Insufficient credits to run job"), "{error}");
}

#[test]
fn after_a_refused_login_created_jobs_and_results_remain() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    workflow.project().update_settings(Settings::new().max_concurrent_jobs(4)).unwrap();
    let refused = Fault::server_error(403).on("POST /jobs").after(6);
    simulator.inject(refused);
    let jobs = workflow.batch("short", parameters(&workflow, &airports())).unwrap().quiet().run().unwrap();
    let count = |is: fn(&Outcome) -> bool| jobs.iter().filter(|record| is(&record.outcome)).count();
    let unsent = count(|outcome| matches!(outcome, Outcome::Unsent(_)));
    assert!(unsent > 0 && jobs.succeeded() + unsent == 24, "{:?}", jobs.to_dataframe());
    assert_eq!(simulator.ledger().len(), jobs.succeeded());
    assert!(jobs.cost() > 0);
}

#[test]
fn a_job_that_was_never_sent_is_sent_later() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    simulator.inject(Fault::expired_token().on("POST /jobs"));
    simulator.inject(Fault::server_error(503).on("POST /oauth").times(5));
    let one = airports().iter().next().unwrap();
    let jobs = workflow.batch("later", parameters(&workflow, &one)).unwrap().quiet().run().unwrap();
    assert_eq!(jobs.succeeded(), 2, "{:?}", jobs.to_dataframe());
    assert_eq!(simulator.ledger().len(), 2);
}

#[test]
fn a_lost_job_is_not_matched_to_a_job_of_another_run() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let one = airports().iter().next().unwrap();
    let first = workflow.test_jobs_parallel(parameters(&workflow, &one)).unwrap();
    simulator.inject(Fault::lost_answer().on("POST /jobs").times(2));
    let second = workflow.batch(workflow.name(), parameters(&workflow, &one)).unwrap().quiet().run().unwrap();
    let ids = |jobs: &up42::batch::JobCollection| -> HashSet<String> {
        jobs.iter().map(|record| record.job.as_ref().unwrap().id.to_string()).collect()
    };
    assert!(ids(&first).is_disjoint(&ids(&second)));
    assert!(second.cost() > 0, "real jobs, not the dry runs of before");
}

#[test]
fn equal_jobs_are_refused_before_a_charge() {
    let client = Client::simulator().unwrap();
    let workflow = workflow(&client);
    let mut twice = parameters(&workflow, &airports());
    twice.push(twice[0].clone());
    let error = workflow.batch("twice", twice).unwrap_err();
    assert!(error.to_string().contains("jobs 0 and 24"), "{error}");
    assert!(workflow.batch("none", vec![]).is_err());
}

#[test]
fn dry_runs_are_free() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let before = client.balance().unwrap();
    let one = airports().iter().next().unwrap();
    let jobs = workflow.test_jobs_parallel(parameters(&workflow, &one)).unwrap();
    assert_eq!(jobs.len(), 2);
    assert_eq!(client.balance().unwrap(), before);
    let modes: Vec<_> = simulator.ledger().into_iter().map(|entry| entry.mode).collect();
    assert_eq!(modes, ["DRY_RUN", "DRY_RUN"]);
}

#[test]
fn scene_ids_are_sufficient_for_a_job() {
    let simulator = fast();
    let client = client_of(&simulator);
    let search = Search::new(dakar()).collections(["sentinel-2"]).limit(2);
    let scenes = client.catalog().search(search).unwrap();
    let ids = scenes.iter().map(|scene| scene.id.as_str());
    let workflow = workflow(&client);
    let parameters =
        workflow.construct_parameters_parallel(ParallelParameters::new().scene_ids(ids)).unwrap();
    let jobs = workflow.batch("whole", parameters).unwrap().quiet().run().unwrap();
    assert_eq!(jobs.succeeded(), 2, "{:?}", jobs.to_dataframe());
    assert!(jobs.cost() > 0);
}
