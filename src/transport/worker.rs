use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Connection, Incoming, Packed, Request, Response};
use up42_core::error::{Context, Error, ErrorKind, Result};

/// The client's own thread, with the runtime and the connections on it.
///
/// A plain evcxr kernel links the library into every cell, each with its own copy
/// of the code and of tokio's statics, and a cell may itself run inside tokio
/// (after the first `.await`). So all async code runs on this thread, in the copy
/// that started it, and nothing but plain data goes in and comes back: a closure
/// would bring the other cell's copy along.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    queue: UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Send { request: Request, answer: mpsc::Sender<Result<Response>> },
    HasLength { request: Request, length: u64, answer: mpsc::Sender<Result<bool>> },
    Download { request: Request, path: PathBuf, incoming: Incoming, answer: mpsc::Sender<Result<Packed>> },
}

impl Worker {
    /// Starts the thread. It ends when the last handle is gone.
    pub(crate) fn start(connection: Connection) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("start the client's runtime")?;
        let (queue, commands) = unbounded_channel();
        let run = move || tokio::task::LocalSet::new().block_on(&runtime, serve(connection, commands));
        thread::Builder::new().name("up42-client".into()).spawn(run).context("start the client's thread")?;
        Ok(Self { queue })
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) fn send(&self, request: Request) -> Result<Response> {
        self.ask(|answer| Command::Send { request, answer })
    }

    /// Returns whether the file behind a request has so many bytes.
    pub(crate) fn has_length(&self, request: Request, length: u64) -> Result<bool> {
        self.ask(|answer| Command::HasLength { request, length, answer })
    }

    /// Downloads to a file, going on where an earlier download stopped.
    pub(crate) fn download(&self, request: Request, path: PathBuf, incoming: Incoming) -> Result<Packed> {
        self.ask(|answer| Command::Download { request, path, incoming, answer })
    }

    fn ask<T>(&self, command: impl FnOnce(mpsc::Sender<Result<T>>) -> Command) -> Result<T> {
        let stopped = || Error::new(ErrorKind::Network, "the client's thread has stopped: make a new client");
        let (answer, answered) = mpsc::channel();
        self.queue.send(command(answer)).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?
    }
}

async fn serve(connection: Connection, mut commands: UnboundedReceiver<Command>) {
    while let Some(command) = commands.recv().await {
        let connection = connection.clone();
        // A caller may be gone before its answer: an interrupted cell does not wait.
        tokio::task::spawn_local(async move {
            match command {
                Command::Send { request, answer } => drop(answer.send(connection.send(&request).await)),
                Command::HasLength { request, length, answer } => {
                    drop(answer.send(connection.has_length(&request, length).await));
                }
                Command::Download { request, path, incoming, answer } => {
                    drop(answer.send(connection.download(&request, &path, &incoming).await));
                }
            }
        });
    }
}
