//! Folders marked as ours; no others are deleted.
//!
//! `UP42_HOME` may name a folder where other programs keep files under the same names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// File that marks a folder as ours.
const MARK: &str = ".up42";
const CONTENT: &str = "This folder is up42's, which deletes it when it is no longer needed.\n";

/// Creates the folder, or accepts an empty one, and marks it.
///
/// # Errors
///
/// The folder has no mark and is not empty, or cannot be written.
pub fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
    if !is_owned(folder) {
        let mut entries = fs::read_dir(folder).with_context(|| format!("read `{}`", folder.display()))?;
        ensure!(entries.next().is_none(), "{}", refusal(folder));
        fs::write(folder.join(MARK), CONTENT).with_context(|| format!("mark `{}`", folder.display()))?;
    }
    Ok(())
}

/// Returns whether the folder carries the mark; symbolic links are not followed.
pub fn is_owned(folder: &Path) -> bool {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir());
    is_folder && fs::read(folder.join(MARK)).is_ok_and(|mark| mark == CONTENT.as_bytes())
}

/// Lists the subfolders that do not carry the mark.
pub fn foreign(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|entry| entry.is_dir() && !is_owned(entry)).collect()
}

/// Removes the folder with its content, if it exists.
///
/// # Errors
///
/// The folder does not carry the mark, or cannot be removed.
pub fn remove(folder: &Path) -> Result<()> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    ensure!(is_owned(folder), "{}", refusal(folder));
    fs::remove_dir_all(folder).with_context(|| format!("remove `{}`", folder.display()))
}

/// Returns the message for a path that is not ours, with the remedy.
fn refusal(folder: &Path) -> String {
    format!(
        "`{0}` is not up42's: it has no `{MARK}`; move it away, or set UP42_HOME to another folder",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_with_the_mark_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let [ours, theirs, link] = ["ours", "theirs", "link"].map(|name| home.path().join(name));
        create(&ours).unwrap();
        fs::write(ours.join("file"), "").unwrap();
        create(&ours).unwrap();
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("file"), "").unwrap();
        assert_eq!(foreign(home.path()), std::slice::from_ref(&theirs));
        for refused in [create(&theirs), remove(&theirs)] {
            assert!(refused.unwrap_err().to_string().contains("set UP42_HOME to another folder"));
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&ours, &link).unwrap();
            assert!(!is_owned(&link) && remove(&link).is_err());
            fs::remove_file(&link).unwrap();
        }
        remove(&ours).unwrap();
        remove(&link).unwrap();
        assert!(!ours.exists() && theirs.join("file").exists());
    }
}
