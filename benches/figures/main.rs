//! The project's performance figures, measured with the library as in a notebook: optimised, on the
//! dependencies that are compiled anyway.
//!
//! ```text
//! optimised() { for crate in up42 up42-core up42-view up42-simulator; do
//!     echo --config "profile.dev.package.$crate.opt-level=2"; done; }
//! cargo bench --workspace --bench figures --profile dev $(optimised) -- [area…]
//! ```
//!
//! Prints details and a line `figure NAME VALUE UNIT` for each figure, and writes the figures to
//! `target/figures.json`. Fails if a figure misses its minimum or maximum.

mod batch;
mod browser;
mod catalog;
mod display;
mod figures;
mod folium;
mod items;
mod kernel;
#[path = "../../tests/it/browser/marked.rs"]
mod marked;
mod on_services;
#[path = "../../tests/it/services.rs"]
mod services;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::figures::Figures;

type Measure = fn(&mut Figures) -> up42::Result<()>;

const AREAS: [(&str, Measure); 4] = [
    ("batch", batch::measure),
    ("catalog", catalog::measure),
    ("display", display::measure),
    ("kernel", kernel::measure),
];

type Alone = fn(&str) -> up42::Result<()>;

/// Measurements in a separate process, so that memory is measured for each alone.
const ALONE: [(&str, Alone); 3] = [
    (batch::LARGE, batch::large_alone),
    (catalog::SCAN, catalog::scan_alone),
    (on_services::ALONE, on_services::alone),
];

fn main() -> ExitCode {
    if let [_, command, path] = std::env::args().collect::<Vec<_>>().as_slice()
        && let Some((_, alone)) = ALONE.iter().find(|(name, _)| name == command)
    {
        return match alone(path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    // cargo adds `--bench`.
    let areas: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = areas.iter().find(|name| AREAS.iter().all(|(area, _)| area != name)) {
        eprintln!("no area `{unknown}`: there are {}", AREAS.map(|(area, _)| area).join(", "));
        return ExitCode::FAILURE;
    }
    let mut figures = Figures::default();
    for (area, measure) in AREAS {
        if !areas.is_empty() && !areas.iter().any(|name| name == area) {
            continue;
        }
        eprintln!("== {area}");
        if let Err(error) = measure(&mut figures) {
            eprintln!("{area}: {error}");
            return ExitCode::FAILURE;
        }
    }
    match figures.publish() {
        Ok(file) => eprintln!("written to {}", file.display()),
        Err(error) => {
            eprintln!("target/figures.json: {error}");
            return ExitCode::FAILURE;
        }
    }
    figures.missed.iter().for_each(|missed| eprintln!("missed: {missed}"));
    if figures.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the peak memory of this process, in MB. Available on Linux only.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?;
    Some(peak.parse::<f64>().ok()? / 1000.0)
}

/// Returns the processor time of this process; Linux counts it in hundredths of a second.
fn cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name may contain anything, and ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

/// Returns the value and the shortest of five durations.
fn best<T>(mut work: impl FnMut() -> up42::Result<T>) -> up42::Result<(T, Duration)> {
    let mut timed = || {
        let start = Instant::now();
        work().map(|value| (value, start.elapsed()))
    };
    let mut best = timed()?;
    for _ in 0..4 {
        let again = timed()?;
        if again.1 < best.1 {
            best = again;
        }
    }
    Ok(best)
}
