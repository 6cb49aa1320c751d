//! Results that come as files, and not as an archive.

use std::fs;
use std::path::{Component, Path};

use serde_json::{Value, json};

use super::archive::Limits;
use super::feature::stays_inside;
use super::folder::Place;
use crate::batch::{Content, ResultFile};
use crate::client::Client;
use crate::error::{Context, Error, Result};
use crate::transport::Incoming;

impl Place {
    /// Brings the files of a job here. Those that are there whole are not fetched again; the
    /// folder gets its name when all are there.
    pub(super) fn take(
        &self,
        client: &Client,
        features: &[Value],
        files: &[ResultFile],
        limits: Limits,
        incoming: &Incoming,
    ) -> Result<()> {
        if files.len() > limits.files {
            return Err(Error::response(format!("they are more than {} files", limits.files)));
        }
        fs::create_dir_all(&self.files)?;
        let mut bytes = 0;
        for file in files {
            let path = self.files.join(plain(&file.name)?);
            if !path.exists() {
                let fetch = || match &file.content {
                    Content::Here(bytes) => write(&path, bytes),
                    Content::At(url) => client.download_signed(&path, incoming, url).map(drop),
                };
                fetch().with_context(|| format!("`{}`", file.name))?;
            }
            bytes += path.metadata()?.len();
            if bytes > limits.bytes {
                let told = format!(
                    "they are more than {} MB: `Download::largest` allows more",
                    limits.bytes / 1_000_000
                );
                return Err(Error::invalid(told));
            }
        }
        let data = json!({"type": "FeatureCollection", "features": features});
        write(&self.files.join("data.json"), data.to_string().as_bytes())?;
        Ok(fs::rename(&self.files, &self.folder)?)
    }
}

/// A name that comes from outside is that of a file in the folder, or none.
fn plain(name: &str) -> Result<&str> {
    let is_one =
        matches!(Path::new(name).components().collect::<Vec<_>>().as_slice(), [Component::Normal(_)]);
    match is_one && stays_inside(name) && !name.eq_ignore_ascii_case("data.json") {
        true => Ok(name),
        false => Err(Error::response(format!("`{name}` is no name of a file"))),
    }
}

/// Whole or not at all: a program may be killed in between.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("writing");
    fs::write(&part, bytes)?;
    Ok(fs::rename(part, path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_none() {
        for odd in ["", ".", "..", "../a", "a/b", "C:a", "/a", "data.json"] {
            assert!(plain(odd).is_err(), "{odd}");
        }
        assert_eq!(plain("scene.tif").unwrap(), "scene.tif");
    }
}
