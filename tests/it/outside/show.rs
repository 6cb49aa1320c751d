//! Shows every value that the hostile platform makes.

use serde_json::{Value, json};
use up42::polars::prelude::{Column, DataFrame, NamedFrom, Series};
use up42::{Aoi, Catalog, Client, JobFilter, ParallelParameters, Search, Settings, Show};

use super::{SHOWN, buy, platform, processes, strings};

pub fn shown(name: &str) {
    println!("\n{SHOWN}{name}");
}

/// An area with a feature for each string, and its name.
fn places(name: &str) -> Aoi {
    let feature = |(index, text): (usize, &String)| {
        json!({"type": "Feature", "properties": {"name": text, text: text}, "id": text,
            "geometry": platform::square(index).to_geojson()})
    };
    let features: Vec<Value> = strings::all().iter().enumerate().map(feature).collect();
    Aoi::from_geojson(&json!({"type": "FeatureCollection", "features": features}).to_string())
        .unwrap()
        .named(name)
}

#[test]
#[ignore = "prints displays: other tests run it"]
fn print() {
    let server = platform::start();
    let folder = tempfile::tempdir().unwrap();
    let client = server.client().project_id("p").batches(folder.path()).build().unwrap();
    let texts = strings::all();
    catalog(&client.catalog(), &texts);
    frames(&texts);
    jobs(&client, &texts);
    buy::all(&client);
    processes::show(&client, &server.url, &texts);
    for (index, text) in texts.iter().enumerate() {
        shown(&format!("client-{index}"));
        server.client().account(text.as_str(), "hunter2").build().unwrap().evcxr_display();
        if index % 5 == 0 {
            shown(&format!("aoi-{index}"));
            platform::square(index).named(text.as_str()).evcxr_display();
        }
    }
}

fn catalog(catalog: &Catalog, texts: &[String]) {
    let catalog = catalog.clone().without_cache();
    let aoi = places(&texts[1]);
    let scenes = catalog.search(Search::new(&aoi).limit(200)).unwrap();
    assert!(scenes.len() >= texts.len() - 2, "{} scenes", scenes.len());
    shown("scenes");
    scenes.evcxr_display();
    for (index, scene) in scenes.iter().enumerate() {
        shown(&format!("scene-{index}"));
        scene.evcxr_display();
    }
    shown("scenes-frame");
    scenes.to_dataframe().unwrap().show();
    let quicklooks = catalog.download_quicklooks(&scenes).unwrap();
    shown("quicklooks");
    quicklooks.evcxr_display();
    for (index, quicklook) in quicklooks.iter().enumerate() {
        shown(&format!("quicklook-{index}"));
        quicklook.evcxr_display();
    }
    shown("gallery");
    quicklooks.gallery().evcxr_display();
    shown("map");
    quicklooks.map(&aoi).evcxr_display();
    shown("aoi");
    aoi.evcxr_display();
    shown("coverage");
    scenes.coverage(&aoi).evcxr_display();
    shown("timeline");
    scenes.timeline().evcxr_display();
    shown("clouds");
    quicklooks.aoi_clouds(&aoi).evcxr_display();
    let mosaic = scenes.mosaic(&aoi).unwrap();
    shown("mosaic");
    mosaic.evcxr_display();
    shown("mosaic-map");
    mosaic.map(&quicklooks).evcxr_display();
    let collections = catalog.collections().unwrap();
    shown("collections");
    collections.evcxr_display();
    for (index, collection) in collections.iter().enumerate() {
        shown(&format!("collection-{index}"));
        collection.evcxr_display();
    }
    shown("queryables");
    catalog.queryables().unwrap().evcxr_display();
}

fn frames(texts: &[String]) {
    let values = Series::new("values".into(), texts);
    let lists = texts.iter().map(|text| Series::new("".into(), [text.as_str(), text.as_str()]));
    let named = |text: &String| -> Column { Series::new(text.as_str().into(), texts).into() };
    // Polars refuses a name twice; two of the strings may be shown alike.
    let columns: Vec<Column> = texts.iter().map(named).collect();
    shown("frame");
    DataFrame::new(texts.len(), columns).unwrap().show();
    shown("series");
    values.show();
    shown("lists");
    Series::new(texts[0].as_str().into(), lists.collect::<Vec<_>>()).show_rows(3..);
}

/// What a project, a workflow and a job consist of.
fn parts(client: &Client, texts: &[String]) {
    let project = client.project().unwrap();
    let workflow = &project.workflows().unwrap()[2];
    shown("compatible-blocks");
    workflow.compatible_blocks().unwrap().show();
    shown("parameters-info");
    workflow.parameters_info().unwrap().evcxr_display();
    shown("parameters-info-frame");
    workflow.parameters_info().unwrap().to_dataframe().unwrap().show();
    shown("listed");
    project.jobs(JobFilter::new()).unwrap().evcxr_display();
    for (index, text) in texts.iter().enumerate() {
        shown(&format!("block-{index}"));
        project.blocks().unwrap()[index].evcxr_display();
        let job = project.jobs_by_id([format!("job-{index}")]).unwrap();
        shown(&format!("one-job-{index}"));
        job.evcxr_display();
        shown(&format!("manifest-{index}"));
        let manifest = json!({"name": text, "display_name": text, "type": text, "version": text});
        client.validate_manifest(manifest).unwrap().evcxr_display();
    }
    let job = project.job(format!("job-{}", platform::PLAIN)).unwrap();
    let tasks = job.tasks().unwrap();
    shown("job-tasks");
    tasks.show();
    shown("job-task");
    tasks[0].evcxr_display();
    shown("job-logs");
    job.logs().unwrap().evcxr_display();
    let quicklooks = job.download_quicklooks().unwrap();
    shown("job-quicklooks");
    quicklooks.evcxr_display();
    shown("job-quicklooks-map");
    quicklooks.map(&platform::square(0)).evcxr_display();
    let history = client.credit_history().unwrap();
    shown("credits");
    history.evcxr_display();
    for (index, entry) in history.iter().enumerate() {
        shown(&format!("credit-{index}"));
        entry.evcxr_display();
    }
}

fn jobs(client: &Client, texts: &[String]) {
    let project = client.project().unwrap();
    shown("project");
    project.evcxr_display();
    shown("settings");
    project.settings().unwrap().evcxr_display();
    shown("changes");
    Settings::new().max_images(3).evcxr_display();
    shown("blocks");
    project.blocks().unwrap().show();
    let workflows = project.workflows().unwrap();
    shown("workflows");
    workflows.show();
    for (index, workflow) in workflows.iter().enumerate() {
        shown(&format!("workflow-{index}"));
        workflow.evcxr_display();
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
    workflow.estimate(&parameters).unwrap().evcxr_display();
    for (index, text) in texts.iter().enumerate() {
        shown(&format!("batch-{index}"));
        workflow.batch(text.as_str(), parameters[..1].to_vec()).unwrap().evcxr_display();
    }
    let jobs = workflow.batch("batch", parameters).unwrap().run().unwrap();
    shown("jobs");
    jobs.evcxr_display();
    shown("jobs-frame");
    jobs.to_dataframe().unwrap().show();
    for (name, chart) in
        [("timeline", jobs.timeline()), ("histogram", jobs.status_histogram()), ("spending", jobs.spending())]
    {
        shown(&format!("jobs-{name}"));
        chart.evcxr_display();
    }
    shown("jobs-series");
    let frame = jobs.to_dataframe().unwrap();
    up42::Chart::time_series(&frame, "created", "limit", "label").unwrap().evcxr_display();
    for (index, record) in jobs.iter().enumerate() {
        shown(&format!("record-{index}"));
        record.evcxr_display();
        if let Some(job) = &record.job {
            shown(&format!("job-{index}"));
            project.job(&job.id).unwrap().evcxr_display();
        }
    }
    let found = jobs.found_scenes().unwrap();
    assert!(found.quicklooks().pictures() > 5, "{found:?}");
    shown("found");
    found.evcxr_display();
    shown("found-frame");
    found.to_dataframe().unwrap().show();
    shown("found-map");
    found.map(&platform::square(0)).evcxr_display();
    parts(client, texts);
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    assert!(results.len() > 5 && !results.failed().is_empty(), "{results:?}");
    shown("results");
    results.evcxr_display();
    shown("results-frame");
    results.to_dataframe().unwrap().show();
    shown("results-map");
    results.map(&platform::square(0)).evcxr_display();
}
