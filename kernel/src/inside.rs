//! The helper library that runs in the cell process: see `inside/lib.rs`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::home::write_if_changed;
use crate::toolchain::Toolchain;

/// Source code of the helper library.
pub const CODE: &str = include_str!("../inside/lib.rs");
const CRATE: &str = "up42_inside";

/// Returns the path of the compiled helper library in `folder`.
pub fn library(folder: &Path) -> PathBuf {
    folder.join(format!("{}{CRATE}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX))
}

/// Compiles the helper library into `folder`.
pub fn compile(folder: &Path, toolchain: &Toolchain) -> Result<()> {
    let code = folder.join("lib.rs");
    write_if_changed(&code, CODE)?;
    let mut rustc = Command::new("rustc");
    toolchain.apply_alone(&mut rustc);
    // Linked like cells, so that it shares the standard library with them.
    rustc.args(["--crate-type", "cdylib", "--crate-name", CRATE, "--edition", "2024"]);
    rustc.args(["-C", "prefer-dynamic", "-C", "opt-level=1", "--out-dir"]).arg(folder).arg(code);
    if !rustc.status().context("run `rustc`")?.success() {
        bail!("the library beside the cells does not compile: rustc's messages are above");
    }
    Ok(())
}
