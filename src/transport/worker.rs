use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Connection, DownloadProgress, Request, Response, UnpackReservation};
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Thread of the client, which runs the async runtime and the connections.
///
/// A plain evcxr kernel links the library into every cell, each with its own copy of the code and
/// of tokio's statics, and a cell may itself run inside tokio (after the first `.await`). Therefore
/// all async code runs on this thread, in the copy that started it, and only plain data crosses: a
/// closure would carry the code of the other cell's copy.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    queue: UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Send {
        request: Request,
        answer: mpsc::Sender<Result<Response>>,
    },
    HasLength {
        request: Request,
        length: u64,
        answer: mpsc::Sender<Result<bool>>,
    },
    Download {
        request: Request,
        path: PathBuf,
        incoming: DownloadProgress,
        answer: mpsc::Sender<Result<UnpackReservation>>,
    },
}

impl Worker {
    /// Starts the thread. It ends when the last handle is dropped.
    pub(crate) fn start(connection: Connection) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("start the client's runtime")?;
        let (queue, commands) = unbounded_channel();
        let run = move || tokio::task::LocalSet::new().block_on(&runtime, serve(connection, commands));
        thread::Builder::new().name("up42-client".into()).spawn(run).context("start the client's thread")?;
        Ok(Self { queue })
    }

    /// Sends a request and waits for the whole response.
    pub(crate) fn send(&self, request: Request) -> Result<Response> {
        self.call(|answer| Command::Send { request, answer })
    }

    /// Returns whether the file behind a request has `length` bytes.
    pub(crate) fn has_length(&self, request: Request, length: u64) -> Result<bool> {
        self.call(|answer| Command::HasLength { request, length, answer })
    }

    /// Downloads to a file, resuming where an earlier download stopped.
    pub(crate) fn download(
        &self,
        request: Request,
        path: PathBuf,
        incoming: DownloadProgress,
    ) -> Result<UnpackReservation> {
        self.call(|answer| Command::Download { request, path, incoming, answer })
    }

    fn call<T>(&self, command: impl FnOnce(mpsc::Sender<Result<T>>) -> Command) -> Result<T> {
        let stopped = || Error::new(ErrorKind::Network, "the client's thread has stopped: make a new client");
        let (answer, answered) = mpsc::channel();
        self.queue.send(command(answer)).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?
    }
}

async fn serve(connection: Connection, mut commands: UnboundedReceiver<Command>) {
    while let Some(command) = commands.recv().await {
        let connection = connection.clone();
        // The caller may be gone: an interrupted cell does not wait for the response.
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
