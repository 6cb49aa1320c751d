//! A short run of `examples/crash_test.rs`, and what becomes of those who watch.

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use up42::simulator::{Clock, Fault, Simulator};
use up42::{Client, OrderPlacement};

#[path = "../../examples/crash_test.rs"]
mod crash_test;

use crash_test::{Service, services};

/// This program, with one test that is another program.
fn program(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored"]);
    command
}

fn victims() -> Command {
    program("crash::victim")
}

#[test]
fn a_killed_batch_loses_nothing_and_pays_nothing_twice() {
    for service in Service::ALL {
        let kills = crash_test::attack(service, 1, 6, victims);
        assert!(kills > 0);
    }
}

#[test]
fn who_watches_takes_over_when_the_other_is_killed() {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let opening = Client::builder().simulator(simulator.clone()).build().unwrap().credits().unwrap();
    assert_eq!(opening, crash_test::OPENING);
    let mut other = crash_test::spawn(victims(), Service::Workflow, &simulator, folder.path());
    while simulator.ledger().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let journals = folder.path().join("up42-batches");
    let client = Client::builder().simulator(simulator.clone()).batches(&journals).build().unwrap();
    let watching = crash_test::batch_on(Service::Workflow, &client).unwrap().start().unwrap();
    assert!(!watching.is_finished() && watching.jobs().unwrap().len() == crash_test::JOBS);
    let lock = std::fs::File::open(journals.join("crash.lock")).unwrap();
    assert!(lock.try_lock().is_err(), "the other drives");
    other.kill().and_then(|()| other.wait()).unwrap();
    let jobs = watching.wait().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (crash_test::JOBS, crash_test::JOBS));
    let spent: i64 = simulator.ledger().iter().map(|entry| entry.credits).sum();
    let paid = opening - client.credits().unwrap();
    assert_eq!((paid, paid), (spent, jobs.credits()), "the account, the books and the journal");
}

#[test]
#[ignore = "the program that is killed"]
fn victim() {
    if std::env::var_os(crash_test::FOLDER).is_some() {
        crash_test::victim().unwrap();
    }
}

/// Orders of the plan that is bought below.
const PARTS: usize = 8;

#[test]
fn a_plan_whose_buyers_are_killed_is_bought_once() {
    let simulator = Simulator::builder().list_lag(crash_test::LAG).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let buyer = || crash_test::spawn(program("crash::buyer"), Service::Orders, &simulator, folder.path());
    for bought in 0..PARTS - 2 {
        if bought % 2 == 0 {
            simulator.inject(Fault::lost_answer().on("POST /v2/orders"));
        }
        let mut one = buyer();
        // The platform has the order, and the answer is on its way.
        while simulator.orders().len() <= bought && one.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        one.kill().and_then(|()| one.wait()).unwrap();
    }
    assert!(simulator.orders().len() < PARTS, "they were killed before all was bought");
    let both = [buyer(), buyer()];
    both.into_iter().for_each(|mut one| assert!(one.wait().unwrap().success()));
    let client = Client::builder().simulator(simulator.clone()).batches(folder.path().join("up42-batches"));
    let placed = services::parts(&client.build().unwrap(), PARTS).unwrap().place().unwrap();
    let orders = simulator.orders();
    let names: HashSet<_> = orders.iter().map(|order| order.name.clone()).collect();
    assert_eq!(orders.len(), names.len(), "each once: {orders:?}");
    // One that was killed before its request left cannot be told from one after it.
    let lost = placed.iter().filter(|one| matches!(one.outcome, OrderPlacement::Lost(_))).count();
    assert_eq!((orders.len() + lost, placed.orders().len()), (PARTS, orders.len()), "{placed:?}");
}

#[test]
#[ignore = "the program that buys, and is killed"]
fn buyer() {
    if std::env::var_os(crash_test::FOLDER).is_some() {
        let client = Client::from_env().unwrap();
        services::parts(&client, PARTS).unwrap().place().unwrap();
    }
}
