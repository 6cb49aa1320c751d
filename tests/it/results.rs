//! Tests of the results of a batch after errors and interruptions.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use up42::serde_json::{self, Value, json};

use up42::Client;
use up42::batch::JobCollection;
use up42::client::RetryPolicy;
use up42::jobs::{GeometryOperation, JobParameters, JobStatus, ParallelParameters, Workflow};
use up42::results::Download;
use up42::simulator::{Clock, Fault, Simulator};

use crate::airports;

/// Starts a simulator on which a job of a minute takes a tenth of a second.
fn fast() -> Simulator {
    Simulator::builder().clock(Clock::speed(600.0)).start().unwrap()
}

/// Returns a client with this number of attempts for each request.
fn trying(simulator: &Simulator, attempts: u32) -> Client {
    let retry = RetryPolicy { attempts, first_pause: Duration::from_millis(1), ..RetryPolicy::default() };
    Client::builder().simulator(simulator.clone()).retry(retry).build().unwrap()
}

fn workflow(client: &Client) -> Workflow {
    let workflow = client.project().unwrap().workflow("airports").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"]).unwrap();
    workflow
}

/// Returns parameters of this number of jobs, each at another airport or date.
fn parameters(workflow: &Workflow, jobs: usize) -> Vec<JobParameters> {
    let parallel = ParallelParameters::new()
        .geometries(&airports())
        .interval_dates([("2019-01-01", "2019-12-31"), ("2020-01-01", "2020-12-31")])
        .geometry_operation(GeometryOperation::Bbox);
    let mut parameters = workflow.construct_parameters_parallel(parallel).unwrap();
    parameters.truncate(jobs);
    parameters
}

fn run(client: &Client, jobs: usize) -> JobCollection {
    let workflow = workflow(client);
    workflow.batch("results", parameters(&workflow, jobs)).unwrap().quiet().run().unwrap()
}

/// Returns the status of the responses to archive requests, in the order in which they began.
fn archives(simulator: &Simulator) -> Vec<u16> {
    let requests = simulator.requests().into_iter().filter(|request| request.path.contains("output.tgz"));
    requests.map(|request| request.status).collect()
}

fn data(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("data.json")).unwrap()).unwrap()
}

#[test]
fn results_are_downloaded_unpacked_and_merged() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 5), 24);
    let folder = tempfile::tempdir().unwrap();
    simulator.inject(Fault::cut_off().on("GET /").after(2).times(2));
    simulator.inject(Fault::expired_url());
    let results = jobs.download_results(folder.path()).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    assert!(results.len() >= 24);
    for result in &results {
        let path = result.path.as_ref().expect("each result names its raster");
        assert!(path.starts_with(folder.path()) && path.metadata().unwrap().len() > 1000);
    }
    let merged = data(folder.path());
    let features = merged["features"].as_array().unwrap();
    assert_eq!(features.len(), results.len());
    assert!(features.iter().all(|feature| feature["type"] == "Feature" && feature["bbox"].is_array()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &std::path::Path| name.metadata().unwrap().permissions().mode();
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "").unwrap();
        assert_eq!(mode(&folder.path().join("data.json")), mode(&plain));
    }
    let path = features[0]["properties"]["up42.data_path"].as_str().unwrap();
    assert!(path.starts_with("job_") && folder.path().join(path).is_file(), "{path}");

    let before = simulator.requests().len();
    let again = jobs.download_results(folder.path()).unwrap();
    assert_eq!(again.len(), results.len());
    assert_eq!(simulator.requests().len(), before, "what is there is not downloaded again");
}

#[test]
fn each_job_of_a_folder_is_listed_in_data_json() {
    let simulator = fast();
    let client = trying(&simulator, 5);
    let jobs = run(&client, 3);
    let project = client.project().unwrap();
    let ids: Vec<_> = jobs.iter().map(|record| record.job.as_ref().unwrap().id.clone()).collect();
    let folder = tempfile::tempdir().unwrap();
    let listed = || {
        let data = data(folder.path());
        let features = data["features"].as_array().unwrap().iter();
        features
            .map(|feature| feature["properties"]["job_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for id in &ids {
        project.job(id).unwrap().download_results(folder.path()).unwrap();
    }
    let all = listed();
    assert!(ids.iter().all(|id| all.iter().any(|job| job == id.as_str())), "{all:?}");
    assert!(project.jobs(JobStatus::Failed).unwrap().download_results(folder.path()).unwrap().is_empty());
    assert_eq!(listed(), all, "who downloads nothing takes nothing away");
    assert_eq!(jobs.download_results(folder.path()).unwrap().len(), all.len());
    assert_eq!(listed(), all, "nothing is there twice");

    std::fs::remove_dir_all(folder.path().join(format!("job_{}", ids[0]))).unwrap();
    let before = archives(&simulator).len();
    let twice = project.jobs_by_id([&ids[1], &ids[1]]).unwrap().download_results(folder.path()).unwrap();
    assert_eq!((twice.without_results(), archives(&simulator).len()), (0, before));
    let kept: Vec<_> = listed();
    assert!(kept.len() < all.len() && kept.iter().all(|job| job != ids[0].as_str()), "{kept:?}");
}

#[test]
fn a_foreign_data_json_is_unchanged() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 5), 1);
    let folder = tempfile::tempdir().unwrap();
    let [own, listed] = ["data.json", "data-2.json"].map(|name| folder.path().join(name));
    std::fs::write(&own, r#"{"my": "figures"}"#).unwrap();
    for _ in 0..2 {
        let results = jobs.download_results(folder.path()).unwrap();
        assert_eq!((results.data_path(), results.failed().len()), (listed.as_path(), 0));
        assert!(format!("{results:?}").contains("data-2.json"), "{results:?}");
        assert_eq!(std::fs::read_to_string(&own).unwrap(), r#"{"my": "figures"}"#);
        let list: Value = serde_json::from_slice(&std::fs::read(&listed).unwrap()).unwrap();
        assert_eq!(list["features"].as_array().unwrap().len(), results.len());
    }
}

/// Test archives, with the name of their first raster on Unix and its size in bytes (`gzip -dc |
/// tar tv`).
const CASES: [(&str, &str, u64); 5] = [
    ("c14_between", "a.tif", 12_674),
    ("c15_point", "point.tif", 12_674),
    ("c16_lzw", "lzw.tif", 6_884),
    ("c16_cog", "cog.tif", 9_221),
    ("c23_colon", "scene_2020-01-01T10:30:00Z.tif", 12_674),
];

#[test]
fn unusual_archives_are_complete_and_on_the_map() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cases");
    if !folder.exists() {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", folder.display());
        eprintln!("skipped: `{}` is missing", folder.display());
        return;
    }
    for (case, name, bytes) in CASES {
        let simulator =
            Simulator::builder().clock(Clock::speed(600.0)).results(folder.join(case)).start().unwrap();
        let jobs = run(&trying(&simulator, 1), 1);
        let folder = tempfile::tempdir().unwrap();
        let results = jobs.download_results(folder.path()).unwrap();
        assert_eq!((results.len(), results.failed().len()), (1, 0), "{case}: {:?}", results.failed());
        let path = results.iter().next().unwrap().path.clone().unwrap_or_else(|| panic!("{case}: no raster"));
        assert_eq!(path.metadata().unwrap().len(), bytes, "{case}");
        assert_eq!(path.ends_with(name), results.renamed().is_empty(), "{case}: {:?}", results.renamed());
        assert!(cfg!(windows) || results.renamed().is_empty(), "{case}: {:?}", results.renamed());
        let listed = data(folder.path())["features"][0]["properties"]["up42.data_path"].clone();
        assert!(folder.path().join(listed.as_str().unwrap()).is_file(), "{case}: {listed}");
        let map = results.to_map(&airports());
        assert!(format!("{map:?}").ends_with("1 scene, 1 with a picture"), "{case}: {map:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_name_that_is_too_long_is_changed() {
    let (archives, long) = (tempfile::tempdir().unwrap(), format!("{}.tif", "a".repeat(300)));
    let feature = json!({"type": "Feature", "geometry": null, "properties": {"up42.data_path": long}});
    let list = json!({"type": "FeatureCollection", "features": [feature]}).to_string();
    let file = std::fs::File::create(archives.path().join("output.zip")).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    for (name, content) in [("data.json", list.as_bytes()), (&long, b"II")] {
        zip.start_file(format!("output/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).results(archives.path()).start().unwrap();
    let jobs = run(&trying(&simulator, 1), 1);
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let results = jobs.download_results(folder.path()).unwrap();
        let [(named, here)] = results.renamed() else { panic!("{:?}", results.renamed()) };
        assert_eq!((named, std::fs::read(here).unwrap()), (&long, b"II".to_vec()));
        assert_eq!(results.iter().next().unwrap().path.as_ref(), Some(here));
        assert!(format!("{results:?}").contains("called otherwise"), "{results:?}");
        let listed = data(folder.path())["features"][0]["properties"]["up42.data_path"].clone();
        assert_eq!(&folder.path().join(listed.as_str().unwrap()), here);
    }
}

#[test]
fn a_broken_download_is_resumed() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 5), 2);
    simulator.inject(Fault::cut_off().on("GET output.tgz"));
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    let mut statuses = archives(&simulator);
    statuses.sort();
    assert_eq!(statuses, [200, 200, 206], "the rest was asked for, and nothing else twice");
}

#[test]
fn an_expired_url_is_renewed_during_a_download() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 1), 1);
    // An archive of more than 10 kB arrives in pieces, and each URL but the first has expired.
    simulator.inject(Fault::cut_off_after(3_000).on("GET output.tgz").times(3));
    simulator.inject(Fault::expired_url().on("GET output.tgz").after(1).times(2));
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    assert!(results.failed().is_empty(), "{:?}", results.failed());
    assert_eq!(archives(&simulator), [200, 403, 403, 206, 206, 206]);
}

#[test]
fn downloads_that_always_break_off_fail_and_are_resumed_later() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 1), 1);
    simulator.inject(Fault::cut_off_after(5_000).on("GET output.tgz"));
    simulator.inject(Fault::cut_off_after(0).on("GET output.tgz").times(3));
    let folder = tempfile::tempdir().unwrap();
    let broken = jobs.download_results(folder.path()).unwrap();
    assert_eq!((broken.len(), broken.failed().len()), (0, 1));
    assert!(broken.failed()[0].1.to_string().contains("broke"), "{:?}", broken.failed());
    let whole = jobs.download_results(folder.path()).unwrap();
    assert!(whole.failed().is_empty() && !whole.is_empty());
    assert_eq!(archives(&simulator).last(), Some(&206), "it goes on");
    assert_eq!(simulator.ledger().len(), 1, "no job ran again");
}

#[test]
fn only_failed_downloads_are_retried() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 1), 4);
    simulator.inject(Fault::server_error(503).on("GET output.tgz"));
    let folder = tempfile::tempdir().unwrap();
    let first = jobs.download_results(folder.path()).unwrap();
    assert_eq!((first.failed().len(), archives(&simulator).len()), (1, 4));
    assert_eq!(data(folder.path())["features"].as_array().unwrap().len(), first.len());
    let second = jobs.download_results(folder.path()).unwrap();
    assert_eq!((second.failed().len(), archives(&simulator).len()), (0, 5));
    assert!(second.len() > first.len());
    assert_eq!(simulator.ledger().len(), 4, "no job ran again");
}

#[test]
fn a_batch_that_failed_in_part_has_the_results_of_the_rest() {
    let simulator = fast();
    simulator.inject(Fault::failing_job("FAILED").times(2));
    let jobs = run(&trying(&simulator, 5), 5);
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    assert_eq!((results.without_results(), results.failed().len(), archives(&simulator).len()), (2, 0, 3));
    let frame = results.to_dataframe().unwrap();
    assert_eq!(frame.height(), results.len());
    let names: Vec<&str> = frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(names[..7], ["job", "label", "parameters", "path", "size", "geometry", "properties"]);
    assert!(names.contains(&"acquisitionDate") && names.contains(&"cloudCoverage"), "{names:?}");
    let inputs = frame.column("parameters").unwrap().str().unwrap().get(0).unwrap();
    assert!(
        inputs.contains(r#""time":"2019-01-01T00:00:00Z/2019-12-31T23:59:59Z""#) || inputs.contains("2020-"),
        "{inputs}"
    );
    assert_eq!(
        frame.column("geometry").unwrap().null_count() + frame.column("size").unwrap().null_count(),
        0
    );
}

#[test]
fn concurrent_downloads_to_one_folder_load_files_once() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 5), 4);
    let folder = tempfile::tempdir().unwrap();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let download = || jobs.download_results(Download::to(folder.path()).quiet()).unwrap().len();
        let threads = [scope.spawn(download), scope.spawn(download)];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(counts[0] == counts[1] && counts[0] >= 4, "{counts:?}");
    assert_eq!(archives(&simulator), [200; 4]);
}

#[test]
fn a_download_of_a_killed_program_is_resumed() {
    let simulator = fast();
    let jobs = run(&trying(&simulator, 5), 2);
    let folder = tempfile::tempdir().unwrap();
    let results = jobs.download_results(folder.path()).unwrap();
    let job = |index: usize| {
        folder.path().join(format!("job_{}", jobs.iter().nth(index).unwrap().job.as_ref().unwrap().id))
    };
    // One program was killed while it unpacked, the other before it removed the archive.
    std::fs::rename(job(0), job(0).with_extension("unpacking")).unwrap();
    std::fs::remove_file(job(0).with_extension("unpacking").join("data.json")).unwrap();
    std::fs::write(job(1).with_extension("archive"), "anything").unwrap();
    let before = archives(&simulator).len();
    let again = jobs.download_results(folder.path()).unwrap();
    assert_eq!((again.len(), archives(&simulator).len()), (results.len(), before + 1));
    let mut left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    left.retain(|path| !path.ends_with(".up42-download.lock") && !path.ends_with("data.json"));
    left.sort();
    let mut expected = vec![job(0), job(1)];
    expected.sort();
    assert_eq!(left, expected);
}
