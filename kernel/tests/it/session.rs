//! Runs the Python tests of the kernel in `tests/*.py`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs one of the programs with a Jupyter that has only our kernel.
fn python(arguments: &[&str]) {
    let jupyter = TempDir::new().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_up42"))
        .args(["kernel", "install"])
        .env("JUPYTER_DATA_DIR", jupyter.path())
        .status();
    assert!(status.unwrap().success(), "the kernel cannot be installed");
    let environment = Command::new("python3")
        .arg(root().join("tests/python/environment.py"))
        .arg("protocol")
        .output()
        .unwrap();
    assert!(environment.status.success(), "{}", String::from_utf8_lossy(&environment.stderr));
    let python = String::from_utf8(environment.stdout).unwrap();
    let output = Command::new(python.trim())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
        .args(arguments)
        .env("JUPYTER_PATH", jupyter.path())
        .env("JUPYTER_RUNTIME_DIR", jupyter.path().join("runtime"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let printed =
        [output.stdout, output.stderr].map(|printed| String::from_utf8_lossy(&printed).into_owned()).concat();
    println!("{printed}");
    assert!(output.status.success(), "{arguments:?} fails:\n{printed}");
}

#[test]
fn a_session_follows_the_jupyter_protocol() {
    python(&["session.py"]);
}

#[test]
fn jupyter_kernel_test_passes() {
    python(&["protocol.py"]);
}

/// `cargo test -- --ignored fifty` prints what remains after fifty restarts.
#[test]
#[ignore = "it takes ten minutes"]
fn fifty_restarts_leave_nothing_behind() {
    python(&["restarts.py", "50"]);
}

#[test]
fn restarts_leave_nothing_behind() {
    python(&["restarts.py", "4"]);
}
