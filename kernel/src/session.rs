//! A session: the private folder that one kernel compiles in.
//!
//! Two kernels in one folder would run each other's cells.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cells::{INSIDE_VARIABLE, INTERRUPT_VARIABLE};
use crate::compile;
use crate::home::{Home, copy_folder, lock, open_lock};
use crate::inside;
use crate::owned;
use crate::recipe::ANALYZER_FLAGS;
use crate::seed::Seed;
use crate::toolchain::Toolchain;

/// File in a session's folder with the id of its seed.
const SEED: &str = "seed";

/// Private folder of a kernel. It is removed when dropped, or at the start of the next kernel if
/// this process was killed.
#[derive(Debug)]
pub struct Session<'a> {
    home: &'a Home,
    seed: &'a Seed,
    toolchain: &'a Toolchain,
    folder: PathBuf,
    /// Lock file, locked as long as this process lives: other processes check it.
    alive: Option<File>,
}

impl<'a> Session<'a> {
    /// Removes the folders of killed kernels, and copies the seed's workspace.
    pub fn start(home: &'a Home, seed: &'a Seed, toolchain: &'a Toolchain) -> Result<Self> {
        clean(home)?;
        let kernels = home.kernels();
        let _lock = home.lock_kernels()?;
        let folder = tempfile::Builder::new().prefix("k-").tempdir_in(&kernels);
        let folder = folder.with_context(|| format!("create a folder in `{}`", kernels.display()))?.keep();
        owned::create(&folder)?;
        let alive = Some(lock(&folder.with_extension("lock"))?);
        let session = Self { home, seed, toolchain, folder, alive };
        fs::write(session.folder.join(SEED), seed.id()).context("write the session's seed")?;
        copy_folder(&seed.session(), &session.folder)?;
        Ok(session)
    }

    /// Returns a command that runs this program in an environment where evcxr compiles in this
    /// session.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.home.program());
        self.toolchain.apply_alone(&mut command);
        self.toolchain.apply_library_path(&mut command, self.seed.library());
        command
            .env("EVCXR_TMPDIR", self.folder.join("ctx"))
            .env("EVCXR_CONFIG_DIR", self.seed.config())
            .env("RUSTFLAGS", ANALYZER_FLAGS)
            .env(compile::VARIABLE, self.home.program())
            .env("RUST_SRC_PATH", self.seed.standard_sources())
            .env(INSIDE_VARIABLE, inside::library(&self.seed.inside()))
            .env(INTERRUPT_VARIABLE, self.folder.join("interrupt"));
        command
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        remove(&self.folder, self.alive.take());
    }
}

/// Returns the ids of the seeds that running kernels use.
pub fn seeds_in_use(home: &Home) -> Result<HashSet<String>> {
    clean(home)?;
    let sessions = fs::read_dir(home.kernels()).context("read the running kernels")?;
    Ok(sessions.flatten().filter_map(|entry| fs::read_to_string(entry.path().join(SEED)).ok()).collect())
}

/// Removes the folders of kernels that were killed.
pub fn clean(home: &Home) -> Result<()> {
    let kernels = home.kernels();
    let _lock = home.lock_kernels()?;
    fs::create_dir_all(&kernels).with_context(|| format!("create `{}`", kernels.display()))?;
    remove_dead(&kernels)
}

fn remove_dead(kernels: &Path) -> Result<()> {
    for entry in fs::read_dir(kernels).with_context(|| format!("read `{}`", kernels.display()))? {
        let folder = entry?.path();
        if owned::is_owned(&folder)
            && let Ok(alive) = open_lock(&folder.with_extension("lock"))
            && alive.try_lock().is_ok()
        {
            remove(&folder, Some(alive));
        }
    }
    Ok(())
}

/// Removes a folder. If that fails, the next kernel tries again.
fn remove(folder: &Path, alive: Option<File>) {
    if owned::remove(folder).is_ok() {
        drop(alive);
        let _ = fs::remove_file(folder.with_extension("lock"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_dead_kernels_are_removed() {
        let kernels = tempfile::tempdir().unwrap();
        let [dead, living] = ["k-dead", "k-living"].map(|name| kernels.path().join(name));
        owned::create(&dead).unwrap();
        owned::create(&living).unwrap();
        let _alive = lock(&living.with_extension("lock")).unwrap();
        let foreign = kernels.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.with_extension("lock"), "theirs").unwrap();
        remove_dead(kernels.path()).unwrap();
        assert!(!dead.exists() && living.exists() && foreign.exists());
        assert_eq!(fs::read_to_string(foreign.with_extension("lock")).unwrap(), "theirs");
    }
}
