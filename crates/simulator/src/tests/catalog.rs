//! Searches, quicklooks and user-supplied data.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Clock, Simulator};
use super::{AOI, BLOCK, Client, inputs};

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
fn a_quicklook_has_a_signed_url_that_refuses_a_token() {
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
fn real_scenes_and_images_are_served_as_they_are() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.exists() {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{} is missing", data.display());
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
    // Radar scenes have no cloud cover, and a missing property matches no condition.
    let radar = json!({"collections": ["sentinel-1-grd"], "query": {"eo:cloud_cover": {"lte": 100}}});
    assert_eq!(search(radar)["numberMatched"], 0);
    let samples = search(json!({"ids": ["m_3008501_ne_16_1_20110815"]}));
    let item = &samples["features"][0];
    let href = item["assets"]["quicklook"]["href"].as_str().unwrap();
    let url = client.post(href, &json!({})).json()["url"].as_str().unwrap().to_string();
    let file = data.join("quicklooks/derived_m_3008501_ne_16_1_20110815.jpg");
    assert_eq!(client.fetch(&url).body, std::fs::read(file).unwrap());
    let workflow = client.workflow(BLOCK);
    let mut dry = inputs();
    dry["config"] = json!({"mode": "DRY_RUN"});
    let jobs = [inputs(), inputs(), dry].map(|inputs| client.job(&workflow, &inputs));
    client.advance(700);
    let mut delivered = jobs.each_ref().map(|job| {
        let url = client.get(&format!("{job}/downloads/results/")).json();
        client.fetch(url["data"]["url"].as_str().unwrap()).body
    });
    // Equal jobs get one archive after another, and a test query none.
    delivered[..2].sort_by_key(|archive| archive[0]);
    let given = ["result_tif.tgz", "result_tif.zip"];
    let given = given.map(|name| std::fs::read(data.join("archives").join(name)).unwrap());
    let is = |place: usize, name: usize| delivered[place] == given[name];
    assert!((is(0, 0) && is(1, 1)) || (is(0, 1) && is(1, 0)));
    assert!(!is(2, 0) && !is(2, 1));
    let features = |job: &str| client.get(&format!("{job}/outputs/data-json")).json()["features"].clone();
    for job in &jobs[..2] {
        let path = features(job)[0]["properties"]["up42.data_path"].as_str().unwrap().to_string();
        assert_eq!(path, "7e17f023-a8e3-43bd-aaac-5bbef749c7f4/7e17f023-a8e3-43bd-aaac-5bbef749c7f4_0-0.tif");
    }
    assert!(features(&jobs[2])[0]["properties"]["up42.data_path"].is_null(), "a test query has no files");
}

#[test]
fn an_item_is_found_in_its_own_collection() {
    let client = Client::manual();
    let found = client.get("/v2/catalog/search?collections=phr&bbox=-17.5,14.6,-17.3,14.8&limit=1").json();
    let id = found["features"][0]["id"].as_str().unwrap();
    let item = |collection: &str| client.get(&format!("/v2/catalog/collections/{collection}/items/{id}"));
    assert_eq!(item("phr").json()["id"], id);
    let foreign = item("spot");
    assert_eq!((foreign.status, foreign.json()["status"].as_u64()), (404, Some(404)));
    let asset = format!("/v2/catalog/collections/spot/items/{id}/assets/quicklook/download-url");
    assert_eq!(client.post(&asset, &json!({})).status, 404);
    assert_eq!(client.get("/v2/catalog/collections/phr/queryables").status, 200);
    assert_eq!(client.get("/v2/catalog/collections/nobody/queryables").status, 404);
}

#[test]
fn collections_are_listed_page_by_page() {
    let client = Client::manual();
    let page =
        |number: usize| client.get(&format!("/v2/collections?page={number}&size=3&sort=name,asc")).json();
    let names = |page: &Value| -> Vec<String> {
        page["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_string())
            .collect()
    };
    assert_eq!(names(&page(0)), ["phr", "phr-tasking", "pneo"]);
    assert_eq!(names(&page(1)), ["sentinel-2", "spot"]);
    assert_eq!((page(1)["totalPages"].as_u64(), names(&page(2)).len()), (Some(2), 0));
    assert_eq!(
        page(0)["content"][0]["providers"][1],
        json!({"name": "oneatlas", "title": "oneatlas", "description": "oneatlas", "roles": ["HOST"]})
    );
}

#[test]
fn the_public_stac_api_needs_no_login() {
    let client = Client::manual();
    let url = client.simulator.stac_url();
    let landing = client.fetch(&url).json();
    let links: Vec<&str> =
        landing["links"].as_array().unwrap().iter().map(|link| link["href"].as_str().unwrap()).collect();
    assert!(links.iter().all(|href| href.starts_with(&url)), "{links:?}");
    let page =
        client.fetch(&format!("{url}search?collections=phr&bbox=-17.5,14.6,-17.3,14.8&limit=1")).json();
    let thumbnail = page["features"][0]["assets"]["thumbnail"]["href"].as_str().unwrap();
    assert_eq!(&client.fetch(thumbnail).body[..3], &[0xff, 0xd8, 0xff]);
    assert_eq!(client.fetch(&thumbnail.replace("thumbnail.jpg", "x.jpg")).status, 404);
    assert_eq!(client.fetch(&format!("{}/v2/catalog/", client.simulator.api_url())).status, 401);
}

#[test]
fn an_unknown_field_is_refused() {
    let client = Client::manual();
    for (path, status, wrong) in [
        ("/v2/catalog/search", 400, json!({"max_cloud": 1})),
        ("/catalog/stac/search", 400, json!({"query": {"gsd": {"lte": 1}}})),
        ("/catalog/hosts/oneatlas/stac/search", 422, json!({"sortby": []})),
        ("/catalog/hosts/oneatlas/stac/search", 422, json!({"query": {"resolution": {"lte": 1}}})),
    ] {
        assert_eq!(client.post(path, &wrong).status, status, "{wrong}");
    }
}

#[test]
fn an_invalid_area_is_refused() {
    let client = Client::manual();
    let square = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]});
    for wrong in [
        json!({"bbox": [0, 0, 1, 91]}),
        json!({"bbox": [1e308, 0, 1e308, 1]}),
        json!({"intersects": {"type": "Polygon", "coordinates": []}}),
        json!({"intersects": {"type": "Feature", "geometry": square, "properties": {}}}),
    ] {
        assert_eq!(client.post("/v2/catalog/search", &wrong).status, 400, "{wrong}");
        assert_eq!(client.post("/catalog/stac/search", &wrong).status, 400, "{wrong}");
        assert_eq!(client.post("/catalog/hosts/oneatlas/stac/search", &wrong).status, 422, "{wrong}");
    }
}
