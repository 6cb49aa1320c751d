//! Builds a [seed](crate::seed).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::compile;
use crate::home::{copy_file, write_if_changed};
use crate::inside;
use crate::library::{self, Compiled, Library};
use crate::owned;
use crate::seed::Seed;
use crate::sources;
use crate::toolchain::Toolchain;

/// `RUSTFLAGS` of a session. Only rust-analyzer sees them, through cargo: evcxr sets its own when
/// it compiles.
pub const ANALYZER_FLAGS: &str = "--cfg rust_analyzer";

/// Facade crates that cells depend on, and the module of the dylib that each re-exports. evcxr adds
/// tokio with the first `.await`, unless it is there.
const FACADES: [(&str, &str); 2] = [("up42", ""), ("tokio", "::tokio")];

/// Profiles of the workspace, which override the ones that evcxr writes into `ctx`: crates that the
/// user adds are optimised, cells compile quickly.
const PROFILES: &str = r#"
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

/// Member of the workspace that pins the versions of the library's crates.
const VERSION_PIN: &str = "versions";

/// Prelude of each kernel. The `let` makes rust-analyzer read the library while the kernel starts,
/// so that the user's first `let` is quick. It prints nothing: a kernel whose prelude prints never
/// becomes ready.
const PRELUDE: &str = r#"
use up42::prelude::*;
let _warm = up42::polars::prelude::DataFrame::empty().height();
"#;

/// Source of the library for cells.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// Dylib, linked from what cargo has compiled.
    Prebuilt(&'a Compiled),
    /// Cargo dependency, as in plain evcxr: compiled once more, and linked into every cell.
    Cargo,
}

/// Builds a complete seed.
pub fn make(
    seed: &Seed,
    library: &Library,
    base: Base<'_>,
    toolchain: &Toolchain,
    program: &Path,
) -> Result<()> {
    // An interrupted build starts over, except for crates that cargo has compiled in it.
    if matches!(base, Base::Prebuilt(_)) {
        owned::remove(seed.folder())?;
    }
    owned::create(seed.folder())?;
    sources::write_standard(&toolchain.library_metadata()?, &seed.standard_sources())?;
    lock(&seed.standard_sources(), toolchain)?;
    let dependencies = match base {
        Base::Prebuilt(compiled) => prebuilt(seed, library, compiled, toolchain)?,
        Base::Cargo => from_cargo(seed, library)?,
    };
    inside::compile(&seed.inside(), toolchain)?;
    write_session(seed, base, &dependencies)?;
    // `build` makes the files that cells link; evcxr runs `check` when rust-analyzer cannot infer
    // the type of a variable.
    for subcommand in ["build", "check"] {
        cargo(seed, subcommand, base, toolchain, program)?;
    }
    Ok(())
}

/// Links the dylib and writes the facades. Returns the dependencies of a cell.
fn prebuilt(seed: &Seed, library: &Library, compiled: &Compiled, toolchain: &Toolchain) -> Result<String> {
    let metadata = seed.folder().join("metadata");
    for folder in [&seed.library(), &metadata] {
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
    }
    for file in &compiled.metadata {
        let place = metadata.join(file.file_name().unwrap_or_default());
        if fs::hard_link(file, &place).is_err() {
            copy_file(file, &place)?;
        }
    }
    let sources = seed.folder().join("sources");
    sources::write_library(&library.metadata(toolchain)?, &sources)?;
    compiled.link(&sources.join(library::CRATE).join("src/lib.rs"), &seed.library(), toolchain)?;
    let mut dependencies = String::new();
    for (name, module) in FACADES {
        let folder = seed.folder().join("facades").join(name);
        write_facade(seed, &folder, name, module)?;
        dependencies.push_str(&format!("{name} = {{ path = {} }}\n", toml_string(&folder)));
    }
    Ok(dependencies)
}

/// Returns the dependencies of a cell, in the versions of the checkout.
fn from_cargo(seed: &Seed, library: &Library) -> Result<String> {
    let checkout = library.checkout();
    fs::create_dir_all(seed.session()).context("create the session")?;
    copy_file(&checkout.join("Cargo.lock"), &seed.session().join("Cargo.lock"))?;
    let path = toml_string(checkout);
    let dependencies = format!(
        "up42 = {{ path = {path} }}\ntokio = {{ version = \"1\", features = [\"rt\", \"rt-multi-thread\"] }}\n"
    );
    // evcxr begins with a crate without dependencies, and cargo drops the versions of crates that
    // nothing in the workspace depends on.
    let manifest = format!(
        "[package]\nname = \"{VERSION_PIN}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
    );
    let holder = seed.session().join(VERSION_PIN);
    write_if_changed(&holder.join("Cargo.toml"), manifest)?;
    write_if_changed(&holder.join("src/lib.rs"), "")?;
    Ok(dependencies)
}

/// Writes a lock file: without it rust-analyzer does not read the standard library's manifests.
fn lock(workspace: &Path, toolchain: &Toolchain) -> Result<()> {
    let mut cargo = Command::new("cargo");
    toolchain.apply_alone(&mut cargo);
    cargo.args(["generate-lockfile", "--quiet", "--offline"]).current_dir(workspace);
    if !cargo.status().context("run `cargo generate-lockfile`")?.success() {
        bail!("`cargo generate-lockfile` of the standard library failed: its messages are above");
    }
    Ok(())
}

fn write_facade(seed: &Seed, folder: &Path, name: &str, module: &str) -> Result<()> {
    let sources = toml_string(&seed.folder().join("sources").join(library::CRATE));
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
        search("crate", seed.library()),
        search("dependency", seed.library()),
        search("dependency", seed.folder().join("metadata")),
    );
    let code = format!("extern crate {0};\npub use {0}{module}::*;\n", library::CRATE);
    write_if_changed(&folder.join("Cargo.toml"), manifest)?;
    write_if_changed(&folder.join("build.rs"), build)?;
    write_if_changed(&folder.join("src/lib.rs"), code)
}

fn write_session(seed: &Seed, base: Base<'_>, dependencies: &str) -> Result<()> {
    let session = seed.session();
    let members = match base {
        Base::Prebuilt(_) => r#""ctx""#.to_owned(),
        Base::Cargo => format!(r#""ctx", "{VERSION_PIN}""#),
    };
    let cells = format!(
        "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{dependencies}"
    );
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n{PROFILES}");
    write_if_changed(&session.join("Cargo.toml"), workspace)?;
    write_if_changed(&session.join("ctx/Cargo.toml"), cells)?;
    write_if_changed(&session.join("ctx/src/lib.rs"), "pub use up42::prelude::*;\n")?;
    let evcxr = format!(
        "[evcxr]\npreserve_vars_on_panic = true\nopt_level = \"0\"\nprelude = '''{PRELUDE}'''\n\n\
             [dependencies]\n{dependencies}"
    );
    write_if_changed(&seed.config().join("evcxr.toml"), evcxr)
}

/// Runs cargo exactly as evcxr does (`Config::cargo_command` in evcxr), so that nothing is compiled
/// again.
fn cargo(seed: &Seed, subcommand: &str, base: Base<'_>, toolchain: &Toolchain, program: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    toolchain.apply_alone(&mut command);
    command
        .args([subcommand, "--target", &toolchain.host])
        // Progress is shown only for a build by cargo, which may take half an hour.
        .args(matches!(base, Base::Prebuilt(_)).then_some("--quiet"))
        .current_dir(seed.session().join("ctx"))
        .env("CARGO_TARGET_DIR", "target")
        .env("CARGO_BUILD_BUILD_DIR", "target")
        .env("RUSTFLAGS", &toolchain.rustflags)
        .env(compile::VARIABLE, program);
    let status = command.status().with_context(|| format!("run `cargo {subcommand}`"))?;
    if !status.success() {
        bail!("`cargo {subcommand}` of an empty cell failed: its messages are above");
    }
    Ok(())
}

fn toml_string(path: &Path) -> String {
    toml::Value::String(path.to_string_lossy().into_owned()).to_string()
}
