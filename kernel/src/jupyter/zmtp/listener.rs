//! The addresses that peers connect to.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::jupyter::zmtp::peer::{Peer, Role, Stream};

/// Largest number of peers of one socket; further ones are disconnected. Each Jupyter client is one
/// peer, and the usual limit of open files is 1,024 per process.
const MOST_PEERS: usize = 64;
/// Longest duration of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Pause after an error, such as too many open files, which would recur at once.
const PAUSE: Duration = Duration::from_millis(50);

/// Address to listen on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// Host, or `*` for all addresses of this machine, and port.
    Tcp(String, u16),
    /// Path of a Unix socket.
    Ipc(PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
            Self::Ipc(file) => write!(f, "ipc://{}", file.display()),
        }
    }
}

/// Bound address.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Ipc(UnixListener),
}

impl Listener {
    /// Binds the address.
    ///
    /// # Errors
    ///
    /// The address is in use or cannot be used on this system.
    pub async fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint {
            Endpoint::Tcp(host, port) => {
                let host = if host == "*" { "0.0.0.0" } else { host };
                Ok(Self::Tcp(TcpListener::bind((host, *port)).await?))
            }
            #[cfg(unix)]
            Endpoint::Ipc(file) => bind_file(file).map(Self::Ipc),
            #[cfg(not(unix))]
            Endpoint::Ipc(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Performs the handshake with each peer in a task of its own, and runs `talk` there.
    pub fn serve<Talk: Future<Output = ()> + Send + 'static>(
        self,
        role: Role,
        talk: impl Fn(Peer) -> Talk + Clone + Send + 'static,
    ) {
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(MOST_PEERS));
            loop {
                let Ok(stream) = self.accept().await else {
                    sleep(PAUSE).await;
                    continue;
                };
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let talk = talk.clone();
                tokio::spawn(async move {
                    if let Ok(Ok(peer)) = timeout(HANDSHAKE, Peer::handshake(stream, role)).await {
                        talk(peer).await;
                    }
                    drop(place);
                });
            }
        });
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Replies are small and awaited. Fails if the peer has disconnected.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            #[cfg(unix)]
            Self::Ipc(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// Binds a Unix socket that only this user may connect to.
#[cfg(unix)]
fn bind_file(file: &std::path::Path) -> io::Result<UnixListener> {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};

    // A restarted kernel uses the same file again.
    if fs::symlink_metadata(file).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(file)?;
    }
    let listener = UnixListener::bind(file)?;
    fs::set_permissions(file, Permissions::from_mode(0o600))?;
    Ok(listener)
}
