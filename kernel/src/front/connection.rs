//! Where the kernel listens: the file that Jupyter writes for it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::front::zmtp::listener::Endpoint;

/// <https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files>
#[derive(Clone, Debug, Deserialize)]
pub struct Connection {
    /// The address, for all sockets.
    pub ip: String,
    /// `tcp`, or `ipc` for files.
    pub transport: String,
    /// Signs messages, unless it is empty.
    pub key: String,
    /// Requests.
    pub shell_port: u16,
    /// What everybody hears.
    pub iopub_port: u16,
    /// Input.
    pub stdin_port: u16,
    /// Requests that do not wait.
    pub control_port: u16,
    /// The heartbeat.
    pub hb_port: u16,
}

impl Connection {
    /// Reads the file.
    pub fn read(file: &Path) -> Result<Self> {
        let told = || format!("read the connection file `{}`", file.display());
        let text = fs::read(file).with_context(told)?;
        serde_json::from_slice(&text).with_context(told)
    }

    /// The address of a socket.
    ///
    /// # Errors
    ///
    /// If the transport is neither `tcp` nor `ipc`.
    pub fn endpoint(&self, port: u16) -> Result<Endpoint> {
        match self.transport.as_str() {
            "tcp" => Ok(Endpoint::Tcp(self.ip.clone(), port)),
            // As `jupyter_client.connect` writes it.
            "ipc" => Ok(Endpoint::Ipc(format!("{}-{port}", self.ip).into())),
            other => bail!("the connection file has the transport `{other}`: use `tcp` or `ipc`"),
        }
    }
}
