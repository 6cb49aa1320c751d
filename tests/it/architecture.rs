//! Imports go down only (DESIGN.md, "Layers").

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and those it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("closest", &[]),
    ("hash", &[]),
    ("list", &[]),
    ("parallel", &[]),
    ("plain", &[]),
    ("error", &["plain"]),
    ("limits", &["error"]),
    ("lock", &["error"]),
    ("time", &["error"]),
    ("frame", &["error", "time"]),
    ("geo", &["limits", "plain", "error"]),
    ("schema", &["time"]),
    ("display", &["plain", "error"]),
    ("show", &["plain", "error", "display"]),
    ("transport", &["error"]),
    ("simulator", &["error", "geo"]),
    ("client", &["plain", "error", "display", "show", "transport", "simulator"]),
    ("chart", &["plain", "error", "time", "display", "show"]),
    ("map", &["parallel", "plain", "error", "time", "geo", "display", "show"]),
    (
        "jobs",
        &[
            "closest",
            "hash",
            "list",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "schema",
            "display",
            "show",
            "transport",
            "client",
            "map",
        ],
    ),
    (
        "catalog",
        &[
            "closest",
            "hash",
            "limits",
            "list",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "chart",
            "map",
        ],
    ),
    ("account", &["list", "plain", "error", "time", "frame", "display", "show", "transport", "client"]),
    (
        "glossary",
        &[
            "closest",
            "list",
            "parallel",
            "plain",
            "error",
            "frame",
            "schema",
            "display",
            "show",
            "transport",
            "client",
        ],
    ),
    (
        "orders",
        &[
            "hash",
            "list",
            "lock",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "catalog",
            "glossary",
        ],
    ),
    (
        "storage",
        &[
            "batch",
            "list",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "map",
            "catalog",
            "orders",
        ],
    ),
    (
        "tasking",
        &["list", "plain", "error", "time", "frame", "display", "show", "transport", "client", "orders"],
    ),
    (
        "batch",
        &[
            "hash",
            "list",
            "lock",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "chart",
            "jobs",
        ],
    ),
    (
        "processes",
        &[
            "hash",
            "list",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "chart",
            "jobs",
            "batch",
            "schema",
            "closest",
        ],
    ),
    (
        "processing",
        &[
            "closest",
            "parallel",
            "plain",
            "error",
            "time",
            "display",
            "show",
            "transport",
            "client",
            "jobs",
            "batch",
            "glossary",
            "processes",
            "storage",
        ],
    ),
    ("ordering", &["hash", "parallel", "error", "client", "jobs", "batch", "orders", "storage"]),
    ("statuses", &["jobs", "orders", "ordering", "processes", "processing"]),
    ("reopen", &["error", "client", "jobs", "batch", "ordering", "processes", "processing"]),
    (
        "results",
        &[
            "limits",
            "list",
            "parallel",
            "plain",
            "error",
            "time",
            "frame",
            "geo",
            "display",
            "show",
            "transport",
            "client",
            "map",
            "jobs",
            "batch",
            "catalog",
        ],
    ),
];

#[test]
fn imports_go_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut files = Vec::new();
    collect(&source, &mut files);
    let mut checked = 0;
    for file in files {
        let inside = file.strip_prefix(&source).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let may = allowed
            .get(module)
            .unwrap_or_else(|| panic!("`{module}` has no layer: give it one in this test"));
        for (line, text) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            // Examples in the docs are a user's code.
            let code = text.split("//").next().unwrap();
            for import in code.split("crate::").skip(1) {
                let name: String = import.chars().take_while(|letter| letter.is_ascii_lowercase()).collect();
                let is_own = name.is_empty() || name == module;
                assert!(
                    is_own || may.contains(&name.as_str()),
                    "{}:{}: `{module}` imports `{name}`",
                    inside.display(),
                    line + 1
                );
                checked += usize::from(!is_own);
            }
        }
    }
    assert!(checked > 50, "the imports were found: {checked}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
