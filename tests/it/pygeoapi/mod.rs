//! Tests of batches on a real OGC API - Processes server.

mod server;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use up42::Client;
use up42::batch::{JobCollection, JobRecord, Outcome};
use up42::client::Endpoint;
use up42::jobs::JobStatus;
use up42::processes::ProcessServer;
use up42::serde_json::{self, Value, json};
use up42::simulator::Simulator;

use server::Pygeoapi;

use crate::wait::until;

fn connect(server: &Pygeoapi, folder: &Path) -> ProcessServer {
    let client = Client::builder().simulator(Simulator::start().unwrap()).batches(folder.join("batches"));
    client.build().unwrap().process_server(&server.url).unwrap()
}

/// Returns jobs for places; from the number `free` on they wait until a file exists.
fn places(count: usize, free: usize, file: &str) -> Vec<Value> {
    let after = |number: usize| if number < free { "" } else { file };
    (0..count).map(|number| json!({"place": format!("place {number}"), "after": after(number)})).collect()
}

/// Counts the runs of each place.
fn runs(folder: &Path) -> HashMap<String, usize> {
    let mut runs = HashMap::new();
    for place in std::fs::read_to_string(folder.join("runs")).unwrap_or_default().lines() {
        *runs.entry(place.to_owned()).or_default() += 1;
    }
    runs
}

/// Returns the result of each place.
fn measured(jobs: &JobCollection, folder: &Path) -> Vec<(String, Value)> {
    let results = jobs.download_results(folder.join("results")).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let read = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    results.iter().map(|one| (one.label.clone(), read(one.path.as_ref().unwrap()))).collect()
}

#[test]
fn fifty_concurrent_executions_have_results() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::start(folder.path()) else { return };
    let server = connect(&pygeoapi, folder.path());
    let ids: Vec<_> = server.processes().unwrap().iter().map(|one| (one.id.clone(), one.is_async)).collect();
    assert!(
        ids.contains(&("measure".into(), true)) && ids.contains(&("hello-world".into(), true)),
        "{ids:?}"
    );
    let measure = server.process("measure").unwrap();
    let after = measure.inputs().get("after").unwrap();
    assert_eq!((after.min_occurs, after.default.clone()), (0, Some(json!(""))));

    let batch = measure.batch("fifty", places(50, 0, "open")).unwrap().max_concurrent(50).quiet();
    let running = batch.start().unwrap();
    until(|| runs(folder.path()).len() == 50);
    assert_eq!(running.jobs().unwrap().succeeded(), 0, "all fifty are at work");
    std::fs::write(folder.path().join("open"), "").unwrap();
    let jobs = running.wait().unwrap();
    assert_eq!(jobs.succeeded(), 50, "{:?}", jobs.to_dataframe());
    assert!(runs(folder.path()).values().all(|runs| *runs == 1), "{:?}", runs(folder.path()));
    let measured = measured(&jobs, folder.path());
    assert_eq!(measured.len(), 50);
    for (number, (label, value)) in measured.iter().enumerate() {
        let place = format!("place {number}");
        assert_eq!(*value, json!({"place": place, "length": place.len()}), "{label}");
    }
    assert_eq!(batch.run().unwrap().succeeded(), 50);
    assert_eq!(runs(folder.path()).len(), 50, "nothing runs again");
}

#[test]
fn failures_dismissals_and_pictures_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::start(folder.path()) else { return };
    let server = connect(&pygeoapi, folder.path());
    let measure = server.process("measure").unwrap();
    let places = vec![json!({"place": "Dakar"}), json!({"place": "nowhere"})];
    let jobs = measure.batch("failing", places).unwrap().quiet().run().unwrap();
    let statuses: Vec<_> = jobs.iter().map(|record| record.job.clone().unwrap().status).collect();
    assert_eq!(statuses, [JobStatus::Succeeded, JobStatus::Failed]);
    let reason = jobs.iter().find_map(JobRecord::reason).unwrap();
    assert!(reason.contains("there is no such place"), "{reason}");

    let slow = measure.batch("slow", vec![json!({"place": "Thiès", "after": "never"})]).unwrap();
    let running = slow.start().unwrap();
    until(|| running.jobs().unwrap().iter().any(|record| record.job.is_some()));
    let dismissed = slow.clone().quiet().cancel().unwrap();
    running.wait().unwrap();
    let record = dismissed.iter().next().unwrap();
    assert_eq!(record.job.as_ref().unwrap().status, JobStatus::Cancelled);
    assert!(matches!(&record.outcome, Outcome::Failed { .. }), "{record:?}");

    let picture = server.process("picture").unwrap();
    assert!(picture.inputs().is_empty());
    let jobs = picture.batch("picture", vec![json!({})]).unwrap().quiet().run().unwrap();
    let results = jobs.download_results(folder.path().join("pictures")).unwrap();
    let path = results.iter().next().unwrap().path.clone().unwrap();
    assert!(path.ends_with("picture.bin") && std::fs::read(path).unwrap().starts_with(b"GIF89a"));
}

/// Checks that jobs that ran when the server was killed stay `accepted` on it: the user dismisses
/// them.
#[test]
fn no_job_is_lost_when_the_server_is_killed_and_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let Some(first) = Pygeoapi::start(folder.path()) else { return };
    let measure = connect(&first, folder.path()).process("measure").unwrap();
    let batch = measure.batch("thirty", places(30, 9, "open")).unwrap().max_concurrent(6);
    let batch = batch.lost_job_timeout(Duration::from_secs(1));
    let running = batch.start().unwrap();
    // Nine are done, and six cannot end.
    until(|| running.jobs().unwrap().succeeded() == 9 && runs(folder.path()).len() == 15);
    first.kill();
    let second = Pygeoapi::start(folder.path()).unwrap();
    assert_eq!(second.stranded, 6, "they were killed with it");
    let left = batch.clone().quiet().cancel().unwrap();
    assert_eq!(running.wait().unwrap().succeeded(), 9);
    let is_done = |one: &&JobRecord| matches!(one.outcome, Outcome::Succeeded { .. });
    let done: HashSet<String> = left.iter().filter(is_done).map(place).collect();
    assert_eq!(done.len(), 9, "{:?}", left.to_dataframe());
    std::fs::write(folder.path().join("open"), "").unwrap();
    let jobs = batch.quiet().retry_failed().unwrap();
    assert_eq!(jobs.succeeded(), 30, "{:?}", jobs.to_dataframe());
    let (once, twice): (Vec<_>, Vec<_>) = runs(folder.path()).into_iter().partition(|(_, runs)| *runs == 1);
    assert_eq!((once.len(), twice.len()), (24, 6), "those that were killed run again: {twice:?}");
    assert!(twice.iter().all(|(place, runs)| *runs == 2 && !done.contains(place)), "{twice:?}");
    assert_eq!(measured(&jobs, folder.path()).len(), 30);
}

fn place(record: &JobRecord) -> String {
    record.inputs["place"].as_str().unwrap().to_owned()
}

#[test]
fn a_synchronous_process_runs_with_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::guarded(folder.path(), "hunter2") else { return };
    let client =
        Client::builder().simulator(Simulator::start().unwrap()).batches(folder.path().join("batches"));
    let client = client.build().unwrap();
    let message = client.process_server(&pygeoapi.url).unwrap_err().to_string();
    assert!(message.contains("it wants a login (401)"), "{message}");
    let server = client.process_server(Endpoint::new(&pygeoapi.url).user("me", "hunter2")).unwrap();
    let measure = server.process("measure").unwrap();
    assert!(!measure.is_async());
    let name = |number: usize| if number == 7 { "nowhere".to_owned() } else { format!("place {number}") };
    let rows: Vec<Value> = (0..12).map(|number| json!({"place": name(number)})).collect();
    let batch = measure.batch("waited", rows).unwrap().quiet();
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), batch.run().unwrap().succeeded()), (11, 11), "{:?}", jobs.to_dataframe());
    let reason = jobs.iter().find_map(JobRecord::reason).unwrap();
    assert!(reason.contains("there is no such place"), "{reason}");
    assert!(runs(folder.path()).values().all(|runs| *runs == 1), "{:?}", runs(folder.path()));
    let places: Vec<Value> = measured(&jobs, folder.path()).into_iter().map(|(_, value)| value).collect();
    let expected = (0..12).map(name).filter(|place| place != "nowhere");
    let expected = expected.map(|place| json!({"place": place, "length": place.len()}));
    assert_eq!(places, expected.collect::<Vec<_>>());
}
