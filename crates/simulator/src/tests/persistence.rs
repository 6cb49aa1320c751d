//! Platforms that are stored in a folder.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::super::{Clock, Simulator, SimulatorBuilder};
use super::{BLOCK, Client, inputs};

fn of(folder: &Path, change: impl FnOnce(SimulatorBuilder) -> SimulatorBuilder) -> Client {
    let day = Duration::from_secs(86_400);
    Client::of(
        change(Simulator::builder().clock(Clock::manual()).token_life(day).folder(folder)).start().unwrap(),
    )
}

fn same(folder: &Path) -> Client {
    of(folder, |builder| builder)
}

#[test]
fn ports_of_a_folder_are_reused_if_they_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let urls =
        |client: &Client| [client.simulator.api_url(), client.simulator.storage_url()].map(str::to_owned);
    let first = same(folder.path());
    let kept = urls(&first);
    // Two programs at the same time share one platform, but have different ports.
    let beside = same(folder.path());
    assert!(urls(&beside).iter().all(|url| !kept.contains(url)));
    drop((first, beside));
    assert_eq!(urls(&same(folder.path())), kept);
}

#[test]
fn a_port_in_use_is_an_error() {
    let first = Simulator::start().unwrap();
    let port = first.api_url().rsplit_once(':').unwrap().1.parse().unwrap();
    let error = Simulator::builder().port(port).start().unwrap_err().to_string();
    assert!(error.starts_with(&format!("bind port {port}: ")), "{error}");
    let url = first.api_url().to_owned();
    drop(first);
    assert_eq!(Simulator::builder().port(port).start().unwrap().api_url(), url);
}

#[test]
fn the_next_program_has_the_same_platform() {
    let folder = tempfile::tempdir().unwrap();
    let first = of(folder.path(), |builder| builder.seed(7).credits(5_000).max_concurrent_jobs(3));
    let workflow = first.workflow(BLOCK);
    let done = first.job(&workflow, &inputs());
    first.advance(700);
    let archive = |client: &Client| {
        let url = client.get(&format!("{done}/downloads/results/")).json();
        client.fetch(url["data"]["url"].as_str().unwrap()).body
    };
    let packed = archive(&first);
    first.simulator.add_credits(-1_000);
    first.simulator.add_foreign_jobs(1);
    let stopped = first.job(&workflow, &inputs());
    first.post(&format!("{stopped}/cancel/"), &json!({}));
    let put = json!([{"name": "JOB_QUERY_MAX_AOI_SIZE", "value": "500"}]);
    first.send(first.request("PUT", &first.project("/settings")).json(&put)).unwrap();
    let state_of = |client: &Client| {
        let paths = [
            client.project("/settings"),
            client.project("/workflows"),
            client.project(&format!("/workflows/{workflow}/tasks")),
            client.project("/jobs"),
            format!("{done}/tasks/"),
            format!("{done}/outputs/data-json"),
            "/accounts/me/credits/balance".into(),
            "/accounts/me/credits/history".into(),
        ];
        (
            paths.map(|path| client.get(&path).json()),
            client.simulator.ledger(),
            client.simulator.clock().now(),
        )
    };
    let before = state_of(&first);
    // Like a killed program: nothing is dropped.
    std::mem::forget(first);
    let second = same(folder.path());
    for (now, before) in state_of(&second).0.iter().zip(&before.0) {
        assert_eq!(now.to_string(), before.to_string());
    }
    assert!(state_of(&second) == before);
    assert_eq!(archive(&second), packed);
    assert_ne!(second.workflow(BLOCK), workflow);
    second.advance(700);
    assert_eq!(second.status(&stopped), "CANCELLED");
}

#[test]
fn programs_side_by_side_share_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (same(folder.path()), same(folder.path()));
    let workflow = first.workflow(BLOCK);
    let job = second.job(&workflow, &inputs());
    assert_eq!(first.status(&job), "NOT_STARTED");
    first.advance(400);
    second.advance(300);
    assert_eq!((first.status(&job), second.status(&job)), ("SUCCEEDED".into(), "SUCCEEDED".into()));
    assert_eq!(first.simulator.clock().now(), second.simulator.clock().now());
    assert_eq!((first.balance(), first.simulator.ledger()), (second.balance(), second.simulator.ledger()));
    assert_ne!(first.workflow(BLOCK), second.workflow(BLOCK), "ids differ");
}

#[test]
fn concurrent_programs_lose_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let clients = [same(folder.path()), same(folder.path())];
    let workflow = clients[0].workflow(BLOCK);
    let simulators = clients.each_ref().map(|client| client.simulator.clone());
    std::thread::scope(|scope| {
        for simulator in &simulators {
            let workflow = &workflow;
            scope.spawn(move || {
                let client = Client::of(simulator.clone());
                for nth in 0..20 {
                    let mut inputs = inputs();
                    inputs[format!("{BLOCK}:1")]["limit"] = json!(nth % 10 + 1);
                    inputs["config"] = json!({"mode": "DRY_RUN"});
                    while client.run(workflow, &inputs).status == 429 {
                        client.simulator.clock().advance(Duration::from_secs(30));
                        client.renew();
                    }
                }
            });
        }
    });
    let ledger = clients[0].simulator.ledger();
    let mut ids: Vec<_> = ledger.iter().map(|job| &job.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ledger.len(), ids.len()), (40, 40));
    assert!(same(folder.path()).simulator.ledger() == ledger, "and the next program knows them all");
}

#[test]
fn the_clock_runs_on_without_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let start = |clock| Simulator::builder().clock(clock).folder(folder.path()).start().unwrap();
    let first = start(Clock::speed(1_000_000.0));
    let left = first.clock().now();
    drop(first);
    let second = start(Clock::manual());
    assert!(second.clock().now() > left, "its speed was kept as well");
}

#[test]
fn an_invalid_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Simulator::builder().folder(&file).start().unwrap_err().to_string();
    assert!(error.starts_with("simulator in `") && error.contains("file"), "{error}");
    std::fs::write(folder.path().join("simulator.sqlite"), "no database, but long enough to be read")
        .unwrap();
    let error = Simulator::builder().folder(folder.path()).start().unwrap_err().to_string();
    assert!(error.contains("not a database"), "{error}");
}
