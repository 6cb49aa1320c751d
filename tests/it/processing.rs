//! Tests of batches of processing jobs and of orders.

use std::path::Path;
use std::time::Duration;

use up42::batch::{JobRecord, Outcome};
use up42::catalog::Search;
use up42::jobs::JobStatus;
use up42::processes::ProcessingFilter;
use up42::products::EulaState;
use up42::serde_json::{Value, json};
use up42::simulator::{Clock, Fault, Simulator, SimulatorBuilder};
use up42::storage::StorageItems;
use up42::{Aoi, Client, ErrorKind};

use crate::wait::PATIENCE;

fn fast() -> SimulatorBuilder {
    Simulator::builder().clock(Clock::speed(600.0))
}

fn client_in(simulator: &Simulator, folder: &Path) -> Client {
    Client::builder().simulator(simulator.clone()).batches(folder).build().unwrap()
}

fn place() -> Aoi {
    Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap()
}

/// Buys two images and returns their items in the storage.
fn bought(client: &Client) -> StorageItems {
    let scenes = client.catalog().search(Search::new(place()).collections(["phr"]).limit(2)).unwrap();
    let order = scenes.order(&client.data_product("phr/display").unwrap()).aoi(place());
    order.place().unwrap().wait(PATIENCE).unwrap();
    let items = client.storage().items().unwrap();
    assert_eq!(items.len(), 2);
    items
}

#[test]
fn storage_items_are_processed_and_results_downloaded() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let items = bought(&client);
    let process = client.process("upsampling-ns").unwrap();
    assert_eq!(
        (process.eula().unwrap(), process.price()),
        (EulaState::Accepted, Some("2 credits per SQ_KM"))
    );
    let batch = process.batch("upsampled", &items).unwrap().quiet();
    let estimate = batch.estimate().unwrap();
    let before = client.balance().unwrap();
    simulator.inject(Fault::lost_answer().on("POST /execution"));
    let batch = batch.lost_job_timeout(Duration::from_millis(300)).max_credits(estimate.total().max);
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), simulator.processing_ledger().len()), (2, 2), "{:?}", jobs.to_dataframe());
    assert_eq!(
        (jobs.cost(), before - client.balance().unwrap()),
        (estimate.total().max, estimate.total().max)
    );
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    assert_eq!((results.len(), results.failed().len()), (2, 0), "{:?}", results.failed());
    let file = |one: &up42::results::ResultFeature| one.path.as_ref().unwrap().display().to_string();
    assert!(results.iter().all(|one| file(one).ends_with("_multispectral.tif")));
    assert!(results.iter().all(|one| one.geometry["type"] == "Polygon"));
    let again = client.batch("upsampled").unwrap().jobs().unwrap();
    assert_eq!(again.cost(), jobs.cost());
    let listed = process.jobs(ProcessingFilter::new().status([JobStatus::Succeeded])).unwrap();
    assert_eq!(listed.with_details().unwrap().cost(), jobs.cost());
    let requests = simulator.requests();
    let single = requests.iter().filter(|request| request.path.starts_with("/v2/processing/jobs/")).count();
    assert!(single <= 8, "how jobs stand is asked for by ids: {single} were asked alone");
}

#[test]
fn refusals_of_the_platform_are_errors() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let items = bought(&client);
    let trees = client.process("detection-trees-spacept").unwrap();
    let error = trees.batch("trees", &items).unwrap_err().to_string();
    assert!(error.contains("its licence is not accepted"), "{error}");
    let change = client.process("detection-change-simularity").unwrap();
    let urls: Vec<String> = items.iter().map(|item| item.url().unwrap()).collect();
    let pair = json!({"title": "a", "sourceItem": urls[0], "referenceItem": urls[1]});
    change.validate(&pair).unwrap();
    let message = |inputs: Value| change.validate(&inputs).unwrap_err().to_string();
    let with = |name: &str, value: Value| {
        let mut inputs = pair.clone();
        inputs[name] = value;
        inputs
    };
    let error = message(with("sensitivity", 9.into()));
    assert!(error.ends_with("`sensitivity`: 9 is more than 5"), "{error}");
    let error = message(json!({"title": "a", "sourceItem": urls[0]}));
    assert!(error.contains("`referenceItem`"), "{error}");
    let gone = with("referenceItem", urls[1].replace("collections/", "collections/no").into());
    let error = message(gone.clone());
    assert!(error.contains("ItemNotFound: item "), "{error}");
    // The platform checks it once more, and then there is a job.
    let jobs = change.batch("gone", vec![gone]).unwrap().quiet().run().unwrap();
    let record = jobs.iter().next().unwrap();
    assert_eq!((record.job.clone().unwrap().status, record.cost()), (JobStatus::Rejected, Some(0)));
    let reason = record.reason().unwrap();
    assert!(reason.starts_with("the platform refused its inputs: ItemNotFound: item "), "{reason}");
    let error = client.process("upsampling").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean `upsampling-ns`"), "{error}");
}

#[test]
fn credits_of_failed_jobs_are_refunded() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let items = bought(&client);
    let before = client.balance().unwrap();
    simulator.inject(Fault::failing_job("failed").on("/execution").times(2));
    let process = client.process("pansharpening").unwrap();
    let batch = process.batch("sharp", &items).unwrap().quiet();
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), jobs.cost(), client.balance().unwrap()), (0, 0, before));
    let reasons: Vec<_> = jobs.iter().filter_map(JobRecord::reason).collect();
    assert!(
        reasons.iter().all(|one| one.contains("MissingPanchromaticAsset: the image has no")),
        "{reasons:?}"
    );
    let jobs = batch.retry_failed().unwrap();
    assert_eq!((jobs.succeeded(), before - client.balance().unwrap()), (2, jobs.cost()));
}

#[test]
fn a_low_balance_rejects_jobs_without_a_charge() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let items = bought(&client);
    simulator.add_credits(1 - client.balance().unwrap());
    let jobs = client.process("upsampling-ns").unwrap().batch("poor", &items).unwrap().quiet().run().unwrap();
    assert!(jobs.iter().all(|record| matches!(record.outcome, Outcome::Failed { credits: Some(0), .. })));
    assert_eq!(client.balance().unwrap(), 1);
    let reason = jobs.iter().find_map(JobRecord::reason).unwrap();
    assert!(reason.contains("the balance is too low"), "{reason}");
}

#[test]
fn orders_run_as_a_batch() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let scenes = client.catalog().search(Search::new(place()).collections(["phr"]).limit(3)).unwrap();
    let product = client.data_product("phr/display").unwrap();
    let batch = || scenes.order(&product).aoi(place()).batch("dakar").unwrap().quiet();
    let estimate = batch().estimate().unwrap();
    simulator.inject(Fault::lost_answer().on("POST /v2/orders").after(1));
    let before = client.balance().unwrap();
    let batch = batch().max_credits(estimate.total().max).lost_job_timeout(Duration::from_millis(300));
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), simulator.orders().len()), (3, 3), "{:?}", jobs.to_dataframe());
    assert_eq!((before - client.balance().unwrap(), jobs.cost()), (estimate.total().max, jobs.cost()));
    assert_eq!(jobs.cost(), estimate.total().max);
    let results = jobs.download_results(folder.path().join("results")).unwrap();
    assert_eq!((results.len(), results.failed().len()), (3, 0), "{:?}", results.failed());
    assert_eq!(client.batch("dakar").unwrap().run().unwrap().succeeded(), 3);
    assert_eq!(simulator.orders().len(), 3);
    let kept = client.batches().unwrap();
    let stored: Vec<_> = kept.iter().map(|entry| (entry.service, entry.runs.as_str())).collect();
    assert_eq!(stored, [("order", "phr/display")]);
}

#[test]
fn changed_tags_or_budget_buy_nothing_twice() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let pilot = client.budgets().unwrap().get("Pilot").unwrap().clone();
    let product = client.data_product("phr/display").unwrap();
    let batch = |scenes: usize, tag: &str, budget: Option<&str>| {
        let search = Search::new(place()).collections(["phr"]).limit(scenes);
        let plan = client.catalog().search(search).unwrap().order(&product).aoi(place()).tags([tag]);
        let plan = budget.into_iter().fold(plan, |plan, budget| plan.budget_id(budget));
        plan.batch("dakar").unwrap().quiet()
    };
    assert_eq!(batch(1, "before", Some(&pilot.id)).run().unwrap().succeeded(), 1);
    // Two more jobs, which have to wait.
    batch(3, "first", None).timeout(Duration::ZERO).run().unwrap();
    assert_eq!(simulator.orders().len(), 1);
    let jobs = batch(3, "after", None).run().unwrap();
    assert_eq!((jobs.succeeded(), simulator.orders().len()), (3, 3), "{:?}", jobs.to_dataframe());
    // Waiting jobs were sent with the latest tags; the same holds for a journal that is opened by
    // its name.
    let tagged = |tag: &str| client.orders(up42::orders::OrderFilter::new().tags([tag])).unwrap().len();
    assert_eq!((tagged("before"), tagged("first"), tagged("after")), (1, 0, 2));
    batch(4, "kept", Some(&pilot.id)).timeout(Duration::ZERO).run().unwrap();
    assert_eq!(client.batch("dakar").unwrap().quiet().run().unwrap().succeeded(), 4);
    let kept = client.orders(up42::orders::OrderFilter::new().tags(["kept"])).unwrap();
    let budgets: Vec<_> = kept.iter().map(|order| order.budget_id.clone()).collect();
    assert_eq!(budgets, [Some(pilot.id)]);
    assert_eq!(simulator.orders().len(), 4);
}

#[test]
fn a_batch_opened_by_name_pays_from_its_budget() {
    let (simulator, folder) = (fast().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let items = bought(&client);
    let pilot = client.budgets().unwrap().get("Pilot").unwrap().clone();
    let consumed = || client.budgets().unwrap().get("Pilot").unwrap().consumed.unwrap();
    let process = client.process("upsampling-ns").unwrap().budget_id(&pilot.id);
    process.batch("upsampled", &items).unwrap().quiet().timeout(Duration::ZERO).run().unwrap();
    assert_eq!((simulator.processing_ledger().len(), consumed()), (0, 0));
    let jobs = client.batch("upsampled").unwrap().quiet().run().unwrap();
    assert_eq!((jobs.succeeded(), consumed()), (2, jobs.cost()));
    // Another budget does not make another job.
    let free = client.process("upsampling-ns").unwrap().batch("upsampled", &items).unwrap().quiet();
    assert_eq!((free.run().unwrap().succeeded(), simulator.processing_ledger().len()), (2, 2));
}
