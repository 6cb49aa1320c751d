//! The bytes that wait to be sent to a peer.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::jupyter::zmtp::frame::Incoming;
use crate::jupyter::zmtp::peer::{Peer, pong};

/// Largest number of bytes that wait for a peer that does not read. Beyond it the peer is
/// disconnected, as it would lose messages in any case; a running client reconnects.
const MOST_WAITING: usize = 64 << 20;
/// Number of bytes that each message counts in addition to its content: many small messages take
/// memory too.
const ITEM: usize = 64;

/// Sending half of a queue.
#[derive(Clone, Debug)]
pub struct Queue {
    items: UnboundedSender<Item>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Number of bytes that were pushed and not yet written.
    waiting: AtomicUsize,
    closed: Notify,
}

#[derive(Debug)]
enum Item {
    /// Bytes to write; all subscribers share those of a published message.
    Bytes(Arc<[u8]>),
    /// Sender that is dropped once all items before it are written or discarded.
    Flush(#[expect(dead_code, reason = "only its end is observed")] Sender<Infallible>),
}

/// Receiving half of a queue, which is written to the peer.
#[derive(Debug)]
pub struct Outgoing {
    items: UnboundedReceiver<Item>,
    queue: Queue,
}

/// Returns both halves of an empty queue.
pub fn queue() -> (Queue, Outgoing) {
    let (sender, items) = unbounded_channel();
    let queue = Queue { items: sender, shared: Arc::default() };
    (queue.clone(), Outgoing { items, queue })
}

impl Queue {
    /// Adds bytes, or disconnects the peer if too many are waiting. A message of any size is
    /// accepted as long as the limit is not exceeded.
    pub fn push(&self, bytes: Arc<[u8]>) {
        if self.shared.waiting.fetch_add(bytes.len() + ITEM, Ordering::Relaxed) > MOST_WAITING {
            self.close();
        } else {
            // Fails only if the peer has disconnected.
            let _ = self.items.send(Item::Bytes(bytes));
        }
    }

    /// Drops `done` when all that was pushed before is written, or the peer has disconnected.
    pub fn flush(&self, done: &Sender<Infallible>) {
        let _ = self.items.send(Item::Flush(done.clone()));
    }

    /// Disconnects the peer.
    fn close(&self) {
        self.shared.closed.notify_one();
    }

    /// Returns whether both are halves of one queue.
    #[cfg(test)]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Outgoing {
    /// Writes the queue to the peer, and calls `handle` with each command and message of the
    /// peer, until the connection ends, `handle` fails, or the queue is closed.
    pub async fn serve_peer(mut self, peer: Peer, mut handle: impl FnMut(Incoming) -> io::Result<()>) {
        let Peer { mut reader, mut writer, .. } = peer;
        let queue = self.queue.clone();
        let read = async {
            loop {
                let handled = match reader.next().await {
                    Ok(Incoming::Command(name, body)) => match pong(&name, &body) {
                        Some(pong) => {
                            queue.push(pong.into());
                            Ok(())
                        }
                        None => handle(Incoming::Command(name, body)),
                    },
                    Ok(message) => handle(message),
                    Err(error) => Err(error),
                };
                if handled.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = read => {}
            () = self.write(&mut writer) => {}
            () = queue.shared.closed.notified() => {}
        }
    }

    async fn write(&mut self, writer: &mut (impl AsyncWrite + Unpin)) {
        while let Some(item) = self.items.recv().await {
            let Item::Bytes(bytes) = item else { continue };
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
            self.queue.shared.waiting.fetch_sub(bytes.len() + ITEM, Ordering::Relaxed);
        }
    }
}
