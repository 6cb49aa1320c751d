//! Tests of common errors, and of their remedies.

use std::time::Duration;

use serde_json::json;
use up42::catalog::Search;
use up42::client::RetryPolicy;
use up42::simulator::{Fault, Simulator};
use up42::{Client, ErrorKind};

use crate::server::{Server, answer, json as reply};
use crate::{client_of, dakar};

/// Returns a policy that retries almost without pauses, so that no test sleeps.
fn impatient() -> RetryPolicy {
    RetryPolicy {
        attempts: 3,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
    }
}

#[test]
fn the_error_of_a_wrong_password_says_what_to_check() {
    let simulator = Simulator::start().unwrap();
    let client = Client::builder()
        .simulator(simulator.clone())
        .account("someone@example.com", "hunter2")
        .build()
        .unwrap();
    let error = client.catalog().search(Search::new(dakar())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    insta::assert_snapshot!(error, @"search the catalog: log in: the platform refused the login (401): check the user `someone@example.com` and its password (UP42_USERNAME, UP42_PASSWORD)");

    let client =
        Client::builder().simulator(simulator).project(Simulator::PROJECT_ID, "hunter2").build().unwrap();
    insta::assert_snapshot!(client.project().unwrap_err(), @"project `f19e833d-e698-4d9c-a037-2e6dbd8791ef`: log in: the platform refused the login (401): check the project id `f19e833d-e698-4d9c-a037-2e6dbd8791ef` and its API key (UP42_PROJECT_ID, UP42_PROJECT_API_KEY)");
}

#[test]
fn the_error_of_a_refused_connection_contains_the_host() {
    // Nothing listens on port 9 (discard) of this machine.
    let client = Client::builder()
        .account("me", "secret")
        .api_url("http://127.0.0.1:9")
        .auth_url("http://127.0.0.1:9")
        .retry(impatient())
        .build()
        .unwrap();
    let error = client.balance().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    let message = error.to_string();
    assert!(message.starts_with("read the credits: log in: POST /realms/public/protocol/openid-connect/token (3 attempts): cannot connect to `127.0.0.1:9`"), "{message}");
    assert!(message.ends_with("check the network, a proxy and the address"), "{message}");
}

#[test]
fn repeated_429_is_an_error_after_the_attempts() {
    let simulator = Simulator::start().unwrap();
    let client = Client::builder().simulator(simulator.clone()).retry(impatient()).build().unwrap();
    simulator.inject(Fault::too_many_requests().retry_after(0).on("/accounts").times(2));
    assert!(client.balance().unwrap() > 0, "two refusals are survived");
    simulator.inject(Fault::too_many_requests().on("/accounts").always());
    let error = client.balance().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().starts_with("read the credits: GET /accounts/me/credits/balance (3 attempts): 429: Too many requests: wait a little, or ask less often"), "{error}");
    let requests = simulator.requests().iter().filter(|request| request.path.contains("/accounts")).count();
    assert_eq!(requests, 3 + 3);
}

/// Returns the result of a thread, and fails after 60 s.
fn soon<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(run()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it does not wait for its own pause")
}

/// Checks both forms of `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
#[test]
fn the_pause_of_the_server_replaces_ours() {
    let hour = Duration::from_secs(3600);
    let patient = RetryPolicy { attempts: 3, first_pause: hour, longest_pause: hour };
    for header in ["0", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"] {
        let refusals = std::sync::atomic::AtomicUsize::new(0);
        let server = Server::start(move |request| match request.contains("/balance") {
            false => reply(json!({"access_token": "t", "expires_in": 300})),
            true if refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 => {
                answer(429, &format!("Retry-After: {header}\r\n"), b"")
            }
            true => reply(json!({"data": {"balance": 7}})),
        });
        let client = server.client().retry(patient).build().unwrap();
        assert_eq!(soon(move || client.balance()).unwrap(), 7, "{header}");
    }
}

#[test]
fn a_pause_longer_than_the_limit_is_an_error() {
    let server = Server::start(|request| match request.contains("/balance") {
        false => reply(json!({"access_token": "t", "expires_in": 300})),
        true => answer(503, "Retry-After: 7200\r\n", b""),
    });
    let client = server.client().retry(RetryPolicy::default()).build().unwrap();
    let error = soon(move || client.balance()).unwrap_err();
    insta::assert_snapshot!(error, @"read the credits: GET /accounts/me/credits/balance: the server asks to wait 7200 s: try again then: 503");
}

#[test]
fn a_malformed_page_is_a_response_error() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    simulator.inject(Fault::malformed_json().on("/search"));
    let error = client.catalog().search(Search::new(dakar())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Response);
    let message = error.to_string();
    assert!(
        message.starts_with("search the catalog: POST /v2/catalog/search: the answer (status 200, "),
        "{message}"
    );
    assert!(message.contains("is not JSON and begins with"), "{message}");
}

#[test]
fn an_expired_token_is_renewed_once_and_the_request_sent_again() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    client.balance().unwrap();
    simulator.inject(Fault::expired_token().on("/accounts"));
    client.balance().unwrap();
    let logins = simulator.requests().iter().filter(|request| request.path.ends_with("/token")).count();
    assert_eq!(logins, 2);
}

#[test]
fn a_hundred_requests_at_once_make_one_login() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| client.balance().unwrap());
        }
    });
    let logins = simulator.requests().iter().filter(|request| request.path.ends_with("/token")).count();
    assert_eq!(logins, 1);
}

#[test]
fn the_error_of_a_failing_server_has_its_status() {
    let simulator = Simulator::start().unwrap();
    let client = Client::builder().simulator(simulator.clone()).retry(impatient()).build().unwrap();
    simulator.inject(Fault::server_error(503).on("/accounts").times(2));
    client.balance().unwrap();
    simulator.inject(Fault::server_error(503).on("/accounts").always());
    let error = client.balance().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.server_error().unwrap().status, 503);
}

#[test]
fn a_limit_of_zero_and_a_wrong_date_are_refused_without_a_request() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let message = |search: Search| client.catalog().search(search).unwrap_err().to_string();
    assert_eq!(
        message(Search::new(dakar()).limit(0)),
        "search: limit 0 finds nothing: ask for at least 1 scene"
    );
    assert_eq!(
        message(Search::new(dakar()).max_cloud_cover(120.0)),
        "search: cloud cover 120 is not between 0 and 100 %"
    );
    assert!(
        message(Search::new(dakar()).between("yesterday", ".."))
            .contains("date `yesterday`: write `2020-12-31`")
    );
    assert!(simulator.requests().is_empty());
}
