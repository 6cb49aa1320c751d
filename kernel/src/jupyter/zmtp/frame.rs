//! Frames, and the messages and commands that they make up.
//! <https://rfc.zeromq.org/spec/37/#framing>

use std::io;
use std::mem;

use tokio::io::{AsyncRead, AsyncReadExt, BufReader};

use crate::jupyter::zmtp::Parts;

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// Number of bytes that each frame of a message counts in addition to its content: a message of
/// empty frames takes memory too.
const FRAME: usize = 64;

/// Command or message of a peer.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    /// Command, with its name and body.
    Command(Vec<u8>, Vec<u8>),
    /// Message, with its parts.
    Message(Parts),
}

/// Reader of frames.
#[derive(Debug)]
pub struct Reader<R> {
    from: BufReader<R>,
    /// Largest size of one message, in bytes.
    limit: usize,
    /// Parts of a message that is not complete.
    parts: Parts,
    /// Size of these parts, in bytes.
    size: usize,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Returns a reader of messages of at most `limit` bytes.
    pub fn new(from: R, limit: usize) -> Self {
        Self { from: BufReader::new(from), limit, parts: Parts::new(), size: 0 }
    }

    /// Sets the largest size of a message, in bytes.
    pub fn allow(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Reads bytes that are not a frame.
    pub async fn exact<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    /// Reads the next command or message.
    ///
    /// # Errors
    ///
    /// If the connection ends, a frame is malformed, or a message is larger than allowed.
    pub async fn next(&mut self) -> io::Result<Incoming> {
        loop {
            let (flags, body) = self.frame().await?;
            if flags & COMMAND != 0 {
                return command(body);
            }
            self.size += body.len() + FRAME;
            self.parts.push(body);
            if flags & MORE == 0 {
                self.size = 0;
                return Ok(Incoming::Message(mem::take(&mut self.parts)));
            }
        }
    }

    async fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let flags = self.from.read_u8().await?;
        if flags & !(MORE | LONG | COMMAND) != 0 || flags & (MORE | COMMAND) == MORE | COMMAND {
            return Err(malformed("flags of no frame"));
        }
        let length = match flags & LONG {
            0 => self.from.read_u8().await?.into(),
            _ => self.from.read_u64().await?,
        };
        let room = self.limit.checked_sub(self.size + FRAME);
        if room.is_none_or(|room| length > room as u64) {
            return Err(malformed("a message that is too large"));
        }
        // Grows with the data: the stated length may be wrong.
        let mut body = Vec::new();
        (&mut self.from).take(length).read_to_end(&mut body).await?;
        match body.len() as u64 == length {
            true => Ok((flags, body)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn command(body: Vec<u8>) -> io::Result<Incoming> {
    let name = body.split_first().and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)));
    let (name, body) = name.ok_or_else(|| malformed("a command without a name"))?;
    Ok(Incoming::Command(name.to_vec(), body.to_vec()))
}

/// Returns the error for a peer that violates the protocol.
pub fn malformed(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Encodes a message as frames.
pub fn encode(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 9).sum());
    for (index, part) in parts.iter().enumerate() {
        let more = if index + 1 < parts.len() { MORE } else { 0 };
        push(&mut bytes, more, part);
    }
    bytes
}

/// Encodes a command as a frame.
pub fn encode_command(name: &str, body: &[u8]) -> Vec<u8> {
    // The protocol's names fit in one byte of length.
    let content = [&[name.len() as u8], name.as_bytes(), body].concat();
    let mut bytes = Vec::new();
    push(&mut bytes, COMMAND, &content);
    bytes
}

fn push(bytes: &mut Vec<u8>, flags: u8, body: &[u8]) {
    match u8::try_from(body.len()) {
        Ok(length) => bytes.extend([flags, length]),
        Err(_) => {
            bytes.push(flags | LONG);
            bytes.extend((body.len() as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 2_000;

    /// Reads up to the first error, and returns it with the items before it.
    fn read(bytes: &[u8]) -> (Vec<Incoming>, io::ErrorKind) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = Reader::new(bytes, LIMIT);
            let mut incoming = Vec::new();
            loop {
                match reader.next().await {
                    Ok(next) => incoming.push(next),
                    Err(error) => return (incoming, error.kind()),
                }
            }
        })
    }

    #[test]
    fn a_length_is_refused_before_memory_is_allocated() {
        for length in [1 << 62, 1 << 47, (1 << 63) + 5, u64::MAX, LIMIT as u64] {
            let claim = [&[LONG][..], &length.to_be_bytes()].concat();
            assert_eq!(read(&claim), (vec![], io::ErrorKind::InvalidData), "{length}");
        }
        let claim = [&[LONG][..], &1_000u64.to_be_bytes(), b"less"].concat();
        assert_eq!(read(&claim), (vec![], io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn the_number_of_frames_of_a_message_is_limited() {
        assert_eq!(read(&[MORE, 0].repeat(LIMIT)), (vec![], io::ErrorKind::InvalidData));
        let small = [MORE, 0].repeat(20);
        let message = [&small[..], &[0, 1, 7]].concat();
        let twice = [&message[..], &message].concat();
        assert_eq!(read(&twice).0.len(), 2, "the limit is one message's");
    }

    #[test]
    fn a_command_may_come_between_the_frames_of_a_message() {
        let bytes = [&[MORE, 1, b'a'][..], &encode_command("PING", b"\0\0"), &[0, 1, b'b']].concat();
        let ping = Incoming::Command(b"PING".to_vec(), vec![0, 0]);
        assert_eq!(read(&bytes).0, [ping, Incoming::Message(vec![b"a".to_vec(), b"b".to_vec()])]);
        for malformed in [&[COMMAND, 0][..], &[COMMAND, 2, 9, 9], &[COMMAND | MORE, 1, 0], &[8, 0]] {
            assert_eq!(read(malformed), (vec![], io::ErrorKind::InvalidData), "{malformed:?}");
        }
    }

    proptest! {
        #[test]
        fn a_written_message_is_read_again(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5)
        ) {
            prop_assert_eq!(&read(&encode(&parts)).0, &[Incoming::Message(parts)]);
        }

        #[test]
        fn any_bytes_only_end_the_connection(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }
    }
}
