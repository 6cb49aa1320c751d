//! A short run of `examples/crash_test.rs`, and tests of programs that watch a batch.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use up42::Client;
use up42::simulator::{Fault, Hold, Simulator};

use crate::client_of;
use crate::wait::{advance_until, reached, still, until};

#[path = "../../examples/crash_test.rs"]
mod crash_test;

pub use crash_test::{Service, services};

/// Returns a command that runs one test of this program as a separate program.
pub fn program(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored"]);
    command
}

fn worker_command() -> Command {
    program("crash::worker")
}

#[test]
fn a_killed_batch_loses_no_job_and_pays_none_twice() {
    for service in Service::ALL {
        let kills = crash_test::kill_workers(service, 1, 6, worker_command);
        assert!(kills > 0);
    }
}

#[test]
fn a_waiting_program_takes_over_when_the_running_one_is_killed() {
    // Its jobs end after the kill, so that the kill is never too late.
    let simulator = still().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let opening = Client::builder().simulator(simulator.clone()).build().unwrap().balance().unwrap();
    assert_eq!(opening, crash_test::INITIAL_BALANCE);
    let mut other = crash_test::spawn(worker_command(), Service::Workflow, &simulator, folder.path());
    until(|| !simulator.ledger().is_empty());
    let journals = folder.path().join("up42-batches");
    let client = Client::builder().simulator(simulator.clone()).batches(&journals).build().unwrap();
    let watching = crash_test::batch_on(Service::Workflow, &client).unwrap().start().unwrap();
    assert!(!watching.is_finished() && watching.jobs().unwrap().len() == crash_test::JOBS);
    let lock = std::fs::File::open(journals.join("crash.lock")).unwrap();
    assert!(lock.try_lock().is_err(), "the other drives");
    other.kill().and_then(|()| other.wait()).unwrap();
    advance_until(&simulator, || watching.is_finished());
    let jobs = watching.wait().unwrap();
    assert_eq!((jobs.succeeded(), simulator.ledger().len()), (crash_test::JOBS, crash_test::JOBS));
    let spent: i64 = simulator.ledger().iter().map(|entry| entry.credits).sum();
    let paid = opening - client.balance().unwrap();
    assert_eq!((paid, paid), (spent, jobs.cost()), "the account, the ledger and the journal");
}

#[test]
#[ignore = "the program that is killed"]
fn worker() {
    if std::env::var_os(crash_test::FOLDER).is_some() {
        crash_test::worker().unwrap();
    }
}

/// Number of orders of the plan below.
const PARTS: usize = 8;

/// Kills a buyer at each instant at which the platform and the disk differ in what they know of an
/// order. To the next program, a response that did not arrive looks the same as one that was not
/// recorded.
#[test]
fn a_plan_is_bought_once_though_its_programs_are_killed() {
    let simulator = Simulator::builder().list_lag(crash_test::LAG).start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let journals = folder.path().join("up42-batches");
    let buyer = || crash_test::spawn(program("crash::buyer"), Service::Orders, &simulator, folder.path());
    let kill = |mut buyer: Child| buyer.kill().and_then(|()| buyer.wait()).unwrap();
    let creation = "POST /v2/orders";

    // Recorded, and the request is lost on its way: it is held until the test ends.
    let unsent = simulator.hold(Hold::request().on(creation));
    let first = buyer();
    reached(&unsent);
    kill(first);
    assert!(simulator.orders().is_empty());

    // Sent and not answered.
    let unanswered = simulator.hold(Hold::answer().on(creation));
    let second = buyer();
    reached(&unanswered);
    kill(second);
    unanswered.release();
    assert_eq!(simulator.orders().len(), 1);

    // Answered and not recorded: the test holds the locks of the databases.
    let unwritten = simulator.hold(Hold::answer().on(creation));
    let third = buyer();
    reached(&unwritten);
    let writers = write_locks(&journals);
    unwritten.release();
    // A response that arrives after the released one.
    client_of(&simulator).balance().unwrap();
    kill(third);
    drop(writers);
    assert_eq!(simulator.orders().len(), 2);

    // The response is lost, and the next request is on its way.
    simulator.inject(Fault::lost_answer().on(creation));
    let lost = simulator.hold(Hold::answer().on(creation));
    let fourth = buyer();
    reached(&lost);
    let next = simulator.hold(Hold::request().on(creation));
    lost.release();
    reached(&next);
    kill(fourth);
    assert_eq!(simulator.orders().len(), 3);
    next.release();
    until(|| simulator.orders().len() == 4);

    // Recorded, and the next request is on its way.
    let next = simulator.hold(Hold::request().on(creation).after(1));
    let fifth = buyer();
    reached(&next);
    kill(fifth);
    next.release();
    until(|| simulator.orders().len() == 6);

    let both = [buyer(), buyer()];
    both.into_iter().for_each(|mut one| assert!(one.wait().unwrap().success()));
    let client = Client::builder().simulator(simulator.clone()).batches(&journals);
    let placed = services::parts(&client.build().unwrap(), PARTS).unwrap().place().unwrap();
    let orders = simulator.orders();
    let names: HashSet<_> = orders.iter().map(|order| order.name.clone()).collect();
    assert_eq!(orders.len(), names.len(), "each once: {orders:?}");
    // The order whose request was lost on its way was proven absent, and bought.
    assert_eq!((orders.len(), placed.orders().len()), (PARTS, PARTS), "{placed:?}");
    unsent.release();
}

/// Locks the databases of a folder against writing until the result is dropped.
fn write_locks(folder: &Path) -> Vec<rusqlite::Connection> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_database = |path: &PathBuf| std::fs::read(path).unwrap().starts_with(b"SQLite format 3\0");
    let lock = |path: PathBuf| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        connection
    };
    let locks: Vec<_> = files.filter(is_database).map(lock).collect();
    assert!(!locks.is_empty(), "something was written down");
    locks
}

#[test]
#[ignore = "the program that buys, and is killed"]
fn buyer() {
    if std::env::var_os(crash_test::FOLDER).is_some() {
        let client = Client::from_env().unwrap();
        services::parts(&client, PARTS)
            .unwrap()
            .lost_job_timeout(crash_test::LOST_JOB_TIMEOUT)
            .place()
            .unwrap();
    }
}
