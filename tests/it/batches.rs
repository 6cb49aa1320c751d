//! Tests of batches that are run again: from their journals, after changes, by two programs at
//! once.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use up42::batch::{Batch, JobRecord, OnFailure, Outcome};
use up42::jobs::{GeometryOperation, JobParameters, ParallelParameters, Settings, Workflow};
use up42::simulator::{Clock, Fault, Hold, Simulator};
use up42::{Client, ErrorKind};

use crate::crash::{Service, program};
use crate::wait::{PATIENCE, advance_until, reached, still, until};
use crate::{airports, client_of};

pub fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

/// Returns a client with its journals in a folder, as after a restart of the kernel.
pub fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

pub fn workflow(client: &Client) -> Workflow {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    workflow
}

/// Returns jobs for the first places.
pub fn parameters(workflow: &Workflow, places: usize) -> Vec<JobParameters> {
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

pub fn posts(simulator: &Simulator) -> usize {
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
    let error = |name| client.batch(name).unwrap_err();
    assert_eq!(error("harbours").kind(), ErrorKind::NotFound);
    assert!(error("harbours").to_string().starts_with("batch `harbours`: there is no journal `"));
}

#[test]
fn the_same_jobs_are_one_batch_in_any_order_and_under_any_name() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let workflow = workflow(&client_in(&simulator, folder.path()));
    let mut jobs = parameters(&workflow, 3);
    workflow.run_jobs_parallel(jobs.clone()).unwrap();
    jobs.reverse();
    let again = workflow.rename("ports").unwrap().run_jobs_parallel(jobs).unwrap();
    assert_eq!((again.succeeded(), posts(&simulator), simulator.ledger().len()), (3, 3, 3));
}

#[test]
fn a_batch_can_be_cancelled_before_its_journal_exists() {
    let (simulator, folder) = (still().start().unwrap(), tempfile::tempdir().unwrap());
    let journals = folder.path().join("up42-batches");
    let client = client_in(&simulator, &journals);
    client.project().unwrap().update_settings(Settings::new().max_concurrent_jobs(1)).unwrap();
    let estimates = simulator.hold(Hold::answer().on("POST /estimate/job").always());
    let running = twelve(&client).max_credits(10_000).start().unwrap();
    reached(&estimates);
    // Another program, which reports when it has found that the batch is already running.
    let mut canceller = program("batches::canceller");
    Service::Workflow.environment(&mut canceller, &simulator, folder.path());
    let mut canceller = canceller.arg("--nocapture").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(canceller.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("another kernel runs this batch")));
    assert!(!journals.join("airports.sqlite").exists(), "it was asked before there was a journal");
    estimates.release();
    let is_stopping = || simulator.ledger().iter().any(|entry| entry.status == "CANCELLING");
    until(|| is_stopping() || running.is_finished());
    advance_until(&simulator, || running.is_finished());
    let ended = running.wait().unwrap();
    assert_eq!((ended.len(), ended.succeeded()), (12, 0), "{ended:?}");
    assert!(simulator.ledger().len() <= 1, "{ended:?}");
    assert!(ended.iter().last().unwrap().reason().unwrap().contains("the batch was cancelled"));
    lines.for_each(drop);
    assert!(canceller.wait().unwrap().success());
}

fn twelve(client: &Client) -> Batch {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    if workflow.tasks().unwrap().is_empty() {
        workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    }
    workflow.batch("airports", parameters(&workflow, 12)).unwrap()
}

#[test]
#[ignore = "the program that cancels"]
fn canceller() {
    if std::env::var_os(crate::crash::services::SERVICE).is_some() {
        twelve(&Client::from_env().unwrap()).cancel().unwrap();
    }
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
fn absent_jobs_are_sent_again_once_that_is_proven() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    // The server fails before it does anything, with a response that proves nothing.
    simulator.inject(Fault::server_error(500).on("POST /jobs").times(2));
    simulator.inject(Fault::lost_answer().on("POST /jobs").after(1).times(1));
    let batch = workflow.batch("absent", parameters(&workflow, 4)).unwrap().quiet();
    let jobs = batch.lost_job_timeout(Duration::from_secs(1)).run().unwrap();
    assert_eq!(jobs.succeeded(), 4, "{:?}", jobs.to_dataframe());
    assert_eq!((simulator.ledger().len(), posts(&simulator)), (4, 6));
}

#[test]
fn concurrent_runs_of_a_batch_are_one() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let run = || {
        let client = client_in(&simulator, folder.path());
        let workflow = workflow(&client);
        workflow.batch("airports", parameters(&workflow, 6)).unwrap().quiet().run().unwrap().to_dataframe()
    };
    // Created once, in advance.
    workflow(&client_in(&simulator, folder.path()));
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        (run(), other.join().unwrap())
    });
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(simulator.ledger().len(), 6);
}

#[test]
fn a_batch_runs_in_the_background() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 4)).unwrap();
    let running = batch.start().unwrap();
    assert_eq!(running.jobs().unwrap().len(), 4, "as they stand, at any time");
    let jobs = running.wait().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (4, 4));
    // The error that refuses a batch is returned at its end.
    let refused = batch.max_credits(1).start().unwrap().wait();
    assert!(refused.is_ok(), "all was paid before: {refused:?}");
    let more = workflow.batch("more", parameters(&workflow, 5)).unwrap().max_credits(1).start().unwrap();
    assert_eq!(more.wait().unwrap_err().kind(), ErrorKind::Credits);
}

#[test]
fn a_panic_in_the_background_is_an_error_and_the_batch_can_resume() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 4)).unwrap().quiet();
    let broken = batch.clone().on_finished(|record| panic!("no room for {}", record.label));
    let running = broken.start().unwrap();
    until(|| running.is_finished());
    assert_eq!(running.jobs().unwrap().len(), 4, "as the journal has them");
    let error = running.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.to_string(), "batch `airports`: its thread broke: run it again");
    let lock = std::fs::File::open(folder.path().join("airports.lock")).unwrap();
    lock.try_lock().expect("the lock is free");
    drop(lock);
    assert_eq!(batch.run().unwrap().succeeded(), 4);
    assert_eq!(simulator.ledger().len(), 4, "each once");
}

#[test]
fn on_failure_stop_prevents_further_jobs() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs"));
    let batch = workflow.batch("airports", parameters(&workflow, 4)).unwrap().quiet().max_concurrent(1);
    let jobs = batch.clone().on_failure(OnFailure::Stop).run().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (0, 1));
    let reasons: Vec<_> = jobs.iter().filter_map(JobRecord::reason).collect();
    let label = &jobs.iter().next().unwrap().label;
    assert_eq!(reasons[3], format!("job `{label}` failed, and nothing is sent after it"));
    assert_eq!(batch.run().unwrap().succeeded(), 3, "the others, when it is run again");
}

#[test]
fn a_cancel_request_ends_with_its_run() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = |places| workflow.batch("airports", parameters(&workflow, places)).unwrap().quiet();
    batch(1).run().unwrap();
    // The canceller was killed before the request was read.
    let journal = rusqlite::Connection::open(folder.path().join("airports.sqlite")).unwrap();
    journal.execute("INSERT INTO request VALUES ('cancel')", []).unwrap();
    let jobs = batch(3).run().unwrap();
    assert_eq!(jobs.succeeded(), 3, "{:?}", jobs.to_dataframe());
}

#[test]
fn a_deadline_applies_while_another_program_runs_the_batch() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 2)).unwrap().quiet();
    let other = std::fs::File::create(folder.path().join("airports.lock")).unwrap();
    other.lock().unwrap();
    let jobs = batch.timeout(Duration::from_millis(50)).run().unwrap();
    assert!(jobs.iter().all(|record| matches!(record.outcome, Outcome::Unfinished)));
    assert!(simulator.ledger().is_empty());
}

#[test]
fn jobs_of_other_batches_use_slots() {
    let (simulator, folder) = (still().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    workflow.project().update_settings(Settings::new().max_concurrent_jobs(4)).unwrap();
    let all = parameters(&workflow, 12);
    let (theirs, ours) = all.split_at(6);
    let batch = |name: &str, jobs: &[JobParameters]| workflow.batch(name, jobs.to_vec()).unwrap();
    let theirs = batch("theirs", theirs).max_concurrent(2).start().unwrap();
    until(|| simulator.ledger().len() == 2);
    let ours = batch("ours", ours).start().unwrap();
    let begun = || ours.jobs().unwrap().iter().filter(|record| record.job.is_some()).count();
    until(|| begun() == 2);
    let is_full = || simulator.requests().iter().any(|request| request.status == 429);
    until(is_full);
    assert_eq!((simulator.ledger().len(), begun()), (4, 2), "two of four slots are theirs");
    advance_until(&simulator, || theirs.is_finished() && ours.is_finished());
    assert_eq!((theirs.wait().unwrap().succeeded(), ours.wait().unwrap().succeeded()), (6, 6));
    assert_eq!(simulator.ledger().len(), 12);
}

#[test]
fn an_estimate_is_requested_once() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 3)).unwrap().quiet();
    let first = batch.estimate().unwrap();
    let requests_so_far =
        || simulator.requests().iter().filter(|request| request.path.ends_with("/estimate/job")).count();
    assert_eq!(requests_so_far(), 3);
    assert_eq!(batch.estimate().unwrap().prices().unwrap(), first.prices().unwrap());
    assert_eq!(batch.max_credits(first.total().max).run().unwrap().succeeded(), 3);
    assert_eq!(requests_so_far(), 3);
}

#[test]
fn a_deadline_ends_the_wait_but_not_the_jobs() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 2)).unwrap().quiet();
    let ended = Arc::new(Mutex::new(Vec::new()));
    let finished = Arc::clone(&ended);
    let batch = batch.on_finished(move |record| finished.lock().unwrap().push(record.label.clone()));
    let jobs = batch.clone().timeout(Duration::from_millis(500)).run().unwrap();
    assert!(
        jobs.iter().all(|record| matches!(record.outcome, Outcome::Unfinished)),
        "{:?}",
        jobs.to_dataframe()
    );
    assert!(ended.lock().unwrap().is_empty());
    simulator.clock().advance(Duration::from_secs(3600));
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (2, 2));
    let mut ended = ended.lock().unwrap().clone();
    ended.sort();
    let mut labels: Vec<_> = jobs.iter().map(|record| record.label.clone()).collect();
    labels.sort();
    assert_eq!(ended, labels, "each is reported once");
}

#[test]
fn unsent_jobs_can_be_removed_from_the_parameters() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).credits(10).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = |places| workflow.batch("airports", parameters(&workflow, places)).unwrap().quiet();
    assert_eq!(batch(3).run().unwrap_err().kind(), ErrorKind::Credits);
    assert_eq!(batch(2).jobs().unwrap().len(), 2);
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
    let listed: Vec<_> =
        batches.iter().map(|entry| (entry.name.as_str(), entry.jobs, entry.succeeded)).collect();
    assert_eq!(listed, [("Über alle", 2, 2), ("first", 1, 1)]);
    assert!(batches.iter().all(|entry| entry.credits > 0 && entry.runs == "airports"));
    assert_eq!(client.batch("Über alle").unwrap().jobs().unwrap().succeeded(), 2);
}

#[test]
fn a_batch_in_an_embedded_simulator_leaves_no_files() {
    let simulator = fast();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    workflow.batch("gone", parameters(&workflow, 1)).unwrap().quiet().run().unwrap();
    assert_eq!(client.batches().unwrap().len(), 1);
    assert!(!Path::new("up42-batches").exists());
}

#[test]
fn without_credits_created_jobs_and_results_remain() {
    let price = {
        let client = Client::simulator().unwrap();
        let workflow = workflow(&client);
        workflow.estimate(&parameters(&workflow, 1)).unwrap().total().max
    };
    let simulator =
        Simulator::builder().clock(Clock::speed(600.0)).credits(1000 + price * 2).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let all = parameters(&workflow, 12);
    let batch = workflow.batch("airports", all).unwrap().quiet().max_concurrent(2);
    let jobs = batch.run().unwrap();
    let unsent: Vec<_> = jobs.iter().filter(|record| matches!(record.outcome, Outcome::Unsent(_))).collect();
    assert!(!unsent.is_empty() && jobs.succeeded() + unsent.len() == 12, "{:?}", jobs.to_dataframe());
    assert_eq!(simulator.ledger().len(), jobs.succeeded());
    let balance = client.balance().unwrap();
    for record in &unsent {
        let reason = record.reason().unwrap();
        assert!(reason.contains(&format!("the balance is {balance}")), "{reason}");
        assert!(reason.contains(" credits are missing; add some, and run the batch again: "), "{reason}");
        assert!(reason.contains("403: Insufficient credits to run job"), "{reason}");
    }
    assert!(jobs.iter().all(|record| !matches!(record.outcome, Outcome::Rejected(_) | Outcome::Unproven(_))));
    let again = batch.run().unwrap();
    assert_eq!((again.succeeded(), again.cost()), (jobs.succeeded(), jobs.cost()), "paid once");
}

#[test]
fn durations_are_stored_only_from_requested_estimates() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let kept = |name: &str| -> i64 {
        let journal = rusqlite::Connection::open(folder.path().join(name)).unwrap();
        let count = "SELECT count(*) FROM event WHERE kind = 'estimated'";
        journal.query_row(count, [], |row| row.get(0)).unwrap()
    };
    let requests_so_far =
        || simulator.requests().iter().filter(|request| request.path.ends_with("/estimate/job")).count();
    let all = parameters(&workflow, 6);
    workflow.batch("unasked", all[..2].to_vec()).unwrap().quiet().run().unwrap();
    assert_eq!((requests_so_far(), kept("unasked.sqlite")), (0, 0));
    let batch = workflow.batch("asked", all[2..4].to_vec()).unwrap().quiet();
    batch.estimate().unwrap();
    batch.run().unwrap();
    assert_eq!((requests_so_far(), kept("asked.sqlite")), (2, 2));
    client.batch("asked").unwrap().quiet().run().unwrap();
    assert_eq!((requests_so_far(), kept("asked.sqlite")), (2, 2), "once");
    workflow.batch("budget", all[4..].to_vec()).unwrap().quiet().max_credits(10_000).run().unwrap();
    assert_eq!((requests_so_far(), kept("budget.sqlite")), (4, 2));
}

#[test]
fn a_batch_continues_after_hours_of_sleep() {
    let builder = Simulator::builder().clock(Clock::manual()).token_life(Duration::from_secs(3600));
    let (simulator, folder) = (builder.start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = workflow.batch("airports", parameters(&workflow, 6)).unwrap().max_concurrent(2);
    let running = batch.timeout(PATIENCE).start().unwrap();
    until(|| simulator.ledger().len() == 2);
    // Meanwhile the jobs have ended, the token has expired, and the connections are dead.
    simulator.inject(Fault::lost_answer().on("GET /jobs").times(2));
    simulator.inject(Fault::cut_off().on("GET /credits").times(2));
    simulator.clock().advance(Duration::from_secs(8 * 3600));
    // From now on the clock advances only while jobs run, in steps of which a token outlives
    // several.
    let is_at_work = || simulator.ledger().iter().any(|entry| entry.status != "SUCCEEDED");
    until(|| {
        if is_at_work() {
            simulator.clock().advance(Duration::from_secs(600));
        }
        running.is_finished()
    });
    let jobs = running.wait().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (6, 6), "{:?}", jobs.to_dataframe());
}
