//! The sources that rust-analyzer reads to tell the types of a cell's variables.
//!
//! evcxr asks it before it compiles a cell, and reading the library's hundreds of
//! dependencies takes most of a kernel's start. So it is shown the library, Polars and
//! the standard library, whose values cells keep, [reduced](crate::reduce), and nothing
//! below them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use toml::Table;

use crate::home::write_if_changed;
use crate::library;
use crate::reduce::copy_reduced;

/// Writes a package for each crate of the library that is shown, named as it is.
pub fn write(packages: &Value, folder: &Path) -> Result<()> {
    let array = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let shown: BTreeMap<String, Value> = array(&packages["packages"])
        .into_iter()
        .filter(|package| package["name"].as_str().is_some_and(is_shown))
        .map(|package| (text(&package["id"]), package))
        .collect();
    for node in array(&packages["resolve"]["nodes"]) {
        let Some(package) = shown.get(&text(&node["id"])) else { continue };
        let place = folder.join(text(&package["name"]));
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        copy_reduced(&manifest.with_file_name("src"), &place.join("src"))?;
        write_if_changed(&place.join("Cargo.toml"), self::manifest(package, &node, &shown)?)?;
    }
    write_dylib(&folder.join(library::CRATE))
}

/// Writes the standard library as rust-analyzer looks for it.
pub fn write_standard(library: &Path, folder: &Path) -> Result<()> {
    // Without a manifest, rust-analyzer takes these and nothing that they depend on.
    ["alloc", "core", "std"]
        .iter()
        .try_for_each(|name| copy_reduced(&library.join(name).join("src"), &folder.join(name).join("src")))
}

/// The crate that the dylib is linked from.
fn write_dylib(folder: &Path) -> Result<()> {
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nup42 = {{ path = \"../up42\" }}\n",
        library::CRATE
    );
    write_if_changed(&folder.join("Cargo.toml"), manifest)?;
    write_if_changed(&folder.join("src/lib.rs"), library::CODE)
}

fn is_shown(name: &str) -> bool {
    name == "up42" || name == "polars" || name.starts_with("polars-")
}

/// A manifest with nothing but the dependencies that are shown too, and the features
/// that were compiled.
fn manifest(package: &Value, node: &Value, shown: &BTreeMap<String, Value>) -> Result<String> {
    let mut head = Table::new();
    for key in ["name", "version", "edition"] {
        head.insert(key.into(), text(&package[key]).into());
    }
    head.insert("autobins".into(), false.into());
    head.insert("autobenches".into(), false.into());
    head.insert("build".into(), false.into());

    let mut targets = package["targets"].as_array().into_iter().flatten();
    let library = targets.find(|target| target["src_path"].as_str().is_some_and(is_library));
    let mut lib = Table::new();
    if let Some(library) = library {
        lib.insert("name".into(), text(&library["name"]).into());
    }

    let mut dependencies = Table::new();
    for dependency in node["deps"].as_array().into_iter().flatten() {
        let Some(other) = shown.get(&text(&dependency["pkg"])) else { continue };
        let name = text(&other["name"]);
        let mut place = Table::new();
        place.insert("path".into(), format!("../{name}").into());
        place.insert("package".into(), name.into());
        dependencies.insert(text(&dependency["name"]), place.into());
    }

    let names = node["features"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<toml::Value> = names.filter(|name| *name != "default").map(Into::into).collect();
    let none = || toml::Value::Array(Vec::new());
    let mut features: Table =
        names.iter().filter_map(|name| Some((name.as_str()?.to_owned(), none()))).collect();
    features.insert("default".into(), names.into());

    let mut manifest = Table::new();
    manifest.insert("workspace".into(), Table::new().into());
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

    #[test]
    fn a_shown_crate_depends_on_shown_crates_alone() {
        let folder = tempfile::tempdir().unwrap();
        let package = |name: &str, id: &str| {
            let place = folder.path().join("registry").join(name);
            fs::create_dir_all(place.join("src")).unwrap();
            fs::write(place.join("src/lib.rs"), format!("// {name}")).unwrap();
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
        write(&packages, &shown).unwrap();
        assert_eq!(fs::read_to_string(shown.join("polars-core/src/lib.rs")).unwrap(), "// polars-core");
        assert!(!shown.join("rayon").exists());
        let core: Table = fs::read_to_string(shown.join("polars-core/Cargo.toml")).unwrap().parse().unwrap();
        let dependencies = core["dependencies"].as_table().unwrap();
        assert_eq!(dependencies.keys().collect::<Vec<_>>(), ["arrow"]);
        assert_eq!(dependencies["arrow"]["path"].as_str(), Some("../polars-arrow"));
        assert_eq!(core["lib"]["name"].as_str(), Some("polars_core"));
        assert_eq!(core["features"]["default"].as_array().unwrap().len(), 1);
    }
}
