//! Tests of OGC servers that require a login: which servers receive it, and where it must not
//! appear.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use up42::client::Endpoint;
use up42::processes::ProcessServer;
use up42::simulator::{Clock, Simulator};
use up42::{Client, ErrorKind};

use crate::server::{Server, answer, json as answer_json};

const CLASS: &str = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core";

fn guarded() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).ogc_wants_login().start().unwrap()
}

fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

/// Returns each way to give the same key.
fn logins(url: &str, key: &str) -> [Endpoint; 3] {
    let endpoint = || Endpoint::new(url);
    [endpoint().token(key), endpoint().api_key("X-API-Key", key), endpoint().user("me", key)]
}

fn boxes() -> Vec<Value> {
    vec![json!({"bbox": [0, 0, 1, 1], "cells": 2})]
}

/// Lists all files of a folder and its subfolders.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

#[test]
fn a_login_gives_access_to_processes_jobs_and_files() {
    let (simulator, folder) = (guarded(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    for (number, login) in logins(&simulator.ogc_url(), Simulator::OGC_KEY).into_iter().enumerate() {
        let server = client.process_server(login).unwrap();
        let grid = server.process("grid").unwrap();
        let jobs = grid.batch(format!("grids {number}"), boxes()).unwrap().quiet().run().unwrap();
        let results = jobs.download_results(folder.path().join(format!("results {number}"))).unwrap();
        assert_eq!((results.len(), results.failed().len()), (2, 0), "{:?}", results.failed());
        let debug = format!("{client:?} {server:?} {server:#?} {grid:?} {jobs:?} {:?}", jobs.to_dataframe());
        assert!(!debug.contains(Simulator::OGC_KEY));
    }
    let files = files_in(folder.path());
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    let count = |end: &str| names.iter().filter(|name| name.ends_with(end)).count();
    assert_eq!((count(".sqlite"), count("grid.geojson")), (3, 3), "{names:?}");
    for file in files {
        let (bytes, key) = (std::fs::read(&file).unwrap(), Simulator::OGC_KEY.as_bytes());
        assert!(!bytes.windows(key.len()).any(|part| part == key), "{}", file.display());
    }
}

#[test]
fn a_resumed_batch_needs_its_login_again() {
    let (simulator, folder) = (guarded(), tempfile::tempdir().unwrap());
    let (client, url) = (client_in(&simulator, folder.path()), simulator.ogc_url());
    let login = Endpoint::new(&url).token(Simulator::OGC_KEY);
    client
        .process_server(&login)
        .unwrap()
        .process("grid")
        .unwrap()
        .batch("grids", boxes())
        .unwrap()
        .run()
        .unwrap();
    let error = client.process_server(&url).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let message = error.to_string().replace(&url, "https://h/ogc");
    insta::assert_snapshot!(message, @r#"OGC API - Processes server `https://h/ogc`: it wants a login (401), which is never kept: open it by `client.process_server(Endpoint::new("https://h/ogc").token("…"))?`, or with `.api_key(…)` or `.user(…)`; a batch that was begun there is then `.batch(name)?`"#);
    let again = client.process_server(&login).unwrap().batch("grids").unwrap().run().unwrap();
    assert_eq!((again.succeeded(), simulator.ogc_ledger().len()), (1, 1));
    for wrong in logins(&url, "hunter2") {
        let message = client.process_server(wrong).unwrap_err().to_string().replace(&url, "https://h/ogc");
        assert_eq!(
            message,
            "OGC API - Processes server `https://h/ogc`: it refuses the login (401): check what `Endpoint` was given"
        );
    }
    assert!(client.process_server(Endpoint::new(&url).token("hunter2\n")).is_err());
}

/// Starts a server that requires a login for executions only.
fn half_open() -> Server {
    Server::start(|request| match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer_json(json!({"conformsTo": [CLASS]})),
        ["GET", "/processes/p"] => answer_json(json!({"id": "p", "jobControlOptions": ["async-execute"]})),
        _ => answer(401, "", b""),
    })
}

#[test]
fn a_late_401_has_the_same_clear_error() {
    let (server, folder) = (half_open(), tempfile::tempdir().unwrap());
    let client = client_in(&Simulator::start().unwrap(), folder.path());
    let process = client.process_server(&server.url).unwrap().process("p").unwrap();
    let message =
        process.batch("late", vec![json!({"a": 1})]).unwrap().quiet().run().unwrap_err().to_string();
    assert!(message.contains("it wants a login (401)") && message.contains(".token("), "{message}");
}

/// Starts a server with a process whose only result is on another server.
fn with_results_at(other: &str) -> Server {
    let (href, moved) = (format!("{other}/file.txt"), format!("Location: {other}/moved.txt\r\n"));
    Server::start(move |request| match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer_json(json!({"conformsTo": [CLASS]})),
        ["GET", "/processes/p"] => answer_json(json!({
            "id": "p", "jobControlOptions": ["async-execute"], "outputs": {"a": {}, "b": {}},
        })),
        ["POST", "/processes/p/execution"] => answer_json(json!({"jobID": "j", "status": "successful"})),
        ["GET", "/jobs/j/results"] => answer_json(json!({"a": {"href": href}, "b": {"href": "/b"}})),
        ["GET", "/b"] => answer(302, &moved, b""),
        _ => answer(404, "", b""),
    })
}

#[test]
fn links_and_redirects_do_not_send_the_login_to_other_hosts() {
    let other = Arc::new(Server::start(|_| answer(200, "Content-Type: text/plain\r\n", b"here")));
    for key in 0..3 {
        let (server, folder) = (with_results_at(&other.url), tempfile::tempdir().unwrap());
        let login = logins(&server.url, "hunter2")[key].clone();
        let client = client_in(&Simulator::start().unwrap(), folder.path());
        let process = client.process_server(login).unwrap().process("p").unwrap();
        let jobs = process.batch("one", vec![json!({"a": 1})]).unwrap().quiet().run().unwrap();
        let results = jobs.download_results(folder.path().join("results")).unwrap();
        assert!(results.failed().is_empty(), "{:?}", results.failed());
        let brings = |request: &String| {
            let request = request.to_lowercase();
            request.contains("\r\nauthorization: ") || request.contains("\r\nx-api-key: hunter2")
        };
        assert!(server.requests_to("").iter().all(brings), "each request to its own server");
        assert!(!other.requests_to("").iter().any(brings), "{:?}", other.requests_to(""));
    }
    assert_eq!((other.requests_to("GET /file.txt").len(), other.requests_to("GET /moved.txt").len()), (3, 3));
}

#[test]
fn an_invalid_login_is_an_error_without_a_request() {
    let server = Server::start(|_| answer(404, "", b""));
    let message =
        ProcessServer::open(Endpoint::new(&server.url).api_key("X Key", "hunter2")).unwrap_err().to_string();
    assert!(message.ends_with("no name of a header: write one like `X-API-Key`, then the key"), "{message}");
    assert!(server.requests_to("").is_empty());
}
