//! Records of downloaded files: asset and length.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::StorageAsset;
use up42_core::file;
use up42_core::hash::hex;

/// Folder of the records, beside the files.
const FOLDER: &str = ".up42";

/// Largest number of bytes read of a record; records have about 100.
const LONGEST: u64 = 10_000;

/// Asset and length of a completely downloaded file.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    /// Hash of the asset's name, which may contain a key.
    asset: String,
    bytes: u64,
}

impl Record {
    pub(super) fn of(asset: &StorageAsset, bytes: u64) -> Self {
        Self { asset: hex(&asset.name, 16), bytes }
    }

    /// Reads the record of the file at a path; `None` if it does not exist or cannot be parsed.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut text = Vec::new();
        fs::File::open(place(path)?).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
        let json: Value = serde_json::from_slice(&text).ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_identifies_an_asset_without_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let asset = |key: &str| {
            StorageAsset::read(&format!("https://h/a.tif?sig={key}"), &json!({"href": "https://h/a"}))
                .unwrap()
        };
        assert_eq!(Record::read(&path), None);
        Record::of(&asset("hunter2"), 7).write(&path).unwrap();
        let kept = Record::read(&path).unwrap();
        assert_eq!(kept, Record::of(&asset("hunter2"), 7));
        assert!(kept != Record::of(&asset("hunter3"), 7) && kept != Record::of(&asset("hunter2"), 8));
        let written = fs::read_to_string(folder.path().join(FOLDER).join("a.tif.json")).unwrap();
        assert!(!written.contains("hunter2"), "{written}");
    }
}
