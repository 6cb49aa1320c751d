//! The Python environments: one runs and renders notebooks, the other has JupyterLab.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::home::{Home, write_if_changed};
use crate::owned;

const RUN: &str = include_str!("../python/requirements.txt");
const LAB: &str = include_str!("../python/lab.txt");
const OLDEST: (u32, u32) = (3, 9);
const INSTALL: &str =
    "install Python 3.9 or later from https://python.org (`apt install python3 python3-venv` on Debian)";

/// Private environment with a list of packages.
#[derive(Clone, Debug)]
pub struct Python {
    folder: PathBuf,
    requirements: &'static str,
}

impl Python {
    /// Returns the environment that runs notebooks, whether or not it exists yet.
    pub fn of(home: &Home) -> Self {
        Self { folder: home.python(), requirements: RUN }
    }

    /// Returns the environment of JupyterLab, whether or not it exists yet.
    pub fn lab(home: &Home) -> Self {
        Self { folder: home.lab(), requirements: LAB }
    }

    /// Fails with an install hint if the environment does not exist yet and cannot be created.
    /// Called before long operations.
    pub fn require(&self) -> Result<()> {
        if !self.is_complete() {
            system_python()?;
        }
        Ok(())
    }

    /// Creates the environment unless it exists, with pip's progress on the terminal.
    pub fn ensure(&self, home: &Home) -> Result<()> {
        let _lock = home.lock_installation()?;
        if self.is_complete() {
            return Ok(());
        }
        eprintln!("Installing Python packages in {}", self.folder.display());
        owned::remove(&self.folder)?;
        owned::create(&self.folder)?;
        succeed(isolated(system_python()?).args(["-m", "venv"]).arg(&self.folder))?;
        let requirements = self.folder.join("requirements.txt");
        write_if_changed(&requirements, self.requirements)?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement"];
        succeed(isolated(&self.program()).args(pip).arg(&requirements))?;
        write_if_changed(&self.stamp(), self.requirements)
    }

    /// Returns the environment's interpreter.
    pub fn program(&self) -> PathBuf {
        match env::consts::OS {
            "windows" => self.folder.join("Scripts").join("python.exe"),
            _ => self.folder.join("bin").join("python"),
        }
    }

    /// Returns whether the environment exists and is complete.
    pub fn is_complete(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|stamp| stamp == self.requirements)
            && self.program().exists()
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("stamp")
    }
}

/// Returns the folder of the active Python environment.
pub fn prefix() -> Result<PathBuf> {
    let output = isolated(system_python()?).args(["-c", "import sys; print(sys.prefix)"]).output();
    let output = output.context("ask Python for its prefix")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Finds a Python of the system that can create environments.
fn system_python() -> Result<&'static Path> {
    let mut problem = format!("`python3` is missing: {INSTALL}");
    for program in ["python3", "python"].map(Path::new) {
        match check(program) {
            Ok(()) => return Ok(program),
            Err(Some(found)) => problem = found,
            Err(None) => {}
        }
    }
    bail!(problem)
}

/// Checks this Python. Fails with the problem, or with `None` if it does not exist.
fn check(program: &Path) -> Result<(), Option<String>> {
    let python = |code| isolated(program).args(["-c", code]).output().map_err(|_| None);
    let version = python("import sys; print(*sys.version_info[:2])")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let numbers =
        version.split_once(' ').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let found = numbers.ok_or(None)?;
    if found < OLDEST {
        return Err(Some(format!("`{}` is Python {}.{}: {INSTALL}", program.display(), found.0, found.1)));
    }
    if !python("import ensurepip, venv")?.status.success() {
        return Err(Some(format!(
            "`{}` cannot make environments: install its module `venv` (`apt install python3-venv` on Debian)",
            program.display()
        )));
    }
    Ok(())
}

/// Returns a command of a Python in isolated mode: with `-m` and `-c` it would otherwise import
/// modules from the current folder, where notebooks are.
pub fn isolated(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-I");
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: its messages are above");
    }
    Ok(())
}
