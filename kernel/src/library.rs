//! The library as notebooks link it: one dylib with Polars inside, which all cells of a notebook
//! share.
//!
//! It is linked from the crates that `cargo run` and `cargo test` have compiled in the checkout.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::toolchain::Toolchain;

/// Name of the dylib's crate, and its only code.
pub const CRATE: &str = "up42_notebook";
pub const CODE: &str = "pub use tokio;\npub use up42::*;\n";

/// Crates that the dylib's code names.
const NAMED: [&str; 2] = ["tokio", "up42"];
/// Packages of the checkout that the library consists of.
pub const PACKAGES: [&str; 4] = ["up42", "up42-core", "up42-simulator", "up42-view"];
/// Variable that names another checkout.
const VARIABLE: &str = "UP42_LIBRARY";

/// Checkout with the library.
#[derive(Debug)]
pub struct Library {
    checkout: PathBuf,
}

/// Files that cargo made from the library.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Crates that the dylib's code names, and their files.
    named: Vec<(String, PathBuf)>,
    /// Files that the compiler reads to use the dylib: the metadata of every crate in it, and their
    /// procedural macros.
    pub metadata: Vec<PathBuf>,
}

impl Library {
    /// Finds the checkout: `UP42_LIBRARY`, or else the one that this program was built from. `None`
    /// if that checkout no longer exists.
    pub fn find() -> Result<Option<Self>> {
        if let Some(given) = env::var_os(VARIABLE).filter(|given| !given.is_empty()) {
            let checkout = std::path::absolute(given).context("make UP42_LIBRARY absolute")?;
            if !checkout.join("Cargo.lock").is_file() {
                bail!("UP42_LIBRARY names `{}`, which is no checkout of the library", checkout.display());
            }
            return Ok(Some(Self { checkout }));
        }
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let checkout = built_from.filter(|folder| folder.join("Cargo.lock").is_file());
        Ok(checkout.map(|checkout| Self { checkout: checkout.to_owned() }))
    }

    /// Returns the folder of the checkout.
    pub fn checkout(&self) -> &Path {
        &self.checkout
    }

    /// Compiles the library, with cargo's progress on the terminal.
    pub fn compile(&self, toolchain: &Toolchain) -> Result<Compiled> {
        // The libraries of all members: for a single package cargo would select other features, and
        // compile Polars once more.
        let mut cargo = self.cargo(toolchain);
        cargo.args(["build", "--lib", "--locked", "--message-format", "json-render-diagnostics"]);
        // Notebooks compute with the library; tests are compiled more often than they compute.
        for package in PACKAGES {
            cargo.args(["--config", &format!("profile.dev.package.{package}.opt-level=2")]);
        }
        let output =
            cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("run `cargo build`")?;
        if !output.status.success() {
            bail!("the library does not compile: cargo's messages are above");
        }
        let compiled = Compiled::read(&output.stdout);
        for name in NAMED {
            if compiled.named.iter().all(|(known, _)| known != name) {
                bail!("cargo made no crate `{name}` of `{}`", self.checkout.display());
            }
        }
        Ok(compiled)
    }

    /// Returns the packages that the library is made of, from `cargo metadata`.
    pub fn metadata(&self, toolchain: &Toolchain) -> Result<Value> {
        toolchain.metadata(self.cargo(toolchain)).context("find the library's sources")
    }

    fn cargo(&self, toolchain: &Toolchain) -> Command {
        let mut command = Command::new("cargo");
        toolchain.apply(&mut command);
        command.current_dir(&self.checkout);
        command
    }
}

impl Compiled {
    /// Links the dylib into a folder.
    pub fn link(&self, code: &Path, folder: &Path, toolchain: &Toolchain) -> Result<()> {
        let mut rustc = Command::new("rustc");
        toolchain.apply_alone(&mut rustc);
        rustc.args(["--crate-type", "dylib", "--crate-name", CRATE, "--edition", "2024"]);
        // Links the standard library dynamically, since cells share it too. A cargo profile cannot
        // set this for a single crate.
        rustc.args(["-C", "prefer-dynamic"]).arg("--out-dir").arg(folder);
        for (name, file) in &self.named {
            rustc.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        let folders: BTreeSet<&Path> = self.metadata.iter().filter_map(|file| file.parent()).collect();
        for folder in folders {
            rustc.arg("-L").arg(format!("dependency={}", folder.display()));
        }
        let status = rustc.arg(code).status().context("run `rustc`")?;
        if !status.success() {
            bail!(
                "the library cannot be linked: rustc's messages are above; `up42 kernel install --from-cargo` does without"
            );
        }
        Ok(())
    }

    /// Reads cargo's messages, one JSON object per line.
    /// <https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>
    fn read(messages: &[u8]) -> Self {
        let mut compiled = Self::default();
        for line in messages.split(|byte| *byte == b'\n') {
            let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
            if message["reason"] != "compiler-artifact" {
                continue;
            }
            let files = message["filenames"].as_array().into_iter().flatten();
            let files = files.filter_map(Value::as_str).map(PathBuf::from);
            let (libraries, others): (Vec<_>, Vec<_>) = files.partition(|file| has_extension(file, "rlib"));
            let kinds = message["target"]["kind"].as_array().into_iter().flatten();
            let is_macro = kinds.filter_map(Value::as_str).any(|kind| kind == "proc-macro");
            let metadata = others.iter().find(|file| has_extension(file, "rmeta"));
            if let (Some(name), false, Some(metadata)) =
                (message["target"]["name"].as_str(), libraries.is_empty(), metadata)
                && NAMED.contains(&name)
            {
                // The `.rlib` beside its metadata: cargo may name the uplifted copy instead, which
                // the next build of other tests replaces.
                compiled.named.push((name.to_owned(), metadata.with_extension("rlib")));
            }
            // A crate that is also a C library has no metadata file beside it.
            let inside = libraries.into_iter().filter(|_| metadata.is_none()).collect::<Vec<_>>();
            compiled
                .metadata
                .extend(others.into_iter().filter(|file| is_macro || has_extension(file, "rmeta")));
            compiled.metadata.extend(inside);
        }
        // Cargo reports them in no fixed order.
        compiled.metadata.sort();
        compiled.metadata.dedup();
        compiled
    }
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_cells_are_read_from_messages_of_cargo() {
        let messages = br#"
{"reason":"compiler-artifact","target":{"kind":["custom-build"],"name":"build-script-build"},"filenames":["/t/build"]}
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"polars"},"filenames":["/t/libpolars-1.rlib","/t/libpolars-1.rmeta"]}
{"reason":"compiler-artifact","target":{"kind":["cdylib","rlib"],"name":"proj4rs"},"filenames":["/t/libproj4rs-1.so","/t/libproj4rs-1.rlib"]}
{"reason":"compiler-artifact","target":{"kind":["proc-macro"],"name":"maud_macros"},"filenames":["/t/libmaud_macros-1.so"]}
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"up42"},"filenames":["/t/libup42.rlib","/t/deps/libup42-1.rmeta"]}
{"reason":"build-finished","success":true}
"#;
        let compiled = Compiled::read(messages);
        assert_eq!(compiled.named, [("up42".to_owned(), PathBuf::from("/t/deps/libup42-1.rlib"))]);
        let metadata = [
            "/t/deps/libup42-1.rmeta",
            "/t/libmaud_macros-1.so",
            "/t/libpolars-1.rmeta",
            "/t/libproj4rs-1.rlib",
        ];
        assert_eq!(compiled.metadata, metadata.map(PathBuf::from));
    }
}
