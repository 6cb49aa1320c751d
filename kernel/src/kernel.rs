//! The kernel: evcxr, running inside this program on a session of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

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
    let toolchain = Toolchain::find()?;
    let seed = seed::require(home, &toolchain)?;
    let session = Session::start(home, &seed, &toolchain)?;
    let mut kernel = session.command();
    // The form in which evcxr_jupyter takes its connection file.
    kernel.arg("--control_file").arg(connection_file).stdin(Stdio::null()).stdout(Stdio::null());
    let status = kernel.status().context("start the kernel")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a cell as evcxr_jupyter would; the environment is that of a session.
pub fn probe() -> Result<()> {
    let failed = |error: evcxr::Error| anyhow!("{error}");
    let (mut context, _outputs) = evcxr::CommandContext::new().map_err(failed)?;
    context.execute(":load_config --quiet").map_err(failed).context("load the library")?;
    let cell = "let frame = up42::polars::prelude::DataFrame::empty();\nframe.height()";
    let outputs = context.execute(cell).map_err(failed).context("run a cell")?;
    ensure!(outputs.get("text/plain") == Some("0"), "a cell shows {:?} for 0", outputs.content_by_mime_type);
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
