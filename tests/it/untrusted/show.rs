//! Shows every value that the hostile platform produces.

use std::time::Duration;

use serde_json::{Value, json};
use up42::catalog::{Catalog, Search};
use up42::client::RetryPolicy;
use up42::jobs::{JobFilter, ParallelParameters, Settings};
use up42::polars::prelude::{Column, DataFrame, NamedFrom, Series};
use up42::view::Show;
use up42::{Aoi, Client};

use super::{SHOWN, buy, platform, processes, secrets, texts};

pub fn shown(name: &str) {
    println!("\n{SHOWN}{name}");
}

/// Returns the names that the user chooses; the test of secrets uses harmless ones.
fn own(texts: &[String]) -> Vec<String> {
    match secrets::folder() {
        Some(_) => (0..texts.len()).map(|number| format!("place {number}")).collect(),
        None => texts.to_vec(),
    }
}

/// Returns an area with a feature for each string, and its name.
fn places(name: &str) -> Aoi {
    let feature = |(index, text): (usize, &String)| {
        json!({"type": "Feature", "properties": {"name": text, text: text}, "id": text,
            "geometry": platform::square(index).to_geojson()})
    };
    let features: Vec<Value> = own(&texts()).iter().enumerate().map(feature).collect();
    Aoi::from_geojson(&json!({"type": "FeatureCollection", "features": features}).to_string())
        .unwrap()
        .named(name)
}

#[test]
#[ignore = "prints displays: other tests run it"]
fn print() {
    let server = platform::start();
    secrets::Log::start();
    let folder = tempfile::tempdir().unwrap();
    // Retries are logged.
    let twice = RetryPolicy { attempts: 2, first_pause: Duration::from_millis(1), ..RetryPolicy::default() };
    let journals = secrets::folder().unwrap_or_else(|| folder.path().into()).join("journals");
    let client = server.client().project_id("p").batches(journals).retry(twice).build().unwrap();
    let texts = texts();
    catalog(&client.catalog(), &texts);
    frames(&texts);
    jobs(&client, &texts);
    buy::all(&client);
    processes::show(&client, &server.url, &texts);
    for (index, text) in own(&texts).iter().enumerate() {
        shown(&format!("client-{index}"));
        display!(server.client().account(text.as_str(), "hunter2").build().unwrap());
        if index % 5 == 0 {
            shown(&format!("aoi-{index}"));
            display!(platform::square(index).named(text.as_str()));
        }
    }
}

fn catalog(catalog: &Catalog, texts: &[String]) {
    let catalog = catalog.clone().without_cache();
    let aoi = places(&own(texts)[1]);
    let scenes = catalog.search(Search::new(&aoi).limit(200)).unwrap();
    assert!(scenes.len() >= texts.len() - 2, "{} scenes", scenes.len());
    shown("scenes");
    display!(scenes);
    for (index, scene) in scenes.iter().enumerate() {
        shown(&format!("scene-{index}"));
        display!(scene);
    }
    shown("scenes-frame");
    frame!(scenes.to_dataframe().unwrap());
    let quicklooks = catalog.download_quicklooks(&scenes).unwrap();
    shown("quicklooks");
    display!(quicklooks);
    for (index, quicklook) in quicklooks.iter().enumerate() {
        shown(&format!("quicklook-{index}"));
        display!(quicklook);
    }
    shown("gallery");
    display!(quicklooks.gallery());
    shown("map");
    display!(quicklooks.to_map(&aoi));
    secrets::save(&scenes, &[quicklooks.to_map(&aoi).to_html(), quicklooks.gallery().to_html()].concat());
    shown("aoi");
    display!(aoi);
    shown("coverage");
    display!(scenes.coverage(&aoi));
    shown("timeline");
    display!(scenes.timeline());
    shown("clouds");
    display!(quicklooks.aoi_clouds(&aoi));
    let mosaic = scenes.mosaic(&aoi).unwrap();
    shown("mosaic");
    display!(mosaic);
    shown("mosaic-map");
    display!(mosaic.to_map(&quicklooks));
    let collections = catalog.collections().unwrap();
    shown("collections");
    display!(collections);
    for (index, collection) in collections.iter().enumerate() {
        shown(&format!("collection-{index}"));
        display!(collection);
    }
    shown("queryables");
    display!(catalog.queryables().unwrap());
}

fn frames(texts: &[String]) {
    let values = Series::new("values".into(), texts);
    let lists = texts.iter().map(|text| Series::new("".into(), [text.as_str(), text.as_str()]));
    let named = |text: &String| -> Column { Series::new(text.as_str().into(), texts).into() };
    // Polars refuses duplicate names; two of the strings may look the same.
    let columns: Vec<Column> = texts.iter().map(named).collect();
    shown("frame");
    DataFrame::new(texts.len(), columns).unwrap().show();
    shown("series");
    values.show();
    shown("lists");
    Series::new(texts[0].as_str().into(), lists.collect::<Vec<_>>()).show_rows(3..);
}

/// Shows the parts of a project, a workflow and a job.
fn parts(client: &Client, texts: &[String]) {
    let project = client.project().unwrap();
    let workflow = &project.workflows().unwrap()[2];
    shown("compatible-blocks");
    workflow.compatible_blocks().unwrap().show();
    shown("parameters-info");
    display!(workflow.parameters_info().unwrap());
    shown("parameters-info-frame");
    frame!(workflow.parameters_info().unwrap().to_dataframe().unwrap());
    shown("listed");
    display!(project.jobs(JobFilter::new()).unwrap());
    for (index, text) in texts.iter().enumerate() {
        shown(&format!("block-{index}"));
        display!(project.blocks().unwrap()[index]);
        let job = project.jobs_by_id([format!("job-{index}")]).unwrap();
        shown(&format!("one-job-{index}"));
        display!(job);
        shown(&format!("manifest-{index}"));
        let manifest = json!({"name": text, "display_name": text, "type": text, "version": text});
        display!(client.validate_manifest(manifest).unwrap());
    }
    let job = project.job(format!("job-{}", platform::PLAIN)).unwrap();
    let tasks = job.tasks().unwrap();
    shown("job-tasks");
    tasks.show();
    shown("job-task");
    display!(tasks[0]);
    shown("job-logs");
    display!(job.logs().unwrap());
    let quicklooks = job.download_quicklooks().unwrap();
    shown("job-quicklooks");
    display!(quicklooks);
    shown("job-quicklooks-map");
    display!(quicklooks.to_map(&platform::square(0)));
    let history = client.credit_history().unwrap();
    shown("credits");
    display!(history);
    for (index, entry) in history.iter().enumerate() {
        shown(&format!("credit-{index}"));
        display!(entry);
    }
}

fn jobs(client: &Client, texts: &[String]) {
    let project = client.project().unwrap();
    shown("project");
    display!(project);
    shown("settings");
    display!(project.settings().unwrap());
    shown("changes");
    display!(Settings::new().max_images(3));
    shown("blocks");
    project.blocks().unwrap().show();
    let workflows = project.workflows().unwrap();
    shown("workflows");
    workflows.show();
    for (index, workflow) in workflows.iter().enumerate() {
        shown(&format!("workflow-{index}"));
        display!(workflow);
    }
    let workflow = &workflows[2];
    shown("tasks");
    workflow.tasks().unwrap().show();
    let parallel =
        ParallelParameters::new().geometries(&places("x")).interval_dates([("2020-01-01", "2020-12-31")]);
    let parameters = workflow.construct_parameters_parallel(parallel).unwrap();
    shown("parameters");
    parameters.show();
    shown("estimate");
    display!(workflow.estimate(&parameters).unwrap());
    for (index, text) in own(texts).iter().enumerate() {
        shown(&format!("batch-{index}"));
        display!(workflow.batch(text.as_str(), parameters[..1].to_vec()).unwrap());
    }
    let jobs = workflow.batch("batch", parameters).unwrap().run().unwrap();
    shown("jobs");
    display!(jobs);
    shown("jobs-frame");
    frame!(jobs.to_dataframe().unwrap());
    for (name, chart) in
        [("timeline", jobs.timeline()), ("histogram", jobs.status_histogram()), ("spending", jobs.spending())]
    {
        shown(&format!("jobs-{name}"));
        display!(chart);
    }
    shown("jobs-series");
    let frame = jobs.to_dataframe().unwrap();
    display!(up42::view::Chart::time_series(&frame, "created", "limit", "label").unwrap());
    for (index, record) in jobs.iter().enumerate() {
        shown(&format!("record-{index}"));
        display!(record);
        if let Some(job) = &record.job {
            shown(&format!("job-{index}"));
            display!(project.job(&job.id).unwrap());
        }
    }
    let found = jobs.found_scenes().unwrap();
    assert!(found.quicklooks().pictures() > 5, "{found:?}");
    shown("found");
    display!(found);
    shown("found-frame");
    frame!(found.to_dataframe().unwrap());
    shown("found-map");
    display!(found.to_map(&platform::square(0)));
    parts(client, texts);
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    assert!(results.len() > 5 && !results.failed().is_empty(), "{results:?}");
    shown("results");
    display!(results);
    shown("results-frame");
    frame!(results.to_dataframe().unwrap());
    secrets::keep(&std::fs::read_to_string(folder.path().join("data.json")).unwrap());
    shown("results-map");
    display!(results.to_map(&platform::square(0)));
}
