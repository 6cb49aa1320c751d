//! The platform from outside, over HTTP.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Clock, Fault, Simulator};

/// A client without any cleverness.
struct Client {
    simulator: Simulator,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    token: std::cell::RefCell<String>,
}

/// Status and body of an answer.
struct Answered {
    status: u16,
    body: Vec<u8>,
}

impl Answered {
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

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Answered, reqwest::Error> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok(Answered { status, body: response.bytes().await?.to_vec() })
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

    fn get(&self, path: &str) -> Answered {
        self.send(self.request("GET", path)).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Answered {
        self.send(self.request("POST", path).json(body)).unwrap()
    }

    /// Without a token.
    fn fetch(&self, url: &str) -> Answered {
        self.send(self.http.get(url)).unwrap()
    }

    fn project(&self, path: &str) -> String {
        format!("/projects/{}{path}", Simulator::PROJECT_ID)
    }

    /// A workflow with one task, ready to run.
    fn workflow(&self, block: &str) -> String {
        let created = self.post(&self.project("/workflows/"), &json!({"name": "w", "description": ""}));
        let id = created.json()["data"]["id"].as_str().unwrap().to_string();
        let blocks = self.get("/blocks").json();
        let blocks = blocks["data"].as_array().unwrap();
        let block_id = &blocks.iter().find(|known| known["name"] == block).unwrap()["id"];
        let tasks = json!([{"name": format!("{block}:1"), "parentName": null, "blockId": block_id}]);
        assert_eq!(self.post(&self.project(&format!("/workflows/{id}/tasks/")), &tasks).status, 200);
        id
    }

    fn run(&self, workflow: &str, inputs: &Value) -> Answered {
        self.post(&self.project(&format!("/workflows/{workflow}/jobs?name=n_py")), inputs)
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
fn tokens_open_the_api_until_they_expire() {
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
    let form = |password| {
        let form = [("grant_type", "password"), ("username", Simulator::USERNAME), ("password", password)];
        client.send(client.http.post(&url).form(&form)).unwrap()
    };
    assert_eq!(form(Simulator::PASSWORD).json()["expires_in"], 300);
    assert_eq!(form("guess").status, 401);
}

#[test]
fn a_full_project_refuses_the_next_job() {
    let simulator = Simulator::builder().clock(Clock::manual()).max_concurrent_jobs(2).start().unwrap();
    let client = Client::of(simulator);
    let workflow = client.workflow(BLOCK);
    assert_eq!(client.run(&workflow, &inputs()).status, 200);
    assert_eq!(client.run(&workflow, &inputs()).status, 200);
    let refused = client.run(&workflow, &inputs());
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (429, &json!(429)));
    client.simulator.clock().advance(Duration::from_secs(250));
    assert_eq!(client.run(&workflow, &inputs()).status, 200);
    assert_eq!(client.simulator.ledger().len(), 3);
}

#[test]
fn a_job_that_cannot_be_paid_is_refused() {
    let client = Client::of(Simulator::builder().clock(Clock::manual()).credits(10).start().unwrap());
    let workflow = client.workflow(BLOCK);
    assert_eq!(client.run(&workflow, &inputs()).status, 403);
    let mut dry = inputs();
    dry["config"] = json!({"mode": "DRY_RUN"});
    assert_eq!(client.run(&workflow, &dry).json()["data"]["mode"], "DRY_RUN");
}

#[test]
fn inputs_must_match_the_tasks() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let refused = client.run(&workflow, &json!({"tiling:1": {}}));
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["error"]["message"],
        format!(
            "There were additional tasks/queries specified: tiling:1, \
             There were missing tasks/queries: {BLOCK}:1"
        )
    );
}

#[test]
fn a_job_runs_is_paid_within_its_estimate_and_delivers_rasters() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let tasks = client.get(&client.project(&format!("/workflows/{workflow}/tasks"))).json();
    let block = &tasks["data"][0]["block"]["id"];
    let asked = json!({
        "tasks": [{"name": format!("{BLOCK}:1"), "parentName": null, "blockId": block, "blockVersionTag": "1"}],
        "inputs": inputs(),
    });
    let estimate = client.post(&client.project("/estimate/job"), &asked).json();
    let task = &estimate["data"][format!("{BLOCK}:1")];
    let bound = |end: &str| {
        task["blockConsumption"]["credit"][end].as_i64().unwrap()
            + task["machineConsumption"]["credit"][end].as_i64().unwrap()
    };
    let before = client.balance();
    let job = client.run(&workflow, &inputs()).json();
    let id = job["data"]["id"].as_str().unwrap();
    let path = client.project(&format!("/jobs/{id}"));
    let mut seen = vec![job["data"]["status"].as_str().unwrap().to_string()];
    for _ in 0..100 {
        client.simulator.clock().advance(Duration::from_secs(2));
        let status = client.get(&path).json()["data"]["status"].as_str().unwrap().to_string();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    assert_eq!(seen, ["NOT_STARTED", "PENDING", "RUNNING", "SUCCEEDED"]);
    let paid = before - client.balance();
    assert!((bound("min")..=bound("max")).contains(&paid) && paid > 0, "{paid}: {estimate}");
    let url = client.get(&format!("{path}/downloads/results/")).json();
    let url = url["data"]["url"].as_str().unwrap();
    let packed = client.fetch(url).body;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
    let dir = tempfile::tempdir().unwrap();
    archive.unpack(dir.path()).unwrap();
    let data = std::fs::read_to_string(dir.path().join("output/data.json")).unwrap();
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data, client.get(&format!("{path}/outputs/data-json")).json());
    assert_eq!(data["features"].as_array().unwrap().len(), 2);
    let raster = data["features"][0]["properties"]["up42.data_path"].as_str().unwrap();
    let raster = std::fs::File::open(dir.path().join("output").join(raster)).unwrap();
    let mut raster = tiff::decoder::Decoder::new(raster).unwrap();
    let (width, height) = raster.dimensions().unwrap();
    let tiff::decoder::DecodingResult::U8(bytes) = raster.read_image().unwrap() else { panic!("not bytes") };
    assert_eq!(bytes.len(), (width * height * 4) as usize);
    let scale = raster.get_tag_f64_vec(tiff::tags::Tag::Unknown(33550)).unwrap();
    assert!((scale[0] * f64::from(width) - (AOI[2] - AOI[0])).abs() < 1e-9);
}

#[test]
fn a_cancelled_job_is_stopped_and_costs_nothing() {
    let client = Client::manual();
    let before = client.balance();
    let job = client.run(&client.workflow(BLOCK), &inputs()).json();
    let path = client.project(&format!("/jobs/{}", job["data"]["id"].as_str().unwrap()));
    let cancelled = client.post(&format!("{path}/cancel/"), &json!({}));
    assert_eq!((cancelled.status, cancelled.body.len()), (204, 0));
    assert_eq!(client.get(&path).json()["data"]["status"], "CANCELLING");
    client.simulator.clock().advance(Duration::from_secs(200));
    assert_eq!(client.get(&path).json()["data"]["status"], "CANCELLED");
    assert_eq!(client.balance(), before);
}

#[test]
fn an_area_over_the_limit_fails_and_its_log_tells_why() {
    let client = Client::manual();
    let mut large = inputs();
    large[format!("{BLOCK}:1")]["bbox"] = json!([-17.0, 14.0, -16.0, 15.0]);
    let job = client.run(&client.workflow(BLOCK), &large).json();
    let path = client.project(&format!("/jobs/{}", job["data"]["id"].as_str().unwrap()));
    client.simulator.clock().advance(Duration::from_secs(200));
    assert_eq!(client.get(&path).json()["data"]["status"], "FAILED");
    let tasks = client.get(&format!("{path}/tasks/")).json();
    let task = tasks["data"][0]["id"].as_str().unwrap();
    let log = client.get(&format!("{path}/tasks/{task}/logs")).body;
    assert!(String::from_utf8(log).unwrap().contains("JOB_QUERY_MAX_AOI_SIZE = 100"));
    assert_eq!(client.simulator.ledger()[0].credits, 0);
}

#[test]
fn pages_of_stac_visit_every_scene_once() {
    let client = Client::manual();
    let mut body = json!({
        "collections": ["sentinel-2"],
        "bbox": AOI,
        "datetime": "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z",
        "filter": {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 60]},
        "filter-lang": "cql2-json",
        "sortby": [{"field": "properties.eo:cloud_cover", "direction": "asc"}],
        "limit": 7,
    });
    let mut seen = Vec::new();
    let matched = loop {
        let page = client.post("/v2/catalog/search", &body).json();
        seen.extend(page["features"].as_array().unwrap().iter().cloned());
        let links = page["links"].as_array().unwrap();
        match links.iter().find(|link| link["rel"] == "next") {
            Some(next) => body["token"] = next["body"]["token"].clone(),
            None => break page["numberMatched"].as_u64().unwrap(),
        }
    };
    let ids: HashSet<&str> = seen.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(seen.len() > 14 && seen.len() == ids.len() && seen.len() as u64 == matched, "{}", seen.len());
    let covers: Vec<f64> =
        seen.iter().map(|item| item["properties"]["eo:cloud_cover"].as_f64().unwrap()).collect();
    assert!(covers.is_sorted() && covers.iter().all(|cover| *cover <= 60.0));
}

#[test]
fn pages_of_the_classic_search_visit_every_scene_once() {
    let client = Client::manual();
    let body = json!({
        "datetime": "2016-01-01T00:00:00Z/2020-12-31T23:59:59Z",
        "intersects": {"type": "Point", "coordinates": [-17.45, 14.7]},
        "limit": 3,
        "query": {"cloudCoverage": {"LTE": 80}, "up42:usageType": {"in": ["DATA"]}},
        "collections": ["PHR"],
    });
    for path in ["/catalog/hosts/oneatlas/stac/search", "/catalog/stac/search"] {
        let (mut href, mut ids) = (path.to_string(), Vec::new());
        loop {
            let page = client.post(&href, &body).json();
            let features = page["features"].as_array().unwrap();
            ids.extend(features.iter().map(|f| f["properties"]["id"].as_str().unwrap().to_string()));
            match page["links"].get(1) {
                Some(next) => href = next["href"].as_str().unwrap().to_string(),
                None => break,
            }
        }
        let unique: HashSet<&String> = ids.iter().collect();
        assert!(ids.len() > 6 && unique.len() == ids.len(), "{} at {path}", ids.len());
    }
}

#[test]
fn a_quicklook_comes_by_a_signed_url_that_takes_no_token() {
    let client = Client::manual();
    let found = client.get("/v2/catalog/search?collections=phr&bbox=-17.5,14.6,-17.3,14.8&limit=1").json();
    let href = found["features"][0]["assets"]["quicklook"]["href"].as_str().unwrap();
    assert!(href.ends_with("/download-url"));
    let url = client.post(href, &json!({})).json()["url"].as_str().unwrap().to_string();
    assert!(url.starts_with(client.simulator.storage_url()));
    assert_eq!(&client.fetch(&url).body[..3], &[0xff, 0xd8, 0xff]);
    assert_eq!(client.get(&url).status, 400);
    assert_eq!(client.fetch(&url.replace("Signature=", "Signature=x")).status, 403);
    let tail = client.send(client.http.get(&url).header("range", "bytes=10-19")).unwrap();
    assert_eq!((tail.status, tail.body.len()), (206, 10));
    client.simulator.clock().advance(Duration::from_secs(300));
    assert_eq!(client.fetch(&url).status, 403);
}

#[test]
fn a_lost_answer_leaves_the_job_behind() {
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
fn faults_do_what_they_are_called() {
    let client = Client::manual();
    let job = client.run(&client.workflow(BLOCK), &inputs()).json();
    let path = client.project(&format!("/jobs/{}", job["data"]["id"].as_str().unwrap()));
    client.simulator.inject(Fault::unknown_status("ARCHIVED").on("/jobs/"));
    assert_eq!(client.get(&path).json()["data"]["status"], "ARCHIVED");
    client.simulator.inject(Fault::cut_off().on("GET /blocks"));
    assert!(client.send(client.request("GET", "/blocks")).is_err());
    client.simulator.inject(Fault::malformed_json().on("/blocks"));
    assert!(serde_json::from_slice::<Value>(&client.get("/blocks").body).is_err());
    client.simulator.inject(Fault::server_error(503));
    assert_eq!(client.get("/blocks").status, 503);
    assert_eq!(client.get("/blocks").status, 200);
}

#[test]
fn settings_keep_to_their_ranges() {
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
fn what_was_dropped_answers_no_more() {
    let simulator = Simulator::start().unwrap();
    let address = simulator.api_url().trim_start_matches("http://").to_string();
    let clone = simulator.clone();
    drop(simulator);
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(clone);
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[test]
fn real_scenes_and_images_are_served_as_they_are() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        eprintln!("skipped: {} is missing", data.display());
        return;
    }
    let simulator = Simulator::builder()
        .scenes(data.join("items/landsat-c2-l2.ndjson"))
        .scenes(data.join("items/earth-search-sentinel-1-grd.ndjson"))
        .quicklooks(data.join("quicklooks"))
        .results(data.join("archives"))
        .clock(Clock::manual())
        .start()
        .unwrap();
    let client = Client::of(simulator);
    let search = |body: Value| client.post("/v2/catalog/search", &body).json();
    let landsat = search(json!({"collections": ["landsat-c2-l2"], "limit": 500}));
    assert!(landsat["features"].as_array().unwrap().len() >= 50);
    // Radar has no clouds, and what is missing matches no condition.
    let radar = json!({"collections": ["sentinel-1-grd"], "query": {"eo:cloud_cover": {"lte": 100}}});
    assert_eq!(search(radar)["numberMatched"], 0);
    let samples = search(json!({"ids": ["m_3008501_ne_16_1_20110815"]}));
    let item = &samples["features"][0];
    let href = item["assets"]["quicklook"]["href"].as_str().unwrap();
    let url = client.post(href, &json!({})).json()["url"].as_str().unwrap().to_string();
    let file = data.join("quicklooks/derived_m_3008501_ne_16_1_20110815.jpg");
    assert_eq!(client.fetch(&url).body, std::fs::read(file).unwrap());
    let workflow = client.workflow(BLOCK);
    for _ in 0..2 {
        client.run(&workflow, &inputs());
    }
    client.simulator.clock().advance(Duration::from_secs(700));
    let ids: Vec<String> = client.simulator.ledger().into_iter().map(|job| job.id).collect();
    for (id, name) in ids.iter().zip(["result_tif.tgz", "result_tif.zip"]) {
        client.renew();
        let url = client.get(&client.project(&format!("/jobs/{id}/downloads/results/"))).json();
        let given = std::fs::read(data.join("archives").join(name)).unwrap();
        assert_eq!(client.fetch(url["data"]["url"].as_str().unwrap()).body, given);
    }
}
