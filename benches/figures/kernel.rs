//! Compares our kernel with Python's, and with plain evcxr and the same library.
//!
//! Our kernel is installed into a separate home. `UP42_FIGURES_RUNS` sets the number of runs;
//! `UP42_FIGURES_PLAIN` includes plain evcxr, which compiles all of Polars the first time.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::catalog::python;
use crate::figures::Figures;

const RUNS: usize = 7;

const LOAD: &str = "use up42::prelude::*;";
const PREPARE: [&str; 2] = [
    "let client = Client::simulator()?;\n\
     let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;\n\
     let scenes = client.catalog().search(Search::new(&aoi).limit(12))?;",
    "let frame = scenes.to_dataframe()?;",
];
const QUERY: &str = "frame.clone().lazy().filter(col(\"cloud_cover\").lt(lit(50.0)))\
                     .group_by([col(\"collection\")]).agg([col(\"cloud_cover\").mean()]).collect()?";

/// Kernel to start, and the cells to run in it.
struct Kernel {
    plan: Value,
}

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    let Some(python) = python("kernel") else { return Ok(()) };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = scratch.join("kernel-home");
    let program = built("--bins", &format!("up42{}", env::consts::EXE_SUFFIX))?;
    if let Ok(load) = fs::read_to_string("/proc/loadavg") {
        eprintln!("load of this machine: {}", load.trim());
    }

    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let install = || {
        Command::new(&program)
            .args(["kernel", "install", "--prefix"])
            .arg(home.join("prefix"))
            .env("UP42_HOME", &home)
            .current_dir(root)
            .status()
    };
    // Crates that are compiled in any case are compiled first.
    succeed(install()?.success(), "up42 kernel install")?;
    fs::remove_dir_all(&home)?;
    let started = Instant::now();
    succeed(install()?.success(), "up42 kernel install")?;
    figures.record("kernel/install_s", started.elapsed().as_secs_f64(), "s");
    figures.record("kernel/seed_mb", size(&home.join("seeds"))? as f64 / 1e6, "MB");

    let ours = Kernel {
        plan: json!({
            "argv": [&program, "kernel", "launch", "{connection_file}"], "env": {"UP42_HOME": &home},
            "load": [], "first": "1 + 1", "prepare": PREPARE, "cells": {"warm": "scenes", "polars": QUERY},
            "cwd": root.join("notebooks"), "notebook": root.join("notebooks/quickstart.ipynb"),
        }),
    };
    let measured = ours.run(&python, scratch)?;
    figures.at_most(10.0, "kernel/ready_s", measured["ready"], "s");
    figures.record("kernel/first_result_s", measured["first"], "s");
    figures.at_most(0.5, "kernel/warm_cell_s", measured["warm"], "s");
    figures.at_most(1.0, "kernel/polars_cell_s", measured["polars"], "s");
    figures.record("kernel/run_all_s", measured["run_all"], "s");
    figures.at_most(800.0, "kernel/memory_mb", measured["memory"], "MB");

    let theirs = Kernel {
        plan: json!({
            "argv": [&python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "env": {},
            "load": ["import polars as pl"], "first": "1 + 1",
            "prepare": ["frame = pl.DataFrame({'collection': ['phr', 'spot'] * 6, 'cloud_cover': [float(i) for i in range(12)]})"],
            "cells": {"warm": "frame", "polars": "frame.lazy().filter(pl.col('cloud_cover') < 50).group_by('collection').agg(pl.col('cloud_cover').mean()).collect()"},
            "cwd": scratch, "notebook": null,
        }),
    };
    record(figures, "ipykernel", &theirs.run(&python, scratch)?);

    if env::var_os("UP42_FIGURES_PLAIN").is_none() {
        eprintln!(
            "plain evcxr is measured where UP42_FIGURES_PLAIN is set; it compiles for half an hour first"
        );
        return Ok(());
    }
    let plain = built("--examples", &format!("examples/plain_evcxr{}", env::consts::EXE_SUFFIX))?;
    // Kept, so that the next run compiles nothing.
    let folder = scratch.join("plain-evcxr");
    fs::create_dir_all(&folder)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let dependency = format!(":dep up42 = {{ path = {:?} }}", root.to_string_lossy());
    let plain = Kernel {
        plan: json!({
            "argv": [plain, "--control_file", "{connection_file}"],
            "env": {"EVCXR_TMPDIR": folder, "EVCXR_CONFIG_DIR": scratch.join("no-configuration")},
            "finds_rust": true,
            "load": [dependency, LOAD], "first": "1 + 1", "prepare": PREPARE,
            "cells": {"warm": "scenes", "polars": QUERY},
            "cwd": root.join("notebooks"), "notebook": root.join("notebooks/quickstart.ipynb"),
        }),
    };
    record(figures, "plain", &plain.run(&python, scratch)?);
    Ok(())
}

/// Records what was measured of a kernel that is compared with ours.
fn record(figures: &mut Figures, kernel: &str, measured: &BTreeMap<String, f64>) {
    const NAMES: [(&str, &str, &str); 6] = [
        ("ready", "ready_s", "s"),
        ("first", "first_result_s", "s"),
        ("warm", "warm_cell_s", "s"),
        ("polars", "polars_cell_s", "s"),
        ("run_all", "run_all_s", "s"),
        ("memory", "memory_mb", "MB"),
    ];
    for (key, name, unit) in NAMES {
        if let Some(value) = measured.get(key) {
            figures.record(format!("kernel/{kernel}_{name}"), *value, unit);
        }
    }
}

impl Kernel {
    /// Returns the medians of all runs.
    fn run(mut self, python: &Path, scratch: &Path) -> up42::Result<BTreeMap<String, f64>> {
        let runs = env::var("UP42_FIGURES_RUNS").ok().and_then(|runs| runs.parse().ok());
        self.plan["runs"] = json!(runs.unwrap_or(RUNS));
        let plan = scratch.join("kernel-plan.json");
        fs::write(&plan, self.plan.to_string())?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/figures/kernel.py");
        let output = Command::new(python).arg(script).arg(&plan).output()?;
        succeed(output.status.success(), &String::from_utf8_lossy(&output.stderr))?;
        let samples: BTreeMap<String, Vec<f64>> =
            serde_json::from_slice(&output.stdout).map_err(std::io::Error::from)?;
        let all: BTreeMap<_, _> = samples.into_iter().map(|(name, values)| (name, spread(values))).collect();
        eprintln!("{all:?}: least, median and most");
        Ok(all.into_iter().map(|(name, [_, median, _])| (name, median)).collect())
    }
}

fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

/// Builds a program of this workspace.
fn built(kind: &str, name: &str) -> up42::Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", kind]).current_dir(env!("CARGO_MANIFEST_DIR"));
    // Variables of cargo about this bench: build scripts that read them would run again.
    let about = |name: &String| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    env::vars().map(|(name, _)| name).filter(about).for_each(|name| _ = cargo.env_remove(name));
    succeed(cargo.status()?.success(), "cargo build")?;
    Ok(Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug").join(name))
}

fn succeed(succeeded: bool, what: &str) -> up42::Result<()> {
    if succeeded { Ok(()) } else { Err(std::io::Error::other(format!("failed: {what}")).into()) }
}

fn size(path: &Path) -> std::io::Result<u64> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Ok(found.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}
