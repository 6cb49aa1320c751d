//! JupyterLab with the kernel, in its own Python environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::home::{Home, write_if_changed};
use crate::ipc;
use crate::kernelspec;
use crate::python::{Python, isolated};
use crate::seed;
use crate::toolchain::Toolchain;

/// Settings of JupyterLab: no news or updates are fetched, and the user is not asked about it.
const SETTINGS: &str = r#"{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
"#;

/// Options of `up42 lab`.
#[derive(Debug)]
pub struct Lab {
    /// Folder with the notebooks.
    pub folder: PathBuf,
    /// Port, instead of the first free one from 8888 on.
    pub port: Option<u16>,
    /// Whether a browser is opened.
    pub browser: bool,
    /// Further options of JupyterLab.
    pub more: Vec<OsString>,
}

impl Lab {
    /// Installs what is missing, and serves until it is interrupted.
    pub fn open(&self, home: &Home) -> Result<ExitCode> {
        ensure!(self.folder.is_dir(), "`{}` is no folder", self.folder.display());
        let toolchain = Toolchain::find()?;
        toolchain.library_source()?;
        let python = Python::lab(home);
        python.require()?;
        seed::ensure(home, &toolchain, false)?;
        python.ensure(home)?;
        // The data folder of this environment's Jupyter only.
        let jupyter = home.lab().join("share").join("jupyter");
        kernelspec::write(home, &jupyter)?;
        write_if_changed(&jupyter.join("lab/settings/overrides.json"), SETTINGS)?;
        let mut lab = isolated(&python.program());
        lab.args(["-m", "jupyterlab", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]);
        lab.arg(format!("--ServerApp.root_dir={}", std::path::absolute(&self.folder)?.display()));
        lab.args(self.port.map(|port| format!("--ServerApp.port={port}")));
        // Jupyter names connection files like this, with an id.
        let connection = kernelspec::runtime()?.join(format!("kernel-{}.json", uuid::Uuid::nil()));
        if ipc::is_possible(&connection) {
            lab.arg("--KernelManager.transport=ipc");
        }
        if !self.browser {
            lab.arg("--no-browser");
        }
        serve(lab.args(&self.more))
    }
}

/// Replaces this process, so that JupyterLab receives interrupts and asks for confirmation.
#[cfg(unix)]
fn serve(lab: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Returns only if it fails.
    Err(lab.exec()).context("start JupyterLab")
}

#[cfg(not(unix))]
fn serve(lab: &mut Command) -> Result<ExitCode> {
    let status = lab.status().context("start JupyterLab")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
