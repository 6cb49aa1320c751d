//! Runs a notebook from the command line, in the same kernel that Jupyter starts.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::home::{Home, write_if_changed};
use crate::ipc;
use crate::kernelspec;
use crate::parameters::{self, Parameter};
use crate::python::Python;
use crate::seed;
use crate::session;
use crate::toolchain::Toolchain;

const RUN_NOTEBOOK: &str = include_str!("../python/run_notebook.py");

/// Options of `up42 run`.
#[derive(Debug)]
pub struct Run {
    /// The notebook.
    pub notebook: PathBuf,
    /// File that the notebook with its outputs is written to; in place if unset.
    pub out: Option<PathBuf>,
    /// File that the HTML page is written to; in `target/notebooks` if unset.
    pub html: Option<PathBuf>,
    /// Variables to set in the notebook.
    pub parameters: Vec<Parameter>,
    /// Longest time for one cell.
    pub timeout: Duration,
}

impl Run {
    /// Builds what is missing and runs the notebook; fails if a cell fails.
    pub fn execute(&self, home: &Home) -> Result<ExitCode> {
        let notebook = std::path::absolute(&self.notebook)?;
        let context = || format!("read `{}`", self.notebook.display());
        let text = fs::read(&notebook).with_context(context)?;
        let content: Value = serde_json::from_slice(&text).with_context(context)?;
        ensure!(content["cells"].is_array(), "`{}` is no notebook: it has no cells", self.notebook.display());
        let toolchain = Toolchain::find()?;
        toolchain.library_source()?;
        let python = Python::of(home);
        python.require()?;

        seed::ensure(home, &toolchain, false)?;
        python.ensure(home)?;
        let program = home.python().join("run_notebook.py");
        write_if_changed(&program, RUN_NOTEBOOK)?;

        let scratch = tempfile::tempdir().context("create a temporary folder")?;
        let jupyter = scratch.path().join("jupyter");
        kernelspec::write(home, &jupyter)?;
        let html = match &self.html {
            Some(html) => html.clone(),
            None => page_of(&self.notebook)?,
        };
        let connection = scratch.path().join("kernel.json");
        let mut command = Command::new(python.program());
        command.arg(program);
        if ipc::is_possible(&connection) {
            command.arg("--connection").arg(&connection);
        }
        let status = command
            .args(["--kernel", kernelspec::NAME, "--display-name", kernelspec::DISPLAY_NAME])
            .args(
                parameters::cell(&self.parameters).into_iter().flat_map(|code| ["--parameters".into(), code]),
            )
            .args(["--timeout", &self.timeout.as_secs().to_string()])
            .arg("--out")
            .arg(self.out.as_ref().unwrap_or(&self.notebook))
            .arg("--html")
            .arg(html)
            .arg("--log")
            .arg(scratch.path().join("kernel.log"))
            .arg(&self.notebook)
            // Isolated from the user's Jupyter: none of its files are read or written.
            .env("JUPYTER_PATH", &jupyter)
            .env("JUPYTER_DATA_DIR", &jupyter)
            .env("JUPYTER_CONFIG_DIR", scratch.path().join("config"))
            .env("JUPYTER_RUNTIME_DIR", scratch.path().join("runtime"))
            .status()
            .context("run the notebook")?;
        // A kernel that takes long to end is killed before it can clean up.
        session::clean(home)?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Returns `target/notebooks/NAME.html` in the cargo workspace of the current folder, or else in
/// the current folder.
fn page_of(notebook: &Path) -> Result<PathBuf> {
    let located =
        Command::new("cargo").args(["locate-project", "--workspace", "--message-format", "plain"]).output();
    let manifest = located.ok().filter(|output| output.status.success());
    let manifest = manifest.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let root = match manifest.as_deref().and_then(Path::parent) {
        Some(root) => root.to_owned(),
        None => env::current_dir()?,
    };
    let name = notebook.with_extension("html");
    let name = name.file_name().with_context(|| format!("`{}` names no file", notebook.display()))?;
    Ok(root.join("target").join("notebooks").join(name))
}
