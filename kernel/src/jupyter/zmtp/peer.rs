//! The handshake, and the peer after it.
//! <https://rfc.zeromq.org/spec/37/#grammar>

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

use crate::jupyter::zmtp::frame::{Incoming, Reader, encode_command, malformed};

/// Largest size of a request, in bytes. A cell takes a few thousand; Jupyter's server forwards at
/// most 10 MiB from a browser.
const LARGEST_REQUEST: usize = 16 << 20;
/// Largest size, in bytes, where peers send only handshakes, subscriptions and heartbeats.
const LARGEST_COMMAND: usize = 4 << 10;

/// Mechanism without authentication; Jupyter's messages are signed themselves.
const MECHANISM: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Connection to a peer.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Type of a socket of the kernel.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    Router,
    Publisher,
    Replier,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Router => "ROUTER",
            Self::Publisher => "PUB",
            Self::Replier => "REP",
        }
    }

    /// Returns the socket types that may connect:
    /// <https://rfc.zeromq.org/spec/37/#the-socket-type-property>
    fn peers(self) -> &'static [&'static str] {
        match self {
            Self::Router => &["DEALER", "REQ", "ROUTER"],
            Self::Publisher => &["SUB", "XSUB"],
            Self::Replier => &["REQ", "DEALER"],
        }
    }

    fn largest(self) -> usize {
        match self {
            Self::Router => LARGEST_REQUEST,
            Self::Publisher | Self::Replier => LARGEST_COMMAND,
        }
    }
}

/// Connection after its handshake.
pub struct Peer {
    pub reader: Reader<ReadHalf<Box<dyn Stream>>>,
    pub writer: WriteHalf<Box<dyn Stream>>,
    /// Identity that the peer has chosen, which may be empty.
    pub identity: Vec<u8>,
}

impl Peer {
    /// Exchanges greetings and properties.
    ///
    /// # Errors
    ///
    /// The connection ends, or the peer uses another protocol or socket type.
    pub async fn handshake(stream: Box<dyn Stream>, role: Role) -> io::Result<Self> {
        let (reader, mut writer) = tokio::io::split(stream);
        let mut reader = Reader::new(reader, LARGEST_COMMAND);
        // At once and complete: libzmq sends its own in two parts and waits for ours in between.
        writer.write_all(&greeting()).await?;
        let theirs: [u8; 64] = reader.exact().await?;
        if theirs[0] != 0xff || theirs[9] & 1 == 0 || theirs[10] < 3 || theirs[12..32] != *MECHANISM {
            return Err(malformed("a greeting of another protocol"));
        }
        writer.write_all(&encode_command("READY", &property("Socket-Type", role.name().as_bytes()))).await?;
        let Incoming::Command(name, properties) = reader.next().await? else {
            return Err(malformed("a message before the handshake"));
        };
        let properties = properties_of(&properties).filter(|_| name == b"READY");
        let properties = properties.ok_or_else(|| malformed("a handshake that is none"))?;
        let find = |wanted: &str| {
            let found = properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()));
            found.map_or(&[][..], |(_, value)| value)
        };
        let kind = find("Socket-Type");
        if !role.peers().iter().any(|peer| peer.as_bytes() == kind) {
            return Err(malformed("a socket of another kind"));
        }
        let identity = find("Identity").to_vec();
        if identity.len() > 255 {
            return Err(malformed("an identity that is too long"));
        }
        reader.allow(role.largest());
        Ok(Self { reader, writer, identity })
    }
}

fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9]) = (0xff, 0x7f);
    (greeting[10], greeting[11]) = (3, 1);
    greeting[12..32].copy_from_slice(MECHANISM);
    greeting
}

fn property(name: &str, value: &[u8]) -> Vec<u8> {
    [&[name.len() as u8], name.as_bytes(), &(value.len() as u32).to_be_bytes(), value].concat()
}

/// Parses names and values; `None` if a length exceeds the data.
fn properties_of(mut bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut properties = Vec::new();
    while let Some((length, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        properties.push((name, value));
        bytes = rest;
    }
    Some(properties)
}

/// Returns the answer to a heartbeat of ZMTP, and `None` for every other command.
/// <https://rfc.zeromq.org/spec/37/#connection-heartbeats>
pub fn pong(name: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    // The context follows a time to live of two bytes.
    (name == b"PING").then(|| encode_command("PONG", body.get(2..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn properties_are_read_and_invalid_lengths_are_refused() {
        let bytes = [property("Socket-Type", b"SUB"), property("Identity", b"")].concat();
        let found = properties_of(&bytes).unwrap();
        assert_eq!(found, [(&b"Socket-Type"[..], &b"SUB"[..]), (b"Identity", b"")]);
        assert_eq!(properties_of(&bytes[..bytes.len() - 1]), None);
        assert_eq!(properties_of(&[1, b'a', 255, 255, 255, 255]), None);
    }

    proptest! {
        #[test]
        fn any_properties_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            properties_of(&bytes);
        }
    }
}
