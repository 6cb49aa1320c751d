//! Batches on a real OGC API - Processes server.

mod server;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use up42::serde_json::{self, Value, json};
use up42::simulator::Simulator;
use up42::{Client, Endpoint, JobCollection, JobRecord, JobStatus, Outcome, ProcessServer};

use server::Pygeoapi;

fn connect(server: &Pygeoapi, folder: &Path) -> ProcessServer {
    let client = Client::builder().simulator(Simulator::start().unwrap()).batches(folder.join("batches"));
    client.build().unwrap().processes(&server.url).unwrap()
}

fn places(count: usize, seconds: f64) -> Vec<Value> {
    (0..count).map(|number| json!({"place": format!("place {number}"), "seconds": seconds})).collect()
}

/// How often each place was measured.
fn runs(folder: &Path) -> HashMap<String, usize> {
    let mut runs = HashMap::new();
    for place in std::fs::read_to_string(folder.join("runs")).unwrap_or_default().lines() {
        *runs.entry(place.to_owned()).or_default() += 1;
    }
    runs
}

/// What each place was measured to be.
fn measured(jobs: &JobCollection, folder: &Path) -> Vec<(String, Value)> {
    let results = jobs.download_results(folder.join("results")).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let read = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    results.iter().map(|one| (one.label.clone(), read(one.path.as_ref().unwrap()))).collect()
}

#[test]
fn fifty_executions_run_at_a_time_and_their_results_come() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::start(folder.path()) else { return };
    let server = connect(&pygeoapi, folder.path());
    let ids: Vec<_> = server.list().unwrap().iter().map(|one| (one.id.clone(), one.is_async)).collect();
    assert!(
        ids.contains(&("measure".into(), true)) && ids.contains(&("hello-world".into(), true)),
        "{ids:?}"
    );
    let measure = server.process("measure").unwrap();
    let seconds = measure.inputs().get("seconds").unwrap();
    assert_eq!((seconds.min_occurs, seconds.default.clone()), (0, Some(json!(0))));

    let batch = measure.batch("fifty", places(50, 0.2)).unwrap().max_concurrent(50).quiet();
    let jobs = batch.run().unwrap();
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
fn failures_dismissals_and_pictures_are_told_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::start(folder.path()) else { return };
    let server = connect(&pygeoapi, folder.path());
    let measure = server.process("measure").unwrap();
    let places = vec![json!({"place": "Dakar"}), json!({"place": "nowhere"})];
    let jobs = measure.batch("failing", places).unwrap().quiet().run().unwrap();
    let told: Vec<_> = jobs.iter().map(|record| record.job.clone().unwrap().status).collect();
    assert_eq!(told, [JobStatus::Succeeded, JobStatus::Failed]);
    let reason = jobs.iter().find_map(JobRecord::reason).unwrap();
    assert!(reason.contains("there is no such place"), "{reason}");

    let slow = measure.batch("slow", vec![json!({"place": "Thiès", "seconds": 3600})]).unwrap();
    let running = slow.start().unwrap();
    while running.jobs().unwrap().iter().all(|record| record.job.is_none()) {
        std::thread::sleep(Duration::from_millis(20));
    }
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

/// What ran when it was killed stays `accepted` there for ever: the user dismisses it.
#[test]
fn a_server_that_is_killed_and_comes_back_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(first) = Pygeoapi::start(folder.path()) else { return };
    let measure = connect(&first, folder.path()).process("measure").unwrap();
    let batch = measure.batch("thirty", places(30, 0.3)).unwrap().max_concurrent(6);
    let batch = batch.settle(Duration::from_secs(1));
    let running = batch.start().unwrap();
    while runs(folder.path()).len() < 9 {
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill();
    let second = Pygeoapi::start(folder.path()).unwrap();
    assert!(second.stranded > 0, "some were killed with it");
    loop {
        let jobs = running.jobs().unwrap();
        let open = jobs.iter().filter(|one| matches!(one.outcome, Outcome::Unfinished));
        let (begun, to_come): (Vec<_>, Vec<_>) = open.partition(|one| one.job.is_some());
        if to_come.is_empty() && begun.len() <= second.stranded {
            break;
        }
        assert!(!running.is_finished(), "{:?}", jobs.to_dataframe());
        std::thread::sleep(Duration::from_millis(50));
    }
    let left = batch.clone().quiet().cancel().unwrap();
    running.wait().unwrap();
    let done: HashSet<String> =
        left.iter().filter(|one| matches!(one.outcome, Outcome::Succeeded { .. })).map(place).collect();
    assert!(done.len() >= 9 && done.len() < 30, "{:?}", left.to_dataframe());
    let jobs = batch.quiet().retry_failed().unwrap();
    assert_eq!(jobs.succeeded(), 30, "{:?}", jobs.to_dataframe());
    let twice = runs(folder.path()).into_iter().filter(|(_, runs)| *runs > 1);
    for (place, runs) in twice {
        assert!(runs == 2 && !done.contains(&place), "{place} was done, and ran {runs} times");
    }
    assert_eq!(measured(&jobs, folder.path()).len(), 30);
}

fn place(record: &JobRecord) -> String {
    record.inputs["place"].as_str().unwrap().to_owned()
}

#[test]
fn a_process_that_only_runs_while_one_waits_does_so_behind_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let Some(pygeoapi) = Pygeoapi::guarded(folder.path(), "hunter2") else { return };
    let client =
        Client::builder().simulator(Simulator::start().unwrap()).batches(folder.path().join("batches"));
    let client = client.build().unwrap();
    let told = client.processes(&pygeoapi.url).unwrap_err().to_string();
    assert!(told.contains("it wants a login (401)"), "{told}");
    let server = client.processes(Endpoint::new(&pygeoapi.url).user("me", "hunter2")).unwrap();
    let measure = server.process("measure").unwrap();
    assert!(!measure.is_async());
    let name = |number: usize| if number == 7 { "nowhere".to_owned() } else { format!("place {number}") };
    let rows: Vec<Value> = (0..12).map(|number| json!({"place": name(number), "seconds": 0.1})).collect();
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
