//! Durations, failures and queueing of jobs.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Clock, Distribution, Fault, Simulator};
use super::{BLOCK, Client, inputs};

const SECOND: Duration = Duration::from_secs(1);

fn nth(limit: usize) -> Value {
    let mut inputs = inputs();
    inputs[format!("{BLOCK}:1")]["limit"] = json!(limit);
    inputs
}

fn seconds(client: &Client, job: &str) -> i64 {
    let job = client.get(job).json();
    let at = |name: &str| job["data"][name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    at("finishedAt").duration_since(at("startedAt")).as_secs()
}

#[test]
fn jobs_take_the_set_time_and_estimates_are_close() {
    let times = Distribution::LogNormal { median: 600 * SECOND, sigma: 1.0 };
    let client = Client::of(Simulator::builder().clock(Clock::manual()).run_times(times).start().unwrap());
    let workflow = client.workflow(BLOCK);
    let mut runs = Vec::new();
    for limit in 1..=10 {
        let job = client.job(&workflow, &nth(limit));
        let estimate = client.get(&format!("{job}/estimate")).json();
        let duration = &estimate["data"][format!("{BLOCK}:1")]["machineConsumption"]["duration"];
        let bounds = ["min", "max"].map(|end| duration[end].as_i64().unwrap() / 1000);
        client.advance(1_000_000);
        let ran = seconds(&client, &job);
        assert!((bounds[0]..=bounds[1] + 1).contains(&ran), "{ran} s: {bounds:?}");
        assert!(bounds[1] < bounds[0] * 3, "it says something: {bounds:?}");
        runs.push(ran);
    }
    assert!(runs.iter().max() > runs.iter().min().map(|least| least * 3).as_ref(), "{runs:?}");
}

#[test]
fn jobs_wait_for_a_machine_in_their_order() {
    let constant = Distribution::Constant(100 * SECOND);
    let builder = Simulator::builder().clock(Clock::manual()).run_times(constant).running_at_once(2);
    let client = Client::of(builder.queue_times(Distribution::Constant(Duration::ZERO)).start().unwrap());
    let workflow = client.workflow(BLOCK);
    let jobs: Vec<String> = (1..=6).map(|limit| client.job(&workflow, &nth(limit))).collect();
    let statuses = || jobs.iter().map(|job| client.status(job)).collect::<Vec<_>>().join(" ");
    client.advance(50);
    assert_eq!(statuses(), "RUNNING RUNNING PENDING PENDING PENDING PENDING");
    client.advance(100);
    assert_eq!(statuses(), "SUCCEEDED SUCCEEDED RUNNING RUNNING PENDING PENDING");
    // Both waiting jobs get a machine when these are cancelled.
    for job in &jobs[2..4] {
        client.post(&format!("{job}/cancel"), &json!({}));
    }
    client.advance(10);
    assert_eq!(statuses(), "SUCCEEDED SUCCEEDED CANCELLED CANCELLED RUNNING RUNNING");
    client.advance(100);
    assert_eq!(statuses(), "SUCCEEDED SUCCEEDED CANCELLED CANCELLED SUCCEEDED SUCCEEDED");
}

#[test]
fn a_job_that_hangs_runs_until_it_is_cancelled() {
    let client = Client::manual();
    client.simulator.inject(Fault::hanging_job());
    let job = client.job(
        &client.chain(&[BLOCK, "tiling"]),
        &json!({format!("{BLOCK}:1"): inputs()[format!("{BLOCK}:1")], "tiling:1": {}}),
    );
    client.advance(365 * 86_400);
    assert_eq!((client.status(&job).as_str(), client.simulator.ledger()[0].credits), ("RUNNING", 0));
    client.post(&format!("{job}/cancel"), &json!({}));
    client.advance(10);
    assert_eq!(client.status(&job), "CANCELLED");
}

#[test]
fn a_share_of_the_jobs_fails_or_hangs_and_may_succeed_the_next_time() {
    let builder = Simulator::builder().clock(Clock::manual()).max_concurrent_jobs(1000);
    let client = Client::of(builder.failing_jobs(0.3).hanging_jobs(0.2).start().unwrap());
    let workflow = client.workflow(BLOCK);
    for _ in 0..4 {
        for limit in 1..=10 {
            client.run(&workflow, &nth(limit));
        }
    }
    client.advance(10_000);
    let ledger = client.simulator.ledger();
    let count = |status: &str| ledger.iter().filter(|job| job.status == status).count();
    let (failed, hang) = (count("FAILED"), count("RUNNING"));
    assert!((5..20).contains(&failed) && (3..15).contains(&hang), "{failed} failed, {hang} hang");
    let again =
        |job: usize| (0..4).map(|turn| ledger[job + turn * 10].status == "FAILED").collect::<Vec<_>>();
    assert!((0..10).any(|job| again(job).contains(&true) && again(job).contains(&false)));
}

#[test]
fn foreign_jobs_use_slots_and_credits() {
    let client =
        Client::of(Simulator::builder().clock(Clock::manual()).max_concurrent_jobs(4).start().unwrap());
    let workflow = client.workflow(BLOCK);
    client.simulator.add_foreign_jobs(3);
    assert_eq!([1, 2].map(|limit| client.run(&workflow, &nth(limit)).status), [200, 429]);
    client.advance(700);
    client.simulator.add_credits(-99_500);
    assert_eq!(client.run(&workflow, &nth(3)).status, 403);
    client.simulator.add_credits(10_000);
    assert_eq!(client.run(&workflow, &nth(3)).status, 200);
    let history = client.get("/accounts/me/credits/history").json();
    assert_eq!(history["data"]["content"][0]["delta"], 10_000);
    assert_eq!(client.simulator.ledger().iter().filter(|job| job.foreign).count(), 3);
}
