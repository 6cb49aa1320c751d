//! The seed: what every kernel starts from, made once for each build of the library.
//!
//! evcxr compiles a crate called `ctx` for each cell, and a kernel's start grows with
//! the number of crates below it. So there is but one, a *facade*: compiled, it stands
//! for the [library], a dylib that all cells share; read by rust-analyzer, for the
//! reduced [sources].
//!
//! ```text
//! seeds/ID/library/     the dylib
//! seeds/ID/metadata/    what the compiler reads to use it
//! seeds/ID/sources/     what rust-analyzer reads instead
//! seeds/ID/facades/     the crates that cells depend on
//! seeds/ID/session/     a cargo workspace around `ctx`; each kernel gets a copy
//! seeds/ID/config/      evcxr.toml
//! ```
//!
//! A seed never changes: the kernels that run on it go on when the next is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::home::{Home, copy_file, write_if_changed};
use crate::library::{self, Compiled, Library};
use crate::session::{self, Session};
use crate::sources;
use crate::toolchain::Toolchain;

/// Given to rust-analyzer alone, through cargo's metadata: evcxr replaces the flags
/// when it compiles.
pub const ANALYZER_FLAGS: &str = "--cfg rust_analyzer";

/// The crates that cells depend on, and the module of the dylib that each stands for.
/// evcxr adds tokio with the first `.await`, unless it is there.
const FACADES: [(&str, &str); 2] = [("up42", ""), ("tokio", "::tokio")];

/// The workspace decides on the profile, whatever evcxr writes into `ctx`: what the
/// user adds is optimised, cells are quick to compile.
const WORKSPACE: &str = r#"[workspace]
resolver = "3"
members = ["ctx"]

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

/// The `let` makes rust-analyzer read the library while the kernel starts, so that the
/// user's first `let` is quick. It prints nothing: a kernel whose prelude prints never
/// becomes ready.
const PRELUDE: &str = r#"
use up42::prelude::*;
let _warm = up42::polars::prelude::DataFrame::empty().height();
"#;

/// Whatever makes the seed: another program makes another.
const MAKER: &str = concat!(
    include_str!("library.rs"),
    include_str!("reduce.rs"),
    include_str!("seed.rs"),
    include_str!("sources.rs")
);

/// A finished seed.
#[derive(Clone, Debug)]
pub struct Seed {
    folder: PathBuf,
}

/// Makes the seed of the library as it is now, unless there is one.
pub fn ensure(home: &Home, toolchain: &Toolchain) -> Result<()> {
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
    let seed = Seed { folder: home.seeds().join(&id) };
    if current.as_ref() == Some(&id) && seed.folder.is_dir() {
        return Ok(());
    }
    let started = Instant::now();
    eprintln!("Preparing the kernel in {}", seed.folder.display());
    seed.make(&library, &compiled, toolchain)?;
    seed.probe(home, toolchain)?;
    write_if_changed(&home.current_seed(), &id)?;
    clean(home, &id)?;
    eprintln!("A kernel starts and runs a cell; prepared in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// The seed for a kernel that starts now. It is never made here: that may take
/// minutes, which no notebook would wait for and nobody would see.
pub fn require(home: &Home, toolchain: &Toolchain) -> Result<Seed> {
    match read_current(home) {
        Some(id) if id.ends_with(&toolchain_id(toolchain)) => Ok(Seed { folder: home.seeds().join(id) }),
        Some(_) => {
            bail!("the Rust toolchain has changed since the kernel was built: run `up42 kernel install`")
        }
        None => bail!("the kernel is not built: run `up42 kernel install`"),
    }
}

impl Seed {
    /// The workspace that each kernel gets a copy of.
    pub fn session(&self) -> PathBuf {
        self.folder.join("session")
    }

    /// The folder of `evcxr.toml`.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    /// The folder of the dylib.
    pub fn library(&self) -> PathBuf {
        self.folder.join("library")
    }

    /// The reduced sources of the standard library.
    pub fn standard_sources(&self) -> PathBuf {
        self.folder.join("sources/standard")
    }

    /// What kernels on this seed are known by.
    pub fn id(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn make(&self, library: &Library, compiled: &Compiled, toolchain: &Toolchain) -> Result<()> {
        if self.folder.exists() {
            // A build that was broken off.
            fs::remove_dir_all(&self.folder)
                .with_context(|| format!("remove `{}`", self.folder.display()))?;
        }
        let metadata = self.folder.join("metadata");
        for folder in [&self.library(), &metadata] {
            fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        }
        for file in &compiled.metadata {
            let place = metadata.join(file.file_name().unwrap_or_default());
            if fs::hard_link(file, &place).is_err() {
                copy_file(file, &place)?;
            }
        }
        let sources = self.folder.join("sources");
        sources::write(&library.packages(toolchain)?, &sources)?;
        sources::write_standard(toolchain.library_source()?, &self.standard_sources())?;
        compiled.link(&sources.join(library::CRATE).join("src/lib.rs"), &self.library(), toolchain)?;
        for (name, module) in FACADES {
            self.write_facade(name, module)?;
        }
        self.write_session()?;
        // The build makes what cells link; the check is what evcxr asks for when
        // rust-analyzer cannot tell the type of a variable.
        self.cargo("build", toolchain)?;
        self.cargo("check", toolchain)?;
        Ok(())
    }

    fn write_facade(&self, name: &str, module: &str) -> Result<()> {
        let folder = self.folder.join("facades").join(name);
        let sources = toml_string(&self.folder.join("sources").join(library::CRATE));
        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [features]\nrt = []\nrt-multi-thread = []\n\n\
             [target.'cfg(rust_analyzer)'.dependencies]\n{} = {{ path = {sources} }}\n\n\
             [lints.rust]\nunexpected_cfgs = \"allow\"\n",
            library::CRATE
        );
        let search = |kind: &str, folder: PathBuf| {
            let flag = format!("cargo:rustc-link-search={kind}={}", folder.display());
            format!("    println!(\"{{}}\", {flag:?});\n")
        };
        let build = format!(
            "fn main() {{\n    println!(\"cargo:rerun-if-changed=build.rs\");\n{}{}{}}}\n",
            search("crate", self.library()),
            search("dependency", self.library()),
            search("dependency", self.folder.join("metadata")),
        );
        let code = format!("extern crate {0};\npub use {0}{module}::*;\n", library::CRATE);
        write_if_changed(&folder.join("Cargo.toml"), manifest)?;
        write_if_changed(&folder.join("build.rs"), build)?;
        write_if_changed(&folder.join("src/lib.rs"), code)
    }

    fn write_session(&self) -> Result<()> {
        let dependencies: String = FACADES
            .iter()
            .map(|(name, _)| {
                format!("{name} = {{ path = {} }}\n", toml_string(&self.folder.join("facades").join(name)))
            })
            .collect();
        let session = self.session();
        let cells = format!(
            "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{dependencies}"
        );
        write_if_changed(&session.join("Cargo.toml"), WORKSPACE)?;
        write_if_changed(&session.join("ctx/Cargo.toml"), cells)?;
        write_if_changed(&session.join("ctx/src/lib.rs"), "pub use up42::prelude::*;\n")?;
        let evcxr = format!(
            "[evcxr]\npreserve_vars_on_panic = true\nopt_level = \"0\"\nprelude = '''{PRELUDE}'''\n\n\
             [dependencies]\n{dependencies}"
        );
        write_if_changed(&self.config().join("evcxr.toml"), evcxr)
    }

    /// Runs cargo exactly as evcxr will (`Config::cargo_command` in evcxr), so that
    /// evcxr finds everything fresh.
    fn cargo(&self, subcommand: &str, toolchain: &Toolchain) -> Result<()> {
        let mut command = Command::new("cargo");
        toolchain.apply_alone(&mut command);
        command
            .args([subcommand, "--quiet", "--target", &toolchain.host])
            .current_dir(self.session().join("ctx"))
            .env("CARGO_TARGET_DIR", "target")
            .env("CARGO_BUILD_BUILD_DIR", "target")
            .env("RUSTFLAGS", &toolchain.rustflags);
        let status = command.status().with_context(|| format!("run `cargo {subcommand}`"))?;
        if !status.success() {
            bail!("`cargo {subcommand}` of an empty cell failed: its messages are above");
        }
        Ok(())
    }

    /// Starts a kernel once, as Jupyter will, and runs a cell in it.
    fn probe(&self, home: &Home, toolchain: &Toolchain) -> Result<()> {
        let session = Session::start(home, self, toolchain)?;
        let status = session.command().args(["kernel", "probe"]).status().context("start a kernel")?;
        if !status.success() {
            bail!("the kernel does not run a cell ({status})");
        }
        Ok(())
    }
}

/// Removes the seeds that no kernel runs on and none will start from.
fn clean(home: &Home, current: &str) -> Result<()> {
    let used = session::seeds_in_use(home)?;
    for entry in fs::read_dir(home.seeds()).context("read the seeds")? {
        let folder = entry?.path();
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if id != current && !used.contains(&id) {
            fs::remove_dir_all(&folder).with_context(|| format!("remove `{}`", folder.display()))?;
        }
    }
    Ok(())
}

fn read_current(home: &Home) -> Option<String> {
    fs::read_to_string(home.current_seed()).ok()
}

/// Tells builds of the library apart, and then toolchains.
fn identify(compiled: &Compiled, toolchain: &Toolchain) -> Result<String> {
    let mut built = Vec::new();
    for file in &compiled.metadata {
        let found = fs::metadata(file).with_context(|| format!("read `{}`", file.display()))?;
        let written = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        built.push(format!("{} {} {:?}", file.display(), found.len(), written));
    }
    Ok(format!("{}-{}", hash(&[&built.join("\n"), MAKER].concat()), toolchain_id(toolchain)))
}

fn toolchain_id(toolchain: &Toolchain) -> String {
    hash(&toolchain.fingerprint())
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn toml_string(path: &Path) -> String {
    toml::Value::String(path.to_string_lossy().into_owned()).to_string()
}
