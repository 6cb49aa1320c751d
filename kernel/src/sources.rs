//! The sources from which rust-analyzer infers the types of a cell's variables.
//!
//! evcxr queries it before it compiles a cell, and reading the library's hundreds of dependencies
//! takes most of a kernel's start. It is given only the crates whose values are kept in variables,
//! [reduced](crate::reduce), without their other dependencies.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use toml::Table;

use crate::home::write_if_changed;
use crate::library;
use crate::reduce::copy_reduced;

/// Crates of other projects in the library's interface, and the crates of the traits that bound
/// their types; the Polars crates are selected by name.
const INTERFACE: [&str; 5] = ["geo-types", "jiff", "num-traits", "serde_core", "serde_json"];
/// Internal crates of Polars: file formats and query execution.
const INNER: [&str; 6] = [
    "polars-arrow-format",
    "polars-async",
    "polars-mem-engine",
    "polars-ooc",
    "polars-parquet-format",
    "polars-stream",
];
/// Crates of the standard library that every program uses, and the one that its hash maps are made
/// of.
const STANDARD: [&str; 4] = ["alloc", "core", "hashbrown", "std"];

/// Writes the library's sources in the layout of the cells' dylib.
pub fn write_library(metadata: &Value, folder: &Path) -> Result<()> {
    let is_polars = |name: &str| name == "polars" || name.starts_with("polars-") && !INNER.contains(&name);
    let is_shown =
        |name: &str| library::PACKAGES.contains(&name) || INTERFACE.contains(&name) || is_polars(name);
    let mut members = write_packages(metadata, is_shown, folder)?;
    // The crate that the dylib is linked from.
    let place = folder.join(library::CRATE);
    let manifest = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nup42 = {{ path = \"../up42\" }}\n",
        library::CRATE
    );
    write_if_changed(&place.join("Cargo.toml"), &manifest)?;
    write_if_changed(&place.join("src/lib.rs"), library::CODE)?;
    members.push(library::CRATE.to_owned());
    write_workspace(&members, folder)
}

/// Writes the standard library's sources in the layout that rust-analyzer expects.
pub fn write_standard(metadata: &Value, folder: &Path) -> Result<()> {
    let members = write_packages(metadata, |name| STANDARD.contains(&name), folder)?;
    write_workspace(&members, folder)
}

fn write_workspace(members: &[String], folder: &Path) -> Result<()> {
    let mut workspace = Table::new();
    workspace.insert("resolver".into(), "3".into());
    workspace.insert("members".into(), members.to_vec().into());
    let mut manifest = Table::new();
    manifest.insert("workspace".into(), workspace.into());
    write_if_changed(&folder.join("Cargo.toml"), &toml::to_string(&manifest)?)
}

/// Writes a package for each crate that `is_shown` selects, in a folder of its name. Returns the
/// names.
fn write_packages(metadata: &Value, is_shown: impl Fn(&str) -> bool, folder: &Path) -> Result<Vec<String>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let name_of = |id: &Value| {
        let name = packages.get(&text(id)).map(|package| text(&package["name"])).unwrap_or_default();
        // Dependencies below the standard library use these names.
        name.strip_prefix("rustc-std-workspace-").map(str::to_owned).unwrap_or(name)
    };
    let mut members = Vec::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let Some(package) = packages.get(&text(&node["id"])) else { continue };
        let name = text(&package["name"]);
        if !is_shown(&name) {
            continue;
        }
        let mut dependencies = BTreeMap::new();
        for dependency in list(&node["deps"]) {
            let other = name_of(&dependency["pkg"]);
            if is_shown(&other) && other != name {
                dependencies.insert(text(&dependency["name"]), other);
            }
        }
        let place = folder.join(&name);
        let manifest_path = text(&package["manifest_path"]);
        copy_reduced(&Path::new(&manifest_path).with_file_name("src"), &place.join("src"))?;
        write_if_changed(&place.join("Cargo.toml"), &manifest(package, &node["features"], &dependencies)?)?;
        members.push(name);
    }
    Ok(members)
}

/// Returns a manifest with these dependencies and the features that were compiled.
fn manifest(package: &Value, features: &Value, dependencies: &BTreeMap<String, String>) -> Result<String> {
    let mut head = Table::new();
    for key in ["name", "version", "edition"] {
        head.insert(key.into(), text(&package[key]).into());
    }
    for key in ["autobins", "autobenches", "autoexamples", "autotests", "build"] {
        head.insert(key.into(), false.into());
    }

    let mut targets = package["targets"].as_array().into_iter().flatten();
    let library = targets.find(|target| target["src_path"].as_str().is_some_and(is_library));
    let mut lib = Table::new();
    if let Some(library) = library {
        lib.insert("name".into(), text(&library["name"]).into());
    }

    let place = |name: &String| {
        let mut place = Table::new();
        place.insert("path".into(), format!("../{name}").into());
        place.insert("package".into(), name.clone().into());
        place
    };
    let dependencies: Table =
        dependencies.iter().map(|(key, name)| (key.clone(), place(name).into())).collect();

    let names = features.as_array().into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<&str> = names.filter(|name| *name != "default").collect();
    let none = || toml::Value::Array(Vec::new());
    let mut features: Table = names.iter().map(|name| ((*name).to_owned(), none())).collect();
    features.insert("default".into(), names.into());

    let mut manifest = Table::new();
    manifest.insert("package".into(), head.into());
    manifest.insert("lib".into(), lib.into());
    manifest.insert("dependencies".into(), dependencies.into());
    manifest.insert("features".into(), features.into());
    Ok(toml::to_string(&manifest)?)
}

fn is_library(path: &str) -> bool {
    Path::new(path).ends_with("src/lib.rs")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    #[test]
    fn a_shown_crate_depends_on_shown_crates_only() {
        let folder = tempfile::tempdir().unwrap();
        let package = |name: &str, id: &str| {
            let place = folder.path().join("registry").join(name);
            fs::create_dir_all(place.join("src")).unwrap();
            fs::write(place.join("src/lib.rs"), format!("//! {name}")).unwrap();
            json!({"name": name, "id": id, "version": "0.1.0", "edition": "2024",
                   "manifest_path": place.join("Cargo.toml"),
                   "targets": [{"name": name.replace('-', "_"), "src_path": place.join("src/lib.rs")}]})
        };
        let packages = json!({
            "packages": [package("polars-core", "1"), package("polars-arrow", "2"), package("rayon", "3")],
            "resolve": {"nodes": [
                {"id": "1", "features": ["default", "lazy"], "deps": [
                    {"name": "arrow", "pkg": "2"}, {"name": "rayon", "pkg": "3"}]},
                {"id": "2", "features": [], "deps": []},
                {"id": "3", "features": [], "deps": []},
            ]},
        });
        let shown = folder.path().join("sources");
        write_library(&packages, &shown).unwrap();
        assert_eq!(fs::read_to_string(shown.join("polars-core/src/lib.rs")).unwrap(), "//! polars-core");
        assert!(!shown.join("rayon").exists());
        let members = fs::read_to_string(shown.join("Cargo.toml")).unwrap();
        assert!(members.contains("polars-arrow") && members.contains(library::CRATE));
        let core: Table = fs::read_to_string(shown.join("polars-core/Cargo.toml")).unwrap().parse().unwrap();
        let dependencies = core["dependencies"].as_table().unwrap();
        assert_eq!(dependencies.keys().collect::<Vec<_>>(), ["arrow"]);
        assert_eq!(dependencies["arrow"]["path"].as_str(), Some("../polars-arrow"));
        assert_eq!(core["lib"]["name"].as_str(), Some("polars_core"));
        assert_eq!(core["features"]["default"].as_array().unwrap().len(), 1);
    }
}
