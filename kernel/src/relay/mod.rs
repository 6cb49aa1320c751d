//! The relay: it stands between the engine and the process that runs the cells.
//!
//! ```text
//! front -- engine (evcxr)  ==commands==>  relay  ==>  cells
//!             ^   ^          <==marks===    |   <==    stdout, stderr
//!             |   +----------- stdout       |
//!             +-------------- stderr: events
//! ```
//!
//! evcxr reads the cells' stdout only while a cell runs, in whole lines of UTF-8, and takes
//! what looks like its marks for marks. The relay reads always, and bytes. What the user
//! is to see goes to the front as events, in order; evcxr sees its marks alone. The end of
//! a cell is told to the front before evcxr hears of it, so nothing arrives late.

mod decoder;
mod fence;
mod marks;
mod outbox;
mod run;
mod state;
mod tagged;

use std::env;
use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cells::{Event, INSIDE_VARIABLE, INTERRUPT_VARIABLE, TAG_VARIABLE};
use crate::relay::fence::{Fence, Piece};
use crate::relay::outbox::Outbox;
use crate::relay::run::Run;
use crate::relay::state::State;
use crate::relay::tagged::{Tagged, Told};

/// Set by evcxr for the process that runs the cells (`runtime.rs`).
const CELLS_VARIABLE: &str = "EVCXR_IS_RUNTIME";
/// Text is told this often: printed lines are gathered, and still seem to be live.
const BATCH: Duration = Duration::from_millis(20);
/// How often it is looked whether the cell is to be interrupted, and its process lives.
const WATCH: Duration = Duration::from_millis(50);
/// What the cells started may hold their stderr open …
const LAST_WORDS: Duration = Duration::from_millis(200);
/// … and their stdout: only then it is not its end that tells.
const HELD: Duration = Duration::from_secs(1);

/// Relays, if this is the process that evcxr starts to run the cells; these then run in a
/// process of their own.
pub fn intercept() -> Option<Result<ExitCode>> {
    env::var_os(CELLS_VARIABLE)?;
    let inside = env::var_os(INSIDE_VARIABLE)?;
    Some(relay(inside.into()))
}

fn relay(inside: PathBuf) -> Result<ExitCode> {
    let interrupt = env::var_os(INTERRUPT_VARIABLE).map(PathBuf::from).unwrap_or_default();
    let tag = format!("UP42_{}", uuid::Uuid::new_v4().simple());
    let mut cells = Command::new(env::current_exe().context("find this program's own file")?)
        .args(env::args_os().skip(1))
        .env_remove(INSIDE_VARIABLE)
        // A cell may start a cargo of its own.
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
    let relay = Arc::new(Relay {
        state: Mutex::new(State {
            stdin,
            fence: Fence::new(&tag),
            tagged: Tagged::new(&tag),
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
    let told = spawn(&relay, move |relay| read(stderr, |bytes| relay.stderr(bytes)));
    spawn(&relay, Relay::send);
    spawn(&relay, Relay::watch);
    spawn(&relay, |relay| {
        if relay.obey().is_err() {
            thread::sleep(LAST_WORDS);
            relay.bury(None);
        }
        // evcxr, and with it the kernel, is gone.
        let _ = relay.lock_cells().kill();
        std::process::exit(0);
    });
    read(stdout, |bytes| relay.stdout(bytes));
    relay.bury(Some(&told))
}

fn spawn(relay: &Arc<Relay>, work: impl FnOnce(&Relay) + Send + 'static) -> JoinHandle<()> {
    let relay = Arc::clone(relay);
    thread::spawn(move || work(&relay))
}

fn read(from: Option<impl Read>, mut take_in: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    if let Some(mut from) = from {
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            take_in(&buffer[..length]);
        }
    }
}

struct Relay {
    state: Mutex<State>,
    /// Something waits to be told, or the runtime is ready, or a cell runs.
    changed: Condvar,
    cells: Mutex<Child>,
    /// Runs the fence.
    command: String,
    interrupt: PathBuf,
    tag: String,
}

impl Relay {
    /// Passes on what evcxr says, until it says no more.
    fn obey(&self) -> Result<()> {
        for line in io::stdin().lock().lines() {
            let line = line?;
            let mut state = self.lock();
            if state.awaits_input || !line.starts_with("LOAD_AND_RUN ") {
                state.awaits_input = false;
                // The cell is over: the runtime would take the line for a command.
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
                        state.ask(&request);
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
        for told in state.tagged.push(bytes) {
            match told {
                Told::Text(bytes) => state.run.stderr(&bytes, &mut state.outbox),
                Told::Panic(panic) => state.run.panic(panic, &mut state.outbox),
                Told::Fence(hook_is_ours) => {
                    state.fenced = Some(hook_is_ours);
                    state.end_if_over(&self.tag);
                }
            }
        }
        self.changed.notify_all();
    }

    /// Tells the front what has gathered, again and again.
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

    /// Ends with the cells, and kills them when they are to be interrupted. The end of their
    /// stdout would not tell: a program that they started may hold it.
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
                thread::sleep(HELD);
                self.bury(None);
            }
            thread::sleep(WATCH);
        }
    }

    /// Tells how the cells ended, and ends as they did; what is `told` on stderr until then
    /// is waited for.
    fn bury(&self, told: Option<&JoinHandle<()>>) -> ! {
        // Held to the end: nobody buries twice.
        let mut cells = self.lock_cells();
        // Without a stdout they are of no use.
        let _ = cells.kill();
        let status = cells.wait();
        let mut waited = Duration::ZERO;
        while told.is_some_and(|told| !told.is_finished()) && waited < LAST_WORDS {
            thread::sleep(Duration::from_millis(5));
            waited += Duration::from_millis(5);
        }
        let mut state = self.lock();
        let state = &mut *state;
        let rest = state.fence.finish();
        state.run.stdout(&rest, &mut state.outbox);
        let rest = state.tagged.finish();
        state.run.stderr(&rest, &mut state.outbox);
        let how = status.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        let end = state.run.die(how, &mut state.outbox);
        state.outbox.event(Event::End(end));
        state.outbox.send();
        let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
        // Not by returning: the other threads still wait.
        std::process::exit(code.unwrap_or(1).into())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_cells(&self) -> MutexGuard<'_, Child> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
