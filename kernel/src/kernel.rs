//! The kernel: evcxr, running inside this program on a session of its own.

use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, anyhow, ensure};

use crate::disk;
use crate::home::Home;
use crate::kernelspec::{self, DISPLAY_NAME, Place};
use crate::seed;
use crate::session::Session;
use crate::toolchain::Toolchain;

/// Builds what is missing and offers the kernel to Jupyter.
pub fn install(home: &Home, place: &Place) -> Result<()> {
    let toolchain = Toolchain::find()?;
    toolchain.library_source()?;
    seed::ensure(home, &toolchain)?;
    let folder = kernelspec::install(home, place)?;
    eprintln!("Installed the kernel \"{DISPLAY_NAME}\" in {}", folder.display());
    eprintln!("It takes {} in {}", disk::megabytes(disk::taken(home.path())), home.path().display());
    Ok(())
}

/// Removes the kernel wherever it was installed, and what it starts from; of Python only
/// when that is asked for.
pub fn uninstall(home: &Home, with_python: bool) -> Result<()> {
    let _lock = home.lock_installation()?;
    for folder in kernelspec::uninstall(home)? {
        eprintln!("Removed {}", folder.display());
    }
    let before = disk::taken(home.path());
    let running = seed::remove_all(home)?;
    if with_python {
        for folder in [home.python(), home.lab()].iter().filter(|folder| folder.exists()) {
            fs::remove_dir_all(folder).with_context(|| format!("remove `{}`", folder.display()))?;
        }
    }
    let freed = before.saturating_sub(disk::taken(home.path()));
    eprintln!("Freed {} in {}", disk::megabytes(freed), home.path().display());
    if running > 0 {
        eprintln!("What running kernels use stays: shut them down and run `up42 kernel uninstall` again");
    }
    Ok(())
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
