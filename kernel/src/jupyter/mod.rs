//! The kernel's side of Jupyter's protocol.
//!
//! It implements [Jupyter's
//! protocol](https://jupyter-client.readthedocs.io/en/stable/messaging.html) and runs cells in
//! evcxr's [engine]. One thread serves the [shell] and the engine, one the [control] channel, and
//! one publishes [outputs] as they arrive; the [sockets] send their messages.

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
mod sockets;
pub mod source;
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

use crate::jupyter::connection::Connection;
use crate::jupyter::engine::Engine;
use crate::jupyter::history::History;
use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::outputs::Outputs;
use crate::jupyter::shell::{Shell, ShellEvent};
use crate::jupyter::sockets::Sockets;

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
    let (sockets, inbox) = runtime.block_on(Sockets::bind(&connection))?;
    sockets.status(&json!({}), "starting");

    let publisher = sockets.clone();
    let outputs = Arc::new(Outputs::new(Box::new(move |kind, parent, content| {
        publisher.publish(kind, parent, content)
    })));
    let interrupt = Arc::new(Interrupt::new(Engine::interrupt_file()));
    let (sender, events) = mpsc::channel();
    spawn_with(&sender, move |sender| {
        inbox.shell.iter().all(|request| sender.send(ShellEvent::Request(Box::new(request))).is_ok());
    });
    {
        let (sockets, interrupt) = (sockets.clone(), Arc::clone(&interrupt));
        thread::spawn(move || control::serve(&inbox.control, &sockets, &interrupt));
    }
    if has_launcher {
        let outputs = Arc::clone(&outputs);
        thread::spawn(move || follow_launcher(&outputs));
    }
    {
        let (outputs, interrupt) = (Arc::clone(&outputs), Arc::clone(&interrupt));
        spawn_with(&sender, move |sender| {
            let _ = sender.send(ShellEvent::Loaded(load(&outputs, &interrupt).map(Box::new)));
        });
    }
    let mut shell = Shell {
        sockets,
        outputs,
        interrupt,
        input: inbox.stdin,
        history: History::default(),
        count: 0,
        events,
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
