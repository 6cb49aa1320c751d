//! Collects facts about this machine for the [doctor](crate::doctor).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use anyhow::Result;
use serde_json::Value;

use crate::disk;
use crate::doctor::{Facts, Seed, Severity, evaluate};
use crate::home::{HOME_VARIABLE, Home};
use crate::kernelspec;
use crate::library::Library;
use crate::python::Python;
use crate::seed;
use crate::toolchain::Toolchain;

/// Collects the facts, prints the findings, and returns a failure if something is broken.
pub fn examine(home: Result<Home>) -> Result<ExitCode> {
    let home = home.and_then(|home| {
        tempfile::tempfile_in(home.path()).map(|_| home).map_err(|error| {
            anyhow::anyhow!("nothing can be written to what `{HOME_VARIABLE}` names: {error}")
        })
    });
    let findings = evaluate(&facts(&home));
    for finding in &findings {
        println!("{finding}");
    }
    if let Ok(home) = &home {
        println!("\n{} in {}", disk::megabytes(disk::taken(home.path())), home.path().display());
    }
    let is_broken = findings.iter().any(|finding| finding.severity == Severity::Broken);
    Ok(if is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn facts(home: &Result<Home>) -> Facts {
    let toolchain = Toolchain::find();
    let found = toolchain.as_ref().ok();
    let text = |error: &anyhow::Error| format!("{error:#}");
    let opened = home.as_ref().ok();
    Facts {
        rust: toolchain.as_ref().map(Toolchain::title).map_err(text),
        has_library_source: found.is_some_and(|toolchain| toolchain.library_source().is_ok()),
        standard: found.map_or(Err(PathBuf::new()), Toolchain::standard_library),
        home: home.as_ref().map(|home| home.path().to_owned()).map_err(text),
        free: opened.and_then(|home| fs4::available_space(home.path()).ok()),
        seed: opened.zip(found).map_or(Seed::Missing, |(home, toolchain)| seed(home, toolchain)),
        python: opened.map_or(Ok(()), |home| Python::of(home).require().map_err(|error| text(&error))),
        kernelspecs: opened
            .map(kernelspec::installed)
            .unwrap_or_default()
            .into_iter()
            .map(|folder| (folder.clone(), kernelspec::read(&folder)))
            .collect(),
        known: known(),
    }
}

fn seed(home: &Home, toolchain: &Toolchain) -> Seed {
    let Some(build) = seed::last_build(home) else { return Seed::Missing };
    if seed::require(home, toolchain).is_err() {
        return Seed::OtherRust(build.rust_version);
    }
    let checkout = Library::find().ok().flatten().map(|library| library.checkout().to_owned());
    match checkout.filter(|checkout| newest(checkout) > Some(build.at)) {
        Some(checkout) => Seed::Stale(checkout),
        None if build.is_prebuilt => Seed::Ready(build.rust_version),
        None => Seed::FromCargo,
    }
}

/// Returns the time of the library's last change.
fn newest(checkout: &Path) -> Option<SystemTime> {
    fn of(path: &Path) -> Option<SystemTime> {
        let found = fs::metadata(path).ok()?;
        if !found.is_dir() {
            return found.modified().ok();
        }
        fs::read_dir(path).ok()?.flatten().filter_map(|entry| of(&entry.path())).max()
    }
    ["src", "crates", "Cargo.toml", "Cargo.lock"].iter().filter_map(|name| of(&checkout.join(name))).max()
}

/// Lists the kernels that the `jupyter` on the `PATH` knows.
fn known() -> Option<Vec<String>> {
    let mut jupyter = Command::new("jupyter");
    let output = jupyter.args(["kernelspec", "list", "--json"]).current_dir(env::temp_dir()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    let list: Value = serde_json::from_slice(&output.stdout).ok()?;
    Some(list["kernelspecs"].as_object()?.keys().cloned().collect())
}
