//! The simulated platform by itself, without the notebook kernel:
//! `cargo run --example simulator -- --help`.

#[path = "../kernel/src/simulate.rs"]
mod simulate;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "simulator", version)]
struct Cli {
    #[command(flatten)]
    simulate: simulate::Simulate,
}

fn main() -> ExitCode {
    Cli::parse().simulate.run().unwrap_or_else(|error| {
        eprintln!("simulator: {error}");
        ExitCode::FAILURE
    })
}
