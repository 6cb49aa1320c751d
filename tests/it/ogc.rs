//! Batches on an OGC API - Processes server: that of the simulator.

use std::path::Path;
use std::time::Duration;

use up42::polars::df;
use up42::serde_json::{Value, json};
use up42::simulator::{Clock, Fault, Simulator, SimulatorBuilder};
use up42::{Client, ErrorKind, JobRecord, JobStatus, OgcProcess, Outcome, ProcessServer};

fn fast() -> SimulatorBuilder {
    Simulator::builder().clock(Clock::speed(600.0))
}

fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

fn process(simulator: &Simulator, folder: &Path, id: &str) -> OgcProcess {
    client_in(simulator, folder).processes(simulator.ogc_url()).unwrap().process(id).unwrap()
}

fn greetings(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({"name": format!("place {number}")})).collect()
}

#[test]
fn results_come_by_value_and_by_reference() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let grid = process(&simulator, folder.path(), "grid");
    let rows = df!(
        "name" => ["Dakar", "Thiès"], "bbox" => ["[-17.5, 14.6, -17.4, 14.8]", "[-17.0, 14.7, -16.9, 14.8]"],
        "cells" => [Some(3), None],
    );
    let jobs = grid.batch("grids", rows.unwrap()).unwrap().quiet().run().unwrap();
    assert_eq!((jobs.succeeded(), jobs.credits()), (2, 0), "{:?}", jobs.to_dataframe());
    let labels: Vec<_> = jobs.iter().map(|record| record.label.as_str()).collect();
    assert_eq!(labels, ["Dakar", "Thiès"]);
    assert!(jobs.iter().all(|record| record.credits().is_none()), "the standard knows none");
    let shown = format!("{:?}", up42::Rich::to_bundle(&jobs));
    assert!(shown.contains("2 succeeded") && !shown.contains("Credits paid"), "{shown}");
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let told: Vec<_> = results
        .iter()
        .map(|one| {
            (one.label.clone(), one.properties["output"].clone(), one.properties.get("value").cloned())
        })
        .collect();
    let of = |place: &str, output: &str, value: Option<Value>| (place.to_owned(), json!(output), value);
    assert_eq!(
        told,
        [
            of("Dakar", "grid", None),
            of("Dakar", "count", Some(json!(9))),
            of("Thiès", "grid", None),
            of("Thiès", "count", Some(json!(16))),
        ]
    );
    let grid = results.iter().next().unwrap().path.clone().unwrap();
    assert!(grid.ends_with("grid.geojson"), "{}", grid.display());
    let cells: Value = serde_json::from_slice(&std::fs::read(grid).unwrap()).unwrap();
    assert_eq!(cells["features"].as_array().unwrap().len(), 9);
    let asked = simulator.requests().len();
    jobs.download_results(folder.path().join("results")).unwrap();
    assert_eq!(simulator.requests().len(), asked, "all is there");
}

#[test]
fn a_lost_answer_is_found_again_by_what_was_asked() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::lost_answer().on("POST /ogc").after(2).times(3));
    let batch = hello.batch("greetings", greetings(8)).unwrap().quiet().settle(Duration::from_millis(300));
    assert_eq!(batch.run().unwrap().succeeded(), 8);
    assert_eq!(simulator.ogc_ledger().len(), 8, "each once");
    assert_eq!(batch.run().unwrap().succeeded(), 8);
    let client = client_in(&simulator, folder.path());
    let told = client.batch("greetings").unwrap_err().to_string();
    assert!(told.contains("open it by `client.processes(url)?.batch(name)`"), "{told}");
    let again = hello.server().batch("greetings").unwrap().jobs().unwrap();
    assert_eq!((again.succeeded(), simulator.ogc_ledger().len()), (8, 8));
    let kept = client.batches().unwrap();
    let entry = kept.iter().next().unwrap();
    assert_eq!((entry.service, entry.runs.as_str()), ("OGC process", "hello-world"));
}

#[test]
fn where_the_list_does_not_tell_what_was_asked_the_user_is() {
    let (simulator, folder) = (fast().ogc_hides_inputs().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::lost_answer().on("POST /ogc").after(3));
    let batch = hello.batch("greetings", greetings(6)).unwrap().quiet().settle(Duration::from_millis(100));
    let jobs = batch.run().unwrap();
    let unproven: Vec<_> =
        jobs.iter().filter(|record| matches!(record.outcome, Outcome::Unproven(_))).collect();
    assert_eq!((jobs.succeeded(), unproven.len(), simulator.ogc_ledger().len()), (5, 1, 6));
    let reason = unproven[0].reason().unwrap();
    assert!(reason.ends_with("the job may exist, look for it before you run it again"), "{reason}");
    assert_eq!(batch.run().unwrap().succeeded(), 5, "it waits for the user");
    assert_eq!(batch.retry_failed().unwrap().succeeded(), 6);
    assert_eq!(simulator.ogc_ledger().len(), 7);
}

#[test]
fn what_was_never_created_is_sent_again_all_the_same() {
    let (simulator, folder) = (fast().ogc_hides_inputs().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::server_error(503).on("POST /ogc").after(1).times(2));
    let batch = hello.batch("greetings", greetings(4)).unwrap().quiet().settle(Duration::from_millis(100));
    assert_eq!(batch.run().unwrap().succeeded(), 4);
    assert_eq!(simulator.ogc_ledger().len(), 4);
}

#[test]
fn failures_and_dismissals_are_told() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::failing_job("failed").on("/ogc"));
    simulator.inject(Fault::hanging_job().on("/ogc").after(1));
    let batch = hello.batch("greetings", greetings(2)).unwrap().max_concurrent(1);
    let running = batch.start().unwrap();
    let status = |running: &up42::Running| -> Vec<JobStatus> {
        running
            .jobs()
            .unwrap()
            .iter()
            .filter_map(|record| Some(record.job.as_ref()?.status.clone()))
            .collect()
    };
    while status(&running).len() < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let jobs = batch.clone().quiet().cancel().unwrap();
    running.wait().unwrap();
    let told: Vec<_> = jobs.iter().map(|record| record.job.clone().unwrap().status).collect();
    assert_eq!(told, [JobStatus::Failed, JobStatus::Cancelled]);
    let reasons: Vec<_> = jobs.iter().filter_map(JobRecord::reason).collect();
    assert_eq!(reasons, ["the process came upon something that it cannot do", "dismissed by its user"]);
    assert_eq!(batch.quiet().retry_failed().unwrap().succeeded(), 2);
    let all = hello.jobs().unwrap().with_details().unwrap();
    assert_eq!((all.len(), all.succeeded()), (4, 2), "those that failed are there, too");
}

#[test]
fn progress_is_told_while_it_runs() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let hello = process(&simulator, folder.path(), "hello-world");
    let running = hello.batch("slow", greetings(2)).unwrap().start().unwrap();
    while simulator.ogc_ledger().len() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let progress = |percent: u8| {
        let jobs = running.jobs().unwrap();
        jobs.iter().filter_map(|one| one.job.as_ref()?.progress).any(|told| told >= percent && told < 100)
    };
    while !progress(20) {
        simulator.clock().advance(Duration::from_millis(500));
        std::thread::sleep(Duration::from_millis(20));
    }
    let shown = format!("{:?}", running.jobs().unwrap());
    assert!(shown.contains("0 of 2 jobs succeeded"), "{shown}");
    assert_eq!(hello.batch("slow", greetings(2)).unwrap().quiet().cancel().unwrap().succeeded(), 0);
}

#[test]
fn what_a_server_has_not_is_said() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    let batch = hello.batch("greetings", greetings(1)).unwrap().quiet();
    let told = "an OGC API - Processes server has no prices: run the batch without estimate and budget";
    assert!(batch.estimate().unwrap_err().to_string().ends_with(told));
    assert!(batch.clone().budget(10).run().unwrap_err().to_string().ends_with(told));
    assert!(simulator.ogc_ledger().is_empty());
    let error = |rows: Vec<Value>| hello.batch("greetings", rows).unwrap_err().to_string();
    insta::assert_snapshot!(error(vec![json!({"nam": "x"}), json!({"name": 7})]), @"process `hello-world`: job 0 (`x`), `nam`: the process has no such input: did you mean `name`, `message`?; job 0 (`x`), `name`: it is missing, and has no default; job 1 (`7`), `name`: `7` is not a text");
    let server = ProcessServer::open(simulator.ogc_url()).unwrap();
    let error = server.process("hello_world").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean `hello-world`"), "{error}");
    let error = ProcessServer::open(simulator.stac_url()).unwrap_err().to_string();
    assert!(error.contains("its conformance names no class of OGC API - Processes"), "{error}");
    assert!(!ProcessServer::open("https://h/?key=hunter2").unwrap_err().to_string().contains("hunter2"));
}

#[test]
fn a_batch_of_another_server_is_refused() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    hello.batch("mine", greetings(1)).unwrap().quiet().run().unwrap();
    let grid = process(&simulator, folder.path(), "grid");
    let batch = grid.batch("mine", vec![json!({"bbox": [0, 0, 1, 1]})]).unwrap();
    let told = batch.run().unwrap_err().to_string();
    assert_eq!(
        told,
        "batch `mine`: its journal belongs to process `hello-world` of this machine/ogc, and not to process `grid` \
         of this machine/ogc: give the batch another name"
    );
}
