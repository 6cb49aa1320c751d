//! Tasks: states, times and cost.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Fault;
use super::{BLOCK, Client, inputs};

/// Creates a workflow of a data task and a processing task, and its inputs.
fn two_tasks(client: &Client) -> (String, Value) {
    let mut both = inputs();
    both["tiling:1"] = json!({});
    (client.chain(&[BLOCK, "tiling"]), both)
}

/// Returns status, start and end of both tasks of a job.
fn tasks(client: &Client, job: &str) -> [(String, Value, Value); 2] {
    let tasks = client.get(&format!("{job}/tasks")).json();
    [0, 1].map(|place| {
        let task = &tasks["data"][place];
        (task["status"].as_str().unwrap().to_string(), task["startedAt"].clone(), task["finishedAt"].clone())
    })
}

/// Returns the states of a job's tasks in order, without repetitions.
fn states(client: &Client, job: &str) -> [Vec<String>; 2] {
    let mut seen = [Vec::new(), Vec::new()];
    for _ in 0..300 {
        for (seen, (status, ..)) in seen.iter_mut().zip(tasks(client, job)) {
            if seen.last() != Some(&status) {
                seen.push(status);
            }
        }
        client.simulator.clock().advance(Duration::from_millis(700));
    }
    seen
}

#[test]
fn the_status_of_a_task_never_goes_back() {
    let client = Client::manual();
    let (workflow, both) = two_tasks(&client);
    let good = states(&client, &client.job(&workflow, &both));
    assert_eq!(good[0], ["NOT_STARTED", "PENDING", "RUNNING", "SUCCEEDED"]);
    assert_eq!(good[1], ["NOT_STARTED", "RUNNING", "SUCCEEDED"]);
    client.renew();
    client.simulator.inject(Fault::failing_job("FAILED"));
    let job = client.job(&workflow, &both);
    let bad = states(&client, &job);
    assert_eq!(bad[0], ["NOT_STARTED", "PENDING", "RUNNING", "FAILED"]);
    assert_eq!(bad[1], ["NOT_STARTED", "CANCELLED"]);
    client.renew();
    let [first, second] = tasks(&client, &job);
    let info = client.get(&job).json();
    assert_eq!((&first.1, &first.2), (&info["data"]["startedAt"], &info["data"]["finishedAt"]));
    assert_eq!((second.1, second.2), (json!(null), json!(null)));
}

#[test]
fn cancelling_a_job_ends_its_task_and_charges_succeeded_ones() {
    let client = Client::manual();
    let (workflow, both) = two_tasks(&client);
    let before = client.balance();
    for cancel_after in ["RUNNING", "SUCCEEDED"] {
        let job = client.job(&workflow, &both);
        while tasks(&client, &job)[0].0 != cancel_after {
            client.simulator.clock().advance(Duration::from_millis(700));
        }
        assert_eq!(client.post(&format!("{job}/cancel"), &json!({})).status, 204);
        client.advance(700);
        let [first, second] = tasks(&client, &job);
        let end = client.get(&job).json()["data"]["finishedAt"].clone();
        match cancel_after {
            "RUNNING" => {
                assert_eq!((first.0.as_str(), &first.2), ("CANCELLED", &end));
                assert_eq!((second.1, second.2), (json!(null), json!(null)));
                assert_eq!(client.balance(), before);
            }
            _ => {
                assert_eq!((first.0.as_str(), second.0.as_str()), ("SUCCEEDED", "CANCELLED"));
                assert_eq!(second.2, end);
                assert!(client.balance() < before);
            }
        }
    }
}

#[test]
fn every_task_is_charged_in_the_order_of_time() {
    let client = Client::manual();
    let (workflow, both) = two_tasks(&client);
    let opened = client.simulator.clock().now();
    let jobs = [client.job(&workflow, &both), client.job(&workflow, &both)];
    client.advance(700);
    let history = |query: &str| {
        client.get(&format!("/accounts/me/credits/history?size=20{query}")).json()["data"].clone()
    };
    let all = history("")["content"].as_array().unwrap().clone();
    let times: Vec<&str> = all.iter().map(|entry| entry["createdAt"].as_str().unwrap()).collect();
    assert!(all.len() == 5 && times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let charged: i64 = all[..4].iter().map(|entry| entry["delta"].as_i64().unwrap()).sum();
    assert_eq!(charged, client.balance() - 100_000);
    assert_eq!(history(&format!("&to={opened}"))["totalElements"], 1);
    assert_eq!(history(&format!("&from={}", times[1]))["totalElements"], 2);
    for query in ["&page=-1", "&from=yesterday"] {
        assert_eq!(client.get(&format!("/accounts/me/credits/history?{query}")).status, 400, "{query}");
    }
    assert_eq!(client.get(&client.project("/jobs?page=-1")).status, 400);
    assert_eq!(jobs.len(), 2);
}

#[test]
fn estimated_durations_are_whole_and_shared_by_the_tasks() {
    let client = Client::manual();
    let (workflow, both) = two_tasks(&client);
    let estimate = client.get(&format!("{}/estimate", client.job(&workflow, &both))).json();
    let duration = |task: &str| estimate["data"][task]["machineConsumption"]["duration"].clone();
    let (first, second) = (duration(&format!("{BLOCK}:1")), duration("tiling:1"));
    assert_eq!(first, second);
    assert!(first["min"].as_i64().unwrap() < first["max"].as_i64().unwrap(), "{first}");
}
