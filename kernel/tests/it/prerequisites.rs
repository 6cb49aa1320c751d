use std::process::Command;

use crate::run::Notebook;

/// Runs `up42 run` in an empty home, where everything would have to be built.
fn run_in_empty_home(prepare: impl FnOnce(&mut Command)) -> String {
    let home = tempfile::tempdir().unwrap();
    let notebook = Notebook::new(&["1"]);
    let mut command = notebook.command();
    command.env("UP42_HOME", home.path());
    prepare(&mut command);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!home.path().join("seeds").exists(), "the build started before the check");
    String::from_utf8(output.stderr).unwrap()
}

/// Returns a `PATH` with the Rust toolchain only.
fn only_rust() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for program in ["cargo", "rustc"] {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
        let sysroot = std::path::PathBuf::from(String::from_utf8(sysroot).unwrap().trim());
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let link = folder.path().join(&name);
        #[cfg(unix)]
        std::os::unix::fs::symlink(sysroot.join("bin").join(&name), link).unwrap();
        #[cfg(not(unix))]
        std::fs::hard_link(sysroot.join("bin").join(&name), link).unwrap();
    }
    folder
}

#[test]
fn a_missing_python_is_an_error_before_the_build() {
    let path = only_rust();
    let stderr = run_in_empty_home(|command| {
        command.env("PATH", path.path());
    });
    assert!(stderr.contains("`python3` is missing: install Python 3.9"), "{stderr}");
    assert!(stderr.contains("python3-venv"), "{stderr}");
}

#[test]
fn a_missing_rust_is_an_error_with_a_link() {
    let empty = tempfile::tempdir().unwrap();
    let stderr = run_in_empty_home(|command| {
        command.env("PATH", empty.path()).env("CARGO_HOME", empty.path());
    });
    assert!(stderr.contains("https://rustup.rs"), "{stderr}");
}

#[test]
fn an_invalid_notebook_is_an_error_before_the_build() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.ipynb");
    std::fs::write(&text, "not json").unwrap();
    for path in [text.as_path(), folder.path()] {
        let output = Command::new(env!("CARGO_BIN_EXE_up42")).arg("run").arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.starts_with(&format!("up42: read `{}`: ", path.display())), "{stderr}");
    }
}

#[test]
fn a_home_with_a_space_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("my home");
    let output =
        Command::new(env!("CARGO_BIN_EXE_up42")).args(["kernel", "install"]).env("UP42_HOME", home).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("set UP42_HOME to a folder without one"));
}

#[test]
fn the_error_of_a_missing_notebook_contains_its_path() {
    let output = Command::new(env!("CARGO_BIN_EXE_up42")).args(["run", "no/such.ipynb"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such.ipynb"));
}

#[test]
fn doctor_lists_problems() {
    let home = tempfile::tempdir().unwrap();
    let doctor = |path: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_up42"));
        let output = command.arg("doctor").env("UP42_HOME", path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let printed = doctor(home.path());
    assert!(
        printed.contains("✗ broken  the kernel is not built\n            → up42 kernel install"),
        "{printed}"
    );
    assert!(printed.contains("✓ good    Rust: rustc "), "{printed}");
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(doctor(&file.join("home")).contains("set UP42_HOME to a folder that you may write"));
}

#[test]
fn foreign_files_in_the_home_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let files = [
        "seeds/tomatoes/file",
        "kernels/k-linux/file",
        "kernels/k-linux.lock",
        "python/bin/python",
        "lab/notes",
        "current",
        "kernelspecs",
        "install.lock",
    ];
    let files = files.map(|file| home.path().join(file));
    for file in &files {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "theirs").unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_up42"));
    let output =
        command.args(["kernel", "uninstall", "--all"]).env("UP42_HOME", home.path()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    for file in &files {
        let is_kept = std::fs::read_to_string(file).is_ok_and(|text| text == "theirs");
        assert!(is_kept, "{} is gone or changed: {printed}", file.display());
    }
    for folder in ["tomatoes", "k-linux", "python", "lab"] {
        assert!(printed.contains(&format!("{folder}, which carries no mark of up42")), "{printed}");
    }
}
