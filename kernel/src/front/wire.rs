//! The five sockets, and the messages between them and plain threads.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::front::connection::Connection;
use crate::front::message::Message;
use crate::front::zmtp::echo;
use crate::front::zmtp::listener::Listener;
use crate::front::zmtp::publisher::Publisher;
use crate::front::zmtp::router::Router;

/// The longest wait for what was sent to leave, before the kernel ends.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Sends messages. Those that one thread sends to one socket arrive in that order.
#[derive(Clone, Debug)]
pub struct Wire {
    session: String,
    key: String,
    shell: Router,
    control: Router,
    stdin: Router,
    iopub: Publisher,
}

/// What clients send.
#[derive(Debug)]
pub struct Inbox {
    /// Requests that wait for each other.
    pub shell: Receiver<Message>,
    /// Requests that do not wait.
    pub control: Receiver<Message>,
    /// Answers to our requests for input.
    pub stdin: Receiver<Message>,
}

impl Wire {
    /// Listens as the connection file says.
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

    /// Tells everybody.
    pub fn publish(&self, kind: &str, parent: &Value, content: Value) {
        let mut message = Message::new(kind, parent, content, &self.session);
        // The topic, which nobody filters by.
        message.identities.push(format!("kernel.{}.{kind}", self.session).into_bytes());
        if let Ok(parts) = message.encode(&self.key) {
            self.iopub.send(&parts);
        }
    }

    /// Tells everybody whether the kernel is `busy` or `idle`.
    pub fn status(&self, parent: &Value, state: &str) {
        self.publish("status", parent, json!({ "execution_state": state }));
    }

    /// Answers a request on the shell.
    pub fn reply(&self, request: &Message, content: Value) {
        self.answer(&self.shell, request, content);
    }

    /// Answers a request on the control channel.
    pub fn reply_to_control(&self, request: &Message, content: Value) {
        self.answer(&self.control, request, content);
    }

    /// Asks whoever sent the request for a line.
    pub fn request_input(&self, request: &Message, prompt: &str, password: bool) {
        let content = json!({ "prompt": prompt, "password": password });
        self.send(&self.stdin, request, "input_request", content);
    }

    /// Waits until all that was sent has left.
    pub fn flush(&self) {
        let (done, all) = mpsc::channel::<Infallible>();
        self.shell.flush(&done);
        self.control.flush(&done);
        self.iopub.flush(&done);
        drop(done);
        // Nothing is ever sent: it ends with the last `done`, or when a client does not read.
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

/// A socket, and the messages that it receives with the right signature.
fn route(listener: Listener, key: &str) -> (Router, Receiver<Message>) {
    let (inbox, messages) = mpsc::channel();
    let key = key.to_owned();
    let router = Router::serve(listener, move |parts| {
        // A stranger without the key could fill the log, were it to go on.
        let message = Message::decode(&parts, &key)
            .inspect_err(|error| eprintln!("up42: {error:#}"))
            .map_err(io::Error::other)?;
        // It only fails while the kernel ends.
        let _ = inbox.send(message);
        Ok(())
    });
    (router, messages)
}
