//! Simulator as a program of its own, without the notebook kernel:
//! `cargo run -p up42-simulator -- --help`.

use std::process::ExitCode;

use clap::Parser;
use up42_simulator::command::Simulate;

#[derive(Debug, Parser)]
#[command(name = "up42-simulator", version)]
struct Cli {
    #[command(flatten)]
    simulate: Simulate,
}

fn main() -> ExitCode {
    Cli::parse().simulate.run().unwrap_or_else(|error| {
        eprintln!("up42-simulator: {error}");
        ExitCode::FAILURE
    })
}
