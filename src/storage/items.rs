use std::fmt;

use polars::prelude::DataFrame;

use super::StorageItem;
use crate::catalog::{Quicklooks, Scenes};
use crate::client::Client;
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::geo::Bbox;
use up42_core::impl_list;
use up42_view::elements::counted;

/// Items of the storage, in the order of the search.
#[derive(Clone)]
pub struct StorageItems {
    pub(super) client: Client,
    pub(super) items: Vec<StorageItem>,
    scenes: Scenes,
    pub(super) has_more: bool,
}

impl_list!(StorageItems(items: StorageItem), "Returns an iterator over the items.");

impl StorageItems {
    pub(super) fn new(client: &Client, scenes: Scenes) -> Self {
        let items = scenes.iter().map(|scene| StorageItem::new(client, scene)).collect();
        Self { client: client.clone(), items, has_more: scenes.has_more(), scenes }
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.has_more |= others.has_more;
        self.items.extend(others.items);
        self.scenes = self.items.iter().map(|item| item.scene.clone()).collect();
    }

    /// Returns the items as scenes, for [coverage](Scenes::coverage), [mosaics](Scenes::mosaic),
    /// and DataFrames with all properties.
    pub fn scenes(&self) -> &Scenes {
        &self.scenes
    }

    /// Returns whether the storage has more matching items than the limit of the search
    /// ([`Search::limit`](crate::catalog::Search::limit)) or of one request.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Returns the item with this id.
    pub fn get(&self, id: &str) -> Option<&StorageItem> {
        self.iter().find(|item| item.id() == id)
    }

    /// Returns the items whose `id` is in the DataFrame, in its order, for example after filtering.
    ///
    /// # Errors
    ///
    /// Same as [`Scenes::select`].
    pub fn select(&self, frame: &DataFrame) -> Result<Self> {
        Ok(Self::new(&self.client, self.scenes.select(frame)?))
    }

    /// Returns the items with these ids, in the given order.
    ///
    /// # Errors
    ///
    /// Same as [`Scenes::select_ids`].
    pub fn select_ids(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        Ok(Self::new(&self.client, self.scenes.select_ids(ids)?))
    }

    /// Downloads the thumbnails of the items in parallel, for a [map](Quicklooks::to_map) or a
    /// [gallery](Quicklooks::gallery). Each thumbnail needs two requests, one for its signed URL
    /// and one for the file; cached ones ([`Catalog::cache`](crate::catalog::Catalog::cache)) and
    /// items without a thumbnail need none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the login is rejected. Any other error of a
    /// thumbnail is its [`outcome`](crate::catalog::Quicklook::outcome).
    #[doc(alias = "map_quicklooks", alias = "thumbnails")]
    pub fn download_quicklooks(&self) -> Result<Quicklooks> {
        // Collections of the storage are deliveries, whose names mean nothing to the user.
        let named = |item: &StorageItem| {
            let mut scene = item.scene.clone();
            scene.collection = item.product_collection.clone().or(scene.collection);
            scene
        };
        let scenes: Scenes = self.iter().map(named).collect();
        self.client.catalog().download_quicklooks(&scenes).context("thumbnails of the storage")
    }

    /// Returns the items as a Polars DataFrame, one row per item; `items.scenes().to_dataframe()?`
    /// has all properties.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id`, `collection` | String | | not stated | the same |
    /// | `title` | String | | none | `up42-user:title` |
    /// | `tags` | String | | never null | `up42-user:tags`, joined by commas |
    /// | `order`, `job` | String | | no order, no job | `up42-order:id`, `up42-system:job_id` |
    /// | `product_collection` | String | | not stated | `up42-product:collection_name` |
    /// | `modality` | String | | not stated | `up42-product:modality` |
    /// | `datetime` | Datetime(ms) | UTC | not stated | `datetime` |
    /// | `cloud_cover` | Float64 | % of the image | unknown | `eo:cloud_cover` |
    /// | `resolution` | Float64 | m | not stated | `gsd` |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees | no footprint | bounding box of `geometry` |
    /// | `assets` | String | | never null | names in `assets`, joined by commas |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let boxes: Vec<_> = self.iter().map(|item| Bbox::of(item.scene.footprint.as_ref()?)).collect();
        let side = |side: fn(&Bbox) -> f64| boxes.iter().map(|bbox| bbox.as_ref().map(side)).collect();
        let assets = |item: &StorageItem| {
            item.assets.iter().map(|asset| asset.name.as_str()).collect::<Vec<_>>().join(",")
        };
        Frame::of(&self.items)
            .text("id", |item| Some(item.id()))
            .text("collection", |item| item.collection())
            .text("title", |item| item.title.as_deref())
            .strings("tags", self.iter().map(|item| Some(item.tags.join(","))).collect())
            .text("order", |item| item.order_id.as_deref())
            .text("job", |item| item.job_id.as_deref())
            .text("product_collection", |item| item.product_collection.as_deref())
            .text("modality", |item| item.modality.as_deref())
            .instant("datetime", |item| item.scene.datetime)?
            .number("cloud_cover", |item| item.scene.cloud_cover)
            .number("resolution", |item| item.scene.resolution)
            .numbers("west", side(|bbox| bbox.west))
            .numbers("south", side(|bbox| bbox.south))
            .numbers("east", side(|bbox| bbox.east))
            .numbers("north", side(|bbox| bbox.north))
            .strings("assets", self.iter().map(|item| Some(assets(item))).collect())
            .finish()
            .context("items to a DataFrame")
    }
}

impl fmt::Debug for StorageItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of the storage", counted(self.len(), "item"))?;
        if self.has_more { f.write_str(", and it has more") } else { Ok(()) }
    }
}
