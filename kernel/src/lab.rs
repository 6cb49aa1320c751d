//! JupyterLab with the kernel, in an environment of its own.

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

/// Of JupyterLab: nothing is asked for on the network, and nobody is asked about it.
const SETTINGS: &str = r#"{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
"#;

/// What is opened, and how.
#[derive(Debug)]
pub struct Lab {
    /// The folder with the notebooks.
    pub folder: PathBuf,
    /// The port, instead of the first that is free from 8888 on.
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
        // Where this environment's Jupyter looks, and no other.
        let jupyter = home.lab().join("share").join("jupyter");
        kernelspec::write(home, &jupyter)?;
        write_if_changed(&jupyter.join("lab/settings/overrides.json"), SETTINGS)?;
        let mut lab = isolated(&python.program());
        lab.args(["-m", "jupyterlab", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]);
        lab.arg(format!("--ServerApp.root_dir={}", std::path::absolute(&self.folder)?.display()));
        lab.args(self.port.map(|port| format!("--ServerApp.port={port}")));
        // As Jupyter names it, with an id.
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

/// In the place of this process: an interrupt is for Jupyter, which asks.
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
