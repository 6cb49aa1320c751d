use serde_json::{Value, json};

use super::*;
use crate::{Clock, Simulator};

fn send(simulator: &Simulator, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = Request {
        body: body.to_string().into_bytes(),
        prefer: Some("respond-async".into()),
        ..Request::test(method, path)
    };
    let reply = simulator.0.platform.answer(&request).0;
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
}

#[test]
fn a_job_goes_through_its_states_and_has_results_at_the_end() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let inputs = json!({"inputs": {"bbox": [0, 0, 1, 1], "cells": 3}});
    let (status, job) = send(&simulator, "POST", "/ogc/processes/grid/execution", inputs);
    assert_eq!((status, &job["status"]), (201, &json!("accepted")));
    let path = format!("/ogc/jobs/{}", job["jobID"].as_str().unwrap());
    let results = || send(&simulator, "GET", &format!("{path}/results"), Value::Null);
    assert_eq!(results().0, 404);
    simulator.clock().advance(std::time::Duration::from_secs(5));
    assert_eq!(send(&simulator, "GET", &path, Value::Null).1["status"], "running");
    simulator.clock().advance(std::time::Duration::from_secs(100));
    assert_eq!(results().1["count"], 9);
    assert_eq!(send(&simulator, "DELETE", &path, Value::Null).1["status"], "successful", "it is too late");
}

#[test]
fn invalid_inputs_and_unknown_processes_are_refused() {
    let simulator = Simulator::start().unwrap();
    let execute = |process: &str, body: Value| {
        send(&simulator, "POST", &format!("/ogc/processes/{process}/execution"), body)
    };
    assert_eq!(execute("grid", json!({"inputs": {"cells": 3}})).0, 400);
    assert_eq!(execute("hello-world", json!({"inputs": {"name": 1}})).0, 400);
    assert_eq!(execute("no", json!({})).0, 404);
    let (status, body) = execute("distance", json!({"inputs": {"from": [0, 0], "to": [3, 4]}}));
    assert_eq!((status, body), (200, json!({"degrees": 5.0})), "it runs synchronously");
    let (_, list) = send(&simulator, "GET", "/ogc/jobs", Value::Null);
    assert_eq!(list["jobs"], json!([]));
}
