//! Tests of job parameters that are checked before any request.

use serde_json::json;
use up42::catalog::Search;
use up42::jobs::{JobQuery, ParallelParameters, Settings, Workflow};
use up42::polars::prelude::*;
use up42::simulator::{Clock, Simulator};
use up42::{Aoi, Client, ErrorKind};

use crate::{airports, client_of, dakar};

const DATA: &str = "sobloo-s2-l1c-aoiclipped:1";

fn workflow(client: &Client) -> Workflow {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"]).unwrap();
    workflow
}

fn small() -> Aoi {
    Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap().named("Dakar")
}

#[test]
fn each_row_of_a_frame_is_a_job() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let scenes = client.catalog().search(Search::new(small()).collections(["sentinel-2"]).limit(1)).unwrap();
    let id = scenes.iter().next().unwrap().id.clone();
    let shape = small().to_geojson().to_string();
    let frame = df!(
        "name" => [Some("Dakar"), Some("Dakar"), None],
        "geometry" => [Some(shape.as_str()), Some(&shape), None],
        "time" => [Some("2019-01-01/2019-12-31"), Some("2020-06-01"), None],
        "scene_id" => [None, None, Some(id.as_str())],
        "limit" => [Some(2.0), None, None],
        "tiling.tile_width" => [Some(256), Some(512), None],
    )
    .unwrap();
    let jobs = workflow.construct_parameters_from_dataframe(&frame).unwrap();
    let labels: Vec<_> = jobs.iter().map(|job| job.label.as_str()).collect();
    assert_eq!(labels, ["Dakar (row 0)", "Dakar (row 1)", "row 2"]);
    let data = |job: usize| &jobs[job].inputs[DATA];
    assert_eq!(data(0)["time"], "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z");
    assert_eq!((&data(0)["limit"], &data(1)["limit"]), (&json!(2), &json!(1)), "null is the block's default");
    assert_eq!(data(1)["time"], "2020-06-01T00:00:00Z/2020-06-01T23:59:59Z");
    assert_eq!((&data(2)["ids"], data(2).get("time")), (&json!([id]), None));
    let widths: Vec<_> =
        jobs.iter().map(|job| job.inputs["tiling:1"]["tile_width"].as_i64().unwrap()).collect();
    assert_eq!(widths, [256, 512, 768]);
    let ran = workflow.batch("rows", jobs).unwrap().quiet().run().unwrap();
    assert_eq!(ran.succeeded(), 3, "{:?}", ran.to_dataframe());
}

#[test]
fn a_frame_of_scenes_gives_one_job_per_scene() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let scenes = client.catalog().search(Search::new(small()).collections(["sentinel-2"]).limit(4)).unwrap();
    let frame = scenes.to_dataframe().unwrap();
    let jobs =
        frame.lazy().select([col("id").alias("scene_id"), col("datetime").alias("time")]).collect().unwrap();
    let jobs = workflow.construct_parameters_from_dataframe(&jobs).unwrap();
    let ids: Vec<_> = jobs.iter().map(|job| job.inputs[DATA]["ids"][0].as_str().unwrap()).collect();
    assert_eq!(ids, scenes.iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>());
}

#[test]
fn invalid_rows_are_errors_with_row_and_column() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let workflow = workflow(&client);
    let (near, far) = ("-17.50, 14.68, -17.46, 14.72", "-17.6, 14.6, -17.4, 14.8");
    let frame = df!(
        "name" => ["fine", "large", "late", "many", "nowhere", "twice", "wide"],
        "bbox" => [Some(near), Some(far), Some(near), Some(near), None, Some(near), Some(near)],
        "time" => ["2019-01-01/2019-12-31", "2019-01-01/2019-12-31", "2020-12-31/2020-01-01", "2019-01-01", "2019-01-01", "31.12.2020", "2020-01-01/"],
        "limit" => [1, 1, 1, 11, 1, 0, 1],
        "tiling:1.tile_width" => ["1", "1", "1", "1", "1", "1", "x"],
    )
    .unwrap();
    let error = workflow.construct_parameters_from_dataframe(&frame).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    insta::assert_snapshot!(error, @"workflow `airports`: construct parameters: 6 of 7 rows cannot be sent: row 1 (`large`), `bbox`: 476.7 km² are more than the 100 km² of the project: cut it by `Aoi::split`, or raise the limit by `update_settings(Settings::new().max_aoi_size(477))`; row 2 (`late`), `time`: interval `2020-12-31` to `2020-01-01` ends before it starts; row 3 (`many`), `limit`: 11 images are more than the 10 of the project: ask for fewer, or raise the limit by `update_settings(Settings::new().max_images(11))`; row 4 (`nowhere`), `geometry`: no images are specified: give a place or scene ids; row 5 (`twice`), `time`: date `31.12.2020`: write `2020-12-31`, `2020-12` or `2020-12-31T23:59:59Z`: failed to parse four digit integer as year: invalid digit, expected 0-9 but got .; and 2 more problems");
    assert!(simulator.ledger().is_empty());
    assert!(simulator.requests().iter().all(|request| !request.path.contains("/jobs")));
}

#[test]
fn a_frame_and_a_query_give_the_same_job() {
    let client = Client::simulator().unwrap();
    let workflow = workflow(&client);
    let jobs = |frame: PolarsResult<DataFrame>| workflow.construct_parameters_from_dataframe(&frame.unwrap());
    let message = |frame| jobs(frame).unwrap_err().to_string();
    let two = Series::new("scene_ids".into(), [Series::new("".into(), ["a", "b"])]);
    let frame = DataFrame::new(1, vec![two.into(), Column::new(format!("{DATA}.limit").into(), [1])]);
    let query = JobQuery::new().limit(1).scene_ids(["a", "b"]);
    assert_eq!(jobs(frame).unwrap()[0].inputs, workflow.construct_parameters(query).unwrap().inputs);
    insta::assert_snapshot!(message(df!("asset_ids" => ["a"], "limit" => [1])), @"workflow `airports`: construct parameters: 1 of 1 row cannot be sent: row 0, `asset_ids`: scenes from storage are used whole: leave out the area, dates, limit and other ids");
    insta::assert_snapshot!(message(df!("scene_id" => [b"a".as_slice()])), @"workflow `airports`: construct parameters: 1 of 1 row cannot be sent: row 0, `scene_id`: a binary is no id: cast it to a text");
    let (bbox, name) = ("-17.50, 14.68, -17.46, 14.72", format!("{DATA}.bbox"));
    insta::assert_snapshot!(message(df!("bbox" => [bbox], name.as_str() => [bbox])), @"workflow `airports`: construct parameters: 1 of 1 row cannot be sent: row 0, `sobloo-s2-l1c-aoiclipped:1.bbox`: the row has another place already: leave all but one null");
    let name = format!("{DATA}.time");
    insta::assert_snapshot!(message(df!("bbox" => [bbox], "time" => ["2019-01-01"], name.as_str() => ["2019-01-02"])), @"workflow `airports`: construct parameters: columns `time` and `sobloo-s2-l1c-aoiclipped:1.time` have the same meaning: drop one of them");
    insta::assert_snapshot!(message(df!("name" => ["Dakar"], "bbox" => ["-17.50, 14.68, x, -17.46, 14.72"])), @"workflow `airports`: construct parameters: 1 of 1 row cannot be sent: row 0 (`Dakar`), `bbox`: a bbox is four numbers: west, south, east, north");
    let days = df!("bbox" => [bbox], "start" => [1_546_300_800_000_i64], "end" => [1_577_750_400_000_i64]);
    let moment = |name| col(name).cast(DataType::Datetime(TimeUnit::Milliseconds, None));
    let days = days.unwrap().lazy().with_columns([moment("start"), moment("end")]).collect();
    assert_eq!(jobs(days).unwrap()[0].inputs[DATA]["time"], "2019-01-01T00:00:00Z/2019-12-31T23:59:59Z");
}

#[test]
fn an_unknown_column_is_an_error() {
    let client = Client::simulator().unwrap();
    let workflow = workflow(&client);
    let message = |frame: PolarsResult<DataFrame>| {
        workflow.construct_parameters_from_dataframe(&frame.unwrap()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(message(df!("scene_id" => ["a"], "limt" => [1])), @r#"workflow `airports`: construct parameters: column `limt`: no task has this parameter: did you mean `limit`, `time`, `time_series`? or drop the column by `frame.drop("limt")`"#);
    insta::assert_snapshot!(message(df!("scene_id" => ["a"], "tiling.width" => [1])), @r#"workflow `airports`: construct parameters: column `tiling.width`: no task has this parameter: did you mean `tiling:1.tile_width`, `tiling:1.nodata`, `tiling:1.tile_height`? or drop the column by `frame.drop("tiling.width")`"#);
    insta::assert_snapshot!(message(df!("scene_id" => ["a"], "ids" => ["b"])), @"workflow `airports`: construct parameters: columns `scene_id` and `ids` have the same meaning: drop one of them");
    insta::assert_snapshot!(message(df!("ids" => ["a"], "tiling.tile_width" => [1], "tiling:1.tile_width" => [2])), @"workflow `airports`: construct parameters: columns `tiling.tile_width` and `tiling:1.tile_width` have the same meaning: drop one of them");
    insta::assert_snapshot!(message(df!("name" => ["x", "y", "z"], "ids" => ["a", "b", "a"])), @"workflow `airports`: construct parameters: 1 of 3 rows cannot be sent: row 2 (`z`): it is the same as row 0 (`x`), and would be paid twice");
    insta::assert_snapshot!(message(df!("scene_id" => [""; 0])), @"workflow `airports`: construct parameters: the frame has no rows");
}

#[test]
fn a_job_is_constructed_from_a_query() {
    let client = Client::simulator().unwrap();
    let workflow = workflow(&client);
    let query = JobQuery::new().geometry(airports()).scene_ids(["a", "b"]).set("tiling.tile_width", 64);
    let job = workflow.construct_parameters(&query).unwrap_err();
    assert!(job.to_string().contains("km² are more than the 100 km² of the project"), "{job}");
    let job = workflow.construct_parameters(query.geometry(small())).unwrap();
    assert_eq!((&job.inputs[DATA]["ids"], &job.inputs[DATA]["limit"]), (&json!(["a", "b"]), &json!(2)));
    assert_eq!(job.inputs["tiling:1"]["tile_width"], 64);
    let stored = workflow.construct_parameters(JobQuery::new().order_ids(["x"])).unwrap();
    assert_eq!(stored.inputs[DATA], json!({"order_ids": ["x"]}));
}

#[test]
fn the_limits_of_the_project_apply_to_every_place() {
    let client = Client::simulator().unwrap();
    let workflow = workflow(&client);
    let parallel =
        ParallelParameters::new().geometries(&dakar()).interval_dates([("2019-01-01", "2019-12-31")]);
    let error = workflow.construct_parameters_parallel(&parallel).unwrap_err();
    insta::assert_snapshot!(error, @"workflow `airports`: construct parameters: 1 of 1 job cannot be sent: job `Dakar, 2019-01-01 to 2019-12-31`, `intersects`: 129.0 km² are more than the 100 km² of the project: cut it by `Aoi::split`, or raise the limit by `update_settings(Settings::new().max_aoi_size(130))`");
    workflow.project().update_settings(Settings::new().max_aoi_size(1000)).unwrap();
    assert_eq!(workflow.construct_parameters_parallel(&parallel).unwrap().len(), 1);
    let pieces = parallel.geometries(&dakar().split(100.0).unwrap());
    workflow.project().update_settings(Settings::new().max_aoi_size(100)).unwrap();
    assert!(workflow.construct_parameters_parallel(pieces).unwrap().len() > 1);
}

#[test]
fn a_job_without_a_price_is_named_and_does_not_affect_others() {
    let simulator = Simulator::start().unwrap();
    let workflow = workflow(&client_of(&simulator));
    let ids = (0..40).map(|id| format!("s{id}"));
    let mut jobs = workflow.construct_parameters_parallel(ParallelParameters::new().scene_ids(ids)).unwrap();
    // Changed after the check, as a future block may refuse it.
    jobs[7].inputs[DATA]["limit"] = json!(-1);
    let requests =
        || simulator.requests().iter().filter(|request| request.path.ends_with("/estimate/job")).count();
    let estimate = workflow.estimate(&jobs).unwrap();
    let failed: Vec<_> =
        estimate.failed().into_iter().map(|(label, error)| format!("{label}: {error}")).collect();
    assert!(
        matches!(failed.as_slice(), [one] if one.starts_with("s7: ") && one.contains("400: limit must be")),
        "{failed:?}"
    );
    assert_eq!((requests(), estimate.to_dataframe().unwrap().shape()), (40, (40, 6)));
    assert!(estimate.prices().unwrap_err().to_string().starts_with("job `s7` has no price: "));
    // Only prices that are still missing are requested again.
    jobs[7] = jobs[8].clone();
    assert_eq!(workflow.estimate(&jobs).unwrap().prices().unwrap().len(), 40);
    assert_eq!(requests(), 40);
    let alone = workflow.construct_parameters(JobQuery::new().scene_ids(["x"])).unwrap();
    workflow.estimate(&[alone.clone(), alone]).unwrap();
    assert_eq!(requests(), 41, "equal jobs are asked for once");
    let budget = workflow.batch("b", jobs[..7].to_vec()).unwrap().max_credits(0).run().unwrap_err();
    assert_eq!(budget.kind(), ErrorKind::Credits, "{budget}");
}

#[test]
fn requests_stop_when_the_login_is_refused() {
    let simulator = Simulator::start().unwrap();
    let workflow = workflow(&client_of(&simulator));
    let ids = (0..200).map(|id| format!("s{id}"));
    let jobs = workflow.construct_parameters_parallel(ParallelParameters::new().scene_ids(ids)).unwrap();
    simulator.inject(up42::simulator::Fault::server_error(403).on("POST /estimate").times(1000));
    let error = workflow.estimate(&jobs).unwrap_err();
    assert!(error.to_string().starts_with("workflow `airports`: estimate: job `s0`: "), "{error}");
    let requests =
        simulator.requests().iter().filter(|request| request.path.ends_with("/estimate/job")).count();
    assert!(requests <= 16 * 2, "{requests}");
}
