//! The Rust toolchain: found, checked and passed to every build in the same form.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Rust toolchain and settings that evcxr and our own builds must share. With another compiler,
/// other flags or settings, a kernel would compile Polars again.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Output of `rustc -vV`.
    pub version: String,
    /// Target triple of cells, such as `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// `RUSTFLAGS` that evcxr sets.
    pub rustflags: String,
    sysroot: PathBuf,
    path: OsString,
    library_source: Option<PathBuf>,
}

impl Toolchain {
    /// Runs `rustc` and `cargo`. Fails with an install hint if one is missing.
    pub fn find() -> Result<Self> {
        let path = search_path()?;
        let version = output("rustc", &["-vV"], &path)?;
        output("cargo", &["-V"], &path)?;
        let sysroot = PathBuf::from(output("rustc", &["--print", "sysroot"], &path)?.trim());
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("`rustc -vV` names no host: reinstall Rust from https://rustup.rs")?;
        Ok(Self {
            host: host.to_owned(),
            rustflags: rustflags(&path),
            library_source: find_library_source(&sysroot),
            version,
            sysroot,
            path,
        })
    }

    /// Returns the sources of the standard library, without which the type of `let v = vec![…]` in
    /// a cell cannot be inferred. Fails with an install hint if they are missing.
    pub fn library_source(&self) -> Result<&Path> {
        self.library_source.as_deref().context(
            "the sources of Rust's standard library are missing: run `rustup component add rust-src` \
             (or `apt install rust-web-src` on Debian)",
        )
    }

    /// Returns the first line of `version`, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub fn title(&self) -> String {
        self.version.lines().next().unwrap_or_default().to_owned()
    }

    /// Returns the standard library that cells load at run time, or the folder that lacks it. This
    /// folder is set explicitly for each kernel: the path that rustc writes into a cell is one
    /// level off when the home and the toolchain are in the same folder.
    pub fn standard_library(&self) -> Result<PathBuf, PathBuf> {
        let folder = self.standard_folder();
        let mut files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_it = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.trim_start_matches("lib").starts_with("std-") && name.ends_with(env::consts::DLL_SUFFIX)
        };
        files.find(is_it).ok_or(folder)
    }

    fn standard_folder(&self) -> PathBuf {
        match env::consts::OS {
            "windows" => self.sysroot.join("bin"),
            _ => self.sysroot.join("lib/rustlib").join(&self.host).join("lib"),
        }
    }

    /// Returns the packages of the standard library, from `cargo metadata`.
    pub fn library_metadata(&self) -> Result<Value> {
        let source = self.library_source()?;
        let mut cargo = Command::new("cargo");
        self.apply_alone(&mut cargo);
        // Its manifests use features of nightly cargo; rust-analyzer sets the same variable.
        cargo.env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly").current_dir(source);
        self.metadata(cargo).context("find the standard library's sources")
    }

    /// Runs the given cargo command as `cargo metadata` and returns its output.
    pub fn metadata(&self, mut cargo: Command) -> Result<Value> {
        cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &self.host]);
        let output = cargo.stderr(Stdio::inherit()).output().context("run `cargo metadata`")?;
        if !output.status.success() {
            bail!("`cargo metadata` failed: its messages are above");
        }
        serde_json::from_slice(&output.stdout).context("read the output of `cargo metadata`")
    }

    /// Returns a text with all that a build depends on.
    pub fn fingerprint(&self) -> String {
        let source = self.library_source.as_deref().unwrap_or(Path::new(""));
        format!("{}{}\n{}\n{}", self.version, self.rustflags, self.sysroot.display(), source.display())
    }

    /// Sets this toolchain for the command, and removes the variables that `cargo run` sets about
    /// this program: build scripts that read them would run again.
    pub fn apply(&self, command: &mut Command) {
        self.remove(command, is_about_this_program);
        command.env("PATH", &self.path);
        // A `rust-toolchain.toml` beside a notebook must not select another toolchain.
        command.env("RUSTUP_TOOLCHAIN", &self.sysroot);
    }

    /// Sets this toolchain for the command, and removes the user's variables that affect builds:
    /// every kernel must build as the seed was built.
    pub fn apply_alone(&self, command: &mut Command) {
        self.apply(command);
        self.remove(command, changes_builds);
        // The programs themselves instead of rustup's proxies: rust-analyzer calls them some 24
        // times before a kernel is ready.
        if let Ok(path) = joined([self.sysroot.join("bin")], &self.path) {
            command.env("PATH", path);
        }
    }

    fn remove(&self, command: &mut Command, is_removed: fn(&str) -> bool) {
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_removed) {
                command.env_remove(name);
            }
        }
    }

    /// Adds the folders of the standard library and of the notebook library to the library path.
    pub fn apply_library_path(&self, command: &mut Command, folder: PathBuf) {
        let variable = match env::consts::OS {
            "windows" => "PATH",
            "macos" => "DYLD_FALLBACK_LIBRARY_PATH",
            _ => "LD_LIBRARY_PATH",
        };
        let old = if variable == "PATH" { Some(self.path.clone()) } else { env::var_os(variable) };
        if let Ok(joined) = joined([folder, self.standard_folder()], &old.unwrap_or_default()) {
            command.env(variable, joined);
        }
    }
}

/// Returns `PATH`, with cargo's own folder if a desktop program left it out.
fn search_path() -> Result<OsString> {
    let path = joined([], &env::var_os("PATH").unwrap_or_default()).context("read the PATH")?;
    if find_program("cargo", &path).is_some() && find_program("rustc", &path).is_some() {
        return Ok(path);
    }
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let folder =
        cargo_home.or_else(|| dirs::home_dir().map(|home| home.join(".cargo"))).map(|home| home.join("bin"));
    let folders = env::split_paths(&path).chain(folder);
    env::join_paths(folders).context("put cargo's folder on the PATH")
}

/// Joins the folders with the entries of a variable. Empty and relative entries are left out: they
/// mean the current folder, which is the notebook's, and a program or library there would run.
fn joined(folders: impl IntoIterator<Item = PathBuf>, list: &OsStr) -> Result<OsString, env::JoinPathsError> {
    env::join_paths(folders.into_iter().chain(env::split_paths(list).filter(|folder| folder.is_absolute())))
}

fn find_program(name: &str, path: &OsString) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

fn output(program: &str, arguments: &[&str], path: &OsString) -> Result<String> {
    let file = find_program(program, path)
        .with_context(|| format!("`{program}` is missing: install Rust from https://rustup.rs"))?;
    // Not in the current folder, where a `rust-toolchain.toml` may select another toolchain.
    let output = Command::new(file).args(arguments).env("PATH", path).current_dir(env::temp_dir()).output();
    let output = output.with_context(|| format!("run `{program}`"))?;
    if !output.status.success() {
        bail!(
            "`{program} {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the flags of `Config::cargo_command` in evcxr, which uses `lld` if it is on the `PATH`
/// and `mold` is not.
fn rustflags(path: &OsString) -> String {
    let mut flags = "-Cprefer-dynamic".to_owned();
    let lld = find_program("mold", path).is_none() && find_program("lld", path).is_some();
    if lld && !cfg!(target_os = "macos") {
        flags.push_str(" -Clink-arg=-fuse-ld=lld");
    }
    flags
}

/// Finds the component `rust-src`, or the folder of `RUST_SRC_PATH` or of Debian's package.
fn find_library_source(sysroot: &Path) -> Option<PathBuf> {
    let component = sysroot.join("lib/rustlib/src/rust/library");
    let given = env::var_os("RUST_SRC_PATH").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let debian = PathBuf::from("/usr/lib/rustlib/src/rust/library");
    given.into_iter().chain([component, debian]).find(|folder| folder.join("std/src/lib.rs").is_file())
}

/// Returns whether cargo sets this variable for the program that it runs.
fn is_about_this_program(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Returns whether this variable changes the output of cargo or rustc.
fn changes_builds(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_TARGET_DIR",
    ];
    const PREFIXES: [&str; 2] = ["CARGO_BUILD_", "CARGO_PROFILE_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_folder_is_removed_from_a_list_of_folders() {
        let [ours, theirs] = ["ours", "theirs"].map(|name| env::temp_dir().join(name));
        let joined = |list: &OsStr| -> Vec<PathBuf> {
            env::split_paths(&joined([ours.clone()], list).unwrap()).collect()
        };
        assert_eq!(joined(OsStr::new("")), std::slice::from_ref(&ours));
        let list = [PathBuf::new(), theirs.clone(), ".".into(), "libraries".into(), PathBuf::new()];
        assert_eq!(joined(&env::join_paths(list).unwrap()), [ours.clone(), theirs]);
    }

    #[test]
    fn registry_settings_of_the_user_are_kept() {
        assert!(changes_builds("CARGO_PROFILE_DEV_DEBUG"));
        assert!(changes_builds("RUSTFLAGS"));
        assert!(is_about_this_program("CARGO_PKG_NAME"));
        assert!(!changes_builds("CARGO_HOME"));
        assert!(!changes_builds("CARGO_NET_OFFLINE"));
        assert!(!changes_builds("CARGO_REGISTRIES_MINE_TOKEN"));
    }
}
