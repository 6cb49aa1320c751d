//! The five sockets: tasks that carry messages between them and plain threads.

use std::sync::mpsc::{self, Receiver, Sender};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zeromq::{PubSocket, RepSocket, RouterSocket, Socket, SocketRecv, SocketSend, ZmqMessage};

use crate::front::connection::Connection;
use crate::front::message::Message;

/// Sends messages. Those that one thread sends to one socket arrive in that order.
#[derive(Clone, Debug)]
pub struct Wire {
    session: String,
    shell: UnboundedSender<Parcel>,
    control: UnboundedSender<Parcel>,
    stdin: UnboundedSender<Parcel>,
    iopub: UnboundedSender<Parcel>,
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

#[derive(Debug)]
enum Parcel {
    Message(Box<Message>),
    /// Says that what was sent before has left.
    Flush(Sender<()>),
}

impl Wire {
    /// Listens as the connection file says.
    pub async fn bind(connection: &Connection) -> Result<(Self, Inbox)> {
        let mut heart = open::<RepSocket>(connection, connection.hb_port).await?;
        tokio::spawn(async move {
            while let Ok(beat) = heart.recv().await {
                // A client that has gone is no reason to be dead to the next.
                let _ = heart.send(beat).await;
            }
        });
        let key = &connection.key;
        let (shell, shell_inbox) = route(open(connection, connection.shell_port).await?, key);
        let (control, control_inbox) = route(open(connection, connection.control_port).await?, key);
        let (stdin, stdin_inbox) = route(open(connection, connection.stdin_port).await?, key);
        let (iopub, parcels) = unbounded_channel();
        tokio::spawn(carry(
            parcels,
            open::<PubSocket>(connection, connection.iopub_port).await?,
            key.clone(),
        ));
        let session = uuid::Uuid::new_v4().to_string();
        let inbox = Inbox { shell: shell_inbox, control: control_inbox, stdin: stdin_inbox };
        Ok((Self { session, shell, control, stdin, iopub }, inbox))
    }

    /// Tells everybody.
    pub fn publish(&self, kind: &str, parent: &Value, content: Value) {
        let mut message = Message::new(kind, parent, content, &self.session);
        // The topic, which nobody filters by.
        message.identities.push(format!("kernel.{}.{kind}", self.session).into_bytes());
        send(&self.iopub, message);
    }

    /// Tells everybody whether the kernel is `busy` or `idle`.
    pub fn status(&self, parent: &Value, state: &str) {
        self.publish("status", parent, json!({ "execution_state": state }));
    }

    /// Answers a request on the shell.
    pub fn reply(&self, request: &Message, content: Value) {
        send(&self.shell, self.answer(request, content));
    }

    /// Answers a request on the control channel.
    pub fn reply_to_control(&self, request: &Message, content: Value) {
        send(&self.control, self.answer(request, content));
    }

    /// Asks whoever sent the request for a line.
    pub fn request_input(&self, request: &Message, prompt: &str, password: bool) {
        let content = json!({ "prompt": prompt, "password": password });
        let mut message = Message::new("input_request", &request.header, content, &self.session);
        message.identities.clone_from(&request.identities);
        send(&self.stdin, message);
    }

    /// Waits until all that was sent has left.
    pub fn flush(&self) {
        let (done, all) = mpsc::channel();
        for socket in [&self.shell, &self.control, &self.iopub] {
            let _ = socket.send(Parcel::Flush(done.clone()));
        }
        drop(done);
        while all.recv_timeout(std::time::Duration::from_secs(1)).is_ok() {}
    }

    fn answer(&self, request: &Message, content: Value) -> Message {
        let kind = request.kind().replace("_request", "_reply");
        let mut message = Message::new(&kind, &request.header, content, &self.session);
        message.identities.clone_from(&request.identities);
        message
    }
}

async fn open<S: Socket>(connection: &Connection, port: u16) -> Result<S> {
    let endpoint = connection.endpoint(port);
    let mut socket = S::new();
    socket.bind(&endpoint).await.with_context(|| format!("listen on `{endpoint}`"))?;
    Ok(socket)
}

fn send(socket: &UnboundedSender<Parcel>, message: Message) {
    // It only fails while the kernel ends.
    let _ = socket.send(Parcel::Message(Box::new(message)));
}

/// Reads and writes a socket at the same time.
fn route(socket: RouterSocket, key: &str) -> (UnboundedSender<Parcel>, Receiver<Message>) {
    let (writer, mut reader) = socket.split();
    let (sender, parcels) = unbounded_channel();
    tokio::spawn(carry(parcels, writer, key.to_owned()));
    let (inbox, messages) = mpsc::channel();
    let key = key.to_owned();
    tokio::spawn(async move {
        while let Ok(message) = reader.recv().await {
            let sent = match Message::decode(&message.into_vec(), &key) {
                Ok(message) => inbox.send(message).is_ok(),
                Err(error) => {
                    eprintln!("up42: {error:#}");
                    true
                }
            };
            if !sent {
                break;
            }
        }
    });
    (sender, messages)
}

async fn carry(mut parcels: UnboundedReceiver<Parcel>, mut socket: impl SocketSend, key: String) {
    while let Some(parcel) = parcels.recv().await {
        match parcel {
            Parcel::Flush(done) => drop(done.send(())),
            Parcel::Message(message) => {
                let Ok(frames) = message.encode(&key) else { continue };
                let mut frames = frames.into_iter();
                let mut message = ZmqMessage::from(frames.next().unwrap_or_default());
                frames.for_each(|frame| message.push_back(frame.into()));
                // Whoever asked may be gone.
                let _ = socket.send(message).await;
            }
        }
    }
}
