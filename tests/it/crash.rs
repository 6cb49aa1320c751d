//! A short run of `examples/crash_test.rs`, and what becomes of those who watch.

use std::process::Command;
use std::time::Duration;

use up42::Client;
use up42::simulator::{Clock, Simulator};

#[path = "../../examples/crash_test.rs"]
mod crash_test;

use crash_test::Service;

fn victims() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::victim", "--ignored"]);
    command
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
