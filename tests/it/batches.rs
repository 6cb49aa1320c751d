//! Batches that are run again: from their journals, after changes, by two at once.

use std::path::Path;
use std::time::Duration;

use up42::simulator::{Clock, Fault, Simulator};
use up42::{
    Client, ErrorKind, GeometryOperation, JobParameters, OnChange, Outcome, ParallelParameters, Workflow,
};

use crate::{airports, client_of};

fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

/// A client with the journals in a folder, as after a restart of the kernel.
fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

fn workflow(client: &Client) -> Workflow {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    workflow
}

/// Jobs for the first places.
fn parameters(workflow: &Workflow, places: usize) -> Vec<JobParameters> {
    let mut all = workflow
        .construct_parameters_parallel(
            ParallelParameters::new()
                .geometries(&airports())
                .interval_dates([("2019-01-01", "2019-12-31")])
                .geometry_operation(GeometryOperation::Bbox),
        )
        .unwrap();
    all.truncate(places);
    all
}

fn posts(simulator: &Simulator) -> usize {
    let is_creation = |path: &str| path.ends_with("/jobs") || path.ends_with("/jobs/");
    let requests = simulator.requests();
    requests.iter().filter(|request| request.method == "POST" && is_creation(&request.path)).count()
}

#[test]
fn a_batch_that_is_run_again_sends_nothing() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let first = {
        let client = client_in(&simulator, folder.path());
        let workflow = workflow(&client);
        workflow.batch("airports", parameters(&workflow, 4)).unwrap().quiet().run().unwrap()
    };
    let sent = posts(&simulator);
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let again = workflow.batch("airports", parameters(&workflow, 4)).unwrap().quiet().run().unwrap();
    let named = client.batch("airports").unwrap();
    for jobs in [&again, &named.quiet().run().unwrap(), &client.batch("airports").unwrap().jobs().unwrap()] {
        assert_eq!(jobs.to_dataframe().unwrap(), first.to_dataframe().unwrap());
    }
    assert_eq!((posts(&simulator), simulator.ledger().len()), (sent, 4));
    let told = |name| client.batch(name).unwrap_err();
    assert_eq!(told("harbours").kind(), ErrorKind::NotFound);
    assert!(told("harbours").to_string().starts_with("batch `harbours`: there is no journal `"));
}

#[test]
fn a_plan_that_grew_adds_jobs_and_one_that_lost_some_asks() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = |places| workflow.batch("airports", parameters(&workflow, places)).unwrap().quiet();
    batch(2).run().unwrap();
    let mut turned = parameters(&workflow, 4);
    turned.reverse();
    let grown = workflow.batch("airports", turned.clone()).unwrap().quiet().run().unwrap();
    assert_eq!((grown.succeeded(), simulator.ledger().len()), (4, 4));
    let labels: Vec<_> = grown.iter().map(|record| &record.label).collect();
    assert_eq!(labels, turned.iter().map(|job| &job.label).collect::<Vec<_>>(), "in the order given");
    assert!(grown.iter().enumerate().all(|(index, record)| record.index == index));

    let error = batch(3).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let label = &turned[0].label;
    assert!(
        error.to_string().starts_with(&format!(
            "batch `airports`: its journal has 1 of 4 jobs that the parameters no longer have, such as `{label}`: \
             keep them by"
        )),
        "{error}"
    );
    assert_eq!(batch(3).on_change(OnChange::Keep).run().unwrap().len(), 4);
    assert_eq!(batch(3).on_change(OnChange::LeaveOut).run().unwrap().len(), 3);
    assert_eq!(simulator.ledger().len(), 4);
}

#[test]
fn a_journal_serves_its_own_workflow_alone() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let first = workflow(&client);
    first.batch("shared", parameters(&first, 1)).unwrap().quiet().run().unwrap();
    let other = client.project().unwrap().workflow("harbours").unwrap();
    other.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    let error = other.batch("shared", parameters(&other, 1)).unwrap().quiet().run().unwrap_err();
    assert!(error.to_string().contains("its journal belongs to workflow `airports`"), "{error}");
    assert!(error.to_string().ends_with("give the batch another name"), "{error}");
    assert_eq!(simulator.ledger().len(), 1);
}

#[test]
fn what_failed_stays_failed_until_it_is_retried() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("failing", parameters(&workflow, 3)).unwrap().quiet();
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs"));
    assert_eq!(batch.run().unwrap().succeeded(), 2);
    let again = batch.run().unwrap();
    assert_eq!((again.succeeded(), simulator.ledger().len()), (2, 3));
    let failed = again.iter().find(|record| matches!(record.outcome, Outcome::Failed { .. })).unwrap();
    assert!(!failed.reason().unwrap().contains("left no log"), "the log is kept");
    let retried = batch.retry_failed().unwrap();
    assert_eq!((retried.succeeded(), simulator.ledger().len()), (3, 4));
    assert_eq!(batch.retry_failed().unwrap().len(), 3);
    assert_eq!(simulator.ledger().len(), 4, "there is nothing left to retry");
}

#[test]
fn what_was_never_created_is_sent_again_once_that_is_proven() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    // The server fails before it does anything, and says so in no way that can be believed.
    simulator.inject(Fault::server_error(500).on("POST /jobs").times(2));
    simulator.inject(Fault::lost_answer().on("POST /jobs").after(1).times(1));
    let batch = workflow.batch("absent", parameters(&workflow, 4)).unwrap().quiet();
    let jobs = batch.settle(Duration::from_secs(1)).run().unwrap();
    assert_eq!(jobs.succeeded(), 4, "{:?}", jobs.to_dataframe());
    assert_eq!((simulator.ledger().len(), posts(&simulator)), (4, 6));
}

#[test]
fn two_at_once_are_one_batch() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let run = || {
        let client = client_in(&simulator, folder.path());
        let workflow = workflow(&client);
        workflow.batch("airports", parameters(&workflow, 6)).unwrap().quiet().run().unwrap().to_dataframe()
    };
    // The workflow is made once.
    workflow(&client_in(&simulator, folder.path()));
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        (run(), other.join().unwrap())
    });
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(simulator.ledger().len(), 6);
}

#[test]
fn all_batches_are_listed() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    assert!(client.batches().unwrap().is_empty());
    let workflow = workflow(&client);
    for (name, places) in [("first", 1), ("Über alle", 2)] {
        workflow.batch(name, parameters(&workflow, places)).unwrap().quiet().run().unwrap();
    }
    std::fs::write(folder.path().join("broken.sqlite"), "no journal").unwrap();
    let batches = client.batches().unwrap();
    let told: Vec<_> =
        batches.iter().map(|entry| (entry.name.as_str(), entry.jobs, entry.succeeded)).collect();
    assert_eq!(told, [("Über alle", 2, 2), ("first", 1, 1)]);
    assert!(batches.iter().all(|entry| entry.credits > 0 && entry.workflow == "airports"));
    assert_eq!(client.batch("Über alle").unwrap().jobs().unwrap().succeeded(), 2);
}

#[test]
fn a_batch_in_a_simulator_of_this_process_leaves_nothing_behind() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    workflow.batch("gone", parameters(&workflow, 1)).unwrap().quiet().run().unwrap();
    assert_eq!(client.batches().unwrap().len(), 1);
    assert!(!Path::new("up42-batches").exists());
}
