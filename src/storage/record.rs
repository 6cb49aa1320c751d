//! Which file of the storage a file on the disk is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::StorageAsset;
use crate::file;

/// The folder of the records, beside the files.
const FOLDER: &str = ".up42";

/// The asset and the length of a file that was downloaded whole.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    asset: String,
    bytes: u64,
}

impl Record {
    pub(super) fn of(asset: &StorageAsset, bytes: u64) -> Self {
        Self { asset: asset.name.clone(), bytes }
    }

    /// The record of the file at a path; `None` where there is none that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let json: Value = serde_json::from_slice(&fs::read(place(path)?).ok()?).ok()?;
        Some(Self { asset: json.get("asset")?.as_str()?.to_owned(), bytes: json.get("bytes")?.as_u64()? })
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let place = place(path).ok_or(io::ErrorKind::InvalidInput)?;
        place.parent().map_or(Ok(()), fs::create_dir_all)?;
        file::write(&place, json!({"asset": self.asset, "bytes": self.bytes}).to_string().as_bytes())
    }
}

fn place(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    Some(path.with_file_name(FOLDER).join(format!("{name}.json")))
}
