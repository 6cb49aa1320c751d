//! Results delivered as single files instead of an archive.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::archive::Limits;
use super::feature::{MAY_GROW, PATH, features};
use super::folder::Place;
use crate::batch::{Content, ResultFile};
use crate::client::Client;
use crate::transport::{Bytes, DownloadProgress};
use up42_core::error::{Context, Error, Result};
use up42_core::file::name::is_portable;
use up42_core::file::{self, sync_folder};

/// Files of a job, and their features.
pub(super) struct Files {
    pub(super) features: Vec<Value>,
    pub(super) files: Vec<ResultFile>,
    pub(super) may_grow: bool,
}

impl Place {
    /// Downloads the files of a job. Existing files are not downloaded again. The folder is renamed
    /// to its final name when it is complete; if it has that name already, new files are added.
    /// Files that are no longer listed stay, with their features.
    pub(super) fn take(
        &self,
        client: &Client,
        delivered: &Files,
        limits: Limits,
        incoming: &DownloadProgress,
    ) -> Result<()> {
        let Files { features: new, files, may_grow } = delivered;
        if files.len() > limits.files {
            let message = format!("they are more than {} files: `Download::files` allows more", limits.files);
            return Err(Error::invalid(message));
        }
        let folder = if self.is_whole() { &self.folder } else { &self.files };
        fs::create_dir_all(folder)?;
        let mut bytes = 0;
        for file in files {
            let path = folder.join(checked(&file.name)?);
            if !path.exists() {
                let fetch = || match &file.content {
                    Content::Here(bytes) => Ok(file::write(&path, bytes)?),
                    Content::At(url) => client.download_signed(&path, incoming, url).map(drop),
                };
                fetch().with_context(|| format!("`{}`", file.name))?;
            }
            bytes += path.metadata()?.len();
            if let Some(most) = limits.bytes.filter(|most| bytes > *most) {
                let message = format!("they are more than {}: `Download::largest` allows more", Bytes(most));
                return Err(Error::invalid(message));
            }
        }
        let mut all = if self.is_whole() { features(&self.data())? } else { Vec::new() };
        let name = |feature: &Value| feature["properties"][PATH].as_str().map(str::to_owned);
        let known: HashSet<_> = all.iter().map(name).collect();
        if self.is_whole() && new.iter().all(|feature| known.contains(&name(feature))) {
            return Ok(());
        }
        let named: HashSet<_> = new.iter().map(name).collect();
        all.retain(|feature| !named.contains(&name(feature)));
        all.extend(new.iter().cloned());
        let mut data = json!({"type": "FeatureCollection", "features": all});
        if *may_grow {
            data[MAY_GROW] = true.into();
        }
        file::write(&folder.join("data.json"), data.to_string().as_bytes())?;
        if !self.is_whole() {
            fs::rename(&self.files, &self.folder)?;
            sync_folder(self.folder.parent().unwrap_or(Path::new("")))?;
        }
        Ok(())
    }
}

/// Returns the name, if it is valid on every system and not reserved; otherwise an error.
fn checked(name: &str) -> Result<&str> {
    match is_portable(name) && !name.starts_with('.') && !name.eq_ignore_ascii_case("data.json") {
        true => Ok(name),
        false => Err(Error::response(format!("`{name}` is no name of a file"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_with_a_path_are_refused() {
        for odd in ["", ".", "..", "../a", "a/b", "C:a", "/a", "data.json", "NUL", "a."] {
            assert!(checked(odd).is_err(), "{odd}");
        }
        assert_eq!(checked("scene.tif").unwrap(), "scene.tif");
    }
}
