//! The folder of all that is built on this machine, and its lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Variable that sets another home folder.
pub const HOME_VARIABLE: &str = "UP42_HOME";

/// Folder with the built library, the running kernels and the Python environments: `UP42_HOME`, or
/// `up42` in the platform's cache folder.
///
/// ```text
/// seeds/      what kernels start from, a folder for each build
/// current     the id of the seed that the next kernel starts from
/// kernels/    the private folder of each running kernel
/// python/     the Python environment of `up42 run`
/// lab/        the Python environment of `up42 lab`
/// kernelspecs list of the folders where the kernel is registered with Jupyter
/// *.lock      held while one of them changes
/// ```
///
/// Each folder here that is ever deleted carries a [mark](crate::owned).
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
    program: PathBuf,
}

impl Home {
    /// Finds the home and creates it.
    pub fn open() -> Result<Self> {
        let path = match std::env::var_os(HOME_VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => std::path::absolute(path).context("make UP42_HOME absolute")?,
            None => dirs::cache_dir().context("this system has no cache folder: set UP42_HOME")?.join("up42"),
        };
        Self::at(&path)
    }

    /// Returns the home in `path`, which is created if it is missing.
    pub fn at(path: &Path) -> Result<Self> {
        // evcxr's processes pass paths to each other separated by spaces.
        ensure!(
            !path.to_string_lossy().contains(char::is_whitespace),
            "`{}` has a space in it, which evcxr cannot use: set UP42_HOME to a folder without one",
            path.display()
        );
        fs::create_dir_all(path)
            .with_context(|| format!("create `{}`: set UP42_HOME to a writable folder", path.display()))?;
        // Read early: if the program is rebuilt while it runs, its path is no longer valid.
        let program = std::env::current_exe().context("find this program's own file")?;
        Ok(Self { path: path.to_owned(), program })
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns this program's own file, to start it in another role.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns the folder of the seeds, with a folder for each build.
    pub fn seeds(&self) -> PathBuf {
        self.path.join("seeds")
    }

    /// Returns the file that names the seed of the next kernel.
    pub fn current_seed(&self) -> PathBuf {
        self.path.join("current")
    }

    /// Returns the folder with the private folders of the running kernels.
    pub fn kernels(&self) -> PathBuf {
        self.path.join("kernels")
    }

    /// Returns the file that lists the kernelspecs.
    pub fn kernelspecs(&self) -> PathBuf {
        self.path.join("kernelspecs")
    }

    /// Returns the Python environment with JupyterLab.
    pub fn lab(&self) -> PathBuf {
        self.path.join("lab")
    }

    /// Returns the Python environment that runs notebooks.
    pub fn python(&self) -> PathBuf {
        self.path.join("python")
    }

    /// Waits until no other process installs here. The lock is released when the returned file is
    /// dropped, or when the process is killed.
    pub fn lock_installation(&self) -> Result<File> {
        lock(&self.path.join("install.lock"))
    }

    /// Waits until no other process starts or cleans kernels here; they hold this lock no longer
    /// than it takes to copy a seed's workspace.
    pub fn lock_kernels(&self) -> Result<File> {
        lock(&self.path.join("kernels.lock"))
    }
}

/// Opens the file, creating it if it is missing, and waits for its exclusive lock. Its content is
/// not changed.
pub fn lock(path: &Path) -> Result<File> {
    let file = open_lock(path).with_context(|| format!("create `{}`", path.display()))?;
    file.lock().with_context(|| format!("lock `{}`", path.display()))?;
    Ok(file)
}

/// Opens a file that is used as a lock, creating it if it is missing.
pub fn open_lock(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Writes the file unless it has this content already: cargo compares modification times.
pub fn write_if_changed(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == contents.as_ref()) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("create `{}`", parent.display()))?;
    }
    fs::write(path, contents).with_context(|| format!("write `{}`", path.display()))
}

/// Copies a folder recursively and keeps modification times, which cargo compares.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    copy_folder_by(&copy_file, from, to)
}

/// Creates the folder and its subfolders, and copies their files with `copy`.
pub fn copy_folder_by(copy: &dyn Fn(&Path, &Path) -> Result<()>, from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("create `{}`", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("read `{}`", from.display()))? {
        let source = entry?.path();
        let target = to.join(source.file_name().unwrap_or_default());
        match source.is_dir() {
            true => copy_folder_by(copy, &source, &target)?,
            false => copy(&source, &target)?,
        }
    }
    Ok(())
}

/// Copies a file with its modification time.
pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let copied = fs::copy(from, to).and_then(|_| {
        let modified = fs::metadata(from)?.modified()?;
        // A copy of a read-only file is read-only too and keeps the current time.
        match File::options().write(true).open(to) {
            Ok(file) => file.set_modified(modified),
            Err(_) => Ok(()),
        }
    });
    copied.with_context(|| format!("copy `{}` to `{}`", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_the_times_that_cargo_compares() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::create_dir_all(from.join("inner")).unwrap();
        fs::write(from.join("inner/dep-lib"), "").unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let file = File::options().write(true).open(from.join("inner/dep-lib")).unwrap();
        file.set_modified(long_ago).unwrap();
        copy_folder(&from, &to).unwrap();
        assert_eq!(fs::metadata(to.join("inner/dep-lib")).unwrap().modified().unwrap(), long_ago);
    }
}
