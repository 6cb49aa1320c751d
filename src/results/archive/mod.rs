//! Unpacks results. An archive comes from outside: nothing in it may leave the
//! folder, fill the disk, or be anything but a file.
//!
//! What is wrong with the archive is an error of kind [`ErrorKind::Response`], what is
//! wrong with the disk one of kind [`ErrorKind::Io`], and an archive that is larger than
//! the caller allows one of kind [`ErrorKind::InvalidInput`].

mod inside;
mod size;

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{Context, Error, ErrorKind, Result};
use inside::inside;

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// Unpacked over packed size; a TIFF rarely passes 100.
    pub(super) ratio: u64,
}

/// The bytes of names and attributes that a tar may have before a file: they are read
/// into memory. As many may stand behind the last one.
const HEADERS: u64 = 1_000_000;
/// What the smallest archive may unpack to, whatever the ratio.
const LEAST: u64 = 1_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self { files: 10_000, bytes: 50_000_000_000, ratio: 1_000 }
    }
}

/// Unpacks a tgz, tar or zip into a folder that must not exist yet, if there is room for
/// what it says that it unpacks to. The content of `output/` moves one level up, as the SDK
/// has it. Fails as a whole: then the folder is gone again.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    limits: Limits,
    room: impl FnOnce(u64) -> Result<()>,
) -> Result<()> {
    let told = || format!("unpack `{}`", archive.display());
    let unfinished = folder.with_extension("unpacking");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(told)?;
    }
    fs::create_dir_all(&unfinished).with_context(told)?;
    let unpacked =
        read(archive, &unfinished, limits, room).and_then(|()| Ok(fs::rename(&unfinished, folder)?));
    if unpacked.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    unpacked.with_context(told)
}

fn read(archive: &Path, folder: &Path, limits: Limits, room: impl FnOnce(u64) -> Result<()>) -> Result<()> {
    let mut file = File::open(archive)?;
    let packed = file.metadata()?.len();
    let mut magic = [0; 4];
    let length = file.read(&mut magic)?;
    let mut out = Unpacked { folder, limits, packed: packed.max(1), bytes: 0, files: 0 };
    let is_zip = matches!(&magic[..length], [b'P', b'K', 3 | 5, _]);
    let is_gzip = magic[..length].starts_with(&[0x1f, 0x8b]);
    let expected = match (is_zip, is_gzip) {
        (true, _) => size::of_zip(&file)?,
        (_, true) => size::of_gzip(&mut file)?.max(packed),
        _ => packed,
    };
    room(expected.min(out.most()))?;
    file.seek(SeekFrom::Start(0))?;
    match (is_zip, is_gzip) {
        (true, _) => out.zip(file)?,
        (_, true) => out.tar(flate2::read::GzDecoder::new(BufReader::new(file)))?,
        _ => out.tar(BufReader::new(file))?,
    }
    match out.files {
        0 => Err(invalid("it holds no file: is it a tgz, tar or zip archive?")),
        _ => Ok(()),
    }
}

struct Unpacked<'a> {
    folder: &'a Path,
    limits: Limits,
    packed: u64,
    bytes: u64,
    files: usize,
}

impl Unpacked<'_> {
    /// Bytes that it may unpack to.
    fn most(&self) -> u64 {
        self.limits.bytes.min(self.packed.saturating_mul(self.limits.ratio)).max(LEAST)
    }

    /// A bomb, or only more than the caller allows.
    fn too_large(&self, most: u64) -> Error {
        let told = format!("it unpacks to more than {} MB", most / 1_000_000);
        match most < self.limits.bytes {
            true => invalid(&told),
            false => Error::invalid(format!("{told}: `Download::largest` allows more")),
        }
    }

    fn tar(&mut self, reader: impl Read) -> Result<()> {
        let left = Rc::new(Cell::new(HEADERS));
        let mut tar = tar::Archive::new(Metered { reader, left: left.clone() });
        let mut entries = tar.entries().map_err(broken)?;
        // Folders cost time, even when none of them is made.
        let most_entries = self.limits.files.saturating_mul(2);
        for count in 0.. {
            left.set(HEADERS);
            let Some(entry) = entries.next() else { break };
            if count == most_entries {
                return Err(invalid(&format!("it holds more than {most_entries} entries")));
            }
            // A file's content has limits of its own.
            left.set(u64::MAX);
            let mut entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                    self.write(&path, &mut entry)?;
                }
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader => {
                    // What it holds is skipped, unpacked all the same.
                    left.set(HEADERS);
                    io::copy(&mut entry, &mut io::sink()).map_err(broken)?;
                }
                other => return Err(refused(&path, &format!("is no file ({other:?})"))),
            }
        }
        // Up to here a gzip has not been compared with its checksum.
        left.set(HEADERS);
        io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(broken)?;
        Ok(())
    }

    fn zip(&mut self, file: File) -> Result<()> {
        let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(size::broken_zip)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(size::broken_zip)?;
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
        if self.files == self.limits.files {
            return Err(invalid(&format!("it holds more than {} files", self.limits.files)));
        }
        let target = self.folder.join(inside(path)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|error| unwritten(path, error))?;
        }
        let file = File::options().write(true).create_new(true).open(&target);
        let mut file = file.map_err(|error| unwritten(path, error))?;
        let most = self.most();
        let mut chunk = [0; 64 * 1024];
        loop {
            let length = content.read(&mut chunk).map_err(broken)?;
            if length == 0 {
                break;
            }
            self.bytes += length as u64;
            if self.bytes > most {
                return Err(self.too_large(most));
            }
            file.write_all(&chunk[..length])?;
        }
        // The archive goes when the folder is there: then its files must be.
        file.sync_all()?;
        self.files += 1;
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
        let most = chunk.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let length = self.reader.read(&mut chunk[..most])?;
        self.left.set(self.left.get() - length as u64);
        if most == 0 && !chunk.is_empty() {
            // The end is no excess.
            return match self.reader.read(&mut [0])? {
                0 => Ok(0),
                _ => {
                    Err(io::Error::other(format!("it has a header of more than {} MB", HEADERS / 1_000_000)))
                }
            };
        }
        Ok(length)
    }
}

fn refused(path: &Path, why: &str) -> Error {
    let name: String = path.display().to_string().chars().take(120).collect();
    invalid(&format!("entry `{name}` {why}: nothing was unpacked"))
}

/// Two entries of a name, or a file where another entry has a folder; else the disk.
fn unwritten(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => refused(path, "is there twice"),
        io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => refused(path, "is no file name here"),
        _ => Error::from(error).context(format!("write `{}`", path.display())),
    }
}

fn broken(error: io::Error) -> Error {
    Error::foreign(ErrorKind::Response, error)
}

fn invalid(message: &str) -> Error {
    Error::response(message)
}

#[cfg(test)]
mod tests;
