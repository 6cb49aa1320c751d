//! Tests of the platform over HTTP.

mod catalog;
mod faults;
mod jobs;
mod orders;
mod persistence;
mod tasks;
mod times;
mod workspaces;

use std::time::Duration;

use serde_json::{Value, json};

use super::{Clock, Simulator};

/// Plain HTTP client.
struct Client {
    simulator: Simulator,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    token: std::cell::RefCell<String>,
}

/// Status and body of a response.
struct TestResponse {
    status: u16,
    body: Vec<u8>,
}

impl TestResponse {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

const AOI: [f64; 4] = [-17.48, 14.68, -17.43, 14.73];

impl Client {
    fn of(simulator: Simulator) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::new();
        let client = Self { simulator, http, runtime, token: Default::default() };
        client.renew();
        client
    }

    fn manual() -> Self {
        Self::of(Simulator::builder().clock(Clock::manual()).start().unwrap())
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<TestResponse, reqwest::Error> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok(TestResponse { status, body: response.bytes().await?.to_vec() })
        })
    }

    fn renew(&self) {
        let url = format!("{}/oauth/token", self.simulator.api_url());
        let request = self
            .http
            .post(url)
            .basic_auth(Simulator::PROJECT_ID, Some(Simulator::PROJECT_API_KEY))
            .form(&[("grant_type", "client_credentials")]);
        let token = self.send(request).unwrap().json()["data"]["accessToken"].as_str().unwrap().to_string();
        *self.token.borrow_mut() = token;
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = match path.starts_with("http") {
            true => path.to_string(),
            false => format!("{}{path}", self.simulator.api_url()),
        };
        self.http.request(method.parse().unwrap(), url).bearer_auth(self.token.borrow())
    }

    fn get(&self, path: &str) -> TestResponse {
        self.send(self.request("GET", path)).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> TestResponse {
        self.send(self.request("POST", path).json(body)).unwrap()
    }

    /// Sends a GET request without a token.
    fn fetch(&self, url: &str) -> TestResponse {
        self.send(self.http.get(url)).unwrap()
    }

    fn project(&self, path: &str) -> String {
        format!("/projects/{}{path}", Simulator::PROJECT_ID)
    }

    /// Creates a workflow with one task, ready to run.
    fn workflow(&self, block: &str) -> String {
        self.chain(&[block])
    }

    /// Creates a workflow of these blocks, each as a task with the suffix `:1`.
    fn chain(&self, names: &[&str]) -> String {
        let created = self.post(&self.project("/workflows/"), &json!({"name": "w", "description": ""}));
        let id = created.json()["data"]["id"].as_str().unwrap().to_string();
        let blocks = self.get("/blocks").json();
        let blocks = blocks["data"].as_array().unwrap();
        let id_of = |name: &str| &blocks.iter().find(|known| known["name"] == name).unwrap()["id"];
        let task = |(place, name): (usize, &&str)| {
            let parent = place.checked_sub(1).map(|before| format!("{}:1", names[before]));
            json!({"name": format!("{name}:1"), "parentName": parent, "blockId": id_of(name)})
        };
        let tasks: Value = names.iter().enumerate().map(task).collect();
        assert_eq!(self.post(&self.project(&format!("/workflows/{id}/tasks/")), &tasks).status, 200);
        id
    }

    fn run(&self, workflow: &str, inputs: &Value) -> TestResponse {
        self.post(&self.project(&format!("/workflows/{workflow}/jobs?name=n_py")), inputs)
    }

    /// Creates a job and returns its path.
    fn job(&self, workflow: &str, inputs: &Value) -> String {
        let job = self.run(workflow, inputs).json();
        self.project(&format!("/jobs/{}", job["data"]["id"].as_str().unwrap_or_else(|| panic!("{job}"))))
    }

    fn status(&self, job: &str) -> String {
        self.get(job).json()["data"]["status"].as_str().unwrap().to_string()
    }

    fn advance(&self, seconds: u64) {
        self.simulator.clock().advance(Duration::from_secs(seconds));
        self.renew();
    }

    fn balance(&self) -> i64 {
        self.get("/accounts/me/credits/balance").json()["data"]["balance"].as_i64().unwrap()
    }
}

const BLOCK: &str = "sobloo-s2-l1c-aoiclipped";

fn inputs() -> Value {
    json!({format!("{BLOCK}:1"): {"bbox": AOI, "time": "2018-01-01T00:00:00Z/2020-12-31T23:59:59Z", "limit": 2}})
}

#[test]
fn tokens_are_valid_until_they_expire() {
    let client = Client::manual();
    assert_eq!(client.get(&client.project("")).status, 200);
    client.simulator.clock().advance(Duration::from_secs(300));
    let refused = client.get(&client.project("/"));
    assert_eq!(refused.status, 401);
    let message = refused.json()["error"]["message"].as_str().unwrap().to_string();
    assert!(message.starts_with("ACCESS_TOKEN_EXPIRED: JWT expired at 2026-01-01T00:05:00Z."), "{message}");
    assert_eq!(client.fetch(&format!("{}/blocks", client.simulator.api_url())).status, 401);
}

#[test]
fn an_account_logs_in_with_a_form() {
    let client = Client::manual();
    let url = format!("{}/realms/public/protocol/openid-connect/token", client.simulator.auth_url());
    let form = |password, client_id| {
        let user = Simulator::USERNAME;
        let form = [
            ("grant_type", "password"),
            ("username", user),
            ("password", password),
            ("client_id", client_id),
        ];
        client.send(client.http.post(&url).form(&form)).unwrap()
    };
    let token = form(Simulator::PASSWORD, "up42-sdk").json();
    assert_eq!(token["expires_in"], 300);
    assert_eq!(form("guess", "up42-api").json()["error"], "invalid_grant");
    let unknown = form(Simulator::PASSWORD, "stranger");
    assert_eq!((unknown.status, &unknown.json()["error"]), (401, &json!("invalid_client")));
    let opens = |name: &str| {
        let url = format!("{}/blocks", client.simulator.api_url());
        client.send(client.http.get(url).bearer_auth(token[name].as_str().unwrap())).unwrap().status
    };
    assert_eq!((opens("access_token"), opens("refresh_token")), (200, 401));
}

#[test]
fn blocks_have_a_coverage_and_manifests_are_validated() {
    let client = Client::manual();
    let public = client.fetch(&format!("{}/marketplace/blocks", client.simulator.api_url())).json();
    assert_eq!(public, client.get("/blocks").json());
    let id = public["data"][0]["id"].as_str().unwrap();
    let url = client.get(&format!("/blocks/{id}/coverage")).json();
    let coverage = client.fetch(url["data"]["url"].as_str().unwrap()).json();
    assert_eq!(coverage["features"][0]["geometry"]["type"], "Polygon");
    let manifest = json!({"name": "mine", "type": "processing", "display_name": "Mine"});
    let valid = client.post("/validate-schema/block", &manifest).json();
    assert_eq!(valid["data"], json!({"valid": true, "errors": []}));
    assert_eq!(client.post("/validate-schema/block", &json!({"name": "mine"})).status, 400);
    for (kind, status) in [("raster", 200), ("vector", 200), ("sound", 400)] {
        let mut manifest = manifest.clone();
        manifest["output_capabilities"] = json!({kind: {"up42_standard": {"format": "GTiff"}}});
        assert_eq!(client.post("/validate-schema/block", &manifest).status, status, "{kind}");
    }
}

#[test]
fn errors_have_the_format_of_their_service() {
    let client = Client::manual();
    let missing = client.get("/v2/nothing").json();
    assert_eq!(missing, json!({"title": "Resource does not exist.", "status": 404, "detail": {}}));
    let wrong = client.send(client.request("DELETE", "/v2/catalog/search")).unwrap();
    assert_eq!((wrong.status, &wrong.json()["title"]), (405, &json!("Method Not Allowed")));
    let url = format!("{}/v2/catalog/", client.simulator.api_url());
    assert_eq!(client.fetch(&url).json()["title"], "Unauthorized");
    assert_eq!(client.get("/nothing").json(), json!({"data": null, "error": "Not found!"}));
    for path in
        ["/accounts/me/credits/balance", "/blocks", "/catalog/hosts/oneatlas/stac/search", "/oauth/token"]
    {
        assert_eq!(client.send(client.request("DELETE", path)).unwrap().status, 405, "{path}");
    }
    let outside = client.fetch(&format!("{}/jobs/1/output.tgz", client.simulator.storage_url())).body;
    assert!(String::from_utf8(outside).unwrap().starts_with("<?xml"));
}

#[test]
fn settings_outside_their_ranges_are_refused() {
    let client = Client::manual();
    let put = |value: Value| {
        let body = json!([{"name": "JOB_QUERY_MAX_AOI_SIZE", "value": "500"}, {"name": "MAX_CONCURRENT_JOBS", "value": value}]);
        client.send(client.request("PUT", &client.project("/settings")).json(&body)).unwrap()
    };
    let refused = put(json!("5000")).json();
    assert_eq!(
        refused["error"]["message"],
        "Field \"list[1].value\" must be in range Range[1,1000], got 5000"
    );
    assert_eq!(put(json!(7)).json()["data"][1]["value"], "500");
    assert_eq!(client.get(&client.project("/settings")).json()["data"][0]["value"], "7");
}

#[test]
fn the_port_is_closed_when_the_last_clone_is_dropped() {
    let simulator = Simulator::start().unwrap();
    let address = simulator.api_url().trim_start_matches("http://").to_string();
    let clone = simulator.clone();
    drop(simulator);
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(clone);
    assert!(std::net::TcpStream::connect(&address).is_err());
}
