//! `up42 doctor`: checks the requirements of a kernel one by one.
//!
//! Facts are [collected](crate::examine) first and evaluated here, so that tests can evaluate any
//! fact without having the problem.

use std::fmt;
use std::path::PathBuf;

use crate::kernelspec::Kernelspec;

/// Free space in bytes below which a build fails half-way; the library with Polars needs this much.
const LEAST_FREE: u64 = 3_000_000_000;
/// Free space in bytes below which a note is shown.
const LITTLE_FREE: u64 = 8_000_000_000;

const INSTALL: &str = "up42 kernel install";

/// Facts about a machine.
#[derive(Clone, Debug)]
pub struct Facts {
    /// First line of `rustc -vV`, or the reason why `rustc` does not run.
    pub rust: Result<String, String>,
    /// Whether the sources of the standard library are installed.
    pub has_library_source: bool,
    /// Shared standard library that cells are linked with, or the folder that lacks it.
    pub standard: Result<PathBuf, PathBuf>,
    /// Folder of everything that is built, or the reason why it is not writable.
    pub home: Result<PathBuf, String>,
    /// Free bytes in that folder.
    pub free: Option<u64>,
    /// State of the seed that kernels start from.
    pub seed: Seed,
    /// Reason why no Python environment can be created.
    pub python: Result<(), String>,
    /// Folders where the kernel is registered with Jupyter, and the kernelspec found in each.
    pub kernelspecs: Vec<(PathBuf, Option<Kernelspec>)>,
    /// Kernels that the user's own Jupyter lists, if there is one.
    pub known: Option<Vec<String>>,
}

/// State of the seed that kernels start from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seed {
    /// Not built yet.
    Missing,
    /// Built by another Rust version, which is named.
    OtherRust(String),
    /// Built before the last change of the checkout.
    Stale(PathBuf),
    /// Complete and current; built by this Rust version.
    Ready(String),
    /// Working, but with the library compiled by cargo.
    FromCargo,
}

/// Severity of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    Good,
    /// Works, with a note to the user.
    Note,
    Broken,
}

/// One line of the report, with the command that fixes the problem.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    text: String,
    remedy: Option<String>,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { severity: Severity::Good, text: text.into(), remedy: None }
    }

    fn note(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Note, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn broken(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Broken, text: text.into(), remedy: Some(remedy.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.severity {
            Severity::Good => "✓ good  ",
            Severity::Note => "! note  ",
            Severity::Broken => "✗ broken",
        };
        write!(f, "{mark}  {}", self.text)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n            → {remedy}"),
            None => Ok(()),
        }
    }
}

/// Judges all facts.
pub fn evaluate(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![rust(facts), library_source(facts), standard(facts), home(facts), space(facts)];
    findings.extend([seed(facts), python(facts)]);
    findings.extend(facts.kernelspecs.iter().map(|(folder, spec)| kernelspec(facts, folder, spec.as_ref())));
    findings.push(jupyter(facts));
    findings
}

fn rust(facts: &Facts) -> Finding {
    match &facts.rust {
        Ok(version) => Finding::good(format!("Rust: {version}")),
        Err(error) => Finding::broken(format!("Rust: {error}"), "install it from https://rustup.rs"),
    }
}

fn library_source(facts: &Facts) -> Finding {
    if facts.has_library_source {
        return Finding::good("the standard library's sources, by which types are found");
    }
    Finding::broken(
        "the standard library's sources are missing: the type of `let v = vec![1]` cannot be found",
        "rustup component add rust-src (or, on Debian: apt install rust-web-src)",
    )
}

fn standard(facts: &Facts) -> Finding {
    match &facts.standard {
        Ok(_) => Finding::good("the standard library that cells load"),
        Err(place) => Finding::broken(
            format!("cells cannot load the standard library: none in {}", place.display()),
            "rustup toolchain uninstall stable && rustup toolchain install stable --component rust-src",
        ),
    }
}

fn home(facts: &Facts) -> Finding {
    match &facts.home {
        Ok(home) => Finding::good(format!("{} can be written", home.display())),
        Err(error) => Finding::broken(error, "set UP42_HOME to a folder that you may write"),
    }
}

fn space(facts: &Facts) -> Finding {
    let Some(free) = facts.free else { return Finding::good("the free disk space is unknown") };
    let text = format!("{:.1} GB of the disk are free", free as f64 / 1e9);
    match free {
        ..LEAST_FREE => Finding::broken(text, "free some, or set UP42_HOME to a larger disk"),
        LEAST_FREE..LITTLE_FREE => Finding::note(text, "a build of everything takes 3 GB"),
        _ => Finding::good(text),
    }
}

fn seed(facts: &Facts) -> Finding {
    match &facts.seed {
        Seed::Missing => Finding::broken("the kernel is not built", INSTALL),
        Seed::OtherRust(version) => {
            Finding::broken(format!("the kernel was built by another Rust ({version})"), INSTALL)
        }
        Seed::Stale(checkout) => Finding::note(
            format!("the kernel is older than the library in {}", checkout.display()),
            format!("{INSTALL}, to have what changed there"),
        ),
        Seed::FromCargo => Finding::note(
            "the kernel has the library from cargo: it starts and runs cells more slowly",
            format!("up42 kernel uninstall, then {INSTALL} with the same options, to try the prebuilt one"),
        ),
        Seed::Ready(version) => Finding::good(format!("the kernel is built, by {version}")),
    }
}

fn python(facts: &Facts) -> Finding {
    match &facts.python {
        Ok(()) => Finding::good("Python, for `up42 run` and `up42 lab`"),
        Err(error) => match error.split_once(": ") {
            Some((problem, remedy)) => Finding::broken(problem, remedy),
            None => Finding::broken(error, "install Python 3.9 or later from https://python.org"),
        },
    }
}

fn kernelspec(facts: &Facts, folder: &std::path::Path, spec: Option<&Kernelspec>) -> Finding {
    let at = folder.display();
    match spec {
        None => Finding::broken(format!("the kernel is no longer in {at}"), INSTALL),
        Some(spec) if !spec.program.is_file() => Finding::broken(
            format!("the kernel in {at} starts {}, which is missing", spec.program.display()),
            INSTALL,
        ),
        Some(spec) if facts.home.as_ref().is_ok_and(|home| *home != spec.home) => Finding::note(
            format!("the kernel in {at} belongs to the home {}", spec.home.display()),
            format!("{INSTALL}, to have it here"),
        ),
        Some(_) => Finding::good(format!("registered with Jupyter in {at}")),
    }
}

fn jupyter(facts: &Facts) -> Finding {
    let name = crate::kernelspec::NAME;
    match &facts.known {
        None => Finding::note("no `jupyter` on the PATH", "up42 lab, which brings its own"),
        Some(known) if known.iter().any(|known| known == name) => Finding::good("`jupyter` finds the kernel"),
        Some(_) if facts.kernelspecs.is_empty() => {
            Finding::note("the kernel is not registered with Jupyter", format!("{INSTALL}, or up42 lab"))
        }
        Some(_) => Finding::broken(
            "`jupyter` does not find the kernel: it searches other folders",
            format!("{INSTALL} --sys-prefix, in the environment of that Jupyter"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Facts {
        let program = std::env::current_exe().unwrap();
        let spec = Kernelspec { program, home: "/home".into() };
        Facts {
            rust: Ok("rustc 1.95.0".into()),
            has_library_source: true,
            standard: Ok("/std.so".into()),
            home: Ok("/home".into()),
            free: Some(50_000_000_000),
            seed: Seed::Ready("rustc 1.95.0".into()),
            python: Ok(()),
            kernelspecs: vec![("/jupyter/kernels/up42".into(), Some(spec))],
            known: Some(vec!["python3".into(), "up42".into()]),
        }
    }

    /// Returns the findings that are not good after one change to complete facts.
    fn problems(change: impl FnOnce(&mut Facts)) -> String {
        let mut facts = complete();
        change(&mut facts);
        let findings = evaluate(&facts);
        let bad: Vec<_> =
            findings.iter().filter(|one| one.severity != Severity::Good).map(ToString::to_string).collect();
        bad.join("\n")
    }

    #[test]
    fn a_complete_installation_has_no_problem() {
        assert_eq!(problems(|_| {}), "");
        assert_eq!(evaluate(&complete()).len(), 9);
    }

    #[test]
    fn each_problem_is_printed_with_its_remedy() {
        type Case = (fn(&mut Facts), &'static str, &'static str);
        let cases: [Case; 15] = [
            (
                |f| f.rust = Err("`rustc` is missing".into()),
                "✗ broken  Rust: `rustc` is missing",
                "rustup.rs",
            ),
            (
                |f| f.has_library_source = false,
                "✗ broken  the standard library's sources",
                "component add rust-src",
            ),
            (
                |f| f.standard = Err("/lib".into()),
                "cells cannot load the standard library: none in /lib",
                "rustup toolchain",
            ),
            (
                |f| f.home = Err("`/home` cannot be written".into()),
                "✗ broken  `/home` cannot",
                "set UP42_HOME",
            ),
            (|f| f.free = Some(1_000_000_000), "✗ broken  1.0 GB", "free some"),
            (|f| f.free = Some(5_000_000_000), "! note    5.0 GB", "3 GB"),
            (|f| f.seed = Seed::Missing, "✗ broken  the kernel is not built", INSTALL),
            (|f| f.seed = Seed::OtherRust("rustc 1.94.0".into()), "another Rust (rustc 1.94.0)", INSTALL),
            (|f| f.seed = Seed::Stale("/up42".into()), "! note    the kernel is older", INSTALL),
            (|f| f.seed = Seed::FromCargo, "! note    the kernel has the library from cargo", INSTALL),
            (
                |f| f.python = Err("`python3` is missing: install Python".into()),
                "✗ broken  `python3` is missing",
                "→ install Python",
            ),
            (|f| f.kernelspecs[0].1 = None, "no longer in /jupyter", INSTALL),
            (
                |f| f.kernelspecs[0].1.as_mut().unwrap().program = "/gone".into(),
                "starts /gone, which is missing",
                INSTALL,
            ),
            (
                |f| f.kernelspecs[0].1.as_mut().unwrap().home = "/other".into(),
                "! note    the kernel in /jupyter/kernels/up42 belongs to the home /other",
                INSTALL,
            ),
            (|f| f.known = Some(vec!["python3".into()]), "✗ broken  `jupyter` does not find", "--sys-prefix"),
        ];
        for (change, problem, remedy) in cases {
            let printed = problems(change);
            assert!(printed.contains(problem) && printed.contains(remedy), "{problem:?}:\n{printed}");
            assert_eq!(printed.lines().count(), 2, "each problem is printed once:\n{printed}");
        }
        assert!(problems(|f| f.known = None).contains("up42 lab"));
    }
}
