use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use url::Url;

use super::builder::{BATCHES, TIMEOUT, absolute, server};
use super::{Client, Endpoint, Inner, LoginKind};
use crate::transport::{Connection, Credentials, RetryPolicy, Settings, Worker};
use up42_core::error::{Error, ErrorKind, Result};

impl Client {
    /// Makes a client of a server without tokens. Sends no request.
    pub(crate) fn open(endpoint: &Endpoint) -> Result<Self> {
        Self::open_with(endpoint, BATCHES.into())
    }

    /// Makes a client of a server without tokens, with its batches in a folder.
    pub(crate) fn open_with(endpoint: &Endpoint, batches: PathBuf) -> Result<Self> {
        let api_url = server(endpoint.url())?;
        let api = Url::parse(&api_url).map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))?;
        let credentials = endpoint.credentials.clone();
        credentials.iter().try_for_each(Credentials::check)?;
        let settings = Settings {
            api,
            auth: None,
            tokens: None,
            credentials,
            retry: RetryPolicy::default(),
            timeout: endpoint.timeout.unwrap_or(TIMEOUT),
        };
        let inner = Inner {
            worker: Worker::start(Connection::new(settings)?)?,
            auth_url: api_url.clone(),
            api_url,
            login_kind: if endpoint.credentials.is_some() { LoginKind::External } else { LoginKind::NoLogin },
            project_id: None,
            batches: absolute(batches)?,
            workspace: Mutex::default(),
            #[cfg(feature = "simulator")]
            simulator: None,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}
