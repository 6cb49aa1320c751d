//! The front: the kernel's side of Jupyter's protocol.
//!
//! It implements [Jupyter's
//! protocol](https://jupyter-client.readthedocs.io/en/stable/messaging.html) and runs cells in
//! evcxr's [engine]. One thread serves the [shell] and the engine, one the [control] channel, and
//! one publishes [outputs] as they arrive; the [wire] sends their messages.

pub mod completion;
mod connection;
mod control;
pub mod engine;
mod history;
mod info;
mod input;
pub mod interrupt;
mod message;
pub mod outputs;
mod problem;
mod shell;
pub mod source;
mod wire;
mod zmtp;

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use serde_json::json;

use crate::front::connection::Connection;
use crate::front::engine::Engine;
use crate::front::history::History;
use crate::front::interrupt::Interrupt;
use crate::front::outputs::Outputs;
use crate::front::shell::{Shell, ShellEvent};
use crate::front::wire::Wire;

/// Runs the kernel in the environment of a session.
pub fn run(connection_file: &Path) -> Result<()> {
    serve(connection_file, true, Engine::load)
}

/// Runs a kernel that answers every cell with this error: a notebook shows the error of a cell, but
/// not the reason why a kernel did not start.
pub fn explain(connection_file: &Path, error: anyhow::Error) -> Result<()> {
    serve(connection_file, false, |_, _| Err(error))
}

fn serve(
    connection_file: &Path,
    has_launcher: bool,
    load: impl FnOnce(&Arc<Outputs>, &Arc<Interrupt>) -> Result<Engine> + Send + 'static,
) -> Result<()> {
    let connection = Connection::read(connection_file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("start the kernel's sockets")?;
    let (wire, inbox) = runtime.block_on(Wire::bind(&connection))?;
    wire.status(&json!({}), "starting");

    let publisher = wire.clone();
    let outputs = Arc::new(Outputs::new(Box::new(move |kind, parent, content| {
        publisher.publish(kind, parent, content)
    })));
    let interrupt = Arc::new(Interrupt::new(Engine::interrupt_file()));
    let (happen, happenings) = mpsc::channel();
    spawn_with(&happen, move |happen| {
        inbox.shell.iter().all(|request| happen.send(ShellEvent::Request(Box::new(request))).is_ok());
    });
    {
        let (wire, interrupt) = (wire.clone(), Arc::clone(&interrupt));
        thread::spawn(move || control::serve(&inbox.control, &wire, &interrupt));
    }
    if has_launcher {
        let outputs = Arc::clone(&outputs);
        thread::spawn(move || follow_launcher(&outputs));
    }
    {
        let (outputs, interrupt) = (Arc::clone(&outputs), Arc::clone(&interrupt));
        spawn_with(&happen, move |happen| {
            let _ = happen.send(ShellEvent::Loaded(load(&outputs, &interrupt).map(Box::new)));
        });
    }
    let mut shell = Shell {
        wire,
        outputs,
        interrupt,
        input: inbox.stdin,
        history: History::default(),
        count: 0,
        happenings,
        waiting: VecDeque::new(),
        aborted: 0,
    };
    shell.serve();
    Ok(())
}

fn spawn_with<T: Send + 'static>(
    sender: &mpsc::Sender<T>,
    work: impl FnOnce(mpsc::Sender<T>) + Send + 'static,
) {
    let sender = sender.clone();
    thread::spawn(move || work(sender));
}

/// Reads what this process writes to stderr, such as cargo's progress: the launcher reads it and
/// sends it back on stdin. When the launcher ends, the kernel ends.
fn follow_launcher(outputs: &Outputs) {
    for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.trim_start().starts_with("Compiling ") {
            outputs.progress(&format!("{line}\n"));
        }
    }
    process::exit(0);
}
