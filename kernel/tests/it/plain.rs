//! Test of the library in evcxr's unmodified kernel.
//!
//! ```text
//! cargo build --workspace --examples
//! cargo test --workspace --test it -- --ignored --nocapture the_quickstart_runs_in_plain_evcxr
//! ```
//!
//! evcxr compiles the whole library first, with its own profile, which takes half an hour. The
//! folder `target/tmp/plain-evcxr` is kept and shortens the next run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

#[test]
#[ignore = "evcxr compiles the library and Polars, which takes half an hour"]
fn the_quickstart_runs_in_plain_evcxr() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_up42"));
    let kernel =
        program.with_file_name("examples").join(format!("plain_evcxr{}", std::env::consts::EXE_SUFFIX));
    assert!(kernel.is_file(), "run `cargo build --workspace --examples` first");
    let python = Command::new("python3").arg(root.join("tests/python/environment.py")).arg("kernel").output();
    let python = PathBuf::from(String::from_utf8(python.unwrap().stdout).unwrap().trim());

    // Shared with the bench.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain-evcxr");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let notebook = root.join("notebooks/quickstart.ipynb");
    let plan = json!({
        "argv": [kernel, "--control_file", "{connection_file}"],
        "env": {"EVCXR_TMPDIR": folder, "EVCXR_CONFIG_DIR": folder.join("no-configuration")},
        "finds_rust": true,
        "load": [format!(":dep up42 = {{ path = {:?} }}", root.to_string_lossy())],
        "first": "1 + 1", "prepare": [], "cells": {}, "runs": 1,
        "cwd": root.join("notebooks"), "notebook": notebook,
    });
    let file = folder.join("plan.json");
    fs::write(&file, plan.to_string()).unwrap();
    let output = Command::new(python).arg(root.join("benches/figures/kernel.py")).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cells: Value = serde_json::from_slice(&fs::read(notebook).unwrap()).unwrap();
    let cells = cells["cells"].as_array().unwrap().iter().filter(|cell| cell["cell_type"] == "code").count();
    // A failing `?` has the status "ok" there, and shows nothing.
    assert_eq!(printed["results"][0], json!(cells), "each cell shows a value");
    println!("{printed}");
}
