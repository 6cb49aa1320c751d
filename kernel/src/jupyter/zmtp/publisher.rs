//! The publisher socket, whose messages are sent to all peers that have subscribed to them.
//! <https://rfc.zeromq.org/spec/29/>

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::jupyter::zmtp::frame::{Incoming, encode, malformed};
use crate::jupyter::zmtp::listener::Listener;
use crate::jupyter::zmtp::peer::{Peer, Role};
use crate::jupyter::zmtp::queue::{Queue, queue};

/// Largest number of subscriptions of one peer. Jupyter's clients have one, to all messages.
const MOST_TOPICS: usize = 100;

/// Publisher socket that is served.
#[derive(Clone, Debug)]
pub struct Publisher {
    subscribers: Arc<Mutex<HashMap<u64, Subscriber>>>,
    next: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Subscriber {
    queue: Queue,
    topics: Vec<Vec<u8>>,
}

impl Publisher {
    /// Serves peers.
    pub fn serve(listener: Listener) -> Self {
        let publisher = Self { subscribers: Arc::default(), next: Arc::default() };
        let served = publisher.clone();
        listener.serve(Role::Publisher, move |peer| served.clone().talk(peer));
        publisher
    }

    async fn talk(self, peer: Peer) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (queue, outgoing) = queue();
        self.lock().insert(number, Subscriber { queue, topics: Vec::new() });
        let handle = |incoming| match (subscription(incoming), self.lock().get_mut(&number)) {
            (Some(change), Some(subscriber)) => subscriber.change(change),
            _ => Ok(()),
        };
        outgoing.serve_peer(peer, handle).await;
        self.lock().remove(&number);
    }

    /// Sends a message to all peers with a subscription to a prefix of its first part. A peer that
    /// does not read does not delay others.
    pub fn send(&self, parts: &[Vec<u8>]) {
        let Some(topic) = parts.first() else { return };
        let bytes: Arc<[u8]> = encode(parts).into();
        for subscriber in self.lock().values() {
            if subscriber.topics.iter().any(|start| topic.starts_with(start)) {
                subscriber.queue.push(Arc::clone(&bytes));
            }
        }
    }

    /// Drops `done` when all messages have been sent.
    pub fn flush(&self, done: &Sender<Infallible>) {
        self.lock().values().for_each(|subscriber| subscriber.queue.flush(done));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Subscriber>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    fn change(&mut self, change: Change) -> io::Result<()> {
        match change {
            Change::Subscribe(_) if self.topics.len() >= MOST_TOPICS => {
                return Err(malformed("too many subscriptions"));
            }
            Change::Subscribe(topic) => self.topics.push(topic),
            Change::Cancel(topic) => {
                // Removes one subscription, even if there are several to the same topic.
                if let Some(index) = self.topics.iter().position(|known| *known == topic) {
                    self.topics.swap_remove(index);
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum Change {
    Subscribe(Vec<u8>),
    Cancel(Vec<u8>),
}

/// Parses a subscription: a command in ZMTP 3.1, a message in 3.0.
fn subscription(incoming: Incoming) -> Option<Change> {
    match incoming {
        Incoming::Command(name, topic) => match &name[..] {
            b"SUBSCRIBE" => Some(Change::Subscribe(topic)),
            b"CANCEL" => Some(Change::Cancel(topic)),
            _ => None,
        },
        Incoming::Message(parts) => match parts.first()?.split_first()? {
            (1, topic) => Some(Change::Subscribe(topic.to_vec())),
            (0, topic) => Some(Change::Cancel(topic.to_vec())),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_counted_and_bounded() {
        let mut subscriber = Subscriber { queue: queue().0, topics: Vec::new() };
        let message = |first: u8| subscription(Incoming::Message(vec![vec![first, b'a']])).unwrap();
        let command = |name: &[u8]| subscription(Incoming::Command(name.to_vec(), b"a".to_vec())).unwrap();
        assert_eq!((message(1), message(0)), (command(b"SUBSCRIBE"), command(b"CANCEL")));
        subscriber.change(message(1)).unwrap();
        subscriber.change(command(b"SUBSCRIBE")).unwrap();
        subscriber.change(message(0)).unwrap();
        assert_eq!(subscriber.topics, [b"a"]);
        for _ in 1..MOST_TOPICS {
            subscriber.change(message(1)).unwrap();
        }
        assert!(subscriber.change(message(1)).is_err());
    }
}
