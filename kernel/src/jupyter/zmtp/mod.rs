//! ZeroMQ's transport protocol, [ZMTP 3.1](https://rfc.zeromq.org/spec/37/), limited to the sockets
//! on which a kernel listens: a [router] for the shell, the control channel and input, a
//! [publisher] for outputs, and the heartbeat's [echo].
//!
//! Any process of the machine may connect over TCP, and only the messages inside are checked with
//! the key of the connection file. Every peer has a task of its own, which ends independently, and
//! its memory use is bounded: by its [frames](frame), its [queue], the duration of its handshake,
//! and the number of peers of a [listener].

pub mod echo;
pub mod frame;
pub mod listener;
pub mod peer;
pub mod publisher;
mod queue;
pub mod router;

/// Parts of a message.
pub type Parts = Vec<Vec<u8>>;
