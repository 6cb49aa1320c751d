//! ZeroMQ's transport protocol, [ZMTP 3.1](https://rfc.zeromq.org/spec/37/), for the sockets
//! that a kernel listens on and nothing else: a [router] for the shell, the control channel
//! and input, a [publisher] for outputs, and the heartbeat's [echo].
//!
//! Any process of the machine may connect over TCP, and the key of the connection file is
//! asked for only by the messages inside. So every peer has a task of its own, which ends
//! alone, and a bound on all that it can make the kernel keep: its [frames](frame), its
//! [queue], the time of its handshake, and the number of peers of a [listener].

pub mod echo;
pub mod frame;
pub mod listener;
pub mod peer;
pub mod publisher;
mod queue;
pub mod router;

/// The parts of a message.
pub type Parts = Vec<Vec<u8>>;
