//! What waits to be sent to a peer.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::front::zmtp::frame::Incoming;
use crate::front::zmtp::peer::{Peer, pong};

/// Most bytes that wait for a peer that does not read. It is disconnected then, as it would
/// lose messages in any case; a client that is alive connects again.
const MOST_WAITING: usize = 64 << 20;

/// The sender's end, which many may hold.
#[derive(Clone, Debug)]
pub struct Queue {
    parcels: UnboundedSender<Parcel>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The bytes that were pushed and not written.
    waiting: AtomicUsize,
    closed: Notify,
}

#[derive(Debug)]
enum Parcel {
    /// All subscribers share the bytes of what is published.
    Bytes(Arc<[u8]>),
    /// Dropped when all before it is written, or never will be.
    Flush(#[expect(dead_code, reason = "only its end tells something")] Sender<Infallible>),
}

/// The end that the peer's task writes from.
#[derive(Debug)]
pub struct Outgoing {
    parcels: UnboundedReceiver<Parcel>,
    queue: Queue,
}

/// An empty queue.
pub fn queue() -> (Queue, Outgoing) {
    let (sender, parcels) = unbounded_channel();
    let queue = Queue { parcels: sender, shared: Arc::default() };
    (queue.clone(), Outgoing { parcels, queue })
}

impl Queue {
    /// Adds bytes, or disconnects the peer if too many wait already. One message of any size
    /// is taken when few do.
    pub fn push(&self, bytes: Arc<[u8]>) {
        if self.shared.waiting.fetch_add(bytes.len(), Ordering::Relaxed) > MOST_WAITING {
            self.close();
        } else {
            // It fails only if the peer is gone.
            let _ = self.parcels.send(Parcel::Bytes(bytes));
        }
    }

    /// Drops `done` when all that was pushed before is written, or the peer is gone.
    pub fn flush(&self, done: &Sender<Infallible>) {
        let _ = self.parcels.send(Parcel::Flush(done.clone()));
    }

    /// Disconnects the peer.
    fn close(&self) {
        self.shared.closed.notify_one();
    }

    /// Whether both are ends of one queue.
    #[cfg(test)]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Outgoing {
    /// Writes to the peer what is pushed, and lets `hear` have what the peer sends, until the
    /// connection ends, `hear` refuses something, or the queue is closed.
    pub async fn converse(mut self, peer: Peer, mut hear: impl FnMut(Incoming) -> io::Result<()>) {
        let Peer { mut reader, mut writer, .. } = peer;
        let queue = self.queue.clone();
        let read = async {
            loop {
                let heard = match reader.next().await {
                    Ok(Incoming::Command(name, body)) => match pong(&name, &body) {
                        Some(pong) => {
                            queue.push(pong.into());
                            Ok(())
                        }
                        None => hear(Incoming::Command(name, body)),
                    },
                    Ok(message) => hear(message),
                    Err(error) => Err(error),
                };
                if heard.is_err() {
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
        while let Some(parcel) = self.parcels.recv().await {
            let Parcel::Bytes(bytes) = parcel else { continue };
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
            self.queue.shared.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
    }
}
