//! The seed: the notebook library, compiled once for every kernel to come.
//!
//! evcxr compiles a crate called `ctx` for each cell. The seed is a cargo
//! workspace around that crate, with everything below it already compiled:
//!
//! ```text
//! seed/library/         a copy of the library's sources
//! seed/notebook/        the library and Polars as one dylib, which all cells share
//! seed/session/         the workspace; each kernel gets a private copy
//! seed/session/ctx/     where evcxr writes and compiles cells
//! seed/session/pin/     an empty crate that depends on the notebook library
//! seed/stamp            what all this was built from
//! ```
//!
//! Two things are decided by the workspace, whatever evcxr writes into `ctx`:
//! the versions (a kernel's first, empty cell would otherwise empty
//! `Cargo.lock`, and cargo would choose versions anew; `pin` keeps them) and
//! the profile (dependencies optimised, cells quick to compile).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::home::{Home, write_if_changed};
use crate::library::Library;
use crate::session::Session;
use crate::toolchain::Toolchain;

const SESSION: &str = r#"[workspace]
resolver = "3"
members = ["ctx", "pin"]

# As evcxr writes it for `ctx`, but for the levels of optimisation.
[profile.dev]
opt-level = 0
debug = false
strip = "debuginfo"
rpath = true
lto = false
debug-assertions = true
codegen-units = 16
panic = "unwind"
incremental = true
overflow-checks = true

[profile.dev.package."*"]
opt-level = 2
debug-assertions = false
overflow-checks = false
"#;

/// tokio is what evcxr adds on the first `.await` in a cell. With these
/// features in the seed, nothing below is compiled again for it.
const NOTEBOOK: &str = r#"[workspace]

[package]
name = "up42-notebook"
version = "0.0.0"
edition = "2024"

[lib]
crate-type = ["dylib"]

[dependencies]
tokio = { version = "1.34.0", features = ["rt", "rt-multi-thread"] }
up42 = { path = "../library" }
"#;

/// The `let` makes rust-analyzer read the library while the kernel starts, so
/// that the user's first `let` is quick. It prints nothing: a kernel whose
/// prelude prints never becomes ready.
const PRELUDE: &str = r#"
use up42::prelude::*;
let _warm = up42::polars::prelude::DataFrame::empty().height();
"#;

/// What the seed was built from, as written to `seed/stamp`.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    toolchain: String,
    library: String,
}

/// Builds the seed unless it is up to date, with cargo's progress on the
/// terminal, and tries it.
pub fn ensure(home: &Home, toolchain: &Toolchain) -> Result<()> {
    let Some(stamp) = build(home, toolchain)? else { return Ok(()) };
    probe(home, toolchain)?;
    stamp.write(home)
}

/// Builds the seed; `None` if it is up to date.
fn build(home: &Home, toolchain: &Toolchain) -> Result<Option<Stamp>> {
    let _lock = home.lock()?;
    let built = Stamp::read(home);
    let Some(library) = Library::read()? else {
        return match built {
            Some(stamp) if stamp.toolchain == hash([toolchain.fingerprint()]) => Ok(None),
            _ => bail!(
                "the library's sources are not where this program was built: set UP42_LIBRARY to a checkout"
            ),
        };
    };
    let wanted = Stamp::of(toolchain, &library);
    if built.as_ref() == Some(&wanted) {
        return Ok(None);
    }
    let started = Instant::now();
    eprintln!("Building the notebook library in {} (this takes long the first time)", home.seed().display());
    write(home, &library)?;
    // The build links what cells run; the check is what evcxr asks for when
    // rust-analyzer cannot tell the type of a variable.
    cargo(home, toolchain, "build")?;
    cargo(home, toolchain, "check")?;
    eprintln!("Built the notebook library in {:.0} s", started.elapsed().as_secs_f64());
    Ok(Some(wanted))
}

/// Starts a kernel once, as Jupyter will, and runs a cell in it.
fn probe(home: &Home, toolchain: &Toolchain) -> Result<()> {
    let started = Instant::now();
    eprintln!("Starting a kernel to try it");
    let session = Session::start(home, toolchain)?;
    let status = session.command().args(["kernel", "probe"]).status().context("start a kernel")?;
    if !status.success() {
        bail!("the kernel does not run a cell ({status})");
    }
    eprintln!("A kernel starts and runs a cell in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Fails when a kernel started now would have to compile the library: that
/// takes minutes, which no notebook would wait for and nobody would see.
pub fn require(home: &Home, toolchain: &Toolchain) -> Result<()> {
    match Stamp::read(home) {
        Some(stamp) if stamp.toolchain == hash([toolchain.fingerprint()]) => Ok(()),
        Some(_) => {
            bail!("the Rust toolchain has changed since the kernel was built: run `up42 kernel install`")
        }
        None => bail!("the kernel is not built: run `up42 kernel install`"),
    }
}

/// The workspace that each kernel gets a copy of.
pub fn session(home: &Home) -> PathBuf {
    home.seed().join("session")
}

fn write(home: &Home, library: &Library) -> Result<()> {
    let seed = home.seed();
    let notebook = seed.join("notebook");
    let session = session(home);
    let dependency = format!("up42 = {{ path = {}, package = \"up42-notebook\" }}\n", toml_string(&notebook));
    let package = |name| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");

    library.copy_to(&seed.join("library"))?;
    write_if_changed(&notebook.join("Cargo.toml"), NOTEBOOK)?;
    write_if_changed(&notebook.join("src/lib.rs"), "pub use up42::*;\n")?;

    write_if_changed(&session.join("Cargo.toml"), SESSION)?;
    write_if_changed(&session.join("Cargo.lock"), library.lock())?;
    // Locked for every platform, but on none is it there: rust-analyzer would
    // read all of it even for a kernel's first, empty cell.
    let pinned = "\n[target.'cfg(up42_pin)'.dependencies]\n";
    write_if_changed(&session.join("pin/Cargo.toml"), package("pin") + pinned + &dependency)?;
    write_if_changed(&session.join("pin/src/lib.rs"), "")?;
    let cells = "\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n";
    write_if_changed(&session.join("ctx/Cargo.toml"), package("ctx") + cells + &dependency)?;
    write_if_changed(&session.join("ctx/src/lib.rs"), "pub use up42::prelude::*;\n")?;

    let evcxr = format!(
        "[evcxr]\npreserve_vars_on_panic = true\nopt_level = \"0\"\nprelude = '''{PRELUDE}'''\n\n[dependencies]\n{dependency}"
    );
    write_if_changed(&home.config().join("evcxr.toml"), evcxr)
}

/// Runs cargo exactly as evcxr will (`Config::cargo_command` in evcxr), so that
/// evcxr finds everything fresh.
fn cargo(home: &Home, toolchain: &Toolchain, subcommand: &str) -> Result<()> {
    let mut command = Command::new("cargo");
    toolchain.apply(&mut command);
    command
        .args([subcommand, "--target", &toolchain.host])
        .current_dir(session(home).join("ctx"))
        .env("CARGO_TARGET_DIR", "target")
        .env("CARGO_BUILD_BUILD_DIR", "target")
        .env("RUSTFLAGS", &toolchain.rustflags);
    let status = command.status().with_context(|| format!("run `cargo {subcommand}`"))?;
    if !status.success() {
        bail!("`cargo {subcommand}` of the notebook library failed: its messages are above");
    }
    Ok(())
}

impl Stamp {
    fn of(toolchain: &Toolchain, library: &Library) -> Self {
        let program = [env!("CARGO_PKG_VERSION"), SESSION, NOTEBOOK, PRELUDE].concat();
        Self {
            toolchain: hash([toolchain.fingerprint()]),
            library: hash([library.digest(), program.into_bytes()]),
        }
    }

    fn read(home: &Home) -> Option<Self> {
        let text = fs::read_to_string(home.seed().join("stamp")).ok()?;
        let (toolchain, library) = text.trim_end().split_once('\n')?;
        Some(Self { toolchain: toolchain.to_owned(), library: library.to_owned() })
    }

    fn write(&self, home: &Home) -> Result<()> {
        write_if_changed(&home.seed().join("stamp"), format!("{}\n{}\n", self.toolchain, self.library))
    }
}

fn hash(parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn toml_string(path: &Path) -> String {
    toml::Value::String(OsStr::to_string_lossy(path.as_os_str()).into_owned()).to_string()
}
