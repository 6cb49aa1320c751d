//! A notebook of displays as the kernel produces it: `displays.ipynb`.
//!
//! Displays are printed to standard output, so the cells run in a separate process: this test
//! binary with one ignored test.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};
use up42::catalog::Search;
use up42::jobs::{GeometryOperation, JobFilter, ParallelParameters};
use up42::simulator::{Clock, Simulator};
use up42::view::Show;

use crate::{airports, client_of, dakar};

/// Line before the output of a cell.
const CELL: &str = "== cell ";

pub fn write(folder: &Path) {
    let printed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "browser::cells::print", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let cells: Vec<_> = printed.split(CELL).skip(1).map(cell).collect();
    assert!(cells.len() > 8, "{printed:.2000}");
    let notebook = json!({
        "nbformat": 4, "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Rust (UP42)", "language": "rust", "name": "up42"},
            "language_info": {"name": "rust", "file_extension": ".rs", "mimetype": "text/rust"},
        },
        "cells": cells,
    });
    fs::write(folder.join("displays.ipynb"), notebook.to_string()).unwrap();
}

/// Returns a code cell with one output: the text between the markers, by MIME type.
fn cell(printed: &str) -> Value {
    let (name, blocks) = printed.split_once('\n').unwrap();
    let mut data = Map::new();
    for block in blocks.split("EVCXR_BEGIN_CONTENT ").skip(1) {
        let (mime, content) = block.split_once('\n').unwrap();
        let (content, _) = content.split_once("\nEVCXR_END_CONTENT").unwrap();
        data.insert(mime.to_owned(), content.into());
    }
    assert!(
        data.contains_key("text/html") && data.contains_key("text/plain"),
        "cell `{name}`: {blocks:.500}"
    );
    json!({
        "cell_type": "code", "id": name, "metadata": {}, "execution_count": 1, "source": name,
        "outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}],
    })
}

#[test]
#[ignore = "prints displays: the tests of the browser run it"]
fn print() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
    let client = client_of(&simulator);
    let catalog = client.catalog().without_cache();
    let search = Search::new(dakar()).between("2019-01-01", "2019-12-31").limit(12);
    let scenes = catalog.search(&search).unwrap();
    let quicklooks = catalog.download_quicklooks(&scenes).unwrap();
    let cell = |name: &str| println!("\n{CELL}{name}");

    cell("client");
    client.evcxr_display();
    cell("scenes");
    scenes.evcxr_display();
    cell("scene");
    scenes.iter().next().unwrap().evcxr_display();
    let many = catalog.search(Search::new(dakar()).between("2015-01-01", "2020-12-31").limit(70)).unwrap();
    cell("many-scenes");
    many.show();
    cell("frame");
    many.to_dataframe().unwrap().show();
    cell("map");
    quicklooks.to_map(&dakar()).evcxr_display();
    cell("quicklooks");
    quicklooks.evcxr_display();
    cell("gallery");
    quicklooks.gallery().evcxr_display();
    cell("aoi");
    dakar().evcxr_display();
    cell("timeline");
    scenes.timeline().evcxr_display();
    cell("coverage");
    scenes.coverage(&dakar()).evcxr_display();

    let project = client.project().unwrap();
    cell("settings");
    project.settings().unwrap().evcxr_display();
    let workflow = project.workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    let parallel = ParallelParameters::new()
        .geometries(&airports())
        .interval_dates([("2020-06-01", "2020-08-31")])
        .geometry_operation(GeometryOperation::Bbox);
    let batch =
        workflow.batch("airports", workflow.construct_parameters_parallel(parallel).unwrap()).unwrap();
    cell("blocks");
    project.blocks().unwrap().show();
    cell("batch");
    batch.evcxr_display();
    cell("estimate");
    batch.estimate().unwrap().evcxr_display();
    let jobs = batch.run().unwrap();
    cell("jobs");
    jobs.evcxr_display();
    cell("jobs-timeline");
    jobs.timeline().evcxr_display();
    cell("jobs-spending");
    jobs.spending().evcxr_display();

    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"]).unwrap();
    cell("parameters-info");
    workflow.parameters_info().unwrap().evcxr_display();
    cell("block");
    project.block("tiling").unwrap().evcxr_display();
    cell("listed");
    workflow.jobs(JobFilter::new().limit(5)).unwrap().evcxr_display();
    let job = project.job(&jobs.iter().next().unwrap().job.as_ref().unwrap().id).unwrap();
    cell("job");
    job.evcxr_display();
    cell("job-tasks");
    job.tasks().unwrap().show();
    cell("job-logs");
    job.logs().unwrap().evcxr_display();
    let quicklooks = job.download_quicklooks().unwrap();
    cell("job-quicklooks");
    quicklooks.evcxr_display();
    cell("job-map");
    quicklooks.to_map(&airports()).evcxr_display();
    cell("credits");
    client.credit_history().unwrap().evcxr_display();
}
