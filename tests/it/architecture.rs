//! Imports go down only (DESIGN.md, "Layers").

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and those it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("suggest", &[]),
    ("hash", &[]),
    ("list", &[]),
    ("parallel", &[]),
    ("private", &[]),
    ("redact", &[]),
    ("sanitize", &["redact"]),
    ("error", &["redact", "sanitize"]),
    ("display", &["sanitize", "error"]),
    ("file", &["hash", "private", "redact", "error"]),
    ("json", &["error"]),
    ("limits", &["error", "json"]),
    ("lock", &["error"]),
    ("time", &["error"]),
    ("time_left", &[]),
    ("wait", &["error"]),
    ("frame", &["redact", "error", "time"]),
    ("geo", &["sanitize", "error", "json", "limits"]),
    ("schema", &["time"]),
    ("show", &["sanitize", "display"]),
    ("sqlite", &["private", "error", "file"]),
    ("transport", &["redact", "error", "limits", "file", "lock"]),
    ("chart", &["sanitize", "error", "display", "file", "time", "show"]),
    ("map", &["parallel", "redact", "sanitize", "error", "display", "file", "time", "geo", "show"]),
    ("simulator", &["error", "geo"]),
    ("client", &["redact", "sanitize", "error", "display", "show", "transport", "simulator"]),
    ("account", &["list", "sanitize", "error", "display", "time", "frame", "show", "transport", "client"]),
    (
        "catalog",
        &[
            "suggest",
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "display",
            "file",
            "time",
            "frame",
            "json",
            "limits",
            "geo",
            "show",
            "transport",
            "chart",
            "map",
            "client",
        ],
    ),
    (
        "glossary",
        &[
            "suggest",
            "list",
            "parallel",
            "sanitize",
            "error",
            "display",
            "frame",
            "schema",
            "show",
            "transport",
            "client",
        ],
    ),
    (
        "jobs",
        &[
            "suggest",
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "display",
            "file",
            "time",
            "wait",
            "frame",
            "limits",
            "geo",
            "schema",
            "show",
            "transport",
            "map",
            "client",
        ],
    ),
    (
        "batch",
        &[
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "display",
            "lock",
            "time",
            "time_left",
            "wait",
            "frame",
            "geo",
            "show",
            "sqlite",
            "transport",
            "chart",
            "client",
            "jobs",
        ],
    ),
    (
        "results",
        &[
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "limits",
            "display",
            "file",
            "lock",
            "time",
            "time_left",
            "frame",
            "geo",
            "show",
            "transport",
            "map",
            "client",
            "catalog",
            "jobs",
            "batch",
        ],
    ),
    (
        "storage",
        &[
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "display",
            "file",
            "time",
            "frame",
            "geo",
            "show",
            "transport",
            "map",
            "client",
            "catalog",
            "batch",
        ],
    ),
    (
        "orders",
        &[
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "display",
            "time",
            "wait",
            "frame",
            "geo",
            "show",
            "sqlite",
            "transport",
            "client",
            "catalog",
            "glossary",
            "jobs",
            "batch",
            "storage",
        ],
    ),
    (
        "processes",
        &[
            "suggest",
            "hash",
            "list",
            "parallel",
            "redact",
            "sanitize",
            "error",
            "limits",
            "display",
            "file",
            "time",
            "frame",
            "schema",
            "show",
            "transport",
            "client",
            "glossary",
            "jobs",
            "batch",
            "storage",
        ],
    ),
    ("open_batch", &["error", "client", "batch", "orders", "processes"]),
    ("status_tests", &["jobs", "orders", "processes"]),
    (
        "tasking",
        &["list", "sanitize", "error", "display", "time", "frame", "show", "transport", "client", "orders"],
    ),
    ("fuzzing", &["batch", "catalog", "geo", "processes", "results"]),
];

#[test]
fn imports_go_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let exports = exports(&code_of(&source.join("lib.rs")));
    let mut files = Vec::new();
    collect(&source, &mut files);
    let mut checked = 0;
    for file in files {
        let inside = file.strip_prefix(&source).unwrap();
        let modules = modules(inside);
        let module = modules[0].as_str();
        if module == "lib" {
            continue;
        }
        let may = allowed
            .get(module)
            .unwrap_or_else(|| panic!("`{module}` has no layer: give it one in this test"));
        for (line, name) in paths_from_root(&code_of(&file), modules.len()) {
            // A module, or else what the root exports of one.
            let exported = exports.get(&name).filter(|_| !allowed.contains_key(name.as_str()));
            let name = exported.unwrap_or(&name).as_str();
            if name != module {
                assert!(may.contains(&name), "{}:{line}: `{module}` imports `{name}`", inside.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 500, "the imports were found: {checked}");
}

#[test]
fn layers_have_no_cycle() {
    let mut left: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    while !left.is_empty() {
        let ground = left.iter().find(|(_, may)| may.iter().all(|name| !left.contains_key(name)));
        let Some((&ground, _)) = ground else { panic!("a cycle among {:?}", left.keys()) };
        left.remove(ground);
    }
}

#[test]
fn every_path_from_the_root_is_seen() {
    let code = "use crate::{jobs::{Job, batch}, time, Aoi};\n\nuse crate::geo::Bbox;\nfn f(_: crate::open_batch::A) {}\n\
                use super::client::{x};\nuse super::super::map;\npub(in crate::own) use super::{a::b};\n\
                mod tests {\n    use super::*;\n}";
    let found = |depth| -> Vec<(usize, String)> { paths_from_root(code, depth) };
    let named = |names: &[(usize, &str)]| -> Vec<(usize, String)> {
        names.iter().map(|(line, name)| (*line, (*name).to_owned())).collect()
    };
    let always = [(1, "jobs"), (1, "time"), (1, "Aoi"), (3, "geo"), (4, "open_batch"), (7, "own")];
    assert_eq!(found(3), named(&always));
    assert_eq!(found(1), named(&[&always[..], &[(5, "client"), (7, "a")]].concat()));
    assert_eq!(found(2), named(&[&always[..], &[(6, "map")]].concat()));
    let exports = exports(
        "pub use jobs::{Job, JobId as Id};\npub use time::now;\npub use {jiff};\n    pub use crate::{Job};",
    );
    let exports: Vec<_> = exports.iter().map(|(name, module)| (name.as_str(), module.as_str())).collect();
    assert_eq!(exports, [("Id", "jobs"), ("Job", "jobs"), ("now", "time")]);
}

/// Line and first name of each path that begins at the crate's root: by `crate::`, and by
/// as many `super::` as lead there from a file so deep. Those of a group are told one by one.
fn paths_from_root(code: &str, depth: usize) -> Vec<(usize, String)> {
    // In a file's own tests there is one more `super::`.
    let (outside, _) = code.split_once("mod tests {").unwrap_or((code, ""));
    let up = "super::".repeat(depth);
    let is_first = |at: usize| !code[..at].ends_with("super::");
    let by_super = outside.match_indices(&up).filter(|(at, _)| is_first(*at));
    let by_super = by_super.filter(|(at, up)| !code[at + up.len()..].starts_with("super::"));
    code.match_indices("crate::")
        .chain(by_super)
        .flat_map(|(at, start)| {
            let line = 1 + code[..at].matches('\n').count();
            firsts(&code[at + start.len()..]).into_iter().map(move |name| (line, name.to_owned()))
        })
        .collect()
}

/// The first names of what begins a path: `jobs` of `jobs::Job`, and each of a group's entries.
fn firsts(path: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    entries(path)
        .into_iter()
        .map(|entry| entry.split(|letter| !is_part(letter)).next().unwrap())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The entries of the group that a path begins with, or the path.
fn entries(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return vec![path] };
    let (mut depth, mut begin, mut entries) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            ',' | '}' if depth == 0 => {
                entries.push(group[begin..at].trim());
                begin = at + 1;
                if letter == '}' {
                    break;
                }
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    entries
}

/// What the crate's root exports, and the module that it is from.
fn exports(root: &str) -> BTreeMap<String, String> {
    let uses = root.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    // The prelude has what the root has.
    let uses = uses.filter_map(|path| path.split_once("::")).filter(|(module, _)| *module != "crate");
    uses.flat_map(|(module, names)| {
        let names = entries(names).into_iter().filter(|entry| !entry.is_empty());
        let names = names.map(|entry| entry.rsplit(' ').next().unwrap().to_owned());
        names.map(|name| (name, module.to_owned())).collect::<Vec<_>>()
    })
    .collect()
}

/// The modules that a file is in, from the top: `batch`, `run` of `batch/run/mod.rs`.
fn modules(file: &Path) -> Vec<String> {
    let names = file.with_extension("");
    let names = names.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| name != "mod").collect()
}

/// Without comments: examples in the docs are a user's code.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap().to_owned() + "\n").collect()
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
