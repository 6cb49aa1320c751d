//! Fuzz targets for archives and `data.json`, for [`fuzzing`](crate::fuzzing).

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::archive::{Limits, unpack};
use super::renamed::Renamed;
use super::{ResultFeature, Results};
use crate::batch::{JobRecord, Outcome};
use crate::jobs::JobId;
use up42_view::Aoi;

/// Unpacks a zip, tgz or tar. Input that is neither zip nor gzip is compressed first, because the
/// fuzzer cannot produce the checksum of a gzip.
pub(crate) fn archive(bytes: &[u8], folder: &Path) {
    let is_whole = bytes.starts_with(b"PK") || bytes.starts_with(&[0x1f, 0x8b]);
    let (archive, unpacked) = (folder.join("archive"), folder.join("unpacked"));
    if is_whole {
        fs::write(&archive, bytes).unwrap();
    } else {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        fs::write(&archive, packed.finish().unwrap()).unwrap();
    }
    let limits = Limits { files: 100, bytes: Some(10_000_000) };
    let is_unpacked = unpack(&archive, &unpacked, limits, |_| Ok(())).is_ok();
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let others = names.filter(|name| name != "archive" && name != "unpacked").count();
    assert_eq!(others, 0, "something was written beside the folder");
    assert_eq!(unpacked.exists(), is_unpacked);
    if is_unpacked {
        assert!(holds_plain_files(&unpacked));
    }
}

fn holds_plain_files(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().all(|entry| {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        kind.is_file() || kind.is_dir() && holds_plain_files(&entry.path())
    })
}

/// Reads a `data.json`, and displays its features.
pub(crate) fn data(bytes: &[u8], folder: &Path) {
    let data = folder.join("data.json");
    fs::write(&data, bytes).unwrap();
    fs::write(folder.join("a.tif"), "no raster").unwrap();
    let record = JobRecord {
        index: 0,
        label: "Dakar".into(),
        inputs: Default::default(),
        job: None,
        outcome: Outcome::Succeeded { credits: None },
    };
    let renamed = Renamed::read(folder);
    let Ok(features) = ResultFeature::read_all(folder, &renamed, &record, &JobId::from("a")) else { return };
    let results = Results::of_features(folder, features);
    assert!(results.iter().all(|one| one.path.as_ref().is_none_or(|path| path.starts_with(folder))));
    assert_eq!(results.to_dataframe().unwrap().height(), results.len());
    let area = Aoi::from_bbox([13.3, 52.5, 13.4, 52.6]).unwrap();
    assert!(!format!("{results:?} {:?}", results.to_map(&area)).is_empty());
}
