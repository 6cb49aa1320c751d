//! Two roots of the STAC API: UP42's, which requires a login, and an open one, like those of other
//! providers.

use serde_json::{Map, Value, json};

use crate::request::Request;

/// Root of the STAC API.
#[derive(Clone, Debug)]
pub(crate) struct StacRoot {
    url: String,
    is_open: bool,
}

impl StacRoot {
    /// Returns the root to which a request was sent.
    pub(super) fn of(request: &Request, api_url: &str) -> Self {
        let is_open = request.segments.first().is_some_and(|first| first == "stac");
        let path = if is_open { "stac" } else { "v2/catalog" };
        Self { url: format!("{api_url}/{path}"), is_open }
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    pub(super) fn item_links(&self, collection: &str, id: &str) -> Value {
        let parent = self.at(&format!("collections/{collection}"));
        json!([
            {"rel": "self", "type": "application/geo+json", "href": format!("{parent}/items/{id}")},
            {"rel": "parent", "type": "application/json", "href": parent},
            {"rel": "collection", "type": "application/json", "href": parent},
            {"rel": "root", "type": "application/json", "href": self.at("")},
        ])
    }

    /// Returns the pictures of an item as assets: files at the open root, or else URLs whose POST
    /// returns a signed URL.
    pub(super) fn image_assets(&self, collection: &str, id: &str, keys: &[&str]) -> Value {
        let item = self.at(&format!("collections/{collection}/items/{id}"));
        let assets = keys.iter().map(|key| {
            let href = match self.is_open {
                true => format!("{item}/{key}.jpg"),
                false => format!("{item}/assets/{key}/download-url"),
            };
            let role = if *key == "thumbnail" { "thumbnail" } else { "overview" };
            (key.to_string(), json!({"href": href, "type": "image/jpeg", "title": key, "roles": [role]}))
        });
        Value::Object(assets.collect::<Map<_, _>>())
    }
}
