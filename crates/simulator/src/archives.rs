//! User-supplied archives of results, delivered in place of generated ones.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Value, json};

use super::job::Job;
use super::platform::Platform;
use super::reply::Reply;
use up42_core::error::{Context, Error, ErrorKind, Result};

/// A `.tgz` or `.zip` archive of results.
#[derive(Debug)]
pub(super) struct GivenArchive {
    path: PathBuf,
    /// Content of its `data.json`; an empty collection without one.
    pub data: Value,
}

impl GivenArchive {
    /// Opens the archives of a folder, ordered by name.
    pub(super) fn all_in(dir: &Path) -> Result<Vec<Self>> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "tgz" || end == "zip") {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(Error::invalid("there is no `.tgz` or `.zip`"));
        }
        paths.into_iter().map(Self::open).collect()
    }

    fn open(path: PathBuf) -> Result<Self> {
        let context = || format!("read `{}`", path.display());
        let file = BufReader::new(File::open(&path).with_context(context)?);
        let text = if is_zip(&path) { data_in_zip(file) } else { data_in_tgz(file) }.with_context(context)?;
        let data = match text {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))
                .with_context(context)?,
            None => json!({"type": "FeatureCollection", "features": []}),
        };
        Ok(Self { path, data })
    }

    /// Returns the file name of a download.
    pub(super) fn file_name(&self) -> &'static str {
        if is_zip(&self.path) { "output.zip" } else { "output.tgz" }
    }

    /// Returns the whole file.
    pub(super) fn reply(&self) -> Option<Reply> {
        let kind = if is_zip(&self.path) { "application/zip" } else { "application/gzip" };
        Some(Reply::file(kind, std::fs::read(&self.path).ok()?))
    }
}

impl Platform {
    /// Returns the user-supplied archive that replaces the one of a job; `None` for a test query.
    /// Jobs with equal inputs get one archive after another.
    pub(super) fn given_archive(&self, job: &Job) -> Option<&GivenArchive> {
        let count = self.archives.len() as u64;
        let place = job.key.wrapping_add(job.nth).checked_rem(count)?;
        self.archives.get(place as usize).filter(|_| !job.dry_run)
    }
}

fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "zip")
}

fn is_data(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "data.json")
}

fn data_in_tgz(file: impl BufRead) -> Result<Option<String>> {
    for entry in tar::Archive::new(MultiGzDecoder::new(file)).entries()? {
        let mut entry = entry?;
        if is_data(&entry.path()?) {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn data_in_zip(file: BufReader<File>) -> Result<Option<String>> {
    let invalid = |error| Error::foreign(ErrorKind::InvalidInput, error);
    let mut archive = zip::ZipArchive::new(file).map_err(invalid)?;
    let Some(name) = archive.file_names().find(|name| is_data(Path::new(name))).map(String::from) else {
        return Ok(None);
    };
    let mut text = String::new();
    archive.by_name(&name).map_err(invalid)?.read_to_string(&mut text)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn all_members_of_a_gzip_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let text = br#"{"type": "FeatureCollection", "features": [7]}"#;
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in [("output/a.tif", &[1; 600][..]), ("output/data.json", text)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content).unwrap();
        }
        let tar = tar.into_inner().unwrap();
        let member = |bytes: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(bytes).unwrap();
            gzip.finish().unwrap()
        };
        std::fs::write(dir.path().join("a.tgz"), [member(&tar[..1536]), member(&tar[1536..])].concat())
            .unwrap();
        let archives = GivenArchive::all_in(dir.path()).unwrap();
        assert_eq!(archives[0].data["features"], json!([7]));
    }

    #[test]
    fn data_json_is_read_from_tgz_and_zip() {
        let dir = tempfile::tempdir().unwrap();
        let text = br#"{"type": "FeatureCollection", "features": [7]}"#;
        let gzip = flate2::write::GzEncoder::new(
            File::create(dir.path().join("a.tgz")).unwrap(),
            flate2::Compression::fast(),
        );
        let mut tar = tar::Builder::new(gzip);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, "output/data.json", &text[..]).unwrap();
        tar.into_inner().unwrap().finish().unwrap();
        let mut zip = zip::ZipWriter::new(File::create(dir.path().join("b.zip")).unwrap());
        zip.start_file("output/data.json", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
        zip.finish().unwrap();
        let archives = GivenArchive::all_in(dir.path()).unwrap();
        assert_eq!(
            archives.iter().map(GivenArchive::file_name).collect::<Vec<_>>(),
            ["output.tgz", "output.zip"]
        );
        assert!(archives.iter().all(|archive| archive.data["features"] == json!([7])));
    }
}
