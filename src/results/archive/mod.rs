//! Unpacks results. Archives come from outside: no entry may leave the folder, fill the disk or be
//! anything but a regular file. A file with a name that is invalid or already taken on this system
//! is stored under another name, recorded in [`Renamed`], because the results are paid for.
//!
//! Errors: [`ErrorKind::Response`] for an invalid archive, [`ErrorKind::Io`] for a failure of the
//! disk, [`ErrorKind::InvalidInput`] for an archive above the limits of size or number of files,
//! which the caller may raise.

mod gzip;
mod size;

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::renamed::{self, Renamed};
use super::safe_path::safe_path;
use crate::transport::Bytes;
use gzip::Members;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file::name::{is_portable, marked, portable};
use up42_core::file::sync_folder;
use up42_core::hash::hex;
use up42_core::redact;

/// Limits of an archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) files: usize,
    /// Largest unpacked size, in bytes; `None` for [`RATIO`] times the packed size. Free space on
    /// the disk is always a limit.
    pub(super) bytes: Option<u64>,
}

/// Largest ratio of unpacked to packed size. A TIFF rarely exceeds 100, and DEFLATE cannot exceed
/// 1,032.
const RATIO: u64 = 1_000;

/// Largest number of header bytes before a file of a tar, and after the last one, because headers
/// are read into memory.
const HEADERS: u64 = 1_000_000;
/// Size of a tar block, in bytes.
const BLOCK: u64 = 512;
/// Unpacked size that is allowed for any archive, whatever the ratio, in bytes.
const LEAST: u64 = 1_000_000;
/// Number of bytes reserved at a time when an archive unpacks to more than it states.
const STEP: u64 = 10_000_000;
/// Longest path, in bytes. No system supports longer ones.
const LONGEST: usize = 4_096;

impl Default for Limits {
    fn default() -> Self {
        Self { files: 10_000, bytes: None }
    }
}

/// Unpacks a tgz, tar or zip into a folder that must not exist yet. `room` is called with the
/// number of bytes still to be written, first for the size that the archive states, and fails if
/// the disk lacks the space. The content of `output/` is moved one level up, as in the SDK. On
/// failure the folder does not exist.
pub(super) fn unpack(
    archive: &Path,
    folder: &Path,
    limits: Limits,
    mut room: impl FnMut(u64) -> Result<()>,
) -> Result<()> {
    let context = || format!("unpack `{}`", archive.display());
    let mut unfinished = folder.as_os_str().to_owned();
    unfinished.push(".unpacking");
    let unfinished = PathBuf::from(unfinished);
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(context)?;
    }
    fs::create_dir_all(&unfinished).with_context(context)?;
    let mut unpack = || -> Result<()> {
        read(archive, &unfinished, limits, &mut room, is_taken_here)?;
        fs::rename(&unfinished, folder)?;
        Ok(sync_folder(folder.parent().unwrap_or(Path::new("")))?)
    };
    let unpacked = unpack();
    if unpacked.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    unpacked.with_context(context)
}

/// Returns whether a name can be tried as a file name on this system. On Windows only portable
/// names: it opens `NUL` as a device and `a:b` as a stream of `a` without an error. Other systems
/// report invalid names.
fn is_taken_here(name: &str) -> bool {
    !cfg!(windows) || is_portable(name)
}

/// Unpacks into an existing folder; `takes` returns whether a name can be tried as a file name.
fn read(
    archive: &Path,
    folder: &Path,
    limits: Limits,
    room: &mut dyn FnMut(u64) -> Result<()>,
    takes: fn(&str) -> bool,
) -> Result<Renamed> {
    let mut file = File::open(archive)?;
    let packed = file.metadata()?.len();
    let mut magic = [0; 4];
    let length = file.read(&mut magic)?;
    let is_zip = matches!(&magic[..length], [b'P', b'K', 3 | 5, _]);
    let is_gzip = magic[..length].starts_with(&[0x1f, 0x8b]);
    let expected = match (is_zip, is_gzip) {
        (true, _) => size::of_zip(&file, limits.files)?,
        (_, true) => size::of_gzip(&mut file)?.max(packed),
        _ => packed,
    };
    let mut out = Unpacked::new(folder, limits, packed, takes, room);
    out.reserve(expected.min(out.most()))?;
    file.seek(SeekFrom::Start(0))?;
    match (is_zip, is_gzip) {
        (true, _) => out.zip(file)?,
        (_, true) => out.tar(Members::of(BufReader::new(file)))?,
        _ => out.tar(BufReader::new(file))?,
    }
    match out.files {
        0 => Err(invalid("it holds no file: is it a tgz, tar or zip archive?")),
        _ => out.finish(),
    }
}

struct Unpacked<'a> {
    folder: &'a Path,
    limits: Limits,
    takes: fn(&str) -> bool,
    room: &'a mut dyn FnMut(u64) -> Result<()>,
    packed: u64,
    bytes: u64,
    /// Number of bytes for which space was reserved.
    reserved: u64,
    files: usize,
    /// Paths in the archive.
    paths: HashSet<String>,
    renamed: Renamed,
    /// Folders that contain a file or a folder.
    folders: BTreeSet<PathBuf>,
}

impl<'a> Unpacked<'a> {
    fn new(
        folder: &'a Path,
        limits: Limits,
        packed: u64,
        takes: fn(&str) -> bool,
        room: &'a mut dyn FnMut(u64) -> Result<()>,
    ) -> Self {
        Self {
            folder,
            limits,
            takes,
            room,
            packed: packed.max(1),
            bytes: 0,
            reserved: 0,
            files: 0,
            paths: HashSet::new(),
            renamed: Renamed::default(),
            folders: BTreeSet::new(),
        }
    }

    /// Writes the list of renamed files and syncs the folders. The caller then deletes the archive.
    fn finish(self) -> Result<Renamed> {
        self.renamed.write(self.folder)?;
        self.folders.iter().try_for_each(|folder| sync_folder(folder))?;
        Ok(self.renamed)
    }

    /// Returns the largest unpacked size, in bytes.
    fn most(&self) -> u64 {
        self.limits.bytes.unwrap_or_else(|| self.packed.saturating_mul(RATIO).max(LEAST))
    }

    /// Creates the error for an unpacked size above the limit.
    fn too_large(&self, most: u64) -> Error {
        let times = match self.limits.bytes {
            Some(_) => String::new(),
            None => format!(", which is {RATIO} times its size"),
        };
        let most = Bytes(most);
        Error::invalid(format!("it unpacks to more than {most}{times}: `Download::largest` allows more"))
    }

    /// Reserves space for `bytes` in total, including those already written.
    fn reserve(&mut self, bytes: u64) -> Result<()> {
        (self.room)(bytes - self.bytes)?;
        self.reserved = bytes;
        Ok(())
    }

    fn too_many_files(&self) -> Error {
        Error::invalid(format!(
            "it holds more than {} files: `Download::files` allows more",
            self.limits.files
        ))
    }

    fn tar(&mut self, reader: impl Read) -> Result<()> {
        let left = Rc::new(Cell::new(HEADERS));
        let mut tar = tar::Archive::new(LimitedReader { reader, left: left.clone() });
        let mut entries = tar.entries().map_err(broken)?;
        // Entries without content also cost time, so their number is limited too.
        let most_entries = self.limits.files.saturating_mul(2);
        for count in 0.. {
            left.set(HEADERS);
            let Some(entry) = entries.next() else {
                // A tar ends with a block of zeros ("pax", IEEE Std 1003.1: "ustar Interchange
                // Format"). If the file ends before it, entries may be missing.
                if HEADERS - left.get() < BLOCK {
                    return Err(invalid("it is cut off: a tar ends with a block of zeros"));
                }
                break;
            };
            if count == most_entries {
                return Err(Error::invalid(format!(
                    "it holds more than {most_entries} entries: `Download::files` allows more"
                )));
            }
            // The content of a file has its own limits.
            left.set(u64::MAX);
            let mut entry = entry.map_err(broken)?;
            let path = entry.path_bytes().into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                    self.write(&path, &mut entry)?;
                }
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader => {
                    // The content is skipped, but still has to be decompressed.
                    left.set(HEADERS);
                    io::copy(&mut entry, &mut io::sink()).map_err(broken)?;
                }
                other => {
                    return Err(refused(&String::from_utf8_lossy(&path), &format!("is no file ({other:?})")));
                }
            }
        }
        // The rest is read so that a gzip's checksum is verified.
        left.set(HEADERS);
        io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(broken)?;
        Ok(())
    }

    fn zip(&mut self, file: File) -> Result<()> {
        let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(size::broken_zip)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(size::broken_zip)?;
            let path = entry.name().to_owned();
            if entry.is_symlink() {
                return Err(refused(&path, "is a link"));
            }
            if !entry.is_dir() {
                self.write(path.as_bytes(), &mut entry)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, path: &[u8], content: &mut impl Read) -> Result<()> {
        if self.files == self.limits.files {
            return Err(self.too_many_files());
        }
        let mut file = self.create(path)?;
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
            if self.bytes > self.reserved {
                self.reserve(self.bytes.saturating_add(STEP).min(most))?;
            }
            file.write_all(&chunk[..length])?;
        }
        // The archive is deleted after unpacking: the files must be on the disk by then.
        file.sync_all()?;
        self.files += 1;
        Ok(())
    }

    /// Creates a file under its path, if this system accepts it; otherwise next to `data.json`
    /// under a cleaned name with a hash.
    fn create(&mut self, raw: &[u8]) -> Result<File> {
        let text = String::from_utf8_lossy(raw);
        if raw.len() > LONGEST {
            return Err(refused(&text, &format!("has a name of more than {LONGEST} bytes")));
        }
        let path = safe_path(&text).map_err(|error| refused(&text, &error.to_string()))?;
        let path = path.strip_prefix("output/").unwrap_or(&path);
        let is_text = std::str::from_utf8(raw).is_ok();
        // A path with a secret would be displayed, so such a file is renamed as well.
        let shown = redact::data(&text);
        if is_text && !self.paths.insert(path.to_owned()) {
            return Err(refused(&text, "is there twice"));
        }
        if is_text && shown == text && path != renamed::FILE && path.split('/').all(self.takes) {
            match self.create_new(path) {
                Err(error) if names_no_file(&error) => {}
                created => return created.with_context(|| format!("write `{path}`")),
            }
        }
        let name = shown.rsplit('/').next().unwrap_or(path);
        let here = marked(&portable(name), &format!("{path}\n{}", hex(raw, 32)));
        let file = self.create_new(&here).with_context(|| format!("write `{here}`"))?;
        self.renamed.add(path, here);
        Ok(file)
    }

    fn create_new(&mut self, path: &str) -> io::Result<File> {
        let path = self.folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let file = File::options().write(true).create_new(true).open(&path)?;
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(self.folder));
        self.folders.extend(folders.map(Path::to_owned));
        Ok(file)
    }
}

/// Returns whether the error means that the path is invalid on this system, or that another path
/// has the same file (case-insensitive file systems).
fn names_no_file(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, InvalidInput, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | InvalidFilename | InvalidInput | IsADirectory | NotADirectory)
}

/// Reader that fails beyond a number of bytes.
struct LimitedReader<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let most = chunk.len().min(usize::try_from(self.left.get()).unwrap_or(usize::MAX));
        let length = self.reader.read(&mut chunk[..most])?;
        self.left.set(self.left.get() - length as u64);
        if most == 0 && !chunk.is_empty() {
            // At the end of the file the limit is not exceeded.
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

fn refused(path: &str, why: &str) -> Error {
    let name: String = path.chars().take(120).collect();
    invalid(&format!("entry `{name}` {why}: nothing was unpacked"))
}

fn broken(error: io::Error) -> Error {
    Error::foreign(ErrorKind::Response, error)
}

fn invalid(message: &str) -> Error {
    Error::response(message)
}

#[cfg(test)]
mod tests;
