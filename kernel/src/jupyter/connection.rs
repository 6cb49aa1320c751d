//! The connection file that Jupyter writes: the addresses on which the kernel listens.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::jupyter::zmtp::listener::Endpoint;

/// Content of a [connection
/// file](https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files).
#[derive(Clone, Debug, Deserialize)]
pub struct Connection {
    /// Address of all sockets.
    pub ip: String,
    /// `tcp`, or `ipc` for files.
    pub transport: String,
    /// Key that signs messages; empty for none.
    pub key: String,
    /// Port for requests.
    pub shell_port: u16,
    /// Port for messages to all clients.
    pub iopub_port: u16,
    /// Port for requests for input.
    pub stdin_port: u16,
    /// Port for requests that do not wait for the running cell.
    pub control_port: u16,
    /// Port of the heartbeat.
    pub hb_port: u16,
}

impl Connection {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self> {
        let context = || format!("read the connection file `{}`", file.display());
        let text = fs::read(file).with_context(context)?;
        serde_json::from_slice(&text).with_context(context)
    }

    /// Returns the address of a socket.
    ///
    /// # Errors
    ///
    /// The transport is neither `tcp` nor `ipc`.
    pub fn endpoint(&self, port: u16) -> Result<Endpoint> {
        match self.transport.as_str() {
            "tcp" => Ok(Endpoint::Tcp(self.ip.clone(), port)),
            // Same form as in `jupyter_client.connect`.
            "ipc" => Ok(Endpoint::Ipc(format!("{}-{port}", self.ip).into())),
            other => bail!("the connection file has the transport `{other}`: use `tcp` or `ipc`"),
        }
    }
}
