//! Jobs from their creation to their results.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Clock, Simulator};
use super::{AOI, BLOCK, Client, inputs};

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
fn a_test_query_lists_the_scenes_that_the_job_delivers() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let mut dry = inputs();
    dry["config"] = json!({"mode": "DRY_RUN"});
    let jobs = [inputs(), dry].map(|inputs| client.job(&workflow, &inputs));
    client.advance(700);
    let features = jobs.map(|job| client.get(&format!("{job}/outputs/data-json")).json()["features"].clone());
    let [delivered, found] = features.each_ref().map(|list| list.as_array().unwrap());
    let ids = |list: &[Value]| list.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!((ids(delivered), found.len()), (ids(found), 2));
    for scene in found {
        let properties = &scene["properties"];
        assert!(properties["cloudCoverage"].is_number() && properties["up42.data_path"].is_null(), "{scene}");
        assert_eq!(scene["geometry"]["type"], "Polygon");
    }
}

#[test]
fn a_job_has_the_inputs_that_were_sent() {
    let client = Client::manual();
    let job = client.job(&client.workflow(BLOCK), &inputs());
    assert_eq!(client.get(&job).json()["data"]["inputs"], inputs());
}

#[test]
fn credits_of_a_task_have_the_specified_format() {
    let client = Client::manual();
    let job = client.job(&client.workflow(BLOCK), &inputs());
    client.advance(700);
    let credits = client.get(&format!("{job}/credits")).json()["data"].clone();
    let task = &credits["tasks"][0];
    let (block, machine) = (&task["blockConsumption"], &task["machineConsumption"]);
    assert_eq!(block["blockConsumption"], json!({"quantity": 2, "unit": "SCENES"}));
    assert_eq!(block["jobRun"]["jobTaskId"], task["id"]);
    let used = [block, machine].map(|part| part["creditsUsed"].as_i64().unwrap());
    assert_eq!(used.iter().sum::<i64>(), credits["creditsUsed"].as_i64().unwrap());
    assert_eq!(machine["machineConsumption"]["credit"], json!({"min": used[1], "max": used[1]}));
    assert!(machine["machineConsumption"]["duration"]["min"].as_i64().unwrap() >= 8_000);
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
fn a_job_costs_what_was_estimated_and_delivers_rasters() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let tasks = client.get(&client.project(&format!("/workflows/{workflow}/tasks"))).json();
    let block = &tasks["data"][0]["block"]["id"];
    let body = json!({
        "tasks": [{"name": format!("{BLOCK}:1"), "parentName": null, "blockId": block, "blockVersionTag": "1"}],
        "inputs": inputs(),
    });
    let estimate = client.post(&client.project("/estimate/job"), &body).json();
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
fn an_area_over_the_limit_fails_with_the_reason_in_its_log() {
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
fn a_job_over_the_limit_of_area_reserves_no_credits() {
    let client = Client::of(Simulator::builder().clock(Clock::manual()).credits(1000).start().unwrap());
    let block = "oneatlas-pleiades-aoiclipped";
    let workflow = client.workflow(block);
    let large = json!({format!("{block}:1"): {"bbox": [-17.0, 14.0, -16.0, 15.0], "limit": 1}});
    let job = client.job(&workflow, &large);
    // A job that will fail reserves no credits.
    assert_eq!(client.run(&client.workflow(BLOCK), &inputs()).status, 200);
    client.advance(700);
    let entry = &client.simulator.ledger()[0];
    assert_eq!((client.status(&job).as_str(), entry.credits), ("FAILED", 0));
    let tasks = client.get(&client.project(&format!("/workflows/{workflow}/tasks"))).json();
    let task =
        json!({"name": format!("{block}:1"), "parentName": null, "blockId": tasks["data"][0]["block"]["id"]});
    let refused = client.post(&client.project("/estimate/job"), &json!({"tasks": [task], "inputs": large}));
    assert_eq!(refused.status, 400);
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("JOB_QUERY_MAX_AOI_SIZE"));
}

#[test]
fn real_jobs_need_a_balance_of_a_thousand() {
    for (credits, status) in [(999, 403), (1000, 200)] {
        let builder = Simulator::builder().clock(Clock::manual()).credits(credits);
        let client = Client::of(builder.start().unwrap());
        assert_eq!(client.run(&client.workflow(BLOCK), &inputs()).status, status);
    }
}

#[test]
fn scenes_with_given_ids_are_delivered_completely() {
    let client = Client::manual();
    for (block, collection) in
        [("oneatlas-pleiades-aoiclipped", "phr"), ("oneatlas-spot-aoiclipped", "spot"), (BLOCK, "sentinel-2")]
    {
        let found = format!("/v2/catalog/search?collections={collection}&bbox=-17.5,14.6,-17.3,14.8&limit=2");
        let found = client.get(&found).json();
        let items = found["features"].as_array().unwrap();
        let ids: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
        let workflow = client.workflow(block);
        let job = client.job(&workflow, &json!({format!("{block}:1"): {"ids": ids, "limit": 1}}));
        let estimate = client.get(&format!("{job}/estimate")).json();
        let resources = &estimate["data"][format!("{block}:1")]["blockConsumption"]["resources"];
        assert_eq!(*resources, json!({"min": 2, "max": 2, "unit": "SCENE"}));
        client.advance(700);
        assert_eq!(client.status(&job), "SUCCEEDED", "{block}");
        let data = client.get(&format!("{job}/outputs/data-json")).json();
        let boxes: Vec<_> = data["features"].as_array().unwrap().iter().map(|f| f["bbox"].clone()).collect();
        assert_eq!(boxes, items.iter().map(|item| item["bbox"].clone()).collect::<Vec<_>>());
        let url = client.get(&format!("{job}/downloads/results")).json();
        assert_eq!(client.fetch(url["data"]["url"].as_str().unwrap()).status, 200);
    }
    assert!(client.balance() > 50_000, "{}", client.balance());
}

#[test]
fn ids_depend_on_the_inputs_but_not_on_their_order() {
    let ids = |limits: [u64; 4]| {
        let client = Client::manual();
        let workflow = client.workflow(BLOCK);
        for (nth, limit) in limits.into_iter().enumerate() {
            let mut inputs = inputs();
            inputs[format!("{BLOCK}:1")]["limit"] = limit.into();
            // A client may generate a new name for each run.
            let name = format!("job-{nth}-{limit}");
            client.post(&client.project(&format!("/workflows/{workflow}/jobs?name={name}")), &inputs);
        }
        let mut ids: Vec<_> = client.simulator.ledger().into_iter().map(|job| job.id).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let one = ids([1, 2, 1, 3]);
    assert_eq!((one.len(), &one), (4, &ids([3, 1, 1, 2])));
}

#[test]
fn inputs_of_a_wrong_type_are_refused() {
    let client = Client::manual();
    let workflow = client.workflow(BLOCK);
    let name = format!("{BLOCK}:1");
    let tasks = client.get(&client.project(&format!("/workflows/{workflow}/tasks"))).json();
    let task = json!({"name": name, "parentName": null, "blockId": tasks["data"][0]["block"]["id"]});
    for wrong in [json!(5), json!({"limit": "ten"}), json!({"bbox": "here"}), json!({"ids": "one"})] {
        let wrong = json!({&name: wrong});
        assert_eq!(client.run(&workflow, &wrong).status, 400, "{wrong}");
        let body = json!({"tasks": [task], "input": wrong});
        assert_eq!(client.post(&client.project("/jobs/validate"), &body).status, 400, "{wrong}");
    }
    let valid = client.post(&client.project("/jobs/validate"), &json!({"tasks": [task], "input": inputs()}));
    assert_eq!((valid.status, valid.body.len()), (200, 0));
    assert!(client.simulator.ledger().is_empty());
}

#[test]
fn every_interval_of_a_series_delivers_its_scenes() {
    let client = Client::manual();
    let series = ["2019-01-01/2019-06-30", "2019-07-01/2019-12-31", "2019-07-01/2019-12-31"];
    let inputs = json!({format!("{BLOCK}:1"): {"bbox": AOI, "time_series": series, "limit": 3}});
    let job = client.job(&client.workflow(BLOCK), &inputs);
    client.advance(700);
    let data = client.get(&format!("{job}/outputs/data-json")).json();
    assert_eq!(data["features"].as_array().unwrap().len(), 6);
}
