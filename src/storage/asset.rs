use std::fmt;

use serde_json::{Value, json};

use super::StorageItem;
use crate::client::required;
use crate::transport::{Request, Secret};
use up42_core::error::{Context, Error, Result};
use up42_core::file::name::portable;
use up42_core::redact;
use up42_core::sanitize::sanitize;

/// File of an item.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct StorageAsset {
    /// Name in the item, such as `multispectral`.
    pub name: String,
    /// Display name.
    pub title: Option<String>,
    /// Media type, such as `image/tiff; application=geotiff`.
    pub media_type: Option<String>,
    /// Roles: `data`, `thumbnail`, `metadata`.
    pub roles: Vec<String>,
    /// URL on the platform; requires a login.
    href: String,
}

impl StorageAsset {
    pub(super) fn read(name: &str, json: &Value) -> Option<Self> {
        let text = |field: &str| json.get(field).and_then(Value::as_str).map(str::to_owned);
        let roles = json.get("roles").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            name: name.to_owned(),
            title: text("title"),
            media_type: text("type"),
            roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
            href: text("href")?,
        })
    }

    /// Returns the file name: the asset's name with an extension for its media type. Names that are
    /// invalid on some system are cleaned and get a hash.
    pub fn file_name(&self) -> String {
        let name = &*redact::data(&self.name);
        let kind = self.media_type.as_deref().unwrap_or_default();
        let ending = match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "image/tiff" | "image/geotiff" | "image/vnd.stac.geotiff" => "tif",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/jp2" => "jp2",
            "application/gzip" | "application/x-gzip" => "tgz",
            "application/zip" => "zip",
            "application/json" => "json",
            "application/geo+json" => "geojson",
            "application/xml" | "text/xml" => "xml",
            "application/pdf" => "pdf",
            "text/plain" => "txt",
            _ => return portable(name),
        };
        match name.to_lowercase().ends_with(&format!(".{ending}")) {
            true => portable(name),
            false => portable(&format!("{name}.{ending}")),
        }
    }

    /// Requests a signed URL of the file, valid for some minutes (`docs/up42-api.md`, 12.2 and 16).
    /// The login is sent only to the platform, whatever host the item states.
    pub(super) fn signed_url(&self, item: &StorageItem) -> Result<Secret> {
        let sign = || {
            let request = Request::post(self.download_url()?, json!({})).secret();
            if !item.client.sends_login(&request) {
                return Err(Error::response(
                    "the item names a file on another server, and the login goes to the platform alone",
                ));
            }
            required(&item.client.json(request)?, "url").map(Secret::new)
        };
        sign().with_context(|| {
            format!("asset `{}` of item `{}`", sanitize(&self.name, 80), sanitize(item.id(), 80))
        })
    }
}

impl StorageAsset {
    /// Returns the URL for requesting signed URLs: below the path of the asset, without its
    /// fragment.
    fn download_url(&self) -> Result<String> {
        let url = url::Url::parse(&self.href);
        let mut url = url.map_err(|_| Error::response("the item has a file with an invalid URL"))?;
        if !url.path().ends_with("/download-url") {
            url.set_path(&format!("{}/download-url", url.path().trim_end_matches('/')));
        }
        url.set_fragment(None);
        Ok(url.into())
    }
}

impl fmt::Debug for StorageAsset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.name, 200))?;
        match &self.media_type {
            Some(kind) => write!(f, " ({})", sanitize(kind, 80)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(name: &str, kind: &str) -> String {
        StorageAsset::read(name, &json!({"href": "https://h/a", "type": kind})).unwrap().file_name()
    }

    #[test]
    fn files_are_named_by_asset_and_media_type() {
        assert_eq!(name("multispectral", "image/tiff; application=geotiff"), "multispectral.tif");
        assert_eq!(name("preview", "Image/PNG"), "preview.png", "letters of either case are the same");
        assert_eq!(name("b1.TIF", "image/tiff"), "b1.TIF");
        assert!(name("../../etc/passwd", "text/plain").starts_with("_._.._etc_passwd-"));
        assert!(name("con", "image/tiff").starts_with("_con-") && name("..", "odd/kind").starts_with("__-"));
    }

    #[test]
    fn the_path_of_a_signed_url_is_appended() {
        let url = |href: &str| {
            let asset = StorageAsset::read("a", &json!({"href": href})).unwrap();
            asset.download_url().map(|url| url.trim_start_matches("https://h").to_owned()).ok()
        };
        for (href, expected) in [
            ("https://h/v2/assets/a", "/v2/assets/a/download-url"),
            ("https://h/v2/assets/a/download-url", "/v2/assets/a/download-url"),
            ("https://h/v2/assets/a/?host=b", "/v2/assets/a/download-url?host=b"),
            ("https://h/v2/assets/a#part", "/v2/assets/a/download-url"),
            ("https://h/jobs/j/cancel?x=/download-url", "/jobs/j/cancel/download-url?x=/download-url"),
            ("https://h/jobs/j/cancel#/download-url", "/jobs/j/cancel/download-url"),
            ("https://h/jobs/j/cancel/download-url/..", "/jobs/j/cancel/download-url"),
        ] {
            assert_eq!(url(href).as_deref(), Some(expected), "{href}");
        }
        assert_eq!(url("v2/assets/a"), None);
    }

    proptest! {
        #[test]
        fn file_names_stay_in_the_folder(text in "\\PC{0,200}") {
            let name = name(&text, "image/tiff");
            prop_assert!(!name.contains(['/', '\\', ':']) && !name.starts_with('.') && name.len() < 500, "{}", name);
        }
    }
}
