//! Where everything lives on this machine, and the lock on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The variable that moves the home somewhere else.
pub const HOME_VARIABLE: &str = "UP42_HOME";

/// The folder that holds the built library, the running kernels and the Python
/// environment: `UP42_HOME`, or `up42` in the platform's cache folder.
///
/// ```text
/// seed/       the notebook library, built once
/// config/     evcxr.toml
/// kernels/    one private copy of the build per running kernel
/// jupyter/    the kernelspec that `up42 run` uses
/// python/     the environment of `up42 run`
/// ```
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
    program: PathBuf,
}

impl Home {
    /// Finds the home and creates it.
    pub fn open() -> Result<Self> {
        let path = match std::env::var_os(HOME_VARIABLE) {
            Some(path) => std::path::absolute(path).context("make UP42_HOME absolute")?,
            None => dirs::cache_dir().context("this system has no cache folder: set UP42_HOME")?.join("up42"),
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("create `{}`: set UP42_HOME to a writable folder", path.display()))?;
        // Asked early: a program that is built anew meanwhile loses its name.
        let program = std::env::current_exe().context("find this program's own file")?;
        Ok(Self { path, program })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// This program's own file, for starting it in another role.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The built notebook library.
    pub fn seed(&self) -> PathBuf {
        self.path.join("seed")
    }

    /// The folder of `evcxr.toml`.
    pub fn config(&self) -> PathBuf {
        self.path.join("config")
    }

    /// The private copies of the running kernels.
    pub fn kernels(&self) -> PathBuf {
        self.path.join("kernels")
    }

    /// A Jupyter data folder of our own.
    pub fn jupyter(&self) -> PathBuf {
        self.path.join("jupyter")
    }

    /// The Python environment.
    pub fn python(&self) -> PathBuf {
        self.path.join("python")
    }

    /// Waits until no other process builds, copies or cleans here. The lock
    /// ends with the returned file, also when the process is killed.
    pub fn lock(&self) -> Result<File> {
        lock(&self.path.join("lock"))
    }
}

/// Creates the file and waits for its exclusive lock.
pub fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("create `{}`", path.display()))?;
    file.lock().with_context(|| format!("lock `{}`", path.display()))?;
    Ok(file)
}

/// Writes the file unless it already says so: cargo looks at modification times.
pub fn write_if_changed(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == contents.as_ref()) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("create `{}`", parent.display()))?;
    }
    fs::write(path, contents).with_context(|| format!("write `{}`", path.display()))
}
