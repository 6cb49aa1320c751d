use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use url::Url;

use super::builder::{BATCHES, TIMEOUT, server};
use super::{Client, Inner, Who};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Connection, RetryPolicy, Settings, Worker};

impl Client {
    /// A client of a server that wants no login. Asks nothing of the network.
    pub(crate) fn open(url: &str) -> Result<Self> {
        Self::open_with(url, BATCHES.into())
    }

    /// The same, with its batches in a folder.
    pub(crate) fn open_with(url: &str, batches: PathBuf) -> Result<Self> {
        let api_url = server(url)?;
        let api = Url::parse(&api_url).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))?;
        let settings =
            Settings { api, auth: None, tokens: None, retry: RetryPolicy::default(), timeout: TIMEOUT };
        let inner = Inner {
            worker: Worker::start(Connection::new(settings)?)?,
            auth_url: api_url.clone(),
            api_url,
            who: Who::Nobody,
            project_id: None,
            batches,
            workspace: Mutex::default(),
            #[cfg(feature = "simulator")]
            simulator: None,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}
