//! Tests of OGC processes that run only synchronously.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use up42::Client;
use up42::batch::Outcome;
use up42::jobs::JobStatus;
use up42::processes::OgcProcess;
use up42::simulator::{Clock, Fault, Simulator};

use crate::server::{Server, answer, json as answer_json};

fn distance(simulator: &Simulator, folder: &Path) -> OgcProcess {
    let client = Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap();
    client.process_server(simulator.ogc_url()).unwrap().process("distance").unwrap()
}

fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

fn pairs(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({"from": [0, 0], "to": [number, 0]})).collect()
}

/// Removes the events of these jobs, as if the program had been killed before it recorded them.
fn forget(folder: &Path, batch: &str, jobs: u32) {
    let journal = rusqlite::Connection::open(folder.join(format!("{batch}.sqlite"))).unwrap();
    let forget = "DELETE FROM event WHERE item < ?1 AND kind IN ('submitted', 'seen', 'told')";
    assert!(journal.execute(forget, [jobs]).unwrap() >= jobs as usize);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn executions(simulator: &Simulator) -> usize {
    simulator.requests().iter().filter(|request| request.path.ends_with("/execution")).count()
}

#[test]
fn each_job_is_one_request_and_its_response_is_stored() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let batch = distance(&simulator, folder.path()).batch("far", pairs(25)).unwrap().quiet();
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), executions(&simulator)), (25, 25));
    assert!(jobs.iter().all(|record| record.job.as_ref().unwrap().finished.is_some()));
    // Another kernel, later.
    let again = distance(&simulator, folder.path()).server().batch("far").unwrap().quiet().run().unwrap();
    let results = again.download_results(folder.path().join("results")).unwrap();
    assert_eq!(executions(&simulator), 25, "nothing runs again");
    let values: Vec<_> = results.iter().map(|one| one.properties["value"].clone()).collect();
    assert_eq!(values, (0..25).map(|number| json!(number as f64)).collect::<Vec<_>>());
}

#[test]
fn responses_stored_before_a_kill_are_used() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let process = distance(&simulator, folder.path());
    process.batch("near", pairs(2)).unwrap().quiet().run().unwrap();
    process.batch("far-away", pairs(5)).unwrap().quiet().run().unwrap();
    forget(folder.path(), "far-away", 3);
    let jobs = process.batch("far-away", pairs(5)).unwrap().quiet().run().unwrap();
    assert_eq!((jobs.succeeded(), executions(&simulator)), (5, 7), "nothing runs again");
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    let values: Vec<_> = results.iter().map(|one| one.properties["value"].clone()).collect();
    assert_eq!(values, (0..5).map(|number| json!(number as f64)).collect::<Vec<_>>());
    let all = process.jobs().unwrap();
    assert_eq!((all.len(), all.succeeded()), (7, 7), "and they are the process's jobs");
}

#[test]
fn a_job_with_a_lost_answer_is_unproven() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    simulator.inject(Fault::lost_answer().on("POST /ogc").after(1));
    let batch = distance(&simulator, folder.path()).batch("far", pairs(4)).unwrap();
    let batch = batch.quiet().lost_job_timeout(Duration::from_millis(50));
    let jobs = batch.run().unwrap();
    let lost = jobs.iter().find(|record| matches!(record.outcome, Outcome::Unproven(_))).unwrap();
    let reason = lost.reason().unwrap();
    assert!(reason.ends_with("the job may exist, look for it before you run it again"), "{reason}");
    assert_eq!((batch.run().unwrap().succeeded(), executions(&simulator)), (3, 4), "it is not sent again");
    assert_eq!((batch.retry_failed().unwrap().succeeded(), executions(&simulator)), (4, 5));
}

#[test]
fn a_response_that_cannot_be_stored_is_unproven() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("answers"), "a file where a folder should be").unwrap();
    let batch = distance(&simulator, folder.path()).batch("far", pairs(1)).unwrap();
    let jobs = batch.quiet().lost_job_timeout(Duration::from_millis(20)).run().unwrap();
    let reason = jobs.iter().next().unwrap().reason().unwrap();
    assert!(reason.contains("it has run: keep the answer in `"), "{reason}");
    assert!(reason.ends_with("the job may exist, look for it before you run it again"), "{reason}");
    assert_eq!(executions(&simulator), 1);
}

#[test]
fn rejections_and_failures_are_distinguished() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    simulator.inject(Fault::failing_job("failed").on("/ogc"));
    let batch = distance(&simulator, folder.path()).batch("far", pairs(2)).unwrap().max_concurrent(1);
    let jobs = batch.quiet().run().unwrap();
    let failed = jobs.iter().find(|record| matches!(record.outcome, Outcome::Failed { .. })).unwrap();
    assert_eq!(failed.job.as_ref().unwrap().status, JobStatus::Failed);
    let reason = failed.reason().unwrap();
    assert!(reason.contains("the process failed on its inputs"), "{reason}");
    assert_eq!(jobs.succeeded(), 1);
}

#[test]
fn several_results_are_read_from_a_multipart_response() {
    let several = "Content-Type: multipart/related; boundary=\"of parts\"\r\n";
    let body = b"--of parts\r\nContent-ID: <count>\r\nContent-Type: application/json\r\n\r\n9\r\n--of parts\r\n\
        Content-ID: <picture>\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBO\r\nRw==\r\n\
        --of parts\r\nContent-ID: <grid>\r\nContent-Type: text/csv\r\nContent-Location: /grid.csv\r\n\r\n\r\n--of parts--";
    let server = Server::start(move |request| match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer_json(json!({"conformsTo": ["x/ogcapi-processes-1/1.0/conf/core"]})),
        ["GET", "/processes/p"] => {
            let outputs = json!({"count": {}, "picture": {}, "grid": {}});
            answer_json(json!({"id": "p", "jobControlOptions": ["async-execute"], "outputs": outputs}))
        }
        ["POST", _] => answer_json(json!({"jobID": "j", "status": "successful"})),
        ["GET", "/jobs/j/results"] => answer(200, several, body),
        ["GET", "/grid.csv"] => answer(200, "", b"a,b"),
        _ => answer(404, "", b""),
    });
    let folder = tempfile::tempdir().unwrap();
    let client = Client::builder().simulator(fast()).batches(folder.path()).build().unwrap();
    let process = client.process_server(&server.url).unwrap().process("p").unwrap();
    let jobs = process.batch("one", vec![json!({"x": 1})]).unwrap().quiet().run().unwrap();
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let values: Vec<_> = results
        .iter()
        .map(|one| {
            let path = one.path.as_ref().unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect();
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let expected = [file("count.json", b"9"), file("picture.png", b"\x89PNG"), file("grid.csv", b"a,b")];
    assert_eq!(values, expected);
    assert_eq!(results.iter().next().unwrap().properties["value"], 9);
}

/// Checks a server that declares asynchronous execution, and answers with the result nevertheless.
#[test]
fn an_unrequested_synchronous_response_is_the_result() {
    let server = Server::start(|request| match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer_json(json!({"conformsTo": ["x/ogcapi-processes-1/1.0/conf/core"]})),
        ["GET", "/processes/p"] => {
            answer_json(json!({"id": "p", "jobControlOptions": ["async-execute"], "outputs": {"a": {}}}))
        }
        ["POST", _] => answer(200, "Content-Type: text/csv\r\n", b"a,b\n1,2\n"),
        _ => answer(404, "", b""),
    });
    let folder = tempfile::tempdir().unwrap();
    let client = Client::builder().simulator(fast()).batches(folder.path()).build().unwrap();
    let process = client.process_server(&server.url).unwrap().process("p").unwrap();
    let run = || process.batch("at-once", vec![json!({"x": 1})]).unwrap().quiet().run().unwrap();
    run();
    forget(folder.path(), "at-once", 1);
    let results = run().download_results(folder.path().join("results")).unwrap();
    assert_eq!(server.requests_to("POST").len(), 1, "nothing runs again");
    let path = results.iter().next().unwrap().path.clone().unwrap();
    assert!(path.ends_with("a.csv") && std::fs::read(path).unwrap() == b"a,b\n1,2\n");
}

/// Checks a lost response while the server's list has no job: that proves nothing on such a server.
#[test]
fn with_stored_responses_the_list_of_jobs_proves_nothing() {
    let server = Server::start(|request| match request.split([' ', '?']).take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer_json(json!({"conformsTo": ["x/ogcapi-processes-1/1.0/conf/core"]})),
        ["GET", "/processes/p"] => {
            answer_json(json!({"id": "p", "jobControlOptions": ["async-execute"], "outputs": {"a": {}}}))
        }
        ["POST", _] => answer(200, "Content-Type: text/csv\r\n", b"a,b\n1,2\n"),
        ["GET", "/jobs"] => {
            answer_json(json!({"jobs": [{"jobID": "j", "processID": "q", "status": "running"}], "links": []}))
        }
        _ => answer(404, "", b""),
    });
    let folder = tempfile::tempdir().unwrap();
    let client = Client::builder().simulator(fast()).batches(folder.path()).build().unwrap();
    let process = || client.process_server(&server.url).unwrap().process("p").unwrap();
    let rows = || vec![json!({"x": 1}), json!({"x": 2})];
    let run = || {
        let batch = process().batch("at-once", rows()).unwrap().quiet();
        batch.lost_job_timeout(Duration::from_millis(50)).run().unwrap()
    };
    let first = run();
    let gone = &first.iter().next().unwrap().job.as_ref().unwrap().id;
    let [answers] = &files(&folder.path().join("answers"))[..] else { panic!("one folder") };
    std::fs::remove_file(answers.join(gone.as_str())).unwrap();
    forget(folder.path(), "at-once", 2);
    let again = run();
    let lost = again.iter().find(|record| matches!(record.outcome, Outcome::Unproven(_))).unwrap();
    assert!(lost.reason().unwrap().ends_with("look for it before you run it again"));
    assert_eq!((again.succeeded(), server.requests_to("POST").len()), (1, 2), "nothing runs again");
    let all = process().jobs().unwrap();
    assert_eq!((all.len(), all.succeeded()), (1, 1), "the other job is of another process");
    let lists = server.requests_to("GET /jobs").len();
    files(answers).iter().for_each(|answer| std::fs::remove_file(answer).unwrap());
    assert_eq!(process().jobs().unwrap().len(), 0);
    assert_eq!(
        server.requests_to("GET /jobs").len(),
        lists + 1,
        "without answers the list is read all the same"
    );
}
