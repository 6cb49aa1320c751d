//! Tests of the results of dry runs.

use up42::catalog::QuicklookOutcome;
use up42::jobs::{JobParameters, ParallelParameters, Workflow};
use up42::simulator::{Clock, Fault, Simulator};
use up42::{Aoi, Client};

use crate::client_of;

fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

fn place() -> Aoi {
    Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap().named("Dakar")
}

fn jobs(client: &Client) -> (Workflow, Vec<JobParameters>) {
    let workflow = client.project().unwrap().workflow("dakar").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"]).unwrap();
    let years = [("2019-01-01", "2019-12-31"), ("2020-01-01", "2020-12-31"), ("1999-01-01", "1999-12-31")];
    let parallel = ParallelParameters::new().geometries(&place()).interval_dates(years).limit_per_job(2);
    let parameters = workflow.construct_parameters_parallel(parallel).unwrap();
    (workflow, parameters)
}

#[test]
fn a_dry_run_shows_its_scenes_and_the_estimated_cost() {
    let simulator = fast();
    let client = client_of(&simulator);
    let (workflow, parameters) = jobs(&client);
    let before = client.balance().unwrap();
    let found = workflow.test_jobs_parallel(parameters.clone()).unwrap().found_scenes().unwrap();
    assert_eq!(client.balance().unwrap(), before, "dry runs are free");
    assert_eq!(format!("{found:?}"), "2 of 3 dry runs found scenes");
    let counts: Vec<_> = found.iter().map(|job| job.scenes.as_ref().unwrap().len()).collect();
    assert_eq!(counts, [2, 2, 0]);
    for quicklook in &found.quicklooks() {
        assert!(
            quicklook.picture().is_some() && quicklook.scene.footprint.is_some(),
            "{}",
            quicklook.scene.id
        );
    }
    let frame = found.to_dataframe().unwrap();
    assert_eq!((frame.height(), frame.column("scene").unwrap().null_count()), (5, 1));
    let map = found.to_map(&place());
    assert_eq!(format!("{map:?}"), "Map 4 quicklooks, Dakar: 4 scenes, 4 with a picture");
    assert!(!map.to_html().contains("has no footprint"));

    let prices = workflow.estimate(&parameters).unwrap().prices().unwrap();
    let estimated: Vec<_> = found.iter().map(|job| job.price.clone().unwrap()).collect();
    assert_eq!(estimated, prices, "the estimate of the job is that of its parameters");
    let ran = workflow.batch("real", parameters[..2].to_vec()).unwrap().quiet().run().unwrap();
    assert_eq!(ran.succeeded(), 2);
    for (record, price) in ran.iter().zip(prices) {
        let credits = record.cost().unwrap();
        assert!((price.credits.min..=price.credits.max).contains(&credits), "{credits} of {}", price.credits);
    }
}

#[test]
fn a_scene_of_many_jobs_is_fetched_once() {
    let simulator = fast();
    let client = client_of(&simulator);
    let (workflow, _) = jobs(&client);
    let parallel = ParallelParameters::new()
        .geometries(&place().split(5.0).unwrap())
        .interval_dates([("2020-01-01", "2020-12-31")]);
    let parameters = workflow.construct_parameters_parallel(parallel).unwrap();
    let found = workflow.test_jobs_parallel(parameters).unwrap().found_scenes().unwrap();
    let pictures =
        found.iter().flat_map(|job| job.scenes.as_ref().unwrap()).filter(|one| one.picture().is_some());
    assert_eq!((found.len(), pictures.count(), found.quicklooks().len()), (4, 4, 1));
    let requests =
        simulator.requests().into_iter().filter(|request| request.path.contains("outputs/quicklooks/S2"));
    assert_eq!(requests.count(), 1);
}

#[test]
fn a_scene_without_a_quicklook_is_an_outline() {
    let simulator = fast();
    let (workflow, parameters) = jobs(&client_of(&simulator));
    let dry = workflow.test_jobs_parallel(parameters[..1].to_vec()).unwrap();
    simulator.inject(Fault::server_error(404).on("outputs/quicklooks/S2"));
    let quicklooks = dry.found_scenes().unwrap().quicklooks();
    let missing: Vec<_> =
        quicklooks.iter().filter(|one| matches!(one.outcome, QuicklookOutcome::Missing)).collect();
    assert_eq!((quicklooks.len(), missing.len()), (2, 1), "{quicklooks:?}");
    assert!(missing[0].scene.footprint.is_some());
    let map = quicklooks.to_map(&place());
    assert_eq!(format!("{map:?}"), "Map 1 quicklooks, Dakar: 2 scenes, 1 with a picture");
    assert!(map.to_html().contains(&format!("{}: no quicklook", missing[0].scene.id)));
}

#[test]
fn a_failed_dry_run_does_not_affect_others() {
    let simulator = fast();
    let (workflow, parameters) = jobs(&client_of(&simulator));
    simulator.inject(Fault::failing_job("FAILED").on("POST /jobs").after(1));
    let dry = workflow.test_jobs_parallel(parameters[..2].to_vec()).unwrap();
    let found = dry.found_scenes().unwrap();
    let failed: Vec<_> = found.iter().filter_map(|job| job.scenes.as_ref().err()).collect();
    assert!(
        matches!(failed.as_slice(), [one] if one.to_string().contains("stopped unexpectedly")),
        "{failed:?}"
    );
    assert_eq!((found.to_dataframe().unwrap().height(), found.quicklooks().pictures()), (3, 2));

    simulator.inject(Fault::server_error(500).on("/tasks/").always());
    simulator.inject(Fault::server_error(500).on("/estimate").always());
    let error = dry.found_scenes().unwrap_err();
    assert!(error.to_string().starts_with("scenes of `dakar`: "), "{error}");
}
