//! The seed: the files that every kernel starts from, built once for each build of the library.
//!
//! evcxr compiles a crate called `ctx` for each cell, and the start of a kernel takes longer with
//! each crate that it depends on. It depends on a *facade* crate only: for the compiler the facade
//! re-exports the [library](crate::library), a dylib that all cells share; rust-analyzer reads the
//! reduced [sources](crate::sources) through it.
//!
//! ```text
//! seeds/ID/library/     the dylib
//! seeds/ID/metadata/    files that the compiler reads to use it
//! seeds/ID/sources/     reduced sources that rust-analyzer reads instead
//! seeds/ID/standard/    reduced sources of the standard library
//! seeds/ID/facades/     the crates that cells depend on
//! seeds/ID/session/     a cargo workspace around `ctx`; each kernel gets a copy
//! seeds/ID/config/      evcxr.toml
//! seeds/ID/inside/      the helper library of the cell process
//! ```
//!
//! If a kernel with the dylib does not run a cell, the library is a cargo dependency instead; such
//! a seed has only `session`, `standard`, `config` and `inside`.
//!
//! A seed never changes (one from cargo follows the checkout), so running kernels keep theirs when
//! a new one is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::disk;
use crate::home::{Home, write_if_changed};
use crate::library::{Compiled, Library};
use crate::owned;
use crate::recipe::{self, Base};
use crate::session::{self, Session};
use crate::toolchain::Toolchain;

/// Largest disk usage of cargo's own build of the library, in bytes.
const MAX_CARGO_BYTES: u64 = 5_000_000_000;

/// Number of bytes of each hash in a seed's id.
const HASH: usize = 6;

/// Prefix of the id of a seed with the library from cargo.
const FROM_CARGO: &str = "cargo-";

/// Sources of the code that builds a seed: a change in them makes a new seed.
const BUILD_SOURCES: &str = concat!(
    include_str!("../inside/lib.rs"),
    include_str!("inside.rs"),
    include_str!("library.rs"),
    include_str!("recipe.rs"),
    include_str!("reduce.rs"),
    include_str!("sources.rs")
);

/// Folder of files that a kernel starts from.
#[derive(Clone, Debug)]
pub struct Seed {
    folder: PathBuf,
}

/// Builds the seed of the library in its current state, unless it exists. The library comes from
/// cargo if the dylib does not work or `from_cargo` is set.
pub fn ensure(home: &Home, toolchain: &Toolchain, from_cargo: bool) -> Result<()> {
    let _lock = home.lock_installation()?;
    let current = read_current(home);
    let Some(library) = Library::find()? else {
        return match current {
            Some(id) if id.ends_with(&toolchain_id(toolchain)) => Ok(()),
            _ => bail!(
                "the library's sources are not where this program was built: set UP42_LIBRARY to a checkout"
            ),
        };
    };
    let compiled = library.compile(toolchain)?;
    let id = identify(&compiled, toolchain)?;
    let [prebuilt, plain] =
        [id.clone(), [FROM_CARGO, &id].concat()].map(|id| Seed { folder: home.seeds().join(id) });
    let make = |seed: &Seed, base| {
        eprintln!("Preparing the kernel in {}", seed.folder.display());
        recipe::make(seed, &library, base, toolchain, home.program())
    };
    let started = Instant::now();
    let seed = if plain.is_tried() && (from_cargo || !prebuilt.is_tried() || current == Some(plain.id())) {
        if !from_cargo {
            eprintln!(
                "The kernel has the library from cargo until the library changes; after `up42 kernel \
                 uninstall` the prebuilt one is tried again"
            );
        }
        plain
    } else if prebuilt.is_tried() && !from_cargo {
        prebuilt
    } else {
        let mut problem = Some("it is not wanted".to_owned());
        if !from_cargo {
            make(&prebuilt, Base::Prebuilt(&compiled))?;
            problem = prebuilt.probe(home, toolchain)?;
        }
        let seed = match problem {
            None => prebuilt,
            Some(why) => {
                // The space that it uses already counts as free: it is reused.
                let taken = disk::taken(plain.folder());
                if fs4::available_space(home.path()).is_ok_and(|free| free + taken < MAX_CARGO_BYTES) {
                    bail!(
                        "{why}, and too little of the disk is free to compile the library: see `up42 doctor`"
                    );
                }
                eprintln!(
                    "The prebuilt library is not used: {why}. Cargo compiles the library for the kernel, \
                     which takes as long as the first time; it starts and runs cells more slowly then."
                );
                make(&plain, Base::Cargo)?;
                if let Some(why) = plain.probe(home, toolchain)? {
                    bail!("{why}; after `up42 kernel uninstall` the library is compiled anew");
                }
                plain
            }
        };
        eprintln!("A kernel starts and runs a cell; prepared in {:.0} s", started.elapsed().as_secs_f64());
        seed
    };
    // Written each time: its modification time dates the library, and `doctor` compares it with the
    // sources.
    fs::write(seed.mark(), toolchain.title()).context("write the seed's mark")?;
    if current != Some(seed.id()) {
        ensure!(
            current.is_some() || !home.current_seed().exists(),
            "`{}` is not up42's: move it away, or set UP42_HOME to another folder",
            home.current_seed().display()
        );
        write_if_changed(&home.current_seed(), seed.id())?;
    }
    clean(home, &seed.id())
}

/// Returns the seed for a kernel that starts now. It is never built here: that may take minutes,
/// too long for a notebook, and without visible progress.
pub fn require(home: &Home, toolchain: &Toolchain) -> Result<Seed> {
    match read_current(home) {
        Some(id) if id.ends_with(&toolchain_id(toolchain)) => Ok(Seed { folder: home.seeds().join(id) }),
        Some(_) => {
            bail!("the Rust toolchain has changed since the kernel was built: run `up42 kernel install`")
        }
        None => bail!("the kernel is not built: run `up42 kernel install`"),
    }
}

/// Build of the seed for the next kernel: time, Rust version and kind.
#[derive(Clone, Debug)]
pub struct LastBuild {
    pub rust_version: String,
    pub at: SystemTime,
    pub is_prebuilt: bool,
}

/// Returns the build of the current seed; `None` if it is missing or incomplete.
pub fn last_build(home: &Home) -> Option<LastBuild> {
    let seed = Seed { folder: home.seeds().join(read_current(home)?) };
    let at = fs::metadata(seed.mark()).ok()?.modified().ok()?;
    let is_prebuilt = !seed.id().starts_with(FROM_CARGO);
    Some(LastBuild { rust_version: fs::read_to_string(seed.mark()).ok()?, at, is_prebuilt })
}

impl Seed {
    /// Returns the folder of the seed.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the workspace that each kernel gets a copy of.
    pub fn session(&self) -> PathBuf {
        self.folder.join("session")
    }

    /// Returns the folder of `evcxr.toml`.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// Returns the folder of the helper library.
    pub fn inside(&self) -> PathBuf {
        self.folder.join("inside")
    }

    /// Returns the folder of the dylib.
    pub fn library(&self) -> PathBuf {
        self.folder.join("library")
    }

    /// Returns the folder with the reduced sources of the standard library.
    pub fn standard_sources(&self) -> PathBuf {
        self.folder.join("standard")
    }

    /// Returns the id of the seed, which is the name of its folder.
    pub fn id(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// File that is written when the seed is complete and a kernel has run on it.
    fn mark(&self) -> PathBuf {
        self.folder.join("tried")
    }

    fn is_tried(&self) -> bool {
        self.mark().is_file()
    }

    /// Starts a kernel on the seed as Jupyter would, and runs a cell. Returns the reason if that
    /// failed.
    fn probe(&self, home: &Home, toolchain: &Toolchain) -> Result<Option<String>> {
        let session = Session::start(home, self, toolchain)?;
        let status = session.command().args(["kernel", "probe"]).status().context("start a kernel")?;
        if status.code().is_none() {
            bail!("the kernel that was tried was killed ({status})");
        }
        Ok((!status.success()).then(|| format!("the kernel does not run a cell ({status})")))
    }
}

/// Removes the seeds that no kernel uses and that are not `current`.
fn clean(home: &Home, current: &str) -> Result<()> {
    let used = session::seeds_in_use(home)?;
    for entry in fs::read_dir(home.seeds()).context("read the seeds")? {
        let folder = entry?.path();
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if id != current && !used.contains(&id) && owned::is_owned(&folder) {
            owned::remove(&folder)?;
        }
    }
    Ok(())
}

/// Removes the seeds that no kernel uses, and returns the number of those that stay. Seeds with the
/// library from cargo that stay lose their mark, so that the dylib is tried again.
pub fn remove_all(home: &Home) -> Result<usize> {
    if read_current(home).is_some() {
        let _ = fs::remove_file(home.current_seed());
    }
    if !home.seeds().is_dir() {
        return Ok(0);
    }
    clean(home, "")?;
    let left = fs::read_dir(home.seeds()).context("read the seeds")?.flatten();
    let left = left.map(|entry| entry.path()).filter(|folder| owned::is_owned(folder));
    let left: Vec<Seed> = left.map(|folder| Seed { folder }).collect();
    for seed in left.iter().filter(|seed| seed.id().starts_with(FROM_CARGO)) {
        let _ = fs::remove_file(seed.mark());
    }
    Ok(left.len())
}

/// Reads the id of the current seed; `None` if the file is missing or not ours.
fn read_current(home: &Home) -> Option<String> {
    fs::read_to_string(home.current_seed()).ok().filter(|id| is_id(id))
}

/// Returns whether the text has the form of a seed's id.
fn is_id(text: &str) -> bool {
    let hashes = text.strip_prefix(FROM_CARGO).unwrap_or(text);
    let is_hash = |part: &str| part.len() == 2 * HASH && part.chars().all(|c| c.is_ascii_hexdigit());
    hashes.split_once('-').is_some_and(|(library, toolchain)| is_hash(library) && is_hash(toolchain))
}

/// Returns the id of a seed: a hash of the library's build, and one of the toolchain.
fn identify(compiled: &Compiled, toolchain: &Toolchain) -> Result<String> {
    let mut built = Vec::new();
    for file in &compiled.metadata {
        let found = fs::metadata(file).with_context(|| format!("read `{}`", file.display()))?;
        let written = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        built.push(format!("{name} {} {written:?}", found.len()));
    }
    Ok(format!("{}-{}", hash(&[&built.join("\n"), BUILD_SOURCES].concat()), toolchain_id(toolchain)))
}

fn toolchain_id(toolchain: &Toolchain) -> String {
    hash(&toolchain.fingerprint())
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(HASH).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_seeds_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let idle = "0123456789ab-0123456789ab";
        let used = "cargo-0123456789ab-0123456789ab";
        for id in [idle, used] {
            owned::create(&home.seeds().join(id)).unwrap();
            fs::write(home.seeds().join(id).join("tried"), "").unwrap();
        }
        fs::write(home.current_seed(), idle).unwrap();
        let kernel = home.kernels().join("k-1");
        owned::create(&kernel).unwrap();
        fs::write(kernel.join("seed"), used).unwrap();
        let alive = crate::home::lock(&kernel.with_extension("lock")).unwrap();
        assert_eq!(remove_all(&home).unwrap(), 1);
        assert!(!home.seeds().join(idle).exists() && last_build(&home).is_none());
        assert!(!home.seeds().join(used).join("tried").exists(), "the prebuilt one is tried again");
        drop(alive);
        assert_eq!(remove_all(&home).unwrap(), 0);
    }
}
