//! List of files that have other names on the disk than in their archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use up42_core::error::{Error, ErrorKind, Result};
use up42_core::file;
use up42_core::limits::ReadBudget;

/// Name of the list's file, in the job's folder.
pub(super) const FILE: &str = ".up42-renamed.json";

/// Paths in an archive, and in its `data.json`, to paths in the job's folder. Files that are not
/// listed have the same path.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Renamed(BTreeMap<String, String>);

impl Renamed {
    /// Reads the list of an archive that was unpacked to a folder; empty if there is none.
    pub(super) fn read(folder: &Path) -> Self {
        // A larger file was not written by this library.
        let budget = ReadBudget::default();
        let read = || -> Result<Value> {
            let bytes = budget.read_to_end(File::open(folder.join(FILE))?)?;
            budget.take_json(&bytes)?;
            serde_json::from_slice(&bytes).map_err(|error| Error::foreign(ErrorKind::Io, error))
        };
        let json = read().ok();
        let paths = json.as_ref().and_then(|json| json.get("renamed")?.as_object()).into_iter().flatten();
        let text = |(path, here): (&String, &Value)| Some((path.clone(), here.as_str()?.to_owned()));
        Self(paths.filter_map(text).collect())
    }

    /// Writes the list to the folder, unless it is empty.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        match self.0.is_empty() {
            true => Ok(()),
            false => file::write(&folder.join(FILE), json!({"renamed": self.0}).to_string().as_bytes()),
        }
    }

    pub(super) fn add(&mut self, path: &str, here: String) {
        self.0.insert(path.to_owned(), here);
    }

    /// Returns the path in the job's folder.
    pub(super) fn path<'a>(&'a self, path: &'a str) -> &'a str {
        self.0.get(path).map_or(path, String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, here)| (path.as_str(), here.as_str()))
    }
}
