//! The kernel: evcxr behind our own [front], running on a session of its own.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

use crate::front;
use crate::front::engine::Engine;
use crate::front::interrupt::Interrupt;
use crate::front::outputs::Outputs;
use crate::front::source::Source;
use crate::home::{HOME_VARIABLE, Home, write_if_changed};
use crate::seed;
use crate::session::Session;
use crate::toolchain::Toolchain;

/// The kernel's name in notebooks.
pub const NAME: &str = "up42";
/// The kernel's name in menus.
pub const DISPLAY_NAME: &str = "Rust (UP42)";

/// Builds what is missing and offers the kernel to the user's Jupyter.
pub fn install(home: &Home) -> Result<()> {
    let toolchain = Toolchain::find()?;
    toolchain.library_source()?;
    seed::ensure(home, &toolchain)?;
    let folder = register(home, &jupyter_data()?)?;
    eprintln!("Installed the kernel \"{DISPLAY_NAME}\" in {}", folder.display());
    Ok(())
}

/// Writes the kernelspec below a Jupyter data folder.
/// <https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs>
pub fn register(home: &Home, jupyter: &Path) -> Result<PathBuf> {
    let folder = jupyter.join("kernels").join(NAME);
    let spec = json!({
        "argv": [home.program(), "kernel", "launch", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "rust",
        "interrupt_mode": "message",
        "env": { HOME_VARIABLE: home.path() },
    });
    write_if_changed(&folder.join("kernel.json"), serde_json::to_string_pretty(&spec)? + "\n")?;
    Ok(folder)
}

/// Runs the kernel that Jupyter asks for, until it ends.
pub fn launch(home: &Home, connection_file: &Path) -> Result<ExitCode> {
    let found = Toolchain::find().and_then(|toolchain| Ok((seed::require(home, &toolchain)?, toolchain)));
    let (seed, toolchain) = match found {
        Ok(found) => found,
        Err(error) => return front::explain(connection_file, error).map(|()| ExitCode::FAILURE),
    };
    let session = Session::start(home, &seed, &toolchain)?;
    let mut kernel = session.command();
    kernel.args(["kernel", "front"]).arg(connection_file);
    kernel.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut kernel = kernel.spawn().context("start the kernel")?;
    let (stdin, stderr) = (kernel.stdin.take(), kernel.stderr.take());
    // What evcxr says belongs into the notebook, but a process cannot read its own stderr.
    if let (Some(stdin), Some(stderr)) = (stdin, stderr) {
        echo(stderr, stdin);
    }
    let status = kernel.wait().context("wait for the kernel")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Hands a process's stderr back to it, and to whoever reads ours. The process ends when
/// its stdin does, so it never outlives this one.
fn echo(mut from: ChildStderr, mut to: ChildStdin) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let _ = io::stderr().write_all(&buffer[..length]);
        let _ = to.write_all(&buffer[..length]).and_then(|()| to.flush());
    }
}

/// Runs a cell as Jupyter would; the environment is that of a session.
pub fn probe() -> Result<()> {
    let outputs = Arc::new(Outputs::new(Box::new(|_, _, content| eprintln!("{content}"))));
    let interrupt = Arc::new(Interrupt::new(Engine::interrupt_file()));
    let mut engine = Engine::load(&outputs, &interrupt).context("load the library")?;
    let cell = "let frame = up42::polars::prelude::DataFrame::empty();\nframe.height()";
    let shown = engine.run(cell, &Source::default(), &|_, _| String::new());
    let shown = shown.map_err(|problem| anyhow!("{}", problem.traceback.join("\n"))).context("run a cell")?;
    let text = shown.as_ref().and_then(|shown| shown.get("text/plain"));
    ensure!(text.is_some_and(|text| text == "0"), "a cell shows {shown:?} for 0");
    Ok(())
}

/// Where the user's Jupyter looks for kernels.
/// <https://docs.jupyter.org/en/stable/use/jupyter-directories.html#data-files>
fn jupyter_data() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("JUPYTER_DATA_DIR") {
        return Ok(folder.into());
    }
    let folder = match std::env::consts::OS {
        "macos" => dirs::home_dir().map(|home| home.join("Library").join("Jupyter")),
        "windows" => dirs::config_dir().map(|folder| folder.join("jupyter")),
        _ => dirs::data_dir().map(|folder| folder.join("jupyter")),
    };
    folder.context("this system has no data folder: set JUPYTER_DATA_DIR")
}
