//! The proxy between evcxr and the process that runs the cells.
//!
//! ```text
//! jupyter -- engine (evcxr)  ==commands==>  proxy  ==>  cells
//!               ^   ^          <==marks===    |   <==    stdout, stderr
//!               |   +----------- stdout       |
//!               +-------------- stderr: events
//! ```
//!
//! evcxr reads the cells' stdout only while a cell runs, in whole lines of UTF-8, and accepts every
//! line that resembles one of its marks. The proxy reads bytes at any time. Output for the user is
//! sent to the kernel process as events, in order; evcxr receives only its marks. The event of the
//! end of a cell is sent before evcxr receives its mark, so no event arrives after it.

mod decoder;
mod end_detector;
mod marks;
mod outbox;
mod run;
mod state;
mod stderr;

use std::env;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cells::{Event, INSIDE_VARIABLE, INTERRUPT_VARIABLE, TAG_VARIABLE};
use crate::proxy::end_detector::{EndDetector, Piece};
use crate::proxy::outbox::Outbox;
use crate::proxy::run::Run;
use crate::proxy::state::State;
use crate::proxy::stderr::{StderrParser, StderrPiece};

/// Variable that evcxr sets for the process that runs the cells (`runtime.rs`).
const CELLS_VARIABLE: &str = "EVCXR_IS_RUNTIME";
/// Interval between messages to the kernel process: collects printed lines, and still looks live.
const BATCH: Duration = Duration::from_millis(20);
/// Interval of checks for an interrupt and for the end of the cell process.
const WATCH: Duration = Duration::from_millis(50);
/// Longest wait for the end of stderr, which programs that the cells started may hold open.
const STDERR_TIMEOUT: Duration = Duration::from_millis(200);
/// Wait for the end of stdout, which such programs may hold open too, before the proxy ends without
/// it.
const STDOUT_WAIT: Duration = Duration::from_secs(1);

/// Runs the proxy if this is the process that evcxr starts for the cells; the cells then run in a
/// child process. Returns `None` in any other process.
pub fn intercept() -> Option<Result<ExitCode>> {
    env::var_os(CELLS_VARIABLE)?;
    let inside = env::var_os(INSIDE_VARIABLE)?;
    Some(run(inside.into()))
}

fn run(inside: PathBuf) -> Result<ExitCode> {
    let interrupt = env::var_os(INTERRUPT_VARIABLE).map(PathBuf::from).unwrap_or_default();
    let tag = format!("UP42_{}", uuid::Uuid::new_v4().simple());
    let mut cells = Command::new(env::current_exe().context("find this program's own file")?)
        .args(env::args_os().skip(1))
        .env_remove(INSIDE_VARIABLE)
        // A cell may run cargo itself.
        .env_remove(crate::compile::VARIABLE)
        .env_remove("RUSTFLAGS")
        .env(TAG_VARIABLE, &tag)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("start the process that runs the cells")?;
    let (stdout, stderr) = (cells.stdout.take(), cells.stderr.take());
    let fence = format!("LOAD_AND_RUN {} up42_fence", inside.display());
    let mut stdin = cells.stdin.take().context("write to the process that runs the cells")?;
    writeln!(stdin, "{fence}").context("start the library beside the cells")?;
    let proxy = Arc::new(CellProxy {
        state: Mutex::new(State {
            stdin,
            fence: EndDetector::new(&tag),
            stderr: StderrParser::new(&tag),
            run: Run::new(&tag),
            outbox: Outbox::default(),
            is_busy: true,
            is_running: false,
            awaits_input: false,
            fenced: None,
            number: 0,
        }),
        changed: Condvar::new(),
        cells: Mutex::new(cells),
        command: fence,
        interrupt,
        tag,
    });
    let stderr_thread = spawn(&proxy, move |proxy| read(stderr, |bytes| proxy.stderr(bytes)));
    spawn(&proxy, CellProxy::send);
    spawn(&proxy, CellProxy::watch);
    spawn(&proxy, |proxy| {
        if proxy.forward_commands().is_err() {
            thread::sleep(STDERR_TIMEOUT);
            proxy.exit_with_cells(None);
        }
        // evcxr, and with it the kernel, has ended.
        let _ = proxy.lock_cells().kill();
        std::process::exit(0);
    });
    read(stdout, |bytes| proxy.stdout(bytes));
    proxy.exit_with_cells(Some(&stderr_thread))
}

fn spawn(proxy: &Arc<CellProxy>, work: impl FnOnce(&CellProxy) + Send + 'static) -> JoinHandle<()> {
    let proxy = Arc::clone(proxy);
    thread::spawn(move || work(&proxy))
}

fn read(from: Option<impl Read>, mut handle: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    if let Some(mut from) = from {
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            handle(&buffer[..length]);
        }
    }
}

struct CellProxy {
    state: Mutex<State>,
    /// Signals that events wait to be sent, the runtime is ready, or a cell runs.
    changed: Condvar,
    cells: Mutex<Child>,
    /// Command that runs the fence.
    command: String,
    interrupt: PathBuf,
    tag: String,
}

impl CellProxy {
    /// Forwards evcxr's commands and input lines to the cells until its output ends.
    fn forward_commands(&self) -> Result<()> {
        for line in io::stdin().lock().lines() {
            let line = line?;
            let mut state = self.lock();
            if state.awaits_input || !line.starts_with("LOAD_AND_RUN ") {
                state.awaits_input = false;
                // The cell is over: the runtime would run the line as a command.
                if !state.fence.is_running() {
                    continue;
                }
            } else {
                while state.is_busy {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                state.number += 1;
                if self.interrupt.exists() {
                    state.skip(&self.tag);
                    continue;
                }
                state.begin(crate::compile::is_ours());
                self.changed.notify_all();
            }
            writeln!(state.stdin, "{line}").and_then(|()| state.stdin.flush())?;
        }
        Ok(())
    }

    fn stdout(&self, bytes: &[u8]) {
        let mut state = self.lock();
        let state = &mut *state;
        for piece in state.fence.push(bytes) {
            match piece {
                Piece::Output(bytes) => {
                    if let Some(request) = state.run.stdout(&bytes, &mut state.outbox) {
                        state.request_input(&request);
                    }
                }
                Piece::Ask => {
                    let _ = writeln!(state.stdin, "{}", self.command).and_then(|()| state.stdin.flush());
                }
                Piece::End => state.end_if_over(&self.tag),
            }
        }
        self.changed.notify_all();
    }

    fn stderr(&self, bytes: &[u8]) {
        let mut state = self.lock();
        let state = &mut *state;
        for piece in state.stderr.push(bytes) {
            match piece {
                StderrPiece::Text(bytes) => state.run.stderr(&bytes, &mut state.outbox),
                StderrPiece::Panic(panic) => state.run.panic(panic, &mut state.outbox),
                StderrPiece::CellEnd(hook_is_ours) => {
                    state.fenced = Some(hook_is_ours);
                    state.end_if_over(&self.tag);
                }
            }
        }
        self.changed.notify_all();
    }

    /// Sends collected events to the kernel process, in a loop.
    fn send(&self) {
        loop {
            let mut state = self.lock();
            while state.outbox.is_empty() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            thread::sleep(BATCH);
            self.lock().outbox.send();
        }
    }

    /// Kills the cell process on an interrupt, and ends this process with it. Watching its stdout
    /// is not enough: a program that the cells started may hold it open.
    fn watch(&self) {
        loop {
            let mut state = self.lock();
            while !state.is_running {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            let mut cells = self.lock_cells();
            if self.interrupt.exists() {
                let _ = cells.kill();
            }
            let is_over = !matches!(cells.try_wait(), Ok(None));
            drop(cells);
            if is_over {
                thread::sleep(STDOUT_WAIT);
                self.exit_with_cells(None);
            }
            thread::sleep(WATCH);
        }
    }

    /// Ends the proxy: sends the exit status of the cell process and exits with its code. First
    /// waits for the thread that reads stderr.
    fn exit_with_cells(&self, stderr_thread: Option<&JoinHandle<()>>) -> ! {
        // Locked to the end, so that this runs once only.
        let mut cells = self.lock_cells();
        // The cell process cannot be used without its stdout.
        let _ = cells.kill();
        let status = cells.wait();
        let mut waited = Duration::ZERO;
        while stderr_thread.is_some_and(|thread| !thread.is_finished()) && waited < STDERR_TIMEOUT {
            thread::sleep(Duration::from_millis(5));
            waited += Duration::from_millis(5);
        }
        let mut state = self.lock();
        let state = &mut *state;
        let rest = state.fence.finish();
        state.run.stdout(&rest, &mut state.outbox);
        let rest = state.stderr.finish();
        state.run.stderr(&rest, &mut state.outbox);
        let how = status.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        let end = state.run.end_with_status(how, &mut state.outbox);
        state.outbox.event(Event::End(end));
        state.outbox.send();
        let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
        // Exits directly: the other threads are still blocked.
        std::process::exit(code.unwrap_or(1).into())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_cells(&self) -> MutexGuard<'_, Child> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
