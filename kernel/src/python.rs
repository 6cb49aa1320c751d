//! The Python environments: one that runs and renders notebooks, and JupyterLab's.

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

/// A private environment with the packages of a list.
#[derive(Clone, Debug)]
pub struct Python {
    folder: PathBuf,
    requirements: &'static str,
}

impl Python {
    /// The environment that runs notebooks, made or not.
    pub fn of(home: &Home) -> Self {
        Self { folder: home.python(), requirements: RUN }
    }

    /// The one of JupyterLab.
    pub fn lab(home: &Home) -> Self {
        Self { folder: home.lab(), requirements: LAB }
    }

    /// Fails, naming what to install, if the environment would have to be made
    /// and cannot be: to be asked before anything that takes long.
    pub fn require(&self) -> Result<()> {
        if !self.is_made() {
            system_python()?;
        }
        Ok(())
    }

    /// Makes the environment unless it is there, with pip's progress on the terminal.
    pub fn ensure(&self, home: &Home) -> Result<()> {
        let _lock = home.lock_installation()?;
        if self.is_made() {
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

    /// The environment's interpreter.
    pub fn program(&self) -> PathBuf {
        match env::consts::OS {
            "windows" => self.folder.join("Scripts").join("python.exe"),
            _ => self.folder.join("bin").join("python"),
        }
    }

    /// Whether it is there, whole.
    pub fn is_made(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|stamp| stamp == self.requirements)
            && self.program().exists()
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("stamp")
    }
}

/// The folder of the Python environment that is active.
pub fn prefix() -> Result<PathBuf> {
    let output = isolated(system_python()?).args(["-c", "import sys; print(sys.prefix)"]).output();
    let output = output.context("ask Python for its prefix")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// A Python of the system that can make environments.
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

/// What is wrong with this Python; nothing is said of one that does not exist.
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

/// A Python that does not look for modules in the current folder, where notebooks are: `-m` and
/// `-c` would.
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
