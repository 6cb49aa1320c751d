//! Certificates that the user trusts beside those of the system.

use std::fs;
use std::path::Path;

use reqwest::Certificate;

use up42_core::error::{Context, Error, ErrorKind, Result};

/// Variables with a file or a folder of certificates in PEM, as Python's requests reads
/// them; the first that is set counts. `SSL_CERT_FILE` belongs to the system's own.
const VARIABLES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

/// Reads the certificates that the environment names.
///
/// # Errors
///
/// `Io` when they cannot be read, `InvalidInput` when there is none: the variable is named.
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
