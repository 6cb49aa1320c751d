//! Unpacks results. An archive comes from outside: nothing in it may leave the
//! folder, fill the disk, or be anything but a file.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::error::{Context, Error, ErrorKind, Result};

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// Unpacked over packed size; a TIFF rarely passes 100.
    pub(super) ratio: u64,
}

/// The bytes of names and attributes that a tar may have before a file: they are read
/// into memory.
const HEADERS: u64 = 1_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self { files: 10_000, bytes: 50_000_000_000, ratio: 1_000 }
    }
}

/// Unpacks a tgz, tar or zip into a folder that must not exist yet. The content of
/// `output/` moves one level up, as the SDK has it. Fails as a whole: then the
/// folder is gone again.
pub(super) fn unpack(archive: &Path, folder: &Path, limits: Limits) -> Result<Vec<PathBuf>> {
    let told = || format!("unpack `{}`", archive.display());
    let unfinished = folder.with_extension("unpacking");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(told)?;
    }
    fs::create_dir_all(&unfinished).with_context(told)?;
    let unpacked = read(archive, &unfinished, limits).and_then(|files| {
        fs::rename(&unfinished, folder)?;
        Ok(files.into_iter().map(|file| folder.join(file)).collect())
    });
    if unpacked.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    unpacked.with_context(told)
}

fn read(archive: &Path, folder: &Path, limits: Limits) -> Result<Vec<PathBuf>> {
    let mut file = File::open(archive)?;
    let packed = file.metadata()?.len();
    let mut magic = [0; 4];
    let length = file.read(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    let mut out = Unpacked { folder, limits, packed: packed.max(1), bytes: 0, files: Vec::new() };
    match &magic[..length] {
        [0x1f, 0x8b, ..] => out.tar(flate2::read::GzDecoder::new(io::BufReader::new(file)))?,
        [b'P', b'K', 3 | 5, _] => out.zip(file)?,
        _ => out.tar(io::BufReader::new(file))?,
    }
    if out.files.is_empty() {
        return Err(invalid("it holds no file: is it a tgz, tar or zip archive?"));
    }
    Ok(out.files)
}

struct Unpacked<'a> {
    folder: &'a Path,
    limits: Limits,
    packed: u64,
    bytes: u64,
    files: Vec<PathBuf>,
}

impl Unpacked<'_> {
    fn tar(&mut self, reader: impl Read) -> Result<()> {
        let left = Rc::new(Cell::new(HEADERS));
        let mut tar = tar::Archive::new(Metered { reader, left: left.clone() });
        let mut entries = tar.entries()?;
        loop {
            left.set(HEADERS);
            let Some(entry) = entries.next() else { break };
            // A file's content has limits of its own.
            left.set(u64::MAX);
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                    self.write(&path, &mut entry)?;
                }
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader => {}
                other => return Err(refused(&path, &format!("is no file ({other:?})"))),
            }
        }
        Ok(())
    }

    fn zip(&mut self, file: File) -> Result<()> {
        let broken = |error| Error::foreign(ErrorKind::Response, error);
        let mut zip = zip::ZipArchive::new(file).map_err(broken)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(broken)?;
            let path = PathBuf::from(entry.name());
            if entry.is_symlink() {
                return Err(refused(&path, "is a link"));
            }
            if !entry.is_dir() {
                self.write(&path, &mut entry)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, content: &mut impl Read) -> Result<()> {
        if self.files.len() == self.limits.files {
            return Err(invalid(&format!("it holds more than {} files", self.limits.files)));
        }
        let inside = inside(path)?;
        let target = self.folder.join(&inside);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::options().write(true).create_new(true).open(&target).map_err(|error| {
            Error::from(error).context(format!("`{}` is there twice, or cannot be written", path.display()))
        })?;
        let most = self.limits.bytes.min(self.packed.saturating_mul(self.limits.ratio)).max(1_000_000);
        let mut chunk = [0; 64 * 1024];
        loop {
            let length = content.read(&mut chunk)?;
            if length == 0 {
                break;
            }
            self.bytes += length as u64;
            if self.bytes > most {
                return Err(invalid(&format!("it unpacks to more than {} MB", most / 1_000_000)));
            }
            file.write_all(&chunk[..length])?;
        }
        self.files.push(inside);
        Ok(())
    }
}

/// A reader that may be read so far and no further.
struct Metered<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!("it has a header of more than {} MB", HEADERS / 1_000_000)));
        }
        let most = chunk.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let length = self.reader.read(&mut chunk[..most])?;
        self.left.set(self.left.get() - length as u64);
        Ok(length)
    }
}

/// The path below the folder: without `output/`, and refused when it would lead out.
fn inside(path: &Path) -> Result<PathBuf> {
    let mut parts = Vec::new();
    // A path written on Windows uses the other separator.
    let text = path.to_str().ok_or_else(|| refused(path, "is not UTF-8"))?.replace('\\', "/");
    for part in Path::new(&text).components() {
        match part {
            Component::Normal(part) => {
                let part = part.to_string_lossy();
                if part.contains(':') {
                    return Err(refused(path, "names a drive or a stream"));
                }
                parts.push(part.into_owned());
            }
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(refused(path, "leads out of the folder"));
            }
        }
    }
    if parts.len() > 1 && parts[0] == "output" {
        parts.remove(0);
    }
    match parts.is_empty() {
        true => Err(refused(path, "has no name")),
        false => Ok(parts.iter().collect()),
    }
}

fn refused(path: &Path, why: &str) -> Error {
    let name: String = path.display().to_string().chars().take(120).collect();
    invalid(&format!("entry `{name}` {why}: nothing was unpacked"))
}

fn invalid(message: &str) -> Error {
    Error::response(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn tgz(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) -> PathBuf {
        let file = path.join("results.tgz");
        let mut tar = tar::Builder::new(GzEncoder::new(File::create(&file).unwrap(), Compression::fast()));
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if kind.is_symlink() {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            tar.append(&header, *content).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        file
    }

    fn told(entries: &[(&str, tar::EntryType, &[u8])], limits: Limits) -> String {
        let folder = tempfile::tempdir().unwrap();
        let archive = tgz(folder.path(), entries);
        let target = folder.path().join("job");
        let error = unpack(&archive, &target, limits).unwrap_err().to_string();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(left, ["results.tgz"], "nothing is left behind");
        error
    }

    #[test]
    fn the_content_of_output_moves_up() {
        let folder = tempfile::tempdir().unwrap();
        let archive = tgz(
            folder.path(),
            &[
                ("output/data.json", tar::EntryType::Regular, b"{}"),
                ("output/a/b.tif", tar::EntryType::Regular, b"II"),
            ],
        );
        let target = folder.path().join("job");
        let files = unpack(&archive, &target, Limits::default()).unwrap();
        assert_eq!(files, [target.join("data.json"), target.join("a").join("b.tif")]);
        assert_eq!(fs::read(target.join("a/b.tif")).unwrap(), b"II");
    }

    #[test]
    fn what_would_do_harm_is_refused_as_a_whole() {
        let file = tar::EntryType::Regular;
        for name in
            ["../evil", "output/../../evil", "/etc/evil", "a\\..\\..\\evil", "C:\\evil", "output/c:evil"]
        {
            let error = told(&[("output/data.json", file, b"{}"), (name, file, b"x")], Limits::default());
            assert!(error.contains("nothing was unpacked"), "{name}: {error}");
        }
        let link = told(&[("output/link", tar::EntryType::Symlink, b"")], Limits::default());
        assert!(link.contains("is no file"), "{link}");
        let many = told(&[("a", file, b""), ("b", file, b"")], Limits { files: 1, ..Limits::default() });
        assert!(many.contains("more than 1 files"), "{many}");
        let twice = told(&[("a", file, b""), ("a", file, b"")], Limits::default());
        assert!(twice.contains("is there twice"), "{twice}");
        assert!(told(&[], Limits::default()).contains("holds no file"));
    }

    #[test]
    fn a_bomb_is_stopped() {
        let zeros = vec![0; 30_000_000];
        let error =
            told(&[("bomb", tar::EntryType::Regular, &zeros)], Limits { ratio: 100, ..Limits::default() });
        assert!(error.contains("unpacks to more than"), "{error}");
    }

    #[test]
    fn a_long_name_is_no_way_around_the_limits() {
        let name = vec![b'a'; 3_000_000];
        for kind in [tar::EntryType::GNULongName, tar::EntryType::XHeader, tar::EntryType::XGlobalHeader] {
            let file = tar::EntryType::Regular;
            let error = told(&[("long", kind, &name), ("a", file, b"x")], Limits::default());
            assert!(error.contains("it has a header of more than 1 MB"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let long = format!("output/{}.tif", "a".repeat(180));
        let named = tgz(
            folder.path(),
            &[("long", tar::EntryType::GNULongName, long.as_bytes()), ("a", tar::EntryType::Regular, b"x")],
        );
        let files = unpack(&named, &folder.path().join("job"), Limits::default()).unwrap();
        assert!(files[0].ends_with(long.trim_start_matches("output/")));
    }
}
