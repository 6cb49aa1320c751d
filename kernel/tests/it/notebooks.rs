//! Tests of this repository's notebooks in the real kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs the notebook from the catalog to maps on real scenes and archives. Its page stays in
/// `target/notebooks`.
#[test]
fn real_scenes_and_archives_are_shown() {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "`{}` is missing", data.display());
        eprintln!("skipped: `{}` with the real scenes is not there", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let executed = folder.path().join("real-scenes.ipynb");
    let output = Command::new(env!("CARGO_BIN_EXE_up42"))
        .current_dir(root())
        .args(["run", "tests/notebooks/real-scenes.ipynb", "--out"])
        .arg(&executed)
        .output()
        .unwrap();
    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}");

    let notebook: Value = serde_json::from_slice(&fs::read(&executed).unwrap()).unwrap();
    let results: Vec<&Value> = notebook["cells"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|cell| cell["outputs"].as_array().into_iter().flatten())
        .filter_map(|output| output.get("data"))
        .collect();
    let text = |mime: &str, data: &Value| match &data[mime] {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect::<String>(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let maps: Vec<&&Value> = results.iter().filter(|data| data.get("image/jpeg").is_some()).collect();
    assert_eq!(maps.len(), 3, "the world, Houston, and the results");
    for map in &maps {
        assert!(text("text/html", map).contains("<iframe"));
    }
    let everything: String = results.iter().map(|data| text("text/plain", data)).collect();
    assert!(
        everything.contains("no acquisition date"),
        "the note of an invalid scene is shown:\n{everything}"
    );
    let houston = text("text/plain", maps[1]);
    for scene in ["101c", "SSC1"] {
        assert!(houston.contains(scene), "{scene} is on the map of Houston:\n{houston}");
    }
}
