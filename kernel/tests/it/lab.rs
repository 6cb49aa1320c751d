//! Test of the kernel in JupyterLab, started by `up42 lab`, in a real browser.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

#[test]
fn a_running_batch_updates_its_display() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/browser");
    let chromium = env::var_os("CHROMIUM").map_or("/usr/bin/chromium".into(), PathBuf::from);
    if !chromium.exists() || !tests.join("node_modules").exists() {
        let why = format!("this needs `{}`, and `npm ci` in `{}`", chromium.display(), tests.display());
        assert!(env::var_os("UP42_REQUIRE_DATA").is_none(), "{why}");
        eprintln!("\nSKIPPED: {why}\n");
        return;
    }
    let folder = TempDir::new().unwrap();
    // The first installation takes minutes: done before the test measures time.
    let up42 = env!("CARGO_BIN_EXE_up42");
    let made = Command::new(up42)
        .args(["lab", "--no-browser"])
        .arg(folder.path())
        .args(["--", "--version"])
        .status();
    assert!(made.unwrap().success());
    let ran = Command::new("node").arg(tests.join("lab.mjs")).arg(up42).arg(folder.path()).status().unwrap();
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab");
    std::fs::create_dir_all(&shots).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap().flatten() {
        if entry.path().extension().is_some_and(|kind| kind == "png") {
            std::fs::copy(entry.path(), shots.join(entry.file_name())).unwrap();
        }
    }
    assert!(ran.success(), "see above; the screenshots are in `{}`", shots.display());
}
