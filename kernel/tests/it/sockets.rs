//! Tests of the kernel's sockets against unauthorised processes. The kernel here only reports why
//! it cannot run cells: its sockets are the same as those of any other kernel.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Timeout for events that occur at once unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const CHANNELS: [&str; 5] = ["shell", "iopub", "stdin", "control", "hb"];

/// Running kernel. It has no key except in the test of signatures, which are checked last.
struct Kernel {
    process: Child,
    folder: TempDir,
    transport: &'static str,
    key: &'static str,
    ports: Vec<u16>,
}

impl Kernel {
    fn start(transport: &'static str) -> Self {
        Self::start_with_key(transport, "")
    }

    fn start_with_key(transport: &'static str, key: &'static str) -> Self {
        let ports: Vec<u16> = match transport {
            "tcp" => {
                let free = CHANNELS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
                free.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
            }
            _ => (1..=5).collect(),
        };
        let folder = TempDir::new().unwrap();
        let process = launch(folder.path(), transport, key, &ports);
        let mut kernel = Self { process, folder, transport, key, ports };
        kernel.wait();
        kernel
    }

    /// Kills the kernel and starts another with the same connection file, as Jupyter does.
    #[cfg(unix)]
    fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = launch(self.folder.path(), self.transport, self.key, &self.ports);
        self.wait();
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while self.try_connect("shell").is_err() {
            assert!(
                started.elapsed() < PATIENCE && self.process.try_wait().unwrap().is_none(),
                "it does not start"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn port(&self, channel: &str) -> u16 {
        self.ports[CHANNELS.iter().position(|known| *known == channel).unwrap()]
    }

    #[cfg(unix)]
    fn file(&self, channel: &str) -> PathBuf {
        self.folder.path().join(format!("k-ipc-{}", self.port(channel)))
    }

    fn try_connect(&self, channel: &str) -> io::Result<Box<dyn Stream>> {
        #[cfg(unix)]
        if self.transport == "ipc" {
            let stream = std::os::unix::net::UnixStream::connect(self.file(channel))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            return Ok(Box::new(stream));
        }
        Ok(Box::new(self.tcp(channel)?))
    }

    fn tcp(&self, channel: &str) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port(channel)))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Returns a peer after its handshake.
    fn peer(&self, channel: &str) -> Peer {
        let kind = match channel {
            "iopub" => "SUB",
            "hb" => "REQ",
            _ => "DEALER",
        };
        Peer::greet(self.try_connect(channel).unwrap(), kind).unwrap()
    }

    fn subscriber(&self) -> Peer {
        let mut peer = self.peer("iopub");
        peer.subscribe();
        // The subscription takes effect at some time: requests are sent until the kernel's messages
        // arrive.
        let mut shell = self.peer("shell");
        let (sender, first) = mpsc::channel();
        let reader = thread::spawn(move || {
            let message = peer.receive();
            sender.send(()).unwrap();
            message.map(|_| peer)
        });
        while first.recv_timeout(Duration::from_millis(50)).is_err() {
            shell.send_request("kernel_info_request", 0);
        }
        reader.join().unwrap().unwrap()
    }

    /// Asserts that each socket works.
    fn assert_well(&mut self, after: &str) {
        if let Some(status) = self.process.try_wait().unwrap() {
            panic!("{after}: the kernel ended ({status})");
        }
        for channel in ["shell", "control"] {
            let mut peer = self.peer(channel);
            peer.send_request("kernel_info_request", 0);
            let reply = peer.receive().unwrap_or_else(|error| panic!("{after}: {channel}: {error}"));
            assert_eq!(content(&reply)["implementation"], "up42", "{after}: {channel}");
        }
        let mut heart = self.peer("hb");
        heart.send(&[b"", b"ping"]);
        let beat = heart.receive().unwrap_or_else(|error| panic!("{after}: heartbeat: {error}"));
        assert_eq!(beat, [b"".to_vec(), b"ping".to_vec()], "{after}");
        self.peer("stdin");
        self.subscriber();
    }

    /// Returns the largest memory use of the kernel so far, in MB.
    #[cfg(target_os = "linux")]
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1000
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(folder: &Path, transport: &str, key: &str, ports: &[u16]) -> Child {
    let ip = match transport {
        "tcp" => "127.0.0.1".to_owned(),
        _ => folder.join("k-ipc").to_str().unwrap().to_owned(),
    };
    let mut connection =
        json!({ "transport": transport, "ip": ip, "key": key, "signature_scheme": "hmac-sha256" });
    for (channel, port) in CHANNELS.iter().zip(ports) {
        connection[format!("{channel}_port")] = json!(port);
    }
    let file = folder.join("k.json");
    fs::write(&file, connection.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_up42"));
    command.args(["kernel", "launch"]).arg(file).env("UP42_HOME", folder.join("home"));
    command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// Client of <https://rfc.zeromq.org/spec/37/> that shares no code with the kernel.
struct Peer(Box<dyn Stream>);

impl Peer {
    fn greet(mut stream: Box<dyn Stream>, kind: &str) -> io::Result<Self> {
        stream.write_all(&greeting())?;
        let mut theirs = [0; 64];
        stream.read_exact(&mut theirs)?;
        assert_eq!((theirs[0], theirs[9], theirs[10], &theirs[12..16]), (0xff, 0x7f, 3, &b"NULL"[..]));
        let mut peer = Self(stream);
        peer.command("READY", &[b"\x0bSocket-Type\0\0\0", &[kind.len() as u8][..], kind.as_bytes()].concat());
        let (flags, ready) = peer.frame()?;
        assert!(flags == 4 && ready.starts_with(b"\x05READY\x0bSocket-Type"));
        Ok(peer)
    }

    fn command(&mut self, name: &str, body: &[u8]) {
        let content = [&[name.len() as u8], name.as_bytes(), body].concat();
        self.0.write_all(&[&[4, content.len() as u8], &content[..]].concat()).unwrap();
    }

    /// Subscribes to everything, as in ZMTP 3.0; pyzmq, in `session.py`, sends the command of 3.1.
    fn subscribe(&mut self) {
        self.send(&[b"\x01"]);
    }

    fn send(&mut self, parts: &[&[u8]]) {
        let mut bytes = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            bytes.push(2 | u8::from(index + 1 < parts.len()));
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        self.0.write_all(&bytes).unwrap();
    }

    /// Sends a request whose header is this many bytes longer; each answer repeats the header.
    fn send_request(&mut self, kind: &str, more: usize) {
        let header = json!({ "msg_id": "1", "msg_type": kind, "session": "s", "more": "x".repeat(more) });
        self.send(&[b"<IDS|MSG>", b"", header.to_string().as_bytes(), b"{}", b"{}", b"{}"]);
    }

    fn receive(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut parts = Vec::new();
        loop {
            let (flags, body) = self.frame()?;
            if flags & 4 == 0 {
                parts.push(body);
                if flags & 1 == 0 {
                    return Ok(parts);
                }
            }
        }
    }

    fn frame(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut flags = [0];
        self.0.read_exact(&mut flags)?;
        let mut length = [0; 8];
        self.0.read_exact(if flags[0] & 2 == 0 { &mut length[7..] } else { &mut length })?;
        let mut body = vec![0; u64::from_be_bytes(length) as usize];
        self.0.read_exact(&mut body)?;
        Ok((flags[0], body))
    }

    /// Returns whether the kernel closes the connection after everything that it has sent.
    fn is_closed(&mut self) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match self.0.read(&mut bytes) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == io::ErrorKind::ConnectionReset,
            }
        }
    }
}

fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9], greeting[10], greeting[11]) = (0xff, 0x7f, 3, 1);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

fn content(message: &[Vec<u8>]) -> Value {
    serde_json::from_slice(message.last().unwrap()).unwrap()
}

/// Closes a connection with unread bytes, which resets it.
fn reset(stream: TcpStream) {
    stream.peek(&mut [0]).unwrap();
    drop(stream);
}

#[test]
fn nine_invalid_bytes_end_only_their_connection() {
    let mut kernel = Kernel::start("tcp");
    for length in [1 << 62, 1 << 47, (1 << 63) + 5, u64::MAX, 1 << 33] {
        for flags in [2, 3, 6] {
            let claim = [&[flags][..], &u64::to_be_bytes(length)].concat();
            for channel in CHANNELS {
                let mut early = kernel.tcp(channel).unwrap();
                early.write_all(&[&greeting()[..], &claim].concat()).unwrap();
                let mut late = kernel.peer(channel);
                late.0.write_all(&claim).unwrap();
                assert!(Peer(Box::new(early)).is_closed() && late.is_closed(), "{channel}: {length}");
            }
        }
        kernel.assert_well(&format!("a frame of {length} bytes"));
    }
}

#[test]
fn invalid_and_aborted_handshakes_do_not_affect_others() {
    let mut kernel = Kernel::start("tcp");
    let version_2 = [&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1][..], &[0; 53]].concat();
    let with_password = [&greeting()[..12], b"PLAIN", &[0; 47]].concat();
    for bytes in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &[0; 200], &version_2, &with_password] {
        for channel in CHANNELS {
            let mut stream = kernel.tcp(channel).unwrap();
            stream.write_all(bytes).unwrap();
            // Some are incomplete: ZMTP's first byte or the whole greeting is missing.
            drop(stream);
        }
    }
    for channel in CHANNELS {
        // A peer of another type, and an invalid command.
        let mismatched = kernel.try_connect(channel).unwrap();
        Peer::greet(mismatched, "PUSH").unwrap();
        let mut peer = kernel.peer(channel);
        peer.0.write_all(&[4, 3, 200, 1, 2]).unwrap();
        assert!(peer.is_closed(), "{channel}");
        drop(kernel.peer(channel));
        let before = kernel.tcp(channel).unwrap();
        reset(before);
    }
    kernel.assert_well("strangers");
}

#[test]
fn the_heartbeat_survives_a_reset_and_a_one_part_message() {
    let mut kernel = Kernel::start("tcp");
    for turn in 0..3 {
        let stream = kernel.tcp("hb").unwrap();
        let mut peer = Peer::greet(Box::new(stream.try_clone().unwrap()), "REQ").unwrap();
        peer.send(&[b"", b"ping"]);
        reset(stream);
        drop(peer);
        let mut one_part = kernel.peer("hb");
        one_part.send(&[b"ping"]);
        assert_eq!(one_part.receive().unwrap(), [b"ping".to_vec()]);
        kernel.assert_well(&format!("turn {turn}"));
    }
    // The same on the other sockets: a client that disconnects while it is answered.
    for channel in ["shell", "control", "iopub"] {
        let stream = kernel.tcp(channel).unwrap();
        let kind = if channel == "iopub" { "SUB" } else { "DEALER" };
        let mut peer = Peer::greet(Box::new(stream.try_clone().unwrap()), kind).unwrap();
        match channel {
            "iopub" => {
                peer.subscribe();
                let mut shell = kernel.peer("shell");
                stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
                while stream.peek(&mut [0]).is_err() {
                    shell.send_request("kernel_info_request", 0);
                }
            }
            _ => peer.send_request("kernel_info_request", 0),
        }
        reset(stream);
        drop(peer);
        kernel.assert_well(channel);
    }
}

#[test]
fn a_subscriber_that_does_not_read_blocks_no_other() {
    const REQUESTS: usize = 220;
    let mut kernel = Kernel::start("tcp");
    let mut unread: Vec<Peer> = (0..3).map(|_| kernel.subscriber()).collect();
    let mut subscriber = kernel.subscriber();
    let mut shell = kernel.peer("shell");
    for number in 0..REQUESTS {
        shell.send_request("kernel_info_request", 1 << 20);
        let reply = shell.receive().unwrap_or_else(|error| panic!("request {number}: {error}"));
        assert_eq!(content(&reply)["status"], "ok");
        // Each request publishes the states busy and idle. Reading both here keeps this subscriber
        // up to date, so that the kernel's queues belong to the others.
        let is_large = |message: &Vec<Vec<u8>>| message.iter().any(|part| part.len() > 1 << 20);
        let mut large = 0;
        while large < 2 {
            let message = subscriber.receive().unwrap_or_else(|error| panic!("output {number}: {error}"));
            large += usize::from(is_large(&message));
        }
    }
    assert!(unread.iter_mut().all(Peer::is_closed));
    kernel.assert_well("subscribers that do not read");
    // 460 MB were published. Up to 64 MiB may wait for each client that does not read, as shared
    // data; the rest is the program and the messages in progress, about 100 MB.
    #[cfg(target_os = "linux")]
    assert!(kernel.peak() < 256, "{} MB", kernel.peak());
}

#[test]
fn a_wrong_signature_ends_only_its_connection() {
    let kernel = Kernel::start_with_key("tcp", "secret");
    let mut heart = kernel.peer("hb");
    for channel in ["shell", "control", "stdin"] {
        let mut unsigned = kernel.peer(channel);
        unsigned.send_request("shutdown_request", 0);
        assert!(unsigned.is_closed(), "{channel}");
        heart.send(&[b"", b"ping"]);
        assert_eq!(heart.receive().unwrap(), [b"".to_vec(), b"ping".to_vec()]);
    }
}

#[cfg(unix)]
#[test]
fn socket_files_are_private_and_survive_a_restart() {
    use std::os::unix::fs::PermissionsExt;

    let mut kernel = Kernel::start("ipc");
    kernel.assert_well("a start");
    for channel in CHANNELS {
        let mode = fs::metadata(kernel.file(channel)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{channel}");
    }
    kernel.restart();
    kernel.assert_well("a restart");
}
