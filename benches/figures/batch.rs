//! Measures how well a batch uses its slots, on a simulated clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use up42::Client;
use up42::rehearsal::{rehearse, rehearse_in};
use up42::simulator::Simulator;

use crate::catalog::folder;
use crate::figures::Figures;
use crate::{best, cpu, on_services, peak};

const JOBS: usize = 200;
const LIMIT: usize = 10;
const SEEDS: u64 = 51;
/// Average duration of a job, in seconds.
const MEAN: f64 = 600.0;

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    type Kind = (&'static str, &'static str, fn(&mut Rng) -> f64);
    let kinds: [Kind; 3] = [
        ("uniform", "batch/makespan_uniform", |rng| 2.0 * rng.unit()),
        ("lognormal, σ 1", "batch/makespan_lognormal", |rng| (rng.normal() - 0.5).exp()),
        ("Pareto 1.5", "batch/makespan_heavy", |rng| (1.0 - rng.unit()).powf(-1.0 / 1.5) / 3.0),
    ];
    let mut overheads = Vec::new();
    for (kind, name, draw) in kinds {
        let (mut ratios, mut served, mut overhead, mut speedups) = (vec![], vec![], vec![], vec![]);
        for seed in 0..SEEDS {
            let mut rng = Rng(seed);
            let seconds: Vec<f64> = (0..JOBS).map(|_| (draw(&mut rng) * MEAN).max(1.0)).collect();
            let durations: Vec<Duration> = seconds.iter().copied().map(Duration::from_secs_f64).collect();
            let wrong = |seconds: &f64, rng: &mut Rng| seconds * (0.7 + 0.6 * rng.unit());
            let estimates: Vec<Duration> =
                seconds.iter().map(|seconds| Duration::from_secs_f64(wrong(seconds, &mut rng))).collect();
            let longest = seconds.iter().copied().fold(0.0, f64::max);
            let bound = (seconds.iter().sum::<f64>() / LIMIT as f64).max(longest);
            let first_come = rehearse(&durations, LIMIT, None)?.makespan.as_secs_f64();
            ratios.push(rehearse(&durations, LIMIT, Some(&estimates))?.makespan.as_secs_f64() / bound);
            served.push(first_come / bound);
            overhead.push(first_come / window(&seconds, LIMIT));
            speedups.push(barrier(&seconds) / first_come);
        }
        let [ratio, served, overhead, speedup] = [ratios, served, overhead, speedups].map(median);
        eprintln!(
            "{kind}: {ratio:.3} of the bound longest first, {served:.3} in order; {overhead:.3} of an ideal \
             window; {speedup:.2} times as fast as with a barrier"
        );
        figures.at_most(1.05, name, ratio, "x");
        overheads.push(overhead);
        if name.ends_with("lognormal") {
            figures.at_least(2.8, "batch/speedup_vs_barrier", speedup, "x");
        }
    }
    figures.at_most(1.03, "batch/overhead", overheads.into_iter().fold(0.0, f64::max), "x");

    on_services::measure(figures)?;
    large(figures)
}

/// Runs 10,000 jobs in a separate process, and reads its journal.
fn large(figures: &mut Figures) -> up42::Result<()> {
    let folder = folder().join("large-batch");
    let _ = std::fs::remove_dir_all(&folder);
    let output = Command::new(std::env::current_exe()?).arg(LARGE).arg(&folder).output()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure =
        |index: usize| output.split_whitespace().nth(index).and_then(|word| word.parse::<f64>().ok());
    match (figure(0), figure(1)) {
        (Some(cpu), Some(peak)) => {
            figures.record("batch/cpu_ms_per_job", cpu, "ms");
            figures.at_most(200.0, "batch/10k_rss_mb", peak, "MB");
        }
        _ => eprintln!("no memory and no processor time: the system does not report them ({output:?})"),
    }
    let client = Client::builder().simulator(Simulator::start()?).batches(&folder).build()?;
    let (batches, replay) = best(|| client.batches())?;
    let entry = batches.iter().next().expect("the journal is there");
    assert_eq!((entry.jobs, entry.succeeded), (LARGE_JOBS, LARGE_JOBS));
    let bytes: u64 =
        std::fs::read_dir(&folder)?.map(|file| Ok(file?.metadata()?.len())).sum::<std::io::Result<u64>>()?;
    eprintln!("a journal of {:.1} MB for 10,000 jobs is read in {replay:.0?}", bytes as f64 / 1e6);
    figures.at_most(1.0, "batch/10k_replay_s", replay.as_secs_f64(), "s");
    Ok(())
}

/// Argument that runs [`large_alone`].
pub const LARGE: &str = "large-batch-alone";
const LARGE_JOBS: usize = 10_000;

/// Prints the processor time per job, in ms, and the peak memory, in MB. Both are the engine's,
/// with its journal on the disk and a platform that answers at once.
pub fn large_alone(folder: &str) -> up42::Result<()> {
    let mut rng = Rng(7);
    let durations: Vec<Duration> =
        (0..LARGE_JOBS).map(|_| Duration::from_secs_f64(2.0 * MEAN * rng.unit())).collect();
    let (start, before) = (Instant::now(), cpu());
    let rehearsed = rehearse_in(Path::new(folder), &durations, 100)?;
    let spent = cpu().zip(before).map(|(now, before)| now - before);
    let each = spent.map(|spent| spent.as_secs_f64() * 1e3 / LARGE_JOBS as f64);
    let requests = rehearsed.requests as f64 / LARGE_JOBS as f64;
    eprintln!(
        "10,000 jobs, 100 at a time: {:.0?} simulated in {:.1?}, {requests:.2} requests a job",
        rehearsed.makespan,
        start.elapsed()
    );
    if let (Some(each), Some(peak)) = (each, peak()) {
        eprintln!("{each:.2} ms of a processor a job, peak memory {peak:.0} MB");
        println!("{each} {peak}");
    }
    Ok(())
}

/// Returns the makespan of a window that fills each free slot at once.
pub fn window(seconds: &[f64], limit: usize) -> f64 {
    let mut slots: BinaryHeap<Reverse<u64>> = (0..limit).map(|_| Reverse(0)).collect();
    let mut last = 0;
    for seconds in seconds {
        let Some(Reverse(free)) = slots.pop() else { continue };
        let end = free + (seconds * 1e6) as u64;
        last = last.max(end);
        slots.push(Reverse(end));
    }
    last as f64 / 1e6
}

/// Returns the makespan of groups that wait for their slowest job, without overhead.
fn barrier(seconds: &[f64]) -> f64 {
    seconds.chunks(LIMIT).map(|group| group.iter().copied().fold(0.0, f64::max)).sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Rng(u64);

impl Rng {
    /// Returns a number from 0 to 1, excluding 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns a normally distributed number (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * (1.0 - self.unit()).ln()).sqrt(), std::f64::consts::TAU * self.unit());
        radius * angle.cos()
    }
}
