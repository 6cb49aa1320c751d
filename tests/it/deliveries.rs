//! Tests of the results of orders when the storage's list is late or in another order.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};

use up42::Client;
use up42::batch::JobCollection;
use up42::catalog::Search;
use up42::client::RetryPolicy;
use up42::results::Results;
use up42::serde_json::Value;
use up42::simulator::{Clock, Fault, Simulator};

use crate::server::{Server, answer};
use crate::{client_of, harbour};

/// Changes a response, given the request.
type Change = fn(&str, &mut Value);

/// Simulator behind a server that changes its responses. The change can be replaced.
struct Changed {
    simulator: Simulator,
    server: Server,
    change: Arc<Mutex<Change>>,
}

impl Changed {
    fn start(change: Change) -> Self {
        let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
        let (api, change) = (simulator.api_url().to_owned(), Arc::new(Mutex::new(change)));
        let changed = change.clone();
        let server = Server::start(move |request| {
            let (status, body) = forward(&api, request);
            let body = match body.parse() {
                Ok(mut json) => {
                    (changed.lock().unwrap())(request, &mut json);
                    json.to_string()
                }
                Err(_) => body,
            };
            answer(status, "Content-Type: application/json\r\n", body.as_bytes())
        });
        Self { simulator, server, change }
    }

    fn change(&self, change: Change) {
        *self.change.lock().unwrap() = change;
    }

    /// Buys an order of two images.
    fn order(&self, folder: &Path) -> JobCollection {
        let once = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
        let client = Client::builder()
            .account(Simulator::USERNAME, Simulator::PASSWORD)
            .auth_url(self.simulator.auth_url())
            .api_url(&self.server.url)
            .batches(folder)
            .retry(once)
            .build()
            .unwrap();
        let search = Search::new(harbour()).collections(["phr"]).limit(1);
        let scenes = client.catalog().search(search).unwrap();
        let plan = scenes.order(&client.data_product("phr/analytic").unwrap()).aoi(harbour());
        let jobs = plan.batch("late").unwrap().quiet().run().unwrap();
        assert_eq!(jobs.succeeded(), 1, "{:?}", jobs.to_dataframe());
        jobs
    }

    /// Returns the number of file requests.
    fn files(&self) -> usize {
        self.simulator.requests().iter().filter(|request| request.path.starts_with("/assets/")).count()
    }

    /// Asserts that each result has the pixels of its own item.
    fn assert_own_pixels(&self, results: &Results) {
        let folder = tempfile::tempdir().unwrap();
        let items = client_of(&self.simulator).storage().items().unwrap();
        let files = items.download_only("data", folder.path()).unwrap();
        let read = |path: &Path| std::fs::read(path).unwrap();
        let expected: HashMap<_, _> =
            files.iter().map(|file| (file.item.as_str(), read(&file.path))).collect();
        assert_eq!(expected.len(), 2);
        for (item, modality) in items.iter().map(|item| (item.id(), item.modality.as_deref())) {
            let of = |result: &&up42::results::ResultFeature| {
                result.properties["up42-product:modality"].as_str() == modality
            };
            let result = results.iter().find(of).unwrap_or_else(|| panic!("no {modality:?} in {results:?}"));
            let path = result.path.as_ref().unwrap();
            assert!(path.file_name().unwrap().to_str().unwrap().starts_with(item), "{path:?}");
            assert!(read(path) == expected[item], "{modality:?} has the pixels of another");
        }
    }
}

/// Forwards a request, and returns the response with this server's URL in place of the other's.
fn forward(api: &str, request: &str) -> (u16, String) {
    let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut stream = TcpStream::connect(api.trim_start_matches("http://")).unwrap();
    stream.write_all(request.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.replace(api, &format!("http://{host}")))
}

/// Changes the items in the result of a storage search.
fn in_list(request: &str, body: &mut Value, change: impl FnOnce(&mut Vec<Value>)) {
    if request.starts_with("POST /v2/assets/stac/search") {
        change(body["features"].as_array_mut().unwrap());
    }
}

/// Gives all assets but thumbnails the same name, as in many items.
fn alike(request: &str, body: &mut Value) {
    in_list(request, body, |items| {
        for assets in items.iter_mut().map(|item| item["assets"].as_object_mut().unwrap()) {
            for name in ["multispectral", "panchromatic"] {
                if let Some(asset) = assets.remove(name) {
                    assets.insert("data".into(), asset);
                }
            }
        }
    });
}

#[test]
fn an_item_that_arrives_late_is_added_to_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Changed::start(|request, body| {
        in_list(request, body, |items| {
            items.retain(|item| item["properties"]["up42-product:modality"] != "panchromatic");
        });
    });
    let jobs = platform.order(folder.path());
    let download = || {
        let results = jobs.download_results(folder.path().join("results")).unwrap();
        assert!(results.failed().is_empty(), "{:?}", results.failed());
        results
    };
    assert_eq!((download().len(), platform.files()), (1, 1), "no sign of another item");
    platform.change(|_, _| {});
    let results = download();
    assert_eq!((results.len(), platform.files()), (2, 2));
    let list: Value = std::fs::read_to_string(results.data_path()).unwrap().parse().unwrap();
    assert_eq!(list["features"].as_array().unwrap().len(), 2);
    platform.assert_own_pixels(&results);
    let requests = platform.files();
    assert_eq!((download().len(), platform.files()), (2, requests));
    // The files stay available when all items were deleted from the storage, or without a network.
    platform.change(|request, body| in_list(request, body, Vec::clear));
    assert_eq!((download().len(), platform.files()), (2, requests));
}

#[test]
fn failed_items_are_listed_beside_existing_files() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Changed::start(|request, body| in_list(request, body, |items| items.truncate(1)));
    let jobs = platform.order(folder.path());
    let results = folder.path().join("results");
    assert_eq!(jobs.download_results(&results).unwrap().len(), 1);
    platform.change(|_, _| {});
    platform.simulator.inject(Fault::server_error(503).on("GET .tif"));
    let part = jobs.download_results(&results).unwrap();
    assert_eq!((part.len(), part.failed().len()), (1, 1), "the second file did not come");
    let whole = jobs.download_results(&results).unwrap();
    assert_eq!((whole.len(), whole.failed().len()), (2, 0), "{:?}", whole.failed());
}

#[test]
fn files_are_not_assigned_to_the_wrong_item() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Changed::start(alike);
    let jobs = platform.order(folder.path());
    let results = folder.path().join("results");
    // The first file arrives, the second fails; then the list has another order.
    platform.simulator.inject(Fault::server_error(503).on("GET .tif").after(1));
    let part = jobs.download_results(&results).unwrap();
    assert_eq!((part.len(), part.failed().len()), (0, 1), "{part:?}");
    platform.change(|request, body| {
        alike(request, body);
        in_list(request, body, |items| items.reverse());
    });
    let whole = jobs.download_results(&results).unwrap();
    assert_eq!((whole.len(), whole.failed().len()), (2, 0), "{:?}", whole.failed());
    platform.assert_own_pixels(&whole);
}

#[test]
fn a_delivery_is_incomplete_while_its_archive_is_processed() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Changed::start(|request, body| {
        in_list(request, body, |items| items.truncate(1));
        if request.starts_with("GET /v2/assets?") {
            body["content"][0]["geospatialMetadataExtraction"] = "IN_PROGRESS".into();
        }
    });
    let jobs = platform.order(folder.path());
    let results = folder.path().join("results");
    let part = jobs.download_results(&results).unwrap();
    assert_eq!((part.len(), platform.files()), (0, 0));
    let message = part.failed()[0].1.to_string();
    assert!(message.ends_with("still processes the delivery: retry in a minute"), "{message}");
    platform.change(|_, _| {});
    let whole = jobs.download_results(&results).unwrap();
    assert_eq!((whole.len(), whole.failed().len()), (2, 0), "{:?}", whole.failed());
}
