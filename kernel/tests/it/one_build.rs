//! `cargo run` and `cargo test` share one build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The features of each crate, by its name and version.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--workspace", "--locked", "--prefix", "none", "-f", "{p}|{f}", "-e", edges]);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = tree.current_dir(workspace).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // A blank line stands between two packages of the workspace.
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, features) = line.split_once('|').unwrap();
        let features = features.trim_end_matches(" (*)").split(',').filter(|one| !one.is_empty());
        all.entry(name.to_owned()).or_default().extend(features.map(str::to_owned));
    }
    all
}

/// A feature that only the crates of tests ask for would have what stands on it compiled twice.
#[test]
fn the_crates_of_tests_ask_for_no_other_features() {
    let (program, tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(program.keys().any(|name| name.starts_with("polars-core ")), "the tree was read");
    for (name, features) in program {
        let others: Vec<_> = tests[&name].difference(&features).collect();
        assert!(
            others.is_empty(),
            "`{name}` has {others:?} more in the tests: ask for them in Cargo.toml too"
        );
    }
}
