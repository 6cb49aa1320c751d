//! Certificates that the user trusts in addition to those of the system.

use std::fs;
use std::path::Path;

use reqwest::Certificate;

use up42_core::error::{Context, Error, ErrorKind, Result};

/// Environment variables that name a file or a folder of PEM certificates, as Python's `requests`
/// reads them; the first that is set counts. `SSL_CERT_FILE` is read with the system's
/// certificates.
const VARIABLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// Reads the certificates that the environment variables name; none if no variable is set.
///
/// # Errors
///
/// `Io` if a file cannot be read, `InvalidInput` if there is no certificate in it; the message
/// names the variable.
pub(super) fn trusted(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Certificate>> {
    let set = VARIABLES.iter().find_map(|name| Some((name, variable(name).filter(|path| !path.is_empty())?)));
    let Some((name, path)) = set else { return Ok(Vec::new()) };
    read(Path::new(&path)).with_context(|| format!("certificates `{path}` ({name})"))
}

fn read(path: &Path) -> Result<Vec<Certificate>> {
    let files = match path.is_dir() {
        true => fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?,
        false => vec![path.to_owned()],
    };
    let mut certificates = Vec::new();
    for file in files.iter().filter(|file| !file.is_dir()) {
        let found = Certificate::from_pem_bundle(&fs::read(file)?);
        certificates.extend(found.map_err(|error| Error::foreign(ErrorKind::InvalidInput, error))?);
    }
    match certificates.is_empty() {
        true => {
            Err(Error::invalid("there is no certificate in PEM: name another file, or unset the variable"))
        }
        false => Ok(certificates),
    }
}
