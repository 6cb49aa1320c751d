use std::fmt;

use super::StorageItems;
use crate::catalog::{Catalog, Collections, Op, Search};
use crate::client::Client;
use up42_core::error::{Context, Result};

/// Path of the storage's STAC API (`docs/up42-api.md`, 12.3).
const STAC: &str = "/v2/assets/stac";
/// Largest number of items listed without a search.
const LIMIT: usize = 1_000;
/// Largest number of ids in one search.
const IDS: usize = 50;

/// Storage of the account: results of its orders and jobs. It is a STAC API and supports the same
/// searches as the catalog.
#[derive(Clone)]
pub struct Storage {
    pub(super) client: Client,
}

impl Client {
    /// Returns the storage of the account. Sends no request.
    ///
    /// ```
    /// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
    /// # use up42::catalog::{Op, Search};
    /// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(2))?;
    /// # let order = scenes.order(&client.data_product("phr/display")?).aoi(&aoi);
    /// # order.place()?.wait(std::time::Duration::from_secs(60))?;
    /// # let folder = tempfile::tempdir()?;
    /// let items = client.storage().items()?; // or a search, as of the catalog:
    /// let clear = client.storage().search(Search::new(&aoi).filter("up42-product:collection_name", Op::Eq, "phr"))?;
    /// assert_eq!((items.len(), clear.len()), (2, 2));
    ///
    /// let files = items.download(folder.path())?;
    /// assert!(files.failed().is_empty());
    /// items.download_quicklooks()?.to_map(&aoi).save_html(folder.path().join("items.html"))?;
    /// # Ok::<(), up42::Error>(())
    /// ```
    #[doc(alias = "initialize_storage")]
    pub fn storage(&self) -> Storage {
        Storage { client: self.clone() }
    }
}

impl Storage {
    /// Returns the storage as a STAC catalog, with its collections and queryables.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the login lacks the permission,
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    pub fn catalog(&self) -> Result<Catalog> {
        Catalog::at(&self.client, STAC).context("open the storage")
    }

    /// Returns the items that match a search, newest images first unless the search is sorted.
    /// [`Search::anywhere`] searches without an area, [`Search::filter`] by the platform's
    /// properties, such as `up42-order:id` or `up42-user:title`.
    ///
    /// # Errors
    ///
    /// Same as [`Catalog::search`].
    pub fn search(&self, search: impl Into<Search>) -> Result<StorageItems> {
        let search = search.into();
        let read = || Ok(StorageItems::new(&self.client, self.catalog()?.search(search)?));
        let items: Result<_> = read();
        items.context("search the storage")
    }

    /// Returns all items, at most 1,000 ([`StorageItems::has_more`] states whether there are more);
    /// use [`search`](Self::search) for more or for a selection.
    ///
    /// # Errors
    ///
    /// Same as [`Catalog::search`].
    pub fn items(&self) -> Result<StorageItems> {
        self.search(Search::anywhere().limit(LIMIT))
    }

    /// Returns the collections; usually there is one per delivery.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    pub fn collections(&self) -> Result<Collections> {
        self.catalog()?.collections().context("list the collections of the storage")
    }

    /// Returns the items of a collection.
    pub(crate) fn of_collection(&self, id: &str) -> Result<StorageItems> {
        self.search(Search::anywhere().collections([id]).limit(LIMIT * IDS))
    }

    /// Returns the items with one of these values of a property. Long lists of values are split
    /// into several searches.
    pub(crate) fn with(&self, property: &str, values: &[&str]) -> Result<StorageItems> {
        let catalog = self.catalog()?;
        let mut found = StorageItems::new(&self.client, Default::default());
        for some in values.chunks(IDS) {
            let search = Search::anywhere().filter(property, Op::In, some.to_vec()).limit(LIMIT * IDS);
            found.extend(StorageItems::new(
                &self.client,
                catalog.search(search).context("search the storage")?,
            ));
        }
        Ok(found)
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage of {:?}", self.client)
    }
}
