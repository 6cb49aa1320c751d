//! Injected faults.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Clock, Fault, Held, Hold, Simulator};
use super::{BLOCK, Client, inputs};

#[test]
fn a_job_with_a_lost_answer_exists() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    client.simulator.inject(Fault::lost_answer().on("POST /jobs"));
    let path = client.project(&format!("/workflows/{workflow}/jobs?name=lost"));
    assert!(client.send(client.request("POST", &path).json(&inputs())).is_err());
    assert_eq!(client.simulator.ledger()[0].name.as_deref(), Some("lost"));
    assert_eq!(client.simulator.requests().last().unwrap().status, 0);
    let list = client.get(&client.project("/jobs?page=0&sort=createdAt,desc")).json();
    assert_eq!(list["data"][0]["name"], "lost");
    assert_eq!(client.get(&client.project("/jobs?page=1")).json()["data"], json!([]));
}

#[test]
fn each_fault_has_its_effect() {
    let client = Client::manual();
    let job = client.run(&client.workflow(BLOCK), &inputs()).json();
    let path = client.project(&format!("/jobs/{}", job["data"]["id"].as_str().unwrap()));
    client.simulator.inject(Fault::unknown_status("ARCHIVED").on("/jobs/"));
    assert_eq!(client.get(&path).json()["data"]["status"], "ARCHIVED");
    client.simulator.inject(Fault::malformed_json().on("/blocks"));
    assert!(serde_json::from_slice::<Value>(&client.get("/blocks").body).is_err());
    client.simulator.inject(Fault::server_error(503));
    assert_eq!(client.get("/blocks").status, 503);
    assert_eq!(client.get("/blocks").status, 200);
}

#[test]
fn a_broken_connection_carries_half_the_body() {
    let client = Client::manual();
    let whole = client.get("/blocks").body.len();
    client.simulator.inject(Fault::cut_off().on("GET /blocks"));
    let request = client.request("GET", "/blocks");
    let (promised, arrived, broken) = client.runtime.block_on(async {
        let mut response = request.send().await.unwrap();
        let (promised, mut arrived) = (response.content_length(), 0);
        let broken = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => arrived += bytes.len(),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        (promised, arrived, broken)
    });
    assert_eq!((promised, broken), (Some(whole as u64), true));
    assert!(0 < arrived && arrived < whole, "{arrived} of {whole} bytes");
}

#[test]
fn cutting_off_an_empty_answer_breaks_the_connection() {
    let client = Client::manual();
    let job = client.job(&client.workflow(BLOCK), &inputs());
    client.simulator.inject(Fault::cut_off().on("/cancel"));
    assert!(client.send(client.request("POST", &format!("{job}/cancel"))).is_err());
    assert_eq!(client.simulator.requests().last().unwrap().status, 0);
    assert_eq!(client.status(&job), "CANCELLING");
}

#[test]
fn a_request_with_a_closed_connection_is_carried_out() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    client.simulator.inject(Fault::slow(Duration::from_secs(60)).on("POST /jobs"));
    let path = client.project(&format!("/workflows/{workflow}/jobs?name=slow"));
    let request = client.request("POST", &path).json(&inputs());
    client.runtime.block_on(async {
        let pending = tokio::spawn(request.send());
        let written_down = async {
            while client
                .simulator
                .requests()
                .last()
                .is_none_or(|last| last.path != path.split('?').next().unwrap())
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), written_down).await.expect("carried out at once");
        pending.abort();
    });
    assert_eq!(client.simulator.ledger()[0].name.as_deref(), Some("slow"));
    let last = client.simulator.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.status), ("POST", 200));
}

#[test]
fn a_job_that_is_not_created_consumes_no_fault() {
    let simulator = Simulator::builder().clock(Clock::manual()).max_concurrent_jobs(1).start().unwrap();
    let client = Client::of(simulator);
    let workflow = client.workflow(BLOCK);
    client.run(&workflow, &inputs());
    client.simulator.inject(Fault::failing_job("ERROR"));
    assert_eq!(client.run(&workflow, &inputs()).status, 429);
    assert_eq!(client.run(&workflow, &json!({})).status, 400);
    client.advance(700);
    let job = client.job(&workflow, &inputs());
    client.advance(700);
    assert_eq!(client.status(&job), "ERROR");
}

#[test]
fn the_storage_answers_too_many_requests_in_xml() {
    let client = Client::manual();
    let id = client.get("/blocks").json()["data"][0]["id"].as_str().unwrap().to_string();
    let url =
        client.get(&format!("/blocks/{id}/coverage")).json()["data"]["url"].as_str().unwrap().to_string();
    client.simulator.inject(Fault::too_many_requests().on("/coverage"));
    let refused = client.fetch(&url);
    assert_eq!(refused.status, 429);
    assert!(String::from_utf8(refused.body).unwrap().contains("<Code>TooManyRequests</Code>"));
}

/// Waits until a request is held.
async fn reached(held: Held) -> Held {
    let wait = tokio::task::spawn_blocking(move || {
        held.wait_until_reached();
        held
    });
    wait.await.unwrap()
}

/// Sends a request and closes the connection while the simulator holds it.
fn hang_up_while_held(client: &Client, held: Held, request: reqwest::RequestBuilder) {
    client.runtime.block_on(async {
        let pending = tokio::spawn(request.send());
        let held = reached(held).await;
        pending.abort();
        assert!(pending.await.unwrap_err().is_cancelled());
        held.release();
    });
}

#[test]
fn an_answer_is_held_after_the_job_is_created() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let path = client.project(&format!("/workflows/{workflow}/jobs?name=held"));
    let held = client.simulator.hold(Hold::answer().on("POST /jobs").after(1));
    assert_eq!(client.post(&path, &inputs()).status, 200);
    hang_up_while_held(&client, held, client.request("POST", &path).json(&inputs()));
    assert_eq!(client.simulator.ledger().len(), 2);
    assert_eq!(client.post(&path, &inputs()).status, 200);
}

#[test]
fn a_request_is_held_before_the_job_is_created() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let path = client.project(&format!("/workflows/{workflow}/jobs?name=held"));
    let request = client.request("POST", &path).json(&inputs());
    let held = client.simulator.hold(Hold::request().on("POST /jobs"));
    let simulator = client.simulator.clone();
    client.runtime.block_on(async {
        let pending = tokio::spawn(request.send());
        let held = reached(held).await;
        assert_eq!((simulator.ledger().len(), held.count()), (0, 1));
        held.release();
        assert_eq!(pending.await.unwrap().unwrap().status(), 200);
    });
    assert_eq!(client.simulator.ledger().len(), 1);
}

#[test]
fn a_dropped_hold_releases_requests() {
    let client = Client::manual();
    drop(client.simulator.hold(Hold::answer().always()));
    assert_eq!(client.get("/blocks").status, 200);
}
