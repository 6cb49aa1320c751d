//! Kills a batch at random requests, and checks what was paid.
//!
//!     cargo run --example crash_test -- --kills 200 [--seed 7] [--service ogc]
//!
//! A program runs a batch of 60 jobs and downloads their results; responses are lost, and the list
//! of jobs lags behind. The program is killed and restarted until the batch is done: after a number
//! of requests, before they are carried out or before they are answered, which does not depend on
//! the speed of the machine; and in some cases shortly afterwards. In turn, two programs run the
//! batch at once because the lock file was removed, and the platform denies every job for longer
//! than the lost-job timeout; orders are also placed by a plan, and bought by another batch. The
//! batch has a spending limit that just suffices.
//!
//! At the end, the simulator's ledger must have each job once, each file must be complete, and the
//! account must have paid what the ledger and the journal record. This runs on each service
//! (workflow jobs, processing jobs, orders, jobs of an OGC server), one after the other, unless one
//! is named.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use up42::batch::Batch;
use up42::results::Results;
use up42::simulator::{Clock, Fault, Hold, LedgerEntry, Simulator};
use up42::{Client, ErrorKind};

#[path = "../tests/it/services.rs"]
pub mod services;

pub use services::Service;

/// Number of jobs in the batch.
pub const JOBS: usize = 60;
/// Balance of a new account in the simulator, in credits.
pub const INITIAL_BALANCE: i64 = 100_000;
/// Lost-job timeout: longer than the list lag plus the simulator's time for a request.
pub const LOST_JOB_TIMEOUT: Duration = Duration::from_millis(1500);
/// Delay of the lists.
pub const LAG: Duration = Duration::from_millis(400);
/// Variables for the killed program: its folder, its spending limit, and the way it buys.
pub const FOLDER: &str = "UP42_CRASH_FOLDER";
const BUDGET: &str = "UP42_CRASH_BUDGET";
const PURCHASE_VARIABLE: &str = "UP42_CRASH_WAY";
/// Number of requests that an outage answers with 404: more than during the lost-job timeout.
const OUTAGE: usize = 40;

#[allow(dead_code, reason = "a test uses the rest as a module")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--worker") {
        return match worker() {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let number = |name: &str| -> Option<u64> {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let one = arguments.iter().position(|argument| argument == "--service");
    let one = one.and_then(|at| Service::named(arguments.get(at + 1)?));
    for service in Service::ALL.into_iter().filter(|service| one.is_none_or(|one| one == *service)) {
        let (kills, mut seed) = (number("--kills").unwrap_or(200), number("--seed").unwrap_or(1));
        let mut done = 0;
        while done < kills {
            let program = std::env::current_exe().expect("this program has a path");
            let worker = || {
                let mut command = Command::new(&program);
                command.arg("--worker");
                command
            };
            done += kill_workers(service, seed, kills - done, worker);
            println!("{}: {done} of {kills} kills", service.name());
            seed += 1;
        }
    }
    println!("nothing was created twice, and nothing is missing");
    ExitCode::SUCCESS
}

/// Runs the batch to its end and downloads its results. Knows the simulator only from the
/// environment, as another program would.
pub fn worker() -> up42::Result<Results> {
    let folder = std::env::var(FOLDER).expect("the folder is given");
    let (service, client) = (Service::from_env(), Client::from_env()?);
    loop {
        let ran = buy_first(service, &client).and_then(|()| run(service, &client, Path::new(&folder)));
        match ran {
            // An outage denied existing jobs, or another program runs the batch: the cell is run
            // again, as a user would.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Io) => {
                eprintln!("{error}");
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

/// Buys the same orders in another way first, if the service is orders.
fn buy_first(service: Service, client: &Client) -> up42::Result<()> {
    if service != Service::Orders {
        return Ok(());
    }
    let plan = services::parts(client, JOBS)?.lost_job_timeout(LOST_JOB_TIMEOUT);
    match std::env::var(PURCHASE_VARIABLE).as_deref() {
        Ok("place") => plan.place().map(drop),
        Ok("another batch") => plan.batch("another")?.quiet().run().map(drop),
        _ => Ok(()),
    }
}

fn run(service: Service, client: &Client, folder: &Path) -> up42::Result<Results> {
    batch_on(service, client)?.run()?.download_results(folder.join("results"))
}

/// Returns the batch that each program runs.
pub fn batch_on(service: Service, client: &Client) -> up42::Result<Batch> {
    let batch = service.batch(client, "crash", JOBS)?.lost_job_timeout(LOST_JOB_TIMEOUT).quiet();
    let budget = std::env::var(BUDGET).ok().and_then(|credits| credits.parse().ok());
    Ok(budget.into_iter().fold(batch, Batch::max_credits))
}

/// Starts the program, which reads the platform and its folder from the environment.
pub fn spawn(mut worker: Command, service: Service, simulator: &Simulator, folder: &Path) -> Child {
    service.environment(&mut worker, simulator, folder);
    worker.env(FOLDER, folder).stdout(Stdio::null()).spawn().expect("the program starts")
}

/// Kills the program up to `most` times, lets it finish, and checks the ledger. Returns the number
/// of kills.
///
/// # Panics
///
/// If a job was created twice or is missing, if a file is incomplete, or if the account, the ledger
/// and the journal differ in what was paid.
pub fn kill_workers(service: Service, seed: u64, most: u64, worker: impl Fn() -> Command) -> u64 {
    println!("{}, seed {seed}", service.name());
    let mut rng = Rng(seed);
    let simulator =
        Simulator::builder().seed(seed).clock(Clock::speed(600.0)).list_lag(LAG).start().expect("a port");
    let folder = std::env::temp_dir().join(format!("up42-crash-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let observed = observer(&simulator, &folder);
    assert_eq!(
        observed.balance().expect("the balance"),
        INITIAL_BALANCE,
        "seed {seed}: nothing was paid yet"
    );
    service.prepare(&observed).expect("it has what it needs");
    let opening = observed.balance().expect("the balance");
    // The OGC standard has no prices.
    let budget = (service != Service::Ogc).then(|| {
        let batch = service.batch(&observed, "priced", JOBS).expect("a batch");
        batch.estimate().expect("it has a price").total().max
    });
    let spawn = |mut worker: Command, purchase: &str| {
        if let Some(budget) = budget {
            worker.env(BUDGET, budget.to_string());
        }
        worker.env(PURCHASE_VARIABLE, purchase);
        spawn(worker, service, &simulator, &folder)
    };
    let lose = |rng: &mut Rng| {
        simulator.inject(Fault::lost_answer().on(creation_path(service)).after(rng.below(12) as usize));
    };
    let mut kills = 0;
    loop {
        lose(&mut rng);
        if kills >= most {
            let status = spawn(worker(), "batch").wait().expect("the program is ours");
            assert!(status.success(), "seed {seed}: the program failed: {status}");
            break;
        }
        // A whole run takes some hundred requests, so most runs are incomplete.
        let longest = if rng.below(8) == 0 { 400 } else { 100 };
        let passes = rng.below(longest);
        let is_carried_out = rng.below(2) == 0;
        let hold = if is_carried_out { Hold::answer() } else { Hold::request() };
        let held = simulator.hold(hold.after(passes as usize).always());
        // In turn, so that a short run includes each of them.
        let trouble = kills % 4;
        let purchase = ["batch", "place", "another batch"][(kills / 2 % 3) as usize];
        let mut child = spawn(worker(), purchase);
        let mut other = (trouble == 1).then(|| {
            // As on a network mount, or when the user deletes the file: both programs run the
            // batch.
            std::thread::sleep(Duration::from_millis(rng.below(200)));
            let lock = folder.join("up42-batches").join("crash.lock");
            let _ = std::fs::remove_file(lock);
            spawn(worker(), purchase)
        });
        if trouble == 2 {
            simulator.inject(Fault::server_error(404).on(list(service)).times(OUTAGE));
        }
        let status = loop {
            match child.try_wait().expect("the program is ours") {
                None if !held.reached_within(Duration::from_millis(5)) => {}
                ended => break ended,
            }
        };
        if let Some(status) = status {
            assert!(status.success(), "seed {seed}: the program failed: {status}");
            drop(held);
            let status = other.map(|mut other| other.wait().expect("the program is ours"));
            assert!(status.is_none_or(|status| status.success()), "seed {seed}: the other failed");
            break;
        }
        // In one of three cases it continues for a moment, to be killed between requests too.
        let mut held = Some(held);
        if rng.below(3) == 0 {
            held = None;
            std::thread::sleep(Duration::from_millis(rng.below(30)));
        }
        for child in std::iter::once(&mut child).chain(&mut other) {
            child.kill().and_then(|()| child.wait()).expect("the program can be killed");
            kills += 1;
        }
        // Requests in flight arrive before the next program starts.
        if let Some(held) = held {
            let due = simulator.requests().len() + if is_carried_out { 0 } else { held.count() };
            held.release();
            let begun = Instant::now();
            while simulator.requests().len() < due {
                assert!(begun.elapsed() < services::PATIENCE, "seed {seed}: requests are not carried out");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    check(service, seed, opening, &simulator, &folder);
    let paid = opening - observed.balance().expect("the balance");
    assert!(budget.is_none_or(|budget| paid <= budget), "seed {seed}: {paid} of {budget:?} credits");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    println!("seed {seed}: {kills} kills, {} jobs, {} credits", JOBS, spent(service, &simulator));
    kills
}

/// Returns the path at which the service creates jobs.
fn creation_path(service: Service) -> &'static str {
    match service {
        Service::Workflow => "POST /jobs",
        Service::Processing => "POST /execution",
        Service::Orders => "POST /v2/orders",
        Service::Ogc => "POST /ogc",
    }
}

/// Returns the path at which the service returns jobs, singly and as a list.
fn list(service: Service) -> &'static str {
    match service {
        Service::Workflow => "GET /jobs",
        Service::Processing => "GET /v2/processing/jobs",
        Service::Orders => "GET /v2/orders",
        Service::Ogc => "GET /ogc/jobs",
    }
}

fn spent(service: Service, simulator: &Simulator) -> i64 {
    service.ledger(simulator).iter().map(|entry| entry.credits).sum()
}

/// Returns a client that reads the account, and the journals in the program's folder.
fn observer(simulator: &Simulator, folder: &Path) -> Client {
    let client = Client::builder().simulator(simulator.clone()).batches(folder.join("up42-batches"));
    client.build().expect("a client")
}

fn check(service: Service, seed: u64, opening: i64, simulator: &Simulator, folder: &Path) {
    let spent = |simulator| spent(service, simulator);
    let ledger = service.ledger(simulator);
    // An order's parameters do not identify its area, but its name does.
    let own = |entry: &LedgerEntry| match service {
        Service::Orders => entry.name.clone().unwrap_or_default(),
        _ => entry.inputs.to_string(),
    };
    let inputs: HashSet<String> = ledger.iter().map(own).collect();
    assert_eq!((ledger.len(), inputs.len()), (JOBS, JOBS), "seed {seed}: jobs, and different jobs");
    let client = observer(simulator, folder);
    let jobs = batch_on(service, &client).and_then(|batch| batch.jobs()).expect("the journal can be read");
    assert_eq!(jobs.succeeded(), JOBS, "seed {seed}: {:?}", jobs.to_dataframe());
    assert_eq!(jobs.cost(), spent(simulator), "seed {seed}: credits in the journal and in the ledger");
    let before = client.balance().expect("the balance");
    // The OGC standard has no credits.
    assert_eq!(before < opening, service != Service::Ogc, "seed {seed}: the jobs were paid");
    assert_eq!(
        opening - before,
        spent(simulator),
        "seed {seed}: credits charged to the account and in the ledger"
    );
    assert_eq!(opening - before, jobs.cost(), "seed {seed}: credits off the account, and in the journal");
    let request_count = simulator.requests().len();
    let results = run(service, &client, folder).expect("all is there");
    assert_eq!(client.balance().expect("the balance"), before, "seed {seed}: reading costs nothing");
    let downloads = simulator
        .requests()
        .split_off(request_count)
        .into_iter()
        .filter(|request| request.storage || request.path.ends_with("/results"));
    assert_eq!(downloads.count(), 0, "seed {seed}: every file was there");
    assert!(results.failed().is_empty() && results.len() >= JOBS, "seed {seed}: {:?}", results.failed());
    for result in &results {
        let path = result.path.as_ref().expect("a raster");
        let bytes = std::fs::read(path).expect("a file");
        let is_whole = match service {
            Service::Ogc => bytes.starts_with(b"Hello place "),
            _ => bytes.len() > 100 && bytes.starts_with(b"II*\0"),
        };
        assert!(is_whole, "seed {seed}: {}", path.display());
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same requests for the same seed, as far as the
/// order of threads allows.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
