//! Target for the kernel's connections and their messages.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::jupyter::message::Message;
use crate::jupyter::zmtp::Parts;
use crate::jupyter::zmtp::frame::{Incoming, Reader, encode};
use crate::jupyter::zmtp::peer::{Peer, Role, pong};

/// Largest size of a message here, in bytes.
const LIMIT: usize = 1 << 20;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().unwrap();
}

/// Reads the bytes in three ways: as a peer's data from its greeting on, as frames, and as a
/// message with one part per line.
pub fn zmtp(bytes: &[u8], _: &Path) {
    RUNTIME.with(|runtime| {
        for role in [Role::Router, Role::Publisher, Role::Replier] {
            runtime.block_on(connection(bytes, role));
        }
        runtime.block_on(frames(bytes));
    });
    message(bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect());
}

async fn connection(bytes: &[u8], role: Role) {
    let (ours, mut theirs) = tokio::io::duplex(bytes.len() + 4_096);
    theirs.write_all(bytes).await.unwrap();
    theirs.shutdown().await.unwrap();
    let talk = async {
        let mut peer = Peer::handshake(Box::new(ours), role).await?;
        assert!(peer.identity.len() <= 255);
        loop {
            match peer.reader.next().await? {
                Incoming::Command(name, body) => drop(pong(&name, &body)),
                Incoming::Message(parts) => message(parts),
            }
        }
    };
    let ended: Result<std::io::Result<()>, _> = timeout(Duration::from_secs(10), talk).await;
    assert!(ended.is_ok_and(|end| end.is_err()), "it ends with the connection");
}

async fn frames(bytes: &[u8]) {
    let mut reader = Reader::new(bytes, LIMIT);
    while let Ok(incoming) = reader.next().await {
        let Incoming::Message(parts) = incoming else { continue };
        assert!(parts.iter().map(Vec::len).sum::<usize>() <= LIMIT);
        let written = encode(&parts);
        let again = Reader::new(&written[..], LIMIT).next().await.unwrap();
        assert_eq!(again, Incoming::Message(parts));
    }
}

fn message(parts: Parts) {
    let _ = Message::decode(&parts, "key");
    let Ok(message) = Message::decode(&parts, "") else { return };
    let _ = (message.kind(), message.code(), message.flag("silent", false));
    let signed = message.encode("key").unwrap();
    let again = Message::decode(&signed, "key").unwrap();
    // Not the whole content: a number with more digits than a float has may change in the last one.
    assert_eq!((again.kind(), again.code()), (message.kind(), message.code()));
}
