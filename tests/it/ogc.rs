//! Tests of batches on the simulator's OGC API - Processes server.

use std::path::Path;
use std::time::Duration;

use up42::batch::{JobRecord, Outcome};
use up42::client::Endpoint;
use up42::jobs::JobStatus;
use up42::polars::df;
use up42::processes::{OgcProcess, ProcessServer};
use up42::serde_json::{Value, json};
use up42::simulator::{Clock, Distribution, Fault, Simulator, SimulatorBuilder};
use up42::{Client, ErrorKind};

use crate::server::{Server, answer, json as answer_json};
use crate::wait::{still, until};

fn fast() -> SimulatorBuilder {
    Simulator::builder().clock(Clock::speed(600.0))
}

fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

fn process(simulator: &Simulator, folder: &Path, id: &str) -> OgcProcess {
    client_in(simulator, folder).process_server(simulator.ogc_url()).unwrap().process(id).unwrap()
}

fn greetings(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({"name": format!("place {number}")})).collect()
}

#[test]
fn results_are_read_by_value_and_by_reference() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let grid = process(&simulator, folder.path(), "grid");
    let rows = df!(
        "name" => ["Dakar", "Thiès"], "bbox" => ["[-17.5, 14.6, -17.4, 14.8]", "[-17.0, 14.7, -16.9, 14.8]"],
        "cells" => [Some(3), None],
    );
    let jobs = grid.batch("grids", rows.unwrap()).unwrap().quiet().run().unwrap();
    assert_eq!((jobs.succeeded(), jobs.cost()), (2, 0), "{:?}", jobs.to_dataframe());
    let labels: Vec<_> = jobs.iter().map(|record| record.label.as_str()).collect();
    assert_eq!(labels, ["Dakar", "Thiès"]);
    assert!(jobs.iter().all(|record| record.cost().is_none()), "the standard knows none");
    let shown = format!("{:?}", up42::view::ToMimeBundle::to_mime_bundle(&jobs));
    assert!(shown.contains("2 succeeded") && !shown.contains("Credits paid"), "{shown}");
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let values: Vec<_> = results
        .iter()
        .map(|one| {
            (one.label.clone(), one.properties["output"].clone(), one.properties.get("value").cloned())
        })
        .collect();
    let of = |place: &str, output: &str, value: Option<Value>| (place.to_owned(), json!(output), value);
    assert_eq!(
        values,
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
    let before = simulator.requests().len();
    jobs.download_results(folder.path().join("results")).unwrap();
    assert_eq!(simulator.requests().len(), before, "all is there");
}

#[test]
fn a_job_with_a_lost_answer_is_found_by_its_inputs() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::lost_answer().on("POST /ogc").after(2).times(3));
    let batch =
        hello.batch("greetings", greetings(8)).unwrap().quiet().lost_job_timeout(Duration::from_millis(300));
    assert_eq!(batch.run().unwrap().succeeded(), 8);
    assert_eq!(simulator.ogc_ledger().len(), 8, "each once");
    assert_eq!(batch.run().unwrap().succeeded(), 8);
    let client = client_in(&simulator, folder.path());
    let message = client.batch("greetings").unwrap_err().to_string();
    assert!(message.contains("open it by `client.process_server(url)?.batch(name)`"), "{message}");
    let again = hello.server().batch("greetings").unwrap().jobs().unwrap();
    assert_eq!((again.succeeded(), simulator.ogc_ledger().len()), (8, 8));
    let kept = client.batches().unwrap();
    let entry = kept.iter().next().unwrap();
    assert_eq!((entry.service, entry.runs.as_str()), ("OGC process", "hello-world"));
}

#[test]
fn without_inputs_in_the_list_a_lost_job_is_unproven() {
    let (simulator, folder) = (fast().ogc_hides_inputs().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::lost_answer().on("POST /ogc").after(3));
    let batch =
        hello.batch("greetings", greetings(6)).unwrap().quiet().lost_job_timeout(Duration::from_millis(100));
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
fn absent_jobs_are_sent_again_without_inputs_in_the_list() {
    let (simulator, folder) = (fast().ogc_hides_inputs().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::server_error(503).on("POST /ogc").after(1).times(2));
    let batch =
        hello.batch("greetings", greetings(4)).unwrap().quiet().lost_job_timeout(Duration::from_millis(100));
    assert_eq!(batch.run().unwrap().succeeded(), 4);
    assert_eq!(simulator.ogc_ledger().len(), 4);
}

#[test]
fn failures_and_dismissals_are_outcomes() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    simulator.inject(Fault::failing_job("failed").on("/ogc"));
    simulator.inject(Fault::hanging_job().on("/ogc").after(1));
    let batch = hello.batch("greetings", greetings(2)).unwrap().max_concurrent(1);
    let running = batch.start().unwrap();
    let status = |running: &up42::batch::Running| -> Vec<JobStatus> {
        running
            .jobs()
            .unwrap()
            .iter()
            .filter_map(|record| Some(record.job.as_ref()?.status.clone()))
            .collect()
    };
    until(|| status(&running).len() == 2);
    let jobs = batch.clone().quiet().cancel().unwrap();
    running.wait().unwrap();
    let statuses: Vec<_> = jobs.iter().map(|record| record.job.clone().unwrap().status).collect();
    assert_eq!(statuses, [JobStatus::Failed, JobStatus::Cancelled]);
    let reasons: Vec<_> = jobs.iter().filter_map(JobRecord::reason).collect();
    assert_eq!(reasons, ["the process failed on its inputs", "dismissed by its user"]);
    assert_eq!(batch.quiet().retry_failed().unwrap().succeeded(), 2);
    let all = hello.jobs().unwrap().with_details().unwrap();
    assert_eq!((all.len(), all.succeeded()), (4, 2), "those that failed are there, too");
}

#[test]
fn progress_of_running_jobs_is_reported() {
    let lasts = Distribution::Constant(Duration::from_secs(100));
    let (simulator, folder) = (still().run_times(lasts).start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    let running = hello.batch("slow", greetings(2)).unwrap().start().unwrap();
    until(|| simulator.ogc_ledger().len() == 2);
    // The jobs were queued for 1 to 4 s.
    simulator.clock().advance(Duration::from_secs(50));
    let progress = || -> Vec<u8> {
        let jobs = running.jobs().unwrap();
        jobs.iter().filter_map(|one| one.job.as_ref()?.progress).filter(|percent| *percent > 0).collect()
    };
    until(|| progress().len() == 2);
    assert!(progress().iter().all(|percent| (46..=49).contains(percent)), "{:?}", progress());
    let shown = format!("{:?}", running.jobs().unwrap());
    assert!(shown.contains("0 of 2 jobs succeeded"), "{shown}");
    let ended = hello.batch("slow", greetings(2)).unwrap().quiet().cancel().unwrap();
    let ended: Vec<_> = ended.iter().map(|record| record.job.clone().unwrap().status).collect();
    assert_eq!(ended, [JobStatus::Cancelled, JobStatus::Cancelled]);
    running.wait().unwrap();
}

#[test]
fn unsupported_operations_are_errors() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let hello = process(&simulator, folder.path(), "hello-world");
    let batch = hello.batch("greetings", greetings(1)).unwrap().quiet();
    let message =
        "an OGC API - Processes server has no prices: run the batch without `estimate` and `max_credits`";
    assert!(batch.estimate().unwrap_err().to_string().ends_with(message));
    assert!(batch.clone().max_credits(10).run().unwrap_err().to_string().ends_with(message));
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
    let message = batch.run().unwrap_err().to_string();
    assert_eq!(
        message,
        "batch `mine`: its journal belongs to process `hello-world` of this machine/ogc, and not to process `grid` \
         of this machine/ogc: give the batch another name"
    );
}

/// Starts a server that executes every request at once, at an address that the library does not
/// consider local (on macOS after `ifconfig lo0 alias 127.0.0.2`).
fn remote(login: Option<&'static str>) -> Server {
    Server::at("127.0.0.2:0", move |request| {
        if login.is_some_and(|login| !request.contains(login)) {
            return answer(401, "", b"");
        }
        match request.split([' ', '?']).take(2).collect::<Vec<_>>()[..] {
            ["GET", "/base/"] => answer_json(json!({"conformsTo": ["x/ogcapi-processes-1/1.0/conf/core"]})),
            ["GET", "/base/processes/p"] => {
                answer_json(json!({"id": "p", "jobControlOptions": ["async-execute"], "outputs": {"a": {}}}))
            }
            ["POST", "/base/processes/p/execution"] => {
                let (_, body) = request.split_once("\r\n\r\n").unwrap();
                let execution: Value = serde_json::from_str(body).unwrap();
                let id = format!("job-{}", execution["inputs"]["x"]);
                answer_json(json!({"jobID": id, "processID": "p", "status": "successful"}))
            }
            _ => answer(404, "", b""),
        }
    })
}

#[test]
fn a_batch_of_a_remote_server_is_opened_by_its_name() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let server = remote(None);
    let process = || {
        let server =
            client_in(&simulator, folder.path()).process_server(format!("{}/base", server.url)).unwrap();
        server.process("p").unwrap()
    };
    let row = |number: u8| json!({"x": number});
    assert_eq!(process().batch("far", vec![row(1)]).unwrap().quiet().run().unwrap().succeeded(), 1);
    let client = client_in(&simulator, folder.path());
    let named = client.batch("far").unwrap().quiet();
    assert_eq!((named.jobs().unwrap().succeeded(), named.run().unwrap().succeeded()), (1, 1));
    assert_eq!(server.requests_to("POST").len(), 1, "nothing runs again");
    let entry = client.batches().unwrap().iter().next().unwrap().clone();
    assert_eq!((entry.name.as_str(), entry.service, entry.runs.as_str()), ("far", "OGC process", "p"));
    assert!(
        server.requests_to("GET").iter().all(|request| !request.to_lowercase().contains("authorization"))
    );
    // Jobs that were not sent yet are sent to the same server.
    let more = process().batch("more", vec![row(2), row(3)]).unwrap().quiet();
    assert_eq!(more.timeout(Duration::ZERO).run().unwrap().succeeded(), 0);
    assert_eq!(server.requests_to("POST").len(), 1);
    assert_eq!(client.batch("more").unwrap().quiet().run().unwrap().succeeded(), 2);
    assert_eq!(server.requests_to("POST").len(), 3);
    let other = remote(None);
    let elsewhere = client.process_server(format!("{}/base", other.url)).unwrap();
    let message = elsewhere.batch("far").unwrap_err().to_string();
    assert!(
        message.contains(&format!("its journal belongs to process `p` of {}/base, and not to ", server.url)),
        "{message}"
    );
}

#[test]
fn opening_a_batch_of_a_remote_server_needs_its_login() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let server = remote(Some("hunter2"));
    let client = client_in(&simulator, folder.path());
    let open = || {
        let endpoint = Endpoint::new(format!("{}/base", server.url)).token("hunter2");
        client.process_server(endpoint).unwrap()
    };
    let batch = open().process("p").unwrap().batch("far", vec![json!({"x": 1})]).unwrap();
    assert_eq!(batch.quiet().run().unwrap().succeeded(), 1);
    let error = client.batch("far").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    assert!(error.to_string().contains("it wants a login (401)"), "{error}");
    assert_eq!(open().batch("far").unwrap().quiet().run().unwrap().succeeded(), 1);
    assert_eq!(server.requests_to("POST").len(), 1, "nothing runs again");
}

#[test]
fn a_repeating_list_of_processes_is_read_once() {
    let server = Server::start(|request| {
        let path = request.split(' ').nth(1).unwrap();
        if !path.starts_with("/processes") {
            let core = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core";
            return answer_json(json!({"conformsTo": [core]}));
        }
        // Each page links to another one, and all have the same content.
        let page: usize = path.split_once("page=").map_or(0, |(_, page)| page.parse().unwrap());
        let next = json!({"rel": "next", "href": format!("/processes?page={}", page + 1)});
        answer_json(json!({"processes": [{"id": "a"}, {"id": "b"}], "links": [next]}))
    });
    let list = ProcessServer::open(&server.url).unwrap().processes().unwrap();
    assert_eq!((list.len(), list.has_more(), server.requests_to("GET /processes").len()), (2, false, 2));
}
