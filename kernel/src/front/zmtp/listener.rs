//! Where peers connect.

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

use crate::front::zmtp::peer::{Peer, Role, Stream};

/// Most peers of one socket; whoever comes then is turned away. Each client of Jupyter's is
/// one, and files and sockets are few: often 1,024 for a process.
const MOST_PEERS: usize = 64;
/// The longest time of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After an error, such as too many open files, which would come again at once.
const PAUSE: Duration = Duration::from_millis(50);

/// An address to listen on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// A host, or `*` for all of this machine's addresses, and a port.
    Tcp(String, u16),
    /// A file.
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

/// An address that is listened on.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Ipc(UnixListener),
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    ///
    /// If the address is in use or cannot be used on this system.
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

    /// Greets each peer in a task of its own, and lets `talk` go on.
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
                    if let Ok(Ok(peer)) = timeout(HANDSHAKE, Peer::greet(stream, role)).await {
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
                // Replies are small and awaited. It fails if the peer has gone already.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            #[cfg(unix)]
            Self::Ipc(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// For this user alone.
#[cfg(unix)]
fn bind_file(file: &std::path::Path) -> io::Result<UnixListener> {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};

    // A kernel that was restarted comes back to its file.
    if fs::symlink_metadata(file).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(file)?;
    }
    let listener = UnixListener::bind(file)?;
    fs::set_permissions(file, Permissions::from_mode(0o600))?;
    Ok(listener)
}
