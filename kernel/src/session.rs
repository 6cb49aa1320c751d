//! A session: the private copy of the seed that one kernel compiles in.
//!
//! Two kernels in one folder would run each other's cells. A copy costs little,
//! since what cargo never writes again is hard-linked.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::home::{Home, lock};
use crate::seed;
use crate::toolchain::Toolchain;

/// The private copy; removed when dropped, or when the next kernel starts if
/// this process was killed.
#[derive(Debug)]
pub struct Session<'a> {
    home: &'a Home,
    toolchain: &'a Toolchain,
    folder: PathBuf,
    /// Locked as long as this process lives, which is how others know.
    alive: Option<File>,
}

impl<'a> Session<'a> {
    /// Copies the seed, and removes what killed kernels left.
    pub fn start(home: &'a Home, toolchain: &'a Toolchain) -> Result<Self> {
        clean(home)?;
        let kernels = home.kernels();
        let _lock = home.lock()?;
        let folder = tempfile::Builder::new().prefix("k-").tempdir_in(&kernels);
        let folder = folder.with_context(|| format!("create a folder in `{}`", kernels.display()))?.keep();
        let alive = Some(lock(&folder.with_extension("lock"))?);
        let session = Self { home, toolchain, folder, alive };
        copy(&seed::session(home), &session.folder)?;
        Ok(session)
    }

    /// This program once more, in an environment where evcxr compiles here.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.home.program());
        self.toolchain.apply(&mut command);
        self.toolchain.apply_library_path(&mut command);
        command
            .env("EVCXR_TMPDIR", self.folder.join("ctx"))
            .env("EVCXR_CONFIG_DIR", self.home.config())
            // evcxr_jupyter updates its own kernelspec when it finds one.
            .env("JUPYTER_PATH", &self.folder);
        command
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        remove(&self.folder, self.alive.take());
    }
}

/// Removes the copies of kernels that were killed.
pub fn clean(home: &Home) -> Result<()> {
    let kernels = home.kernels();
    let _lock = home.lock()?;
    fs::create_dir_all(&kernels).with_context(|| format!("create `{}`", kernels.display()))?;
    remove_dead(&kernels)
}

fn remove_dead(kernels: &Path) -> Result<()> {
    for entry in fs::read_dir(kernels).with_context(|| format!("read `{}`", kernels.display()))? {
        let folder = entry?.path();
        if folder.is_dir()
            && let Ok(alive) = File::create(folder.with_extension("lock"))
            && alive.try_lock().is_ok()
        {
            remove(&folder, Some(alive));
        }
    }
    Ok(())
}

/// What cannot be removed now is tried again when the next kernel starts.
fn remove(folder: &Path, alive: Option<File>) {
    if fs::remove_dir_all(folder).is_ok() {
        drop(alive);
        let _ = fs::remove_file(folder.with_extension("lock"));
    }
}

/// Copies a folder, hard-linking where that is safe and possible.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("create `{}`", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("read `{}`", from.display()))? {
        let source = entry?.path();
        let Some(name) = source.file_name() else { continue };
        let target = to.join(name);
        if source.is_dir() {
            // The seed's own cell is never compiled again.
            if name != "incremental" {
                copy(&source, &target)?;
            }
            continue;
        }
        let unchanging =
            is_artifact(&source) || source.metadata().is_ok_and(|file| file.permissions().readonly());
        let linked = unchanging && fs::hard_link(&source, &target).is_ok();
        if !linked {
            copy_file(&source, &target).with_context(|| format!("copy `{}`", source.display()))?;
        }
    }
    Ok(())
}

/// Copies a file with its modification time, by which cargo tells what is fresh.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    File::options().write(true).open(to)?.set_modified(modified)
}

/// Whether the file is a compiled dependency: large, and written only once.
/// cargo rewrites the small files beside them in place, and cells rewrite what
/// is named `ctx`: through a link both would change the seed.
fn is_artifact(file: &Path) -> bool {
    const EXTENSIONS: [&str; 8] = ["a", "dll", "dylib", "exe", "lib", "rlib", "rmeta", "so"];
    let extension = file.extension().and_then(OsStr::to_str).unwrap_or_default();
    let stem = file.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let name = stem.trim_start_matches("lib").split('-').next();
    EXTENSIONS.contains(&extension) && name != Some("ctx")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_once_is_linked() {
        let linked = ["libpolars-0f.rlib", "libup42_notebook.so", "up42_notebook.dll", "libctxt-0f.rmeta"];
        let copied = ["libctx.so", "libctx-0f.rmeta", "ctx.dll", "lib-ctx", "Cargo.lock", "polars-0f.d"];
        assert!(linked.iter().all(|name| is_artifact(Path::new(name))));
        assert!(!copied.iter().any(|name| is_artifact(Path::new(name))));
    }

    #[test]
    fn a_copy_keeps_the_times_that_cargo_compares() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("dep-lib-polars"), "").unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        File::options()
            .write(true)
            .open(from.join("dep-lib-polars"))
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::metadata(to.join("dep-lib-polars")).unwrap().modified().unwrap(), long_ago);
    }

    #[test]
    fn the_copies_of_dead_kernels_are_removed() {
        let kernels = tempfile::tempdir().unwrap();
        let [dead, living] = ["k-dead", "k-living"].map(|name| kernels.path().join(name));
        fs::create_dir(&dead).unwrap();
        fs::create_dir(&living).unwrap();
        let _alive = lock(&living.with_extension("lock")).unwrap();
        remove_dead(kernels.path()).unwrap();
        assert!(!dead.exists() && living.exists());
    }
}
