//! Unpacks results. An archive comes from outside: nothing in it may leave the
//! folder, fill the disk, or be anything but a file. It is paid for, too: a name that this
//! system does not take, or takes for another file, is no reason to lose it, so such a file
//! gets another name, and [`Renamed`] says which.
//!
//! What is wrong with the archive is an error of kind [`ErrorKind::Response`], what is
//! wrong with the disk one of kind [`ErrorKind::Io`], and an archive that is larger, or has more
//! files, than is allowed one of kind [`ErrorKind::InvalidInput`]: the caller may allow more.

mod gzip;
mod size;

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::inside::inside;
use super::renamed::{self, Renamed};
use crate::transport::Bytes;
use gzip::Members;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file::name::{is_portable, marked, portable};
use up42_core::file::sync_folder;
use up42_core::hash::hex;
use up42_core::redact;

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) files: usize,
    /// `None`: so many times its own size as is plausible ([`RATIO`]), and as the disk has room
    /// for.
    pub(super) bytes: Option<u64>,
}

/// Unpacked over packed size; a TIFF rarely passes 100, and nothing 1,032 that was packed once.
const RATIO: u64 = 1_000;

/// The bytes of names and attributes that a tar may have before a file: they are read
/// into memory. As many may stand behind the last one.
const HEADERS: u64 = 1_000_000;
/// Bytes of a block of a tar.
const BLOCK: u64 = 512;
/// What the smallest archive may unpack to, whatever the ratio.
const LEAST: u64 = 1_000_000;
/// Bytes for which room is asked at a time, once there are more than the archive says.
const STEP: u64 = 10_000_000;
/// The longest path, in bytes. No system takes a longer one.
const LONGEST: usize = 4_096;

impl Default for Limits {
    fn default() -> Self {
        Self { files: 10_000, bytes: None }
    }
}

/// Unpacks a tgz, tar or zip into a folder that must not exist yet, as long as there is `room` for
/// so many bytes more: what it says that it unpacks to, and what it does. The content of `output/` moves one level up, as the SDK
/// has it. Fails as a whole: then the folder is gone again.
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

/// Returns whether this system takes a name for a file's and for nothing else. Windows takes
/// `NUL` for a device and `a:b` for a part of `a` without a word; the others refuse what they do
/// not take.
fn is_taken_here(name: &str) -> bool {
    !cfg!(windows) || is_portable(name)
}

/// Unpacks to a folder that is there, on a system that takes such names.
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
    out.set_aside(expected.min(out.most()))?;
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
    /// Bytes for which there is room.
    set_aside: u64,
    files: usize,
    /// Paths in the archive.
    paths: HashSet<String>,
    renamed: Renamed,
    /// Folders that hold a file or a folder.
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
            set_aside: 0,
            files: 0,
            paths: HashSet::new(),
            renamed: Renamed::default(),
            folders: BTreeSet::new(),
        }
    }

    /// The archive goes when this is done: then names, too, must be on the disk.
    fn finish(self) -> Result<Renamed> {
        self.renamed.write(self.folder)?;
        self.folders.iter().try_for_each(|folder| sync_folder(folder))?;
        Ok(self.renamed)
    }

    /// Bytes that it may unpack to.
    fn most(&self) -> u64 {
        self.limits.bytes.unwrap_or_else(|| self.packed.saturating_mul(RATIO).max(LEAST))
    }

    /// A bomb, or only more than the caller allows.
    fn too_large(&self, most: u64) -> Error {
        let times = match self.limits.bytes {
            Some(_) => String::new(),
            None => format!(", which is {RATIO} times its size"),
        };
        let most = Bytes(most);
        Error::invalid(format!("it unpacks to more than {most}{times}: `Download::largest` allows more"))
    }

    /// Sets aside the room for so many bytes in all, of which some are written.
    fn set_aside(&mut self, bytes: u64) -> Result<()> {
        (self.room)(bytes - self.bytes)?;
        self.set_aside = bytes;
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
        let mut tar = tar::Archive::new(Metered { reader, left: left.clone() });
        let mut entries = tar.entries().map_err(broken)?;
        // Folders cost time, even when none of them is made.
        let most_entries = self.limits.files.saturating_mul(2);
        for count in 0.. {
            left.set(HEADERS);
            let Some(entry) = entries.next() else {
                // A block of zeros is the end ("pax", IEEE Std 1003.1: "ustar Interchange Format").
                // Where the file ends before it, files may be missing.
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
            // A file's content has limits of its own.
            left.set(u64::MAX);
            let mut entry = entry.map_err(broken)?;
            let path = entry.path_bytes().into_owned();
            match entry.header().entry_type() {
                tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                    self.write(&path, &mut entry)?;
                }
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader => {
                    // What it holds is skipped, unpacked all the same.
                    left.set(HEADERS);
                    io::copy(&mut entry, &mut io::sink()).map_err(broken)?;
                }
                other => {
                    return Err(refused(&String::from_utf8_lossy(&path), &format!("is no file ({other:?})")));
                }
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
            if self.bytes > self.set_aside {
                self.set_aside(self.bytes.saturating_add(STEP).min(most))?;
            }
            file.write_all(&chunk[..length])?;
        }
        // The archive goes when the folder is there: then its files must be.
        file.sync_all()?;
        self.files += 1;
        Ok(())
    }

    /// Creates a file: under its own path where this system takes it, else beside `data.json` under
    /// its name, cleaned and marked.
    fn create(&mut self, raw: &[u8]) -> Result<File> {
        let text = String::from_utf8_lossy(raw);
        if raw.len() > LONGEST {
            return Err(refused(&text, &format!("has a name of more than {LONGEST} bytes")));
        }
        let path = inside(&text).map_err(|error| refused(&text, &error.to_string()))?;
        let path = path.strip_prefix("output/").unwrap_or(&path);
        let is_text = std::str::from_utf8(raw).is_ok();
        // A key in a path would be shown with it.
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

/// Returns whether the path is taken by a file whose path is another, as on systems that do not
/// tell `a` from `A`, or cannot be that of a file here.
fn names_no_file(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, InvalidInput, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | InvalidFilename | InvalidInput | IsADirectory | NotADirectory)
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
