//! Tests that nothing is bought twice: by two ways to the same order, with a lost or restored
//! journal, or during an outage that hides paid orders.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use up42::batch::{JobCollection, OnChange};
use up42::catalog::Search;
use up42::orders::{OrderFilter, OrderPlacement, OrderPlan};
use up42::serde_json::json;
use up42::simulator::{Clock, Fault, Simulator, SimulatorBuilder};
use up42::{Client, ErrorKind};

use crate::batches::{client_in, fast, parameters, posts, workflow};
use crate::harbour;
use crate::orders::is_lost;
use crate::wait::repeat_until;

const MINUTE: Duration = Duration::from_secs(60);
/// Variable that gives a separate program its folder.
const FOLDER: &str = "UP42_PURCHASES_FOLDER";

/// Returns a simulator whose list never has new orders: only local records can prove them.
fn late() -> SimulatorBuilder {
    Simulator::builder().clock(Clock::manual()).list_lag(MINUTE)
}

/// Returns whether each job exists, as far as the batch knows.
fn has_ids(jobs: &JobCollection) -> bool {
    jobs.iter().all(|record| record.job.is_some())
}

fn plan(client: &Client, scenes: usize) -> OrderPlan {
    let search =
        Search::new(harbour()).between("2019-01-01", "2022-12-31").collections(["phr"]).limit(scenes);
    let scenes = client.catalog().search(search).unwrap();
    scenes.order(&client.data_product("phr/display").unwrap()).aoi(harbour())
}

#[test]
fn an_order_is_bought_once_by_place_and_by_any_batch() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = || client_in(&simulator, folder.path());
    let placed = plan(&client(), 2).place().unwrap();
    assert_eq!((placed.orders().len(), simulator.orders().len()), (2, 2), "{placed:?}");
    // One more scene than before, and the two that exist.
    let batch = |name: &str| plan(&client(), 3).batch(name).unwrap().quiet().timeout(Duration::ZERO);
    let ordered = |name: &str| batch(name).jobs().unwrap().iter().filter(|one| one.job.is_some()).count();
    for name in ["dakar", "again"] {
        // The deadline ends the wait for the delivery.
        let run = || drop(batch(name).timeout(Duration::from_millis(300)).run().unwrap());
        repeat_until(run, |()| ordered(name) == 3);
        assert_eq!(simulator.orders().len(), 3, "{name}");
    }
    let again = plan(&client(), 3).place().unwrap();
    assert!(again.iter().all(|one| matches!(one.outcome, OrderPlacement::Existing(_))), "{again:?}");
    // Another name makes other orders.
    plan(&client(), 3).name("again").place().unwrap();
    assert_eq!(simulator.orders().len(), 6);
    // A program with another folder uses the platform's list.
    simulator.clock().advance(2 * MINUTE);
    let elsewhere = tempfile::tempdir().unwrap();
    let found = plan(&client_in(&simulator, elsewhere.path()), 3).place().unwrap();
    assert!(found.iter().all(|one| matches!(one.outcome, OrderPlacement::Existing(_))), "{found:?}");
    assert_eq!(simulator.orders().len(), 6);
}

#[test]
fn concurrent_programs_buy_a_plan_once() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    simulator.inject(Fault::lost_answer().on("POST /v2/orders").after(2));
    std::thread::scope(|scope| {
        for number in 0..6 {
            let (client, orders) = (client_in(&simulator, folder.path()), simulator.clone());
            scope.spawn(move || {
                let plan = plan(&client, 4).lost_job_timeout(MINUTE).timeout(Duration::from_millis(1500));
                let buy = || match number % 2 {
                    0 => drop(plan.place().unwrap()),
                    _ => drop(plan.batch(format!("batch {number}")).unwrap().quiet().run().unwrap()),
                };
                repeat_until(buy, |()| orders.orders().len() >= 4);
            });
        }
    });
    assert_eq!(simulator.orders().len(), 4);
    // Once the list has it, any program finds the lost order.
    simulator.clock().advance(2 * MINUTE);
    let placed = plan(&client_in(&simulator, folder.path()), 4).place().unwrap();
    assert_eq!((placed.orders().len(), simulator.orders().len()), (4, 4), "{placed:?}");
}

#[test]
fn an_order_of_another_batch_is_bought_once_proven_absent() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    // The request fails without a clear result, and the program gives up.
    simulator.inject(Fault::server_error(500).on("POST /v2/orders"));
    repeat_until(|| plan(&client, 1).timeout(Duration::from_millis(200)).place().unwrap(), is_lost);
    assert!(simulator.orders().is_empty());
    let batch = plan(&client, 1).batch("other").unwrap().quiet().lost_job_timeout(Duration::from_millis(300));
    assert_eq!(batch.run().unwrap().succeeded(), 1);
    // The first plan finds the order that the batch has bought.
    let again = plan(&client, 1).lost_job_timeout(Duration::from_millis(300)).place().unwrap();
    assert!(matches!(again.iter().next().unwrap().outcome, OrderPlacement::Existing(_)), "{again:?}");
    assert_eq!(simulator.orders().len(), 1);
}

/// Returns the tags of a plan's orders, which are the same on any platform.
fn tags_of(scenes: usize) -> Vec<String> {
    let (other, folder) = (fast(), tempfile::tempdir().unwrap());
    let placed = plan(&client_in(&other, folder.path()), scenes).place().unwrap();
    placed.iter().map(|one| one.tag.clone()).collect()
}

/// Reserves an order for another batch, in a folder that has reservations.
fn reserve(folder: &Path, batch: &str, tag: &str, id: &str) {
    let reservations = rusqlite::Connection::open(folder.join("order-reservations.db")).unwrap();
    let reserve = "INSERT INTO reservation SELECT scope, ?, '0000', ?, ? FROM reservation LIMIT 1";
    assert_eq!(reservations.execute(reserve, [tag, batch, id]).unwrap(), 1);
}

/// Checks a reservation with an order that the platform no longer has.
#[test]
fn a_missing_order_is_bought_once_proven_absent() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    plan(&client, 1).name("before").place().unwrap();
    let id = "5f1a0e3c-5d0c-4d5c-9d5e-0f3f5f0f3c11";
    reserve(folder.path(), "gone", &tags_of(2)[0], id);
    // Long enough for the other order, also on a busy machine.
    let placed = plan(&client, 2).timeout(Duration::from_secs(5)).place().unwrap();
    let outcomes: Vec<_> = placed.iter().map(|one| &one.outcome).collect();
    let [OrderPlacement::Lost(error), OrderPlacement::Placed(_)] = outcomes[..] else { panic!("{placed:?}") };
    let message = format!("batch `gone` ordered it as `{id}`, which the platform does not know");
    assert_eq!((error.to_string(), simulator.orders().len()), (message, 2));
    let proven = || plan(&client, 2).lost_job_timeout(Duration::from_millis(300)).place().unwrap();
    assert_eq!((proven().orders().len(), simulator.orders().len()), (2, 3));
    assert_eq!((proven().orders().len(), simulator.orders().len()), (2, 3), "it is known from now on");
}

/// Checks an outage that denies an order by its id; the list has it, though without its tag.
#[test]
fn an_order_found_in_the_list_only_is_not_bought_again() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let placed = plan(&client, 2).name("other").place().unwrap();
    simulator.clock().advance(2 * MINUTE);
    let known = placed.orders().iter().next().unwrap().id.clone();
    reserve(folder.path(), "first", &tags_of(1)[0], &known);
    simulator.inject(Fault::server_error(404).on(format!("GET /v2/orders/{known}")).always());
    let placed = plan(&client, 1).place().unwrap();
    assert_eq!(placed.orders().iter().next().unwrap().id, known, "{placed:?}");
    assert_eq!(simulator.orders().len(), 2);
}

#[test]
fn tags_for_finding_orders_are_reserved() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let placed = plan(&client, 1).name("first").place().unwrap();
    let tag = placed.iter().next().unwrap().tag.clone();
    let error = plan(&client, 1).tags([tag.clone()]).place().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("is reserved: this library finds orders by it"), "{error}");
    // Set on another order afterwards, the tag hides that order from no plan.
    simulator.clock().advance(2 * MINUTE);
    simulator.inject(Fault::lost_answer().on("POST /v2/orders"));
    let second = plan(&client, 1).name("second").timeout(Duration::from_millis(200));
    let second = repeat_until(|| second.place().unwrap(), is_lost);
    simulator.clock().advance(2 * MINUTE);
    let own = second.iter().next().unwrap().tag.clone();
    let lost = client.orders(OrderFilter::new().tags([own.clone()])).unwrap();
    lost.iter().next().unwrap().tag([tag, "mine".to_owned()]).unwrap();
    let again = plan(&client, 1).name("second").place().unwrap();
    assert_eq!((again.orders().len(), simulator.orders().len()), (1, 2), "{again:?}");
}

#[test]
fn changing_the_working_directory_does_not_change_the_journal() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "purchases::changes_its_directory", "--ignored"])
        .env(FOLDER, folder.path())
        .env("UP42_API_URL", simulator.api_url())
        .env("UP42_AUTH_URL", simulator.auth_url())
        .env("UP42_PROJECT_ID", Simulator::PROJECT_ID)
        .env("UP42_USERNAME", Simulator::USERNAME)
        .env("UP42_PASSWORD", Simulator::PASSWORD)
        .current_dir(folder.path());
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((simulator.ledger().len(), simulator.orders().len()), (3, 1));
    assert!(folder.path().join("up42-batches").is_dir() && !folder.path().join("cell/up42-batches").exists());
}

#[test]
#[ignore = "a program of its own: it changes its directory"]
fn changes_its_directory() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let client = Client::from_env().unwrap();
    let workflow = workflow(&client);
    let run = || {
        let batch = workflow.batch("airports", parameters(&workflow, 3)).unwrap().quiet();
        assert_eq!(batch.run().unwrap().succeeded(), 3);
        assert_eq!(plan(&client, 1).place().unwrap().orders().len(), 1);
    };
    run();
    let cell = Path::new(&folder).join("cell");
    std::fs::create_dir(&cell).unwrap();
    std::env::set_current_dir(&cell).unwrap();
    run();
    assert_eq!(client.batch("airports").unwrap().cancel().unwrap().len(), 3, "it is the same batch");
}

#[test]
fn an_outage_with_404_ends_no_job() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let all = parameters(&workflow, 4);
    // Neither the list nor any job is available, for many times the lost-job timeout.
    simulator.inject(Fault::server_error(404).on("GET /jobs").times(60));
    let batch = workflow.batch("airports", all).unwrap().quiet().lost_job_timeout(Duration::from_millis(100));
    let jobs = batch.run().unwrap();
    assert_eq!((jobs.succeeded(), posts(&simulator)), (4, 4), "{:?}", jobs.to_dataframe());
    assert_eq!(batch.retry_failed().unwrap().succeeded(), 4);
    assert_eq!((simulator.ledger().len(), posts(&simulator)), (4, 4));
}

#[test]
fn a_second_driver_without_the_lock_stops_before_it_sends() {
    let simulator = Simulator::builder().clock(Clock::speed(60.0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let client = client_in(&simulator, folder.path());
        let workflow = workflow(&client);
        let batch = workflow.batch("airports", parameters(&workflow, 9)).unwrap().quiet();
        batch.max_concurrent(2).lost_job_timeout(Duration::from_secs(2)).run()
    };
    workflow(&client_in(&simulator, folder.path()));
    let ended: Vec<_> = std::thread::scope(|scope| {
        let first = scope.spawn(run);
        while simulator.ledger().is_empty() {
            std::thread::yield_now();
        }
        // As on a network mount or in a synchronised folder, or when the user deletes the file.
        std::fs::remove_file(folder.path().join("airports.lock")).unwrap();
        [run(), first.join().unwrap()].into_iter().collect()
    });
    let failed: Vec<_> = ended.iter().filter_map(|end| end.as_ref().err()).collect();
    assert!(failed.len() < 2, "one of them goes on: {failed:?}");
    assert!(
        failed.iter().all(|error| error.to_string().contains("another program drives this batch now")),
        "{failed:?}"
    );
    assert_eq!((simulator.ledger().len(), run().unwrap().succeeded()), (9, 9));
}

#[test]
fn a_restored_journal_finds_jobs_sent_since() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = |places| workflow.batch("airports", parameters(&workflow, places)).unwrap().quiet();
    batch(2).run().unwrap();
    let (journal, backup) = (folder.path().join("airports.sqlite"), folder.path().join("backup"));
    std::fs::copy(&journal, &backup).unwrap();
    let jobs = batch(6).run().unwrap();
    assert_eq!((jobs.succeeded(), posts(&simulator)), (6, 6));
    std::fs::rename(&backup, &journal).unwrap();
    let jobs = batch(6).run().unwrap();
    assert_eq!((jobs.succeeded(), posts(&simulator)), (6, 6), "{:?}", jobs.to_dataframe());
    // A copy in another folder is refused by name, and buys nothing.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(&journal, elsewhere.path().join("airports.sqlite")).unwrap();
    let copied = client_in(&simulator, elsewhere.path()).batch("airports").unwrap();
    let error = copied.quiet().run().unwrap_err();
    assert!(error.to_string().contains("it is a copy of `"), "{error}");
    assert!(error.to_string().ends_with("run the batch from there, or remove that one"), "{error}");
}

#[test]
fn without_a_list_possibly_sent_jobs_are_not_sent() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = |places| workflow.batch("airports", parameters(&workflow, places)).unwrap().quiet();
    batch(1).run().unwrap();
    simulator.inject(Fault::server_error(500).on("GET /jobs").always());
    batch(3).timeout(Duration::from_secs(1)).run().unwrap();
    assert_eq!(posts(&simulator), 1, "whoever cannot look must not buy");
}

#[test]
fn the_title_of_a_processing_job_does_not_change_its_identity() {
    let (simulator, folder) = (fast(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    plan(&client, 2).place().unwrap().wait(MINUTE).unwrap();
    let process = client.process("upsampling-ns").unwrap();
    let items = client.storage().items().unwrap();
    let urls: Vec<String> = items.iter().map(|item| item.url().unwrap()).collect();
    let rows = |urls: &[&String]| urls.iter().map(|url| json!({"item": url})).collect::<Vec<_>>();
    let batch = |rows| process.batch("upsampled", rows).unwrap().quiet().on_change(OnChange::Keep);
    // Rows without labels are named by their numbers.
    assert_eq!(batch(rows(&[&urls[0], &urls[1]])).run().unwrap().succeeded(), 2);
    assert_eq!(batch(rows(&[&urls[1], &urls[0]])).run().unwrap().len(), 2);
    assert_eq!(simulator.processing_ledger().len(), 2);
    items.iter().next().unwrap().rename("another title").unwrap();
    let items = client.storage().items().unwrap();
    let inputs: Vec<_> = items.iter().filter(|item| urls.contains(&item.url().unwrap())).cloned().collect();
    assert_eq!(inputs.len(), 2);
    let again: Vec<_> =
        inputs.iter().map(|item| json!({"title": item.title, "item": item.url().unwrap()})).collect();
    assert_eq!(batch(again).run().unwrap().len(), 2);
    assert_eq!(simulator.processing_ledger().len(), 2);
}

#[test]
fn the_limits_of_a_batch_apply_when_it_is_opened_by_name() {
    let simulator = Simulator::builder().clock(Clock::speed(60.0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    let workflow = client.project().unwrap().workflow("tiles").unwrap();
    workflow.add_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"]).unwrap();
    let all = parameters(&workflow, 4);
    let most = workflow.estimate(&all).unwrap().total().max;
    let before = client.balance().unwrap();
    let running = workflow.batch("tiles", all).unwrap().quiet().max_credits(most).start().unwrap();
    // The first task is paid even if the job is cancelled during the second.
    while client.balance().unwrap() == before {
        std::thread::yield_now();
    }
    let opened = || client.batch("tiles").unwrap().quiet();
    opened().cancel().unwrap();
    let paid = running.wait().unwrap().paid();
    assert!(paid > 0 && paid < most, "{paid} of {most}");
    let error = opened().retry_failed().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credits, "{error}");
    assert!(error.to_string().contains(&format!("more than the limit of {most}")), "{error}");
    assert_eq!(opened().max_credits(2 * most).retry_failed().unwrap().succeeded(), 4, "unless it is raised");
}

#[test]
fn missing_jobs_are_looked_up_before_they_are_sent_again() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    let batch = || workflow.batch("airports", parameters(&workflow, 2)).unwrap().quiet();
    repeat_until(|| batch().timeout(Duration::from_millis(300)).run().unwrap(), has_ids);
    assert_eq!(posts(&simulator), 2);
    // As after an outage that lasted long enough.
    let journal = rusqlite::Connection::open(folder.path().join("airports.sqlite")).unwrap();
    let gone = "INSERT INTO event (at, item, kind, data) VALUES ('2020-01-01T00:00:00Z', ?, 'gone', 'null')";
    for item in 0..2 {
        journal.execute(gone, [item]).unwrap();
    }
    drop(journal);
    // The outage continues: the jobs' existence is unknown, so nothing is sent.
    simulator.inject(Fault::server_error(404).on("GET /jobs").times(3));
    let jobs = batch().timeout(Duration::from_millis(300)).retry_failed().unwrap();
    assert_eq!((jobs.len(), posts(&simulator)), (2, 2), "{:?}", jobs.to_dataframe());
    // The outage has ended: the jobs exist.
    simulator.clock().advance(Duration::from_secs(3600));
    let jobs = batch().retry_failed().unwrap();
    assert_eq!((jobs.succeeded(), posts(&simulator)), (2, 2), "{:?}", jobs.to_dataframe());
}

#[test]
fn a_restored_journal_finds_orders_missing_from_a_late_list() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let run = |scenes| {
        let batch = plan(&client, scenes).batch("dakar").unwrap().quiet();
        repeat_until(|| batch.clone().timeout(Duration::from_millis(300)).run().unwrap(), has_ids)
    };
    run(1);
    let (journal, backup) = (folder.path().join("dakar.sqlite"), folder.path().join("backup"));
    std::fs::copy(&journal, &backup).unwrap();
    run(2);
    std::fs::rename(&backup, &journal).unwrap();
    let jobs = run(2);
    assert_eq!(simulator.orders().len(), 2, "{:?}", jobs.to_dataframe());
}

#[test]
fn an_order_is_found_though_its_name_is_redacted() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    simulator.inject(Fault::lost_answer().on("POST /v2/orders"));
    // A journal contains no secrets, and so only a part of this name.
    let plan = plan(&client, 1).name("see https://wiki.example.com/dakar?token=hunter2#harbour");
    let batch = plan.batch("dakar").unwrap().quiet().timeout(Duration::from_millis(200));
    repeat_until(|| batch.run().unwrap(), |_| simulator.orders().len() == 1);
    simulator.clock().advance(2 * MINUTE);
    let opened = client.batch("dakar").unwrap().quiet().lost_job_timeout(Duration::from_millis(20));
    let opened = opened.timeout(Duration::from_millis(1500));
    repeat_until(|| opened.run().unwrap(), has_ids);
    assert_eq!(simulator.orders().len(), 1);
}

#[test]
fn unproven_jobs_are_looked_up_before_they_are_sent_again() {
    let (simulator, folder) = (late().start().unwrap(), tempfile::tempdir().unwrap());
    let client = client_in(&simulator, folder.path());
    let workflow = workflow(&client);
    simulator.inject(Fault::lost_answer().on("POST /v2/orders"));
    simulator.inject(Fault::lost_answer().on("POST /jobs"));
    let soon = Duration::from_millis(300);
    let orders = plan(&client, 1).batch("dakar").unwrap().quiet().timeout(soon);
    let jobs = workflow.batch("airports", parameters(&workflow, 1)).unwrap().quiet().timeout(soon);
    let sent = || (simulator.orders().len(), posts(&simulator));
    for (batch, name, all) in [(&orders, "dakar", (1, 0)), (&jobs, "airports", (1, 1))] {
        repeat_until(|| batch.run().unwrap(), |_| sent() == all);
        // As after an outage of the list that lasted long enough.
        let journal = rusqlite::Connection::open(folder.path().join(format!("{name}.sqlite"))).unwrap();
        let unproven =
            "INSERT INTO event (at, item, kind, data) VALUES ('2020-01-01T00:00:00Z', 0, 'unproven', 'null')";
        journal.execute(unproven, []).unwrap();
    }
    simulator.clock().advance(2 * MINUTE);
    for batch in [&orders, &jobs] {
        let jobs = batch.retry_failed().unwrap();
        assert!(jobs.iter().all(|one| one.job.is_some()), "{:?}", jobs.to_dataframe());
    }
    assert_eq!(sent(), (1, 1));
}
