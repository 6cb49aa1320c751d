//! The libFuzzer program for all targets: `FUZZ_TARGET` names the one to run. `run.py` builds and
//! runs it.

#![no_main]

#[allow(dead_code, reason = "the kernel uses more of it")]
mod jupyter;
mod zmtp;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, panic, process};

use libfuzzer_sys::fuzz_target;
use up42::fuzzing::Target;

type Run = fn(&[u8], &Path);

fuzz_target!(|bytes: &[u8]| {
    static TARGET: OnceLock<(Run, PathBuf)> = OnceLock::new();
    let (run, folder) = TARGET.get_or_init(|| (target(), folder()));
    run(bytes, folder);
    // Most inputs create no files.
    if fs::read_dir(folder).unwrap().next().is_some() {
        fs::remove_dir_all(folder).unwrap();
        fs::create_dir(folder).unwrap();
    }
});

/// Returns an empty folder of this process.
fn folder() -> PathBuf {
    let folder = env::temp_dir().join(format!("up42-fuzz-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn target() -> Run {
    let targets: Vec<Target> = [
        &up42_core::fuzzing::TARGETS[..],
        &up42_view::fuzzing::TARGETS,
        &up42::fuzzing::TARGETS,
        &[("zmtp", zmtp::zmtp)],
    ]
    .concat();
    let name = env::var("FUZZ_TARGET").unwrap_or_default();
    let Some((_, run)) = targets.iter().find(|(known, _)| *known == name) else {
        let names: Vec<_> = targets.iter().map(|(name, _)| *name).collect();
        eprintln!("FUZZ_TARGET is `{name}`: give one of {}", names.join(", "));
        process::exit(2);
    };
    // libFuzzer's own hook ends the process at each panic. Some panics of dependencies are caught
    // and become errors; a panic that is not caught still ends the process.
    panic::set_hook(Box::new(|about| {
        let is_ours = about.location().is_none_or(|location| !location.file().contains("/registry/src/"));
        if is_ours || env::var_os("RUST_BACKTRACE").is_some() {
            eprintln!("{about}");
        }
        if is_ours {
            process::abort();
        }
    }));
    *run
}
