//! The kernel: [jupyter] and evcxr, in a session of their own.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, ensure};

use crate::disk;
use crate::home::Home;
use crate::jupyter;
use crate::jupyter::engine::Engine;
use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::outputs::Outputs;
use crate::jupyter::source::Source;
use crate::kernelspec::{self, DISPLAY_NAME, Place};
use crate::owned;
use crate::seed;
use crate::session::Session;
use crate::toolchain::Toolchain;

/// Builds what is missing and registers the kernel with Jupyter.
pub fn install(home: &Home, place: &Place, from_cargo: bool) -> Result<()> {
    let toolchain = Toolchain::find()?;
    toolchain.library_source()?;
    seed::ensure(home, &toolchain, from_cargo)?;
    let folder = kernelspec::install(home, place)?;
    eprintln!("Installed the kernel \"{DISPLAY_NAME}\" in {}", folder.display());
    eprintln!("It takes {} in {}", disk::megabytes(disk::taken(home.path())), home.path().display());
    Ok(())
}

/// Removes the kernel from Jupyter wherever it was installed, and the seeds; the Python
/// environments only if `with_python` is set.
pub fn uninstall(home: &Home, with_python: bool) -> Result<()> {
    let _lock = home.lock_installation()?;
    for folder in kernelspec::uninstall(home)? {
        eprintln!("Removed {}", folder.display());
    }
    let before = disk::taken(home.path());
    let running = seed::remove_all(home)?;
    let mut foreign: Vec<PathBuf> =
        [home.seeds(), home.kernels()].iter().flat_map(|of| owned::foreign(of)).collect();
    if with_python {
        for folder in [home.python(), home.lab()].into_iter().filter(|folder| folder.exists()) {
            match owned::is_owned(&folder) {
                true => owned::remove(&folder)?,
                false => foreign.push(folder),
            }
        }
    }
    for folder in foreign {
        eprintln!("Left {}, which carries no mark of up42", folder.display());
    }
    let freed = before.saturating_sub(disk::taken(home.path()));
    eprintln!("Freed {} in {}", disk::megabytes(freed), home.path().display());
    if running > 0 {
        eprintln!("What running kernels use stays: shut them down and run `up42 kernel uninstall` again");
    }
    Ok(())
}

/// Runs the kernel that Jupyter requests, until it ends.
pub fn launch(home: &Home, connection_file: &Path) -> Result<ExitCode> {
    let kernel_stdin = KernelStdin::default();
    follow_jupyter(&kernel_stdin);
    let found = Toolchain::find().and_then(|toolchain| Ok((seed::require(home, &toolchain)?, toolchain)));
    let (seed, toolchain) = match found {
        Ok(found) => found,
        Err(error) => return jupyter::explain(connection_file, error).map(|()| ExitCode::FAILURE),
    };
    let session = match Session::start(home, &seed, &toolchain) {
        Ok(session) => session,
        Err(error) => return jupyter::explain(connection_file, error).map(|()| ExitCode::FAILURE),
    };
    let mut kernel = session.command();
    kernel.args(["kernel", "serve"]).arg(connection_file);
    kernel.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut kernel = kernel.spawn().context("start the kernel")?;
    *kernel_stdin.lock().unwrap_or_else(PoisonError::into_inner) = kernel.stdin.take();
    // evcxr's stderr output is shown in the notebook, but a process cannot read its own stderr.
    if let Some(stderr) = kernel.stderr.take() {
        echo(stderr, &kernel_stdin);
    }
    let status = kernel.wait().context("wait for the kernel")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Stdin of the kernel process, once it runs; the kernel ends when it is closed.
type KernelStdin = Arc<Mutex<Option<ChildStdin>>>;

/// Copies a process's stderr to its own stdin and to our stderr. The process ends when its stdin is
/// closed, so it never outlives this one.
fn echo(mut from: ChildStderr, to: &KernelStdin) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let _ = io::stderr().write_all(&buffer[..length]);
        if let Some(to) = to.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = to.write_all(&buffer[..length]).and_then(|()| to.flush());
        }
    }
}

/// Ends the kernel when Jupyter is killed, in which case no shutdown request arrives. Ends this
/// process instead while it has no kernel process or only reports why there is none. Jupyter passes
/// its process id (`JPY_PARENT_PID`) if the kernel is to end with it.
#[cfg(unix)]
fn follow_jupyter(kernel_stdin: &KernelStdin) {
    use std::os::unix::process::parent_id;
    use std::{env, process, thread, time::Duration};

    let jupyter = parent_id();
    if env::var("JPY_PARENT_PID").is_ok_and(|parent| parent == jupyter.to_string()) {
        let kernel_stdin = Arc::clone(kernel_stdin);
        thread::spawn(move || {
            while parent_id() == jupyter {
                thread::sleep(Duration::from_secs(1));
            }
            if kernel_stdin.lock().unwrap_or_else(PoisonError::into_inner).take().is_none() {
                process::exit(1);
            }
        });
    }
}

/// Does nothing: on Windows Jupyter passes a handle, which the standard library cannot wait for.
#[cfg(not(unix))]
fn follow_jupyter(_lifeline: &KernelStdin) {}

/// Runs one cell as Jupyter would, in the environment of a session.
pub fn probe() -> Result<()> {
    let outputs = Arc::new(Outputs::new(Box::new(|_, _, content| eprintln!("{content}"))));
    let interrupt = Arc::new(Interrupt::new(Engine::interrupt_file()));
    let mut engine = Engine::load(&outputs, &interrupt).context("load the library")?;
    let cell = "let frame = up42::polars::prelude::DataFrame::empty();\nframe.height()";
    let shown = engine.run(cell, &Source::default(), &|_, _| String::new());
    let shown = shown.map_err(|problem| anyhow!("{}", problem.traceback.join("\n"))).context("run a cell")?;
    let text = shown.as_ref().and_then(|shown| shown.get("text/plain"));
    ensure!(text.is_some_and(|text| text == "0"), "a cell shows {shown:?} for 0");
    Ok(())
}
