//! The figures that we hold ourselves to: `cargo bench --bench figures -- [area…]`.
//!
//! Prints what a person may want to read, then a line `figure NAME VALUE UNIT` for
//! each figure, and writes the same to `target/figures.json`.

mod catalog;
mod display;
mod figures;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::figures::Figures;

type Measure = fn(&mut Figures) -> up42::Result<()>;

const AREAS: [(&str, Measure); 2] = [("catalog", catalog::measure), ("display", display::measure)];

fn main() -> ExitCode {
    // cargo adds `--bench`.
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = asked.iter().find(|name| AREAS.iter().all(|(area, _)| area != name)) {
        eprintln!("no area `{unknown}`: there are {}", AREAS.map(|(area, _)| area).join(", "));
        return ExitCode::FAILURE;
    }
    let mut figures = Figures::default();
    for (area, measure) in AREAS {
        if !asked.is_empty() && !asked.iter().any(|name| name == area) {
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
    ExitCode::SUCCESS
}

/// The value, and the shortest of three times.
fn best<T>(mut work: impl FnMut() -> up42::Result<T>) -> up42::Result<(T, Duration)> {
    let mut timed = || {
        let start = Instant::now();
        work().map(|value| (value, start.elapsed()))
    };
    let mut best = timed()?;
    for _ in 0..2 {
        let again = timed()?;
        if again.1 < best.1 {
            best = again;
        }
    }
    Ok(best)
}
