//! The compiler wrapper between cargo and rustc, which patches cells.
//!
//! In evcxr a failing `?` ends a cell with a line of text, and a final `Err` does not end it at
//! all; neither reports the line. evcxr has no hook for that, but cargo calls the program that
//! `RUSTC_WRAPPER` names: this one, which [patches](patch) the code of cells and passes every other
//! crate to rustc unchanged.

#[cfg(test)]
#[allow(dead_code, reason = "it is compiled into cells, and its parts are tested here")]
mod in_cell;
mod patch;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cells::INTERRUPT_VARIABLE;

/// Variable by which cargo calls this program for each crate.
pub const VARIABLE: &str = "RUSTC_WRAPPER";

/// Variables that evcxr sets when it is the wrapper itself, and for the process that runs the
/// cells.
const OTHERS: [&str; 2] = ["EVCXR_RUSTC_WRAPPER", "EVCXR_IS_RUNTIME"];

/// File in the folder of the cells that exists once the user has chosen a display format: evcxr's
/// own display is used then.
const FORMATS: &str = "formats";

/// File in the folder of the cells that exists once the user has changed how they are compiled:
/// evcxr may use another wrapper then.
const WRAPPER: &str = "wrapper";

/// Files, with the commands that create them.
const CHOICES: [(&str, &[&str]); 2] = [
    (FORMATS, &[":fmt", ":types"]),
    (WRAPPER, &[":sccache", ":cache", ":allow_static_linking", ":build_env"]),
];

/// Creates the files for commands that change how cells are compiled or last values shown. Must be
/// called with each cell, before it runs.
pub fn record_settings(cell: &str) {
    let Some(folder) = env::var_os("EVCXR_TMPDIR") else { return };
    for (file, commands) in CHOICES {
        let is_chosen = |line: &str| commands.iter().any(|command| line.starts_with(command));
        if cell.lines().map(str::trim_start).any(is_chosen) {
            // If this fails, output is read as before.
            let _ = fs::write(Path::new(&folder).join(file), "");
        }
    }
}

/// Returns whether cells are compiled by this program, with its patch.
pub fn is_ours() -> bool {
    env::var_os("EVCXR_TMPDIR").is_some_and(|folder| !Path::new(&folder).join(WRAPPER).exists())
}

/// Runs rustc if cargo calls this program as a wrapper; `None` otherwise.
pub fn intercept() -> Option<Result<ExitCode>> {
    let rustc = env::args_os().nth(1).map(PathBuf::from)?;
    if rustc.file_stem()? != "rustc" || OTHERS.iter().any(|name| env::var_os(name).is_some()) {
        return None;
    }
    // An interrupt must not wait for the crates that a cell depends on.
    if env::var_os(INTERRUPT_VARIABLE).is_some_and(|file| Path::new(&file).exists()) {
        return Some(Ok(ExitCode::FAILURE));
    }
    let arguments: Vec<OsString> = env::args_os().skip(2).collect();
    Some(match cell(&arguments) {
        Some(code) => compile(&rustc, &arguments, code),
        None => pass(&rustc, &arguments),
    })
}

/// Returns the source file of a cell, if the arguments compile one.
fn cell(arguments: &[OsString]) -> Option<PathBuf> {
    let has = |name: &str, value: &str| {
        arguments.windows(2).any(|pair| pair[0].to_str() == Some(name) && pair[1].to_str() == Some(value))
    };
    let code = arguments.iter().map(Path::new).find(|file| file.ends_with("src/lib.rs"))?;
    (has("--crate-name", "ctx") && has("--crate-type", "cdylib")).then(|| code.to_owned())
}

/// Compiles the cell with the patch for the errors that it has.
fn compile(rustc: &Path, arguments: &[OsString], file: PathBuf) -> Result<ExitCode> {
    let context = || format!("patch the cell's code in `{}`", file.display());
    let code = fs::read_to_string(&file).with_context(context)?;
    let manifest = file.parent().and_then(Path::parent).unwrap_or(Path::new("")).join("Cargo.toml");
    let level = level(&manifest);
    let are_formats_chosen = manifest.with_file_name(FORMATS).exists();
    let output = patch::fitting(&code, !are_formats_chosen, |patched| {
        // Written in place: rustc's messages and panics name the file.
        fs::write(&file, patched).with_context(context)?;
        Command::new(rustc).args(arguments).args(&level).output().context("run `rustc`")
    })?;
    io::stdout().write_all(&output.stdout)?;
    io::stderr().write_all(&output.stderr)?;
    Ok(exit_code(output.status.code()))
}

/// Returns rustc's argument for the level that `:opt` set: evcxr writes it into the manifest of the
/// cell, but cargo uses the workspace's profile.
fn level(manifest: &Path) -> Option<String> {
    let manifest: toml::Table = fs::read_to_string(manifest).ok()?.parse().ok()?;
    let level = match manifest.get("profile")?.get("dev")?.get("opt-level")? {
        toml::Value::String(level) => level.clone(),
        level => level.to_string(),
    };
    (level != "0").then(|| format!("-Copt-level={level}"))
}

#[cfg(unix)]
fn pass(rustc: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    // Returns only if it fails.
    Err(Command::new(rustc).args(arguments).exec()).context("run `rustc`")
}

#[cfg(not(unix))]
fn pass(rustc: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    let status = Command::new(rustc).args(arguments).status().context("run `rustc`")?;
    Ok(exit_code(status.code()))
}

fn exit_code(code: Option<i32>) -> ExitCode {
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cells_are_patched() {
        let call = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let a_cell = call("--crate-name ctx --edition=2024 ctx/src/lib.rs --crate-type cdylib --emit=link");
        assert_eq!(cell(&a_cell), Some(PathBuf::from("ctx/src/lib.rs")));
        assert_eq!(cell(&call("--crate-name ctx ctx/src/lib.rs --crate-type lib")), None);
        assert_eq!(cell(&call("--crate-name serde src/lib.rs --crate-type cdylib")), None);
        assert_eq!(cell(&call("-vV")), None);
    }

    #[test]
    fn the_error_level_of_the_cell_is_applied() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Cargo.toml");
        let of = |manifest: &str| {
            fs::write(&file, manifest).unwrap();
            level(&file)
        };
        assert_eq!(of("[profile.dev]\nopt-level = 0\n"), None);
        assert_eq!(of("[profile.dev]\nopt-level = 2\n").as_deref(), Some("-Copt-level=2"));
        assert_eq!(of("[profile.dev]\nopt-level = \"s\"\n").as_deref(), Some("-Copt-level=s"));
        assert_eq!(of("[package]\n"), None);
    }
}
