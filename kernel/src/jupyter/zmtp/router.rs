//! The router socket, whose messages are sent to one peer, by its identity.
//! <https://rfc.zeromq.org/spec/28/#the-router-socket-type>

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::jupyter::zmtp::Parts;
use crate::jupyter::zmtp::frame::{Incoming, encode};
use crate::jupyter::zmtp::listener::Listener;
use crate::jupyter::zmtp::peer::{Peer, Role};
use crate::jupyter::zmtp::queue::{Queue, queue};

/// Router socket that is served.
///
/// A peer may choose its identity, and clients of one session choose the same, so each peer has a
/// number too. A reply is sent to the peer with both. If there is none, because it has reconnected
/// or sent the request on another socket, the newest peer with the identity receives it.
#[derive(Clone, Debug, Default)]
pub struct Router {
    peers: Arc<Mutex<Peers>>,
}

#[derive(Debug, Default)]
struct Peers {
    by_identity: HashMap<Vec<u8>, Vec<(u64, Queue)>>,
    next: u64,
}

impl Router {
    /// Serves peers. Calls `handle` with each message, after the number and the identity of its
    /// peer; the peer is disconnected if `handle` fails.
    pub fn serve(
        listener: Listener,
        handle: impl Fn(Parts) -> io::Result<()> + Clone + Send + Sync + 'static,
    ) -> Self {
        let router = Self::default();
        let served = router.clone();
        listener.serve(Role::Router, move |peer| served.clone().serve_peer(peer, handle.clone()));
        router
    }

    async fn serve_peer(
        self,
        mut peer: Peer,
        handle: impl Fn(Parts) -> io::Result<()> + Send + Sync + 'static,
    ) {
        let (queue, outgoing) = queue();
        let (number, identity) = self.lock().add(std::mem::take(&mut peer.identity), queue);
        let receive = |incoming| match incoming {
            Incoming::Message(parts) => {
                let mut all = vec![number.to_be_bytes().to_vec(), identity.clone()];
                all.extend(parts);
                handle(all)
            }
            Incoming::Command(..) => Ok(()),
        };
        outgoing.serve_peer(peer, receive).await;
        self.lock().remove(number, &identity);
    }

    /// Sends a message to the peer that the first two parts identify, unless it has disconnected.
    pub fn send(&self, parts: &[Vec<u8>]) {
        let [number, identity, parts @ ..] = parts else { return };
        if let Some(peer) = self.lock().find(number, identity) {
            peer.push(encode(parts).into());
        }
    }

    /// Drops `done` when all messages have been sent.
    pub fn flush(&self, done: &Sender<Infallible>) {
        self.lock().by_identity.values().flatten().for_each(|(_, peer)| peer.flush(done));
    }

    fn lock(&self) -> MutexGuard<'_, Peers> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peers {
    fn add(&mut self, mut identity: Vec<u8>, queue: Queue) -> (u64, Vec<u8>) {
        let number = self.next;
        self.next += 1;
        if identity.is_empty() {
            // Identities that begin with a zero are reserved for the router.
            identity = [&[0][..], &number.to_be_bytes()].concat();
        }
        self.by_identity.entry(identity.clone()).or_default().push((number, queue));
        (number, identity)
    }

    fn find(&self, number: &[u8], identity: &[u8]) -> Option<&Queue> {
        let peers = self.by_identity.get(identity)?;
        let exact = peers.iter().find(|(known, _)| known.to_be_bytes() == number);
        exact.or(peers.last()).map(|(_, queue)| queue)
    }

    fn remove(&mut self, number: u64, identity: &[u8]) {
        if let Some(peers) = self.by_identity.get_mut(identity) {
            peers.retain(|(known, _)| *known != number);
            if peers.is_empty() {
                self.by_identity.remove(identity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_goes_to_the_requesting_peer_or_the_newest_of_its_identity() {
        let mut peers = Peers::default();
        let [first, second] = [queue().0, queue().0];
        let (requesting, identity) = peers.add(b"session".to_vec(), first.clone());
        let (other, _) = peers.add(identity.clone(), second.clone());
        let found = |peers: &Peers, number: u64, queue: &Queue| {
            peers.find(&number.to_be_bytes(), &identity).is_some_and(|found| found.is(queue))
        };
        assert!(
            found(&peers, requesting, &first) && found(&peers, other, &second) && found(&peers, 7, &second)
        );
        peers.remove(requesting, &identity);
        assert!(found(&peers, requesting, &second));
        peers.remove(other, &identity);
        assert!(peers.by_identity.is_empty() && peers.find(&requesting.to_be_bytes(), &identity).is_none());
        assert_ne!(peers.add(Vec::new(), first.clone()).1, peers.add(Vec::new(), first).1);
    }
}
