//! The heartbeat socket, which returns every message.
//! <https://jupyter-client.readthedocs.io/en/stable/messaging.html#heartbeat-for-kernels>

use tokio::io::AsyncWriteExt;

use crate::jupyter::zmtp::frame::{Incoming, encode};
use crate::jupyter::zmtp::listener::Listener;
use crate::jupyter::zmtp::peer::{Peer, Role, pong};

/// Serves peers.
pub fn serve(listener: Listener) {
    listener.serve(Role::Replier, echo);
}

async fn echo(mut peer: Peer) {
    while let Ok(incoming) = peer.reader.next().await {
        let answer = match incoming {
            // All parts, since a message may have an address in front.
            Incoming::Message(parts) => Some(encode(&parts)),
            Incoming::Command(name, body) => pong(&name, &body),
        };
        if let Some(answer) = answer
            && peer.writer.write_all(&answer).await.is_err()
        {
            return;
        }
    }
}
