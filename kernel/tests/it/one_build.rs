//! `cargo run`, `cargo test` and the fuzzer share one build of the dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Returns the features of each crate, by name and version.
fn features(edges: &str, more: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--workspace", "--locked", "--prefix", "none", "-f", "{p}|{f}", "-e", edges])
        .args(more);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = tree.current_dir(workspace).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // A blank line separates the packages of the workspace.
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, features) = line.split_once('|').unwrap();
        let features = features.trim_end_matches(" (*)").split(',').filter(|one| !one.is_empty());
        all.entry(name.to_owned()).or_default().extend(features.map(str::to_owned));
    }
    all
}

/// If only the tests' crates or the fuzzer enabled a feature, the crates that depend on it would be
/// compiled twice.
#[test]
fn tests_and_fuzzer_need_no_other_features_of_dependencies() {
    let program = features("normal,build", &[]);
    assert!(program.keys().any(|name| name.starts_with("polars-core ")), "the tree was read");
    let tests = features("normal,build,dev", &[]);
    let fuzzer = features("normal,build", &["--features", "up42-fuzz/libfuzzer"]);
    assert!(fuzzer.keys().any(|name| name.starts_with("libfuzzer-sys ")));
    for (name, features) in program.iter().filter(|(name, _)| !name.starts_with("up42-fuzz ")) {
        for (asks, others) in [("the tests", &tests[name]), ("the fuzzer", &fuzzer[name])] {
            let others: Vec<_> = others.difference(features).collect();
            assert!(
                others.is_empty(),
                "`{name}` has {others:?} more in {asks}: ask for them in Cargo.toml too"
            );
        }
    }
}
