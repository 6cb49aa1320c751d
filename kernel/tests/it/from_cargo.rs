//! The kernel with the library from cargo, which is tried with a small one: the true one
//! takes half an hour.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const MANIFEST: &str = r#"[package]
name = "up42"
version = "0.1.0"
edition = "2024"

[workspace]

[dependencies]
tokio = { version = "1", features = ["rt", "rt-multi-thread"] }
"#;
/// What the kernel's own cells name.
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

fn write(folder: &Path) {
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.join("src/lib.rs"), CODE).unwrap();
    let locked = Command::new("cargo").args(["generate-lockfile", "--quiet"]).current_dir(folder).status();
    assert!(locked.unwrap().success());
}

#[test]
fn a_kernel_gets_the_library_from_cargo_where_that_is_asked_for() {
    let [library, home] = [(); 2].map(|()| TempDir::new().unwrap());
    write(library.path());
    let install = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_up42"))
            .args(["kernel", "install", "--prefix"])
            .arg(home.path().join("prefix"))
            .args(more)
            .env("UP42_HOME", home.path().join("home"))
            .env("UP42_LIBRARY", library.path())
            .env("CARGO_TARGET_DIR", library.path().join("target"))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let seeds = fs::read_dir(home.path().join("home/seeds")).unwrap();
        let seeds: Vec<_> = seeds.map(|seed| seed.unwrap().file_name().into_string().unwrap()).collect();
        (told, seeds)
    };
    let (told, seeds) = install(&["--from-cargo"]);
    assert!(told.contains("A kernel starts and runs a cell"), "{told}");
    assert!(seeds.len() == 1 && seeds[0].starts_with("cargo-"), "{seeds:?}");
    // It stays so until the library changes, and then the faster one is tried again.
    let (told, same) = install(&[]);
    assert!(!told.contains("Preparing") && same == seeds, "{told}{same:?}");
    fs::write(library.path().join("src/lib.rs"), [CODE, "pub fn more() {}\n"].concat()).unwrap();
    let (told, other) = install(&[]);
    assert!(other.len() == 1 && !other[0].starts_with("cargo-"), "{told}{other:?}");
}
