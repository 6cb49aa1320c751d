//! `up42`: the notebook kernel and headless notebook runs.
//!
//! `up42 kernel install` compiles the [library], with cargo's progress on the terminal, builds the
//! [seed] of every kernel as the [recipe] defines it, and registers the kernel "Rust (UP42)" with
//! Jupyter. Jupyter starts it with `up42 kernel launch`, which makes a private [session] from the
//! seed and runs evcxr there. `up42 run` does the same without Jupyter: it builds what is missing,
//! executes a [notebook] cell by cell through nbclient in a private [python] environment, and
//! writes the notebook and an HTML page.
//!
//! This program is started in five roles, which the first lines of [`main`] distinguish:
//!
//! 1. the command line, with subcommands;
//! 2. the kernel (`kernel serve FILE`): [jupyter], with evcxr in the same process, started by 1
//!    in a clean environment;
//! 3. the [proxy], started by evcxr in 2, between 2 and 4;
//! 4. the cell process, which loads and runs the cells;
//! 5. the compiler wrapper that cargo calls to [compile] a cell.

mod cells;
mod compile;
mod disk;
mod doctor;
mod examine;
mod home;
mod inside;
mod ipc;
mod jupyter;
mod kernel;
mod kernelspec;
mod lab;
mod library;
mod notebook;
mod owned;
mod parameters;
mod proxy;
mod python;
mod recipe;
mod reduce;
mod seed;
mod session;
mod sources;
mod toolchain;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::home::Home;
use crate::kernelspec::Place;
use crate::parameters::Parameter;

/// Without it, memory management of rust-analyzer takes a sixth of a kernel's start.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Satellite imagery in Rust notebooks: the kernel, and runs without a browser.
#[derive(Debug, Parser)]
#[command(name = "up42", version)]
struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// The Jupyter kernel "Rust (UP42)".
    #[command(subcommand)]
    Kernel(KernelCommands),
    /// Execute a notebook and write it back with its outputs, and as an HTML page.
    ///
    /// Builds what is missing first. Ends with status 1 if a cell fails; the outputs until then are
    /// still written.
    Run {
        /// The notebook to execute.
        notebook: PathBuf,
        /// Write the executed notebook here instead of in place.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write the HTML page here instead of to target/notebooks/NAME.html.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Set a variable, in a cell after the one tagged `parameters`, or else before all cells.
        ///
        /// Numbers and `true` or `false` are written as in Rust (`7`, `0.5`, `2020u16`); anything
        /// else is a string. The notebook and the page contain the values: keys and passwords
        /// belong in environment variables.
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<Parameter>,
        /// The longest time for one cell; 0 for no limit.
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        timeout: u64,
    },
    /// Open JupyterLab with the kernel.
    ///
    /// JupyterLab is installed on first use, in its own environment.
    Lab {
        /// The folder with the notebooks.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// The port to serve on.
        #[arg(long)]
        port: Option<u16>,
        /// Print the address instead of opening a browser.
        #[arg(long)]
        no_browser: bool,
        /// Further options of JupyterLab, such as `--ip=0.0.0.0` or `--allow-root`.
        #[arg(last = true, value_name = "OPTION")]
        more: Vec<OsString>,
    },
    /// Check what kernels need, and print a command that fixes each problem.
    ///
    /// Ends with status 1 if something is broken.
    Doctor,
    Simulator(up42_simulator::command::Simulate),
}

#[derive(Debug, Subcommand)]
enum KernelCommands {
    /// Build the notebook library and register the kernel with Jupyter.
    Install {
        #[command(flatten)]
        place: Place,
        /// Have cargo compile the library for the kernel, as for any program, instead of linking it
        /// once for all cells. Slower; for machines where the prebuilt library does not work. The
        /// choice holds until the library changes, or until `up42 kernel uninstall`.
        #[arg(long)]
        from_cargo: bool,
    },
    /// Remove the kernel from Jupyter, and all that was built for it.
    Uninstall {
        /// Remove the Python environments of `up42 run` and `up42 lab` too.
        #[arg(long)]
        all: bool,
    },
    /// Run a kernel; Jupyter calls this.
    #[command(hide = true)]
    Launch {
        /// The connection file that Jupyter writes for the kernel.
        connection_file: PathBuf,
    },
    /// Run a kernel in the environment of a session.
    #[command(hide = true)]
    Serve {
        /// The connection file that Jupyter writes for the kernel.
        connection_file: PathBuf,
    },
    /// Run one cell, to check that kernels work.
    #[command(hide = true)]
    Probe,
}

fn main() -> ExitCode {
    if let Some(compiled) = compile::intercept() {
        return report(compiled);
    }
    if let Some(ended) = proxy::intercept() {
        return report(ended);
    }
    // Does not return in the process that runs the cells.
    evcxr::runtime_hook();
    report(run(Cli::parse().command))
}

fn run(command: Commands) -> Result<ExitCode> {
    let command = match command {
        // These need no home: a session has all that the kernel needs, and the simulator uses none.
        Commands::Kernel(KernelCommands::Serve { connection_file }) => {
            return jupyter::run(&connection_file).map(|()| ExitCode::SUCCESS);
        }
        Commands::Simulator(simulate) => return simulate.run(),
        command => command,
    };
    let home = match (Home::open(), &command) {
        (home, Commands::Doctor) => return examine::examine(home),
        (home, _) => home?,
    };
    match command {
        Commands::Kernel(KernelCommands::Install { place, from_cargo }) => {
            kernel::install(&home, &place, from_cargo)?;
        }
        Commands::Kernel(KernelCommands::Uninstall { all }) => kernel::uninstall(&home, all)?,
        Commands::Kernel(KernelCommands::Launch { connection_file }) => {
            return kernel::launch(&home, &connection_file);
        }
        Commands::Kernel(KernelCommands::Serve { .. }) => {}
        Commands::Kernel(KernelCommands::Probe) => kernel::probe()?,
        Commands::Run { notebook, out, html, set, timeout } => {
            let timeout = Duration::from_secs(timeout);
            let run = notebook::Run { notebook, out, html, parameters: set, timeout };
            return run.execute(&home);
        }
        Commands::Lab { folder, port, no_browser, more } => {
            return lab::Lab { folder, port, browser: !no_browser, more }.open(&home);
        }
        // Handled above.
        Commands::Doctor | Commands::Simulator(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn report(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("up42: {error:#}");
        ExitCode::FAILURE
    })
}
