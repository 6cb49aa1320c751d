//! The kernel's five sockets, and their messages to and from plain threads.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::jupyter::connection::Connection;
use crate::jupyter::message::Message;
use crate::jupyter::zmtp::echo;
use crate::jupyter::zmtp::listener::Listener;
use crate::jupyter::zmtp::publisher::Publisher;
use crate::jupyter::zmtp::router::Router;

/// Longest wait, before the kernel ends, until all messages have been sent.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Sends messages. Messages from one thread to one socket arrive in order.
#[derive(Clone, Debug)]
pub struct Sockets {
    session: String,
    key: String,
    shell: Router,
    control: Router,
    stdin: Router,
    iopub: Publisher,
}

/// Messages from clients.
#[derive(Debug)]
pub struct Inbox {
    /// Requests that are answered in order.
    pub shell: Receiver<Message>,
    /// Requests that do not wait for the running cell.
    pub control: Receiver<Message>,
    /// Answers to requests for input.
    pub stdin: Receiver<Message>,
}

impl Sockets {
    /// Binds the sockets that the connection file describes.
    pub async fn bind(connection: &Connection) -> Result<(Self, Inbox)> {
        let key = &connection.key;
        let heartbeat = listen(connection, connection.hb_port).await?;
        let (shell, shell_inbox) = route(listen(connection, connection.shell_port).await?, key);
        let (control, control_inbox) = route(listen(connection, connection.control_port).await?, key);
        let (stdin, stdin_inbox) = route(listen(connection, connection.stdin_port).await?, key);
        let iopub = Publisher::serve(listen(connection, connection.iopub_port).await?);
        echo::serve(heartbeat);
        let session = uuid::Uuid::new_v4().to_string();
        let inbox = Inbox { shell: shell_inbox, control: control_inbox, stdin: stdin_inbox };
        Ok((Self { session, key: key.clone(), shell, control, stdin, iopub }, inbox))
    }

    /// Publishes a message to all clients.
    pub fn publish(&self, kind: &str, parent: &Value, content: Value) {
        let mut message = Message::new(kind, parent, content, &self.session);
        // Topic, which no client filters by.
        message.identities.push(format!("kernel.{}.{kind}", self.session).into_bytes());
        if let Ok(parts) = message.encode(&self.key) {
            self.iopub.send(&parts);
        }
    }

    /// Publishes the status of the kernel, `busy` or `idle`.
    pub fn status(&self, parent: &Value, state: &str) {
        self.publish("status", parent, json!({ "execution_state": state }));
    }

    /// Sends a reply on the shell channel.
    pub fn reply(&self, request: &Message, content: Value) {
        self.answer(&self.shell, request, content);
    }

    /// Sends a reply on the control channel.
    pub fn reply_to_control(&self, request: &Message, content: Value) {
        self.answer(&self.control, request, content);
    }

    /// Requests a line of input from the client that sent the request.
    pub fn request_input(&self, request: &Message, prompt: &str, password: bool) {
        let content = json!({ "prompt": prompt, "password": password });
        self.send(&self.stdin, request, "input_request", content);
    }

    /// Waits until all messages have been sent, for at most 1 s.
    pub fn flush(&self) {
        let (done, all) = mpsc::channel::<Infallible>();
        self.shell.flush(&done);
        self.control.flush(&done);
        self.iopub.flush(&done);
        drop(done);
        // Nothing is ever sent: ends with the last `done`, or at the timeout if a client does not
        // read.
        let _ = all.recv_timeout(LAST_WAIT);
    }

    fn answer(&self, socket: &Router, request: &Message, content: Value) {
        self.send(socket, request, &request.kind().replace("_request", "_reply"), content);
    }

    fn send(&self, socket: &Router, request: &Message, kind: &str, content: Value) {
        let mut message = Message::new(kind, &request.header, content, &self.session);
        message.identities.clone_from(&request.identities);
        if let Ok(parts) = message.encode(&self.key) {
            socket.send(&parts);
        }
    }
}

async fn listen(connection: &Connection, port: u16) -> Result<Listener> {
    let endpoint = connection.endpoint(port)?;
    Listener::bind(&endpoint).await.with_context(|| format!("listen on `{endpoint}`"))
}

/// Serves a socket; returns it with the messages that arrive with a valid signature.
fn route(listener: Listener, key: &str) -> (Router, Receiver<Message>) {
    let (inbox, messages) = mpsc::channel();
    let key = key.to_owned();
    let router = Router::serve(listener, move |parts| {
        // The peer is disconnected: without the key it could otherwise fill the log.
        let message = Message::decode(&parts, &key)
            .inspect_err(|error| eprintln!("up42: {error:#}"))
            .map_err(io::Error::other)?;
        // Fails only while the kernel ends.
        let _ = inbox.send(message);
        Ok(())
    });
    (router, messages)
}
