use std::fmt;

use serde_json::{Value, json};

use super::{StorageAsset, StorageItems};
use crate::catalog::{Scene, Scenes};
use crate::client::{Client, id::checked};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::file::name::{case_insensitive, distinct};
use up42_core::sanitize::sanitize;

/// Image in the storage, with its origin and files.
#[derive(Clone)]
#[non_exhaustive]
pub struct StorageItem {
    pub(crate) client: Client,
    /// Image as a scene: footprint, time, cloud cover and all properties.
    pub scene: Scene,
    /// Title given by the user (`up42-user:title`).
    pub title: Option<String>,
    /// Tags (`up42-user:tags`).
    pub tags: Vec<String>,
    /// Order that delivered the item (`up42-order:id`).
    pub order_id: Option<String>,
    /// Processing job that created the item (`up42-system:job_id`).
    pub job_id: Option<String>,
    /// Archive in which the item was delivered (`up42-system:asset_id`).
    pub asset_id: Option<String>,
    /// Data product (`up42-product:product_id`).
    pub product_id: Option<String>,
    /// Collection of the catalog, such as `phr` (`up42-product:collection_name`).
    pub product_collection: Option<String>,
    /// Modality: `multispectral`, `panchromatic` and others (`up42-product:modality`).
    pub modality: Option<String>,
    /// Files of the item.
    pub assets: Vec<StorageAsset>,
}

impl StorageItem {
    pub(super) fn new(client: &Client, scene: &Scene) -> Self {
        let property = |name: &str| scene.properties.get(name);
        let text = |name: &str| {
            property(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let tags = property("up42-user:tags").and_then(Value::as_array).into_iter().flatten();
        Self {
            client: client.clone(),
            title: text("up42-user:title"),
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
            order_id: text("up42-order:id"),
            job_id: text("up42-system:job_id"),
            asset_id: text("up42-system:asset_id"),
            product_id: text("up42-product:product_id"),
            product_collection: text("up42-product:collection_name"),
            modality: text("up42-product:modality"),
            assets: scene.assets().iter().filter_map(|(name, json)| StorageAsset::read(name, json)).collect(),
            scene: scene.clone(),
        }
    }

    /// Returns the item's id.
    pub fn id(&self) -> &str {
        &self.scene.id
    }

    /// Returns the collection of the storage; usually there is one per delivery.
    pub fn collection(&self) -> Option<&str> {
        self.scene.collection.as_deref()
    }

    /// Returns the asset with this name.
    pub fn asset(&self, name: &str) -> Option<&StorageAsset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// Returns the name of the folder for the item's files.
    pub(super) fn folder_name(&self) -> String {
        case_insensitive(self.id())
    }

    /// Returns the assets with their file names, which are distinct on every system, also
    /// case-insensitive ones. The names depend only on the item.
    pub(super) fn named_assets(&self) -> Vec<(&StorageAsset, String)> {
        let names: Vec<_> = self.assets.iter().map(|asset| (asset.name.clone(), asset.file_name())).collect();
        self.assets.iter().zip(distinct(&names)).collect()
    }

    /// Returns the URL of the item, as an input for processes (`docs/up42-api.md`, 13).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Response`](crate::ErrorKind::Response) if the item has no collection.
    #[doc(alias = "self_href")]
    pub fn url(&self) -> Result<String> {
        Ok(self.client.url(&self.path()?))
    }

    /// Changes the title of the item, and returns the changed item.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the item no longer exists.
    pub fn rename(&self, title: impl Into<String>) -> Result<Self> {
        self.change(json!({"up42-user:title": title.into()})).with_context(|| self.error_context("rename"))
    }

    /// Replaces the tags of the item, and returns the changed item.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the item no longer exists.
    pub fn tag(&self, tags: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        self.change(json!({"up42-user:tags": tags})).with_context(|| self.error_context("tag"))
    }

    fn change(&self, body: Value) -> Result<Self> {
        let json = self.client.json(Request::patch(self.client.url(&self.path()?), body))?;
        let changed = StorageItems::new(&self.client, Scenes::from_geojson(&json.to_string())?);
        changed.iter().next().cloned().ok_or_else(|| Error::response("the answer is no item"))
    }

    fn path(&self) -> Result<String> {
        let collection = self.collection().ok_or_else(|| Error::response("the item has no collection"))?;
        let (collection, id) = (checked("collection", collection)?, checked("item", self.id())?);
        Ok(format!("/v2/assets/stac/collections/{collection}/items/{id}"))
    }

    fn error_context(&self, what: &str) -> String {
        format!("{what} item `{}`", sanitize(self.id(), 80))
    }
}

impl fmt::Debug for StorageItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(self.id(), 80))?;
        match &self.title {
            Some(title) => write!(f, ": {}", sanitize(title, 200)),
            None => Ok(()),
        }
    }
}
