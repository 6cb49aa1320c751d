//! Tests of a kernel with the library from cargo, on a small substitute for the library: compiling
//! the real one takes half an hour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const MANIFEST: &str = r#"[package]
name = "up42"
version = "0.1.0"
edition = "2024"

[workspace]

[dependencies]
rustc-hash = ">=1, <3"
tokio = { version = "1", features = ["rt", "rt-multi-thread"] }
"#;
/// Code of the substitute: the items that the kernel's own cells name.
const CODE: &str = "
pub mod prelude {}
pub mod polars { pub mod prelude {
    #[derive(Debug)]
    pub struct DataFrame;
    #[derive(Debug)]
    pub struct Series;
    #[derive(Debug)]
    pub struct Column;
    impl DataFrame {
        pub fn empty() -> Self { Self }
        pub fn height(&self) -> usize { 0 }
    }
} }
";

fn write(folder: &Path, code: &str) {
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.join("src/lib.rs"), code).unwrap();
    // Pins one crate to an older version. The project uses both versions, so nothing is downloaded.
    for arguments in [&["generate-lockfile"][..], &["update", "rustc-hash", "--precise", "1.1.0"]] {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).args(["--offline", "--quiet"]).current_dir(folder);
        assert!(cargo.status().unwrap().success());
    }
}

/// Substitute library and the home of its kernel.
struct Machine {
    library: TempDir,
    home: TempDir,
}

impl Machine {
    fn new(code: &str) -> Self {
        let machine = Self { library: TempDir::new().unwrap(), home: TempDir::new().unwrap() };
        write(machine.library.path(), code);
        machine
    }

    fn change(&self, code: &str) {
        fs::write(self.library.path().join("src/lib.rs"), code).unwrap();
    }

    fn up42(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_up42"))
            .args(arguments)
            .env("UP42_HOME", self.home.path())
            .env("UP42_LIBRARY", self.library.path())
            .env("CARGO_TARGET_DIR", self.library.path().join("target"))
            .output()
            .unwrap();
        let printed =
            [output.stdout, output.stderr].map(|printed| String::from_utf8_lossy(&printed).into_owned());
        (output.status.success(), printed.concat())
    }

    /// Runs `up42 kernel install`. Returns its output and the names of the seeds afterwards.
    fn install(&self, more: &[&str]) -> (String, Vec<String>) {
        let prefix = self.home.path().join("prefix");
        let (is_done, printed) =
            self.up42(&[&["kernel", "install", "--prefix", prefix.to_str().unwrap()], more].concat());
        assert!(is_done, "{printed}");
        let seeds = fs::read_dir(self.home.path().join("seeds")).unwrap();
        (printed, seeds.map(|seed| seed.unwrap().file_name().into_string().unwrap()).collect())
    }
}

/// Returns the folders in this one, at any depth, whose names begin with `start`.
fn folders(folder: &Path, start: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        match entry.file_name().to_string_lossy().starts_with(start) {
            true => found.push(entry.path()),
            false => found.extend(folders(&entry.path(), start)),
        }
    }
    found
}

#[test]
fn from_cargo_builds_the_library_with_cargo() {
    let machine = Machine::new(CODE);
    let (printed, seeds) = machine.install(&["--from-cargo"]);
    assert!(printed.contains("A kernel starts and runs a cell"), "{printed}");
    assert!(seeds.len() == 1 && seeds[0].starts_with("cargo-"), "{seeds:?}");
    // The probed kernel compiled nothing again, so it had the library's versions.
    let (_, tried) = printed.rsplit_once("Finished").unwrap();
    assert!(!tried.contains("Compiling up42"), "{printed}");
    assert!(machine.up42(&["doctor"]).1.contains("! note    the kernel has the library from cargo"));
    // The choice holds until the library changes; then the dylib is tried again.
    let (printed, same) = machine.install(&[]);
    assert!(!printed.contains("Preparing") && same == seeds, "{printed}{same:?}");
    machine.change(&[CODE, "pub fn more() {}\n"].concat());
    let (printed, other) = machine.install(&[]);
    assert!(other.len() == 1 && !other[0].starts_with("cargo-"), "{printed}{other:?}");
}

#[test]
fn cargo_builds_the_library_if_the_prebuilt_one_fails() {
    // Cargo sets the variable for the packages that are built directly, such as the prebuilt
    // library, but not for dependencies.
    let code = CODE.replace("{ 0 }", "{ option_env!(\"CARGO_PRIMARY_PACKAGE\").map_or(0, |_| 1) }");
    let machine = Machine::new(&code);
    let (printed, seeds) = machine.install(&[]);
    assert!(
        printed.contains("The prebuilt library is not used: the kernel does not run a cell"),
        "{printed}"
    );
    assert!(printed.contains("for 0"), "{printed}");
    let (before, how_far) = printed.split_once("Cargo compiles the library for the kernel").unwrap();
    assert!(before.contains("Compiling tokio") && how_far.contains("Compiling tokio"), "{printed}");
    let [seed] = &seeds[..] else { panic!("{seeds:?}") };
    assert!(seed.starts_with("cargo-"), "{seed}");
    // Interrupted before the library was compiled: the next run continues there.
    let seed = machine.home.path().join("seeds").join(seed);
    fs::remove_file(seed.join("tried")).unwrap();
    for built in folders(&seed.join("session"), "up42-") {
        fs::remove_dir_all(built).unwrap();
    }
    let (printed, same) = machine.install(&[]);
    assert!(printed.contains("The prebuilt library is not used") && same == seeds, "{printed}{same:?}");
    assert!(printed.contains("Compiling up42") && !printed.contains("Compiling tokio"), "{printed}");
}
