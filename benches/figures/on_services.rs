//! Measures the same batch on each service, against the simulator: its requests, its cost on the
//! machine, the use of its slots, and the time to read its journal.
//!
//! The program that runs the batch communicates with the platform over HTTP only. When it would
//! wait, it prints that, and the platform's clock is advanced.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use up42::Client;
use up42::rehearsal::rehearse_batch;
use up42::simulator::{Clock, Distribution, RequestRecord, Simulator};

use crate::batch::window;
use crate::catalog::folder;
use crate::figures::Figures;
use crate::services::Service;
use crate::{best, cpu};

const JOBS: usize = 1000;
const LIMIT: usize = 100;
/// Longest duration of a job. The shortest take a second.
const LONGEST: Duration = Duration::from_secs(1200);
const NAME: &str = "bench";
/// Prefix of the line that the program prints before it waits for an answer.
const WAIT: &str = "wait";
const DONE: &str = "done";

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    Service::ALL.into_iter().try_for_each(|service| measure_one(figures, service))
}

fn measure_one(figures: &mut Figures, service: Service) -> up42::Result<()> {
    let run_times = Distribution::Uniform { least: Duration::from_secs(1), most: LONGEST };
    let simulator = Simulator::builder()
        .clock(Clock::manual())
        .run_times(run_times)
        .max_concurrent_jobs(LIMIT as u32)
        .credits(10_000_000)
        .start()?;
    let folder = folder().join("services").join(service.name());
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let client =
        Client::builder().simulator(simulator.clone()).batches(folder.join("up42-batches")).build()?;
    service.prepare(&client)?;

    let (before, start) = (simulator.requests().len(), Instant::now());
    let (spent, makespan) = run(service, &simulator, &folder)?;
    let requests = simulator.requests().split_off(before);
    let each = requests.len() as f64 / JOBS as f64;

    let batch = service.batch(&client, NAME, JOBS)?;
    let (jobs, replay) = best(|| batch.jobs())?;
    assert_eq!((jobs.succeeded(), service.ledger(&simulator).len()), (JOBS, JOBS), "{}", service.name());
    let lasted = jobs.iter().filter_map(|record| {
        let job = record.job.as_ref()?;
        Some((job.created?, job.finished?.duration_since(job.created?).as_secs_f64()))
    });
    let mut lasted: Vec<_> = lasted.collect();
    lasted.sort_by_key(|(created, _)| *created);
    let seconds: Vec<f64> = lasted.into_iter().map(|(_, seconds)| seconds).collect();
    assert_eq!(seconds.len(), JOBS, "{}", service.name());
    let overhead = makespan / window(&seconds, LIMIT);

    eprintln!(
        "{}: {JOBS} jobs, {LIMIT} at a time: {each:.2} requests a job, {makespan:.0} s simulated in {:.0?}, \
         {overhead:.3} of an ideal window, the journal is read in {replay:.0?}",
        service.name(),
        start.elapsed(),
    );
    eprintln!("{}", kinds(&requests));
    // Without a suffix, since a workflow's figures came first.
    let named = |name: &str| match service {
        Service::Workflow => format!("batch/{name}"),
        _ => format!("batch/{name}_{}", service.name()),
    };
    figures.at_most(3.0, named("requests_per_job"), each, "");
    figures.at_most(1.05, named("end_to_end_overhead"), overhead, "x");
    if let Some(spent) = spent {
        figures.at_most(10.0, named("end_to_end_cpu_ms_per_job"), spent, "ms");
    }
    figures.at_most(0.5, named("1k_replay_s"), replay.as_secs_f64(), "s");
    Ok(())
}

/// Counts requests by kind, most frequent first.
fn kinds(requests: &[RequestRecord]) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for request in requests {
        let is_id = |part: &str| part.len() > 8 && part.contains(|letter: char| letter.is_ascii_digit());
        let parts = request.path.split('/').map(|part| if is_id(part) { "…" } else { part });
        *kinds.entry(format!("{} {}", request.method, parts.collect::<Vec<_>>().join("/"))).or_default() += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| Reverse(*count));
    let lines = kinds.iter().take(6).map(|(kind, count)| format!("    {count:>5} {kind}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the batch in another process. Returns its processor time per job, in ms, where the system
/// reports it, and the simulated duration in seconds.
fn run(service: Service, simulator: &Simulator, folder: &Path) -> up42::Result<(Option<f64>, f64)> {
    let mut program = Command::new(std::env::current_exe()?);
    service.environment(program.arg(ALONE).arg(folder), simulator, folder);
    let mut program = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (mut to, from) = (program.stdin.take().expect("piped"), program.stdout.take().expect("piped"));
    let mut result = None;
    for line in BufReader::new(from).lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| words.get(index).and_then(|word| word.parse::<f64>().ok());
        match words.first() {
            Some(&WAIT) => {
                simulator.clock().advance(Duration::from_secs_f64(number(1).expect("a pause")));
                writeln!(to)?;
            }
            Some(&DONE) => result = Some((number(2), number(1).expect("the makespan"))),
            _ => eprintln!("{line}"),
        }
    }
    assert!(program.wait()?.success(), "{}: the program failed", service.name());
    Ok(result.expect("a line at the end"))
}

/// Argument that runs [`alone`].
pub const ALONE: &str = "batch-on-service-alone";

/// Runs the batch with its journal in the folder of the environment, and prints the duration and
/// the processor time per job, in ms.
pub fn alone(_folder: &str) -> up42::Result<()> {
    let client = Client::from_env()?;
    let batch = Service::from_env().batch(&client, NAME, JOBS)?.max_concurrent(LIMIT).quiet();
    let wait = |pause: Duration| {
        println!("{WAIT} {}", pause.as_secs_f64());
        let line = stdout().flush().and_then(|()| stdin().read_line(&mut String::new()));
        line.expect("the platform's clock is moved");
    };
    let before = cpu();
    let makespan = rehearse_batch(&batch, wait)?;
    let spent = cpu().zip(before).map(|(now, before)| (now - before).as_secs_f64() * 1e3 / JOBS as f64);
    println!("{DONE} {} {}", makespan.as_secs_f64(), spent.map_or(String::new(), |spent| spent.to_string()));
    Ok(())
}
