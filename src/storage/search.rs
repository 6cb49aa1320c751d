use std::fmt;

use super::StorageItems;
use crate::catalog::{Catalog, Collections, Op, Search};
use crate::client::Client;
use up42_core::error::{Context, Result};

/// Where the storage's STAC API stands (`docs/up42-api.md`, 12.3).
const STAC: &str = "/v2/assets/stac";
/// Items that are listed when no search sets a limit.
const LIMIT: usize = 1_000;
/// Ids that one search asks for.
const IDS: usize = 50;

/// The account's storage: what its orders and jobs delivered. It is a STAC API, and asked by
/// the same searches as the catalog.
#[derive(Clone)]
pub struct Storage {
    pub(super) client: Client,
}

impl Client {
    /// The storage of the account. Asks nothing yet.
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
    /// assert_eq!(files.failed().count(), 0);
    /// items.map(&aoi)?.save_html(folder.path().join("items.html"))?;
    /// # Ok::<(), up42::Error>(())
    /// ```
    #[doc(alias = "initialize_storage")]
    pub fn storage(&self) -> Storage {
        Storage { client: self.clone() }
    }
}

impl Storage {
    /// The STAC API itself, as any other: its collections, its queryables.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) when the login may not see it, and the
    /// errors of the network.
    pub fn catalog(&self) -> Result<Catalog> {
        Catalog::at(&self.client, STAC).context("open the storage")
    }

    /// The items that a search finds, of the newest images first unless it is sorted
    /// otherwise. [`Search::anywhere`] looks in all places, [`Search::filter`] by the
    /// platform's properties, such as `up42-order:id` or `up42-user:title`.
    ///
    /// # Errors
    ///
    /// Those of [`Catalog::search`].
    pub fn search(&self, search: impl Into<Search>) -> Result<StorageItems> {
        let search = search.into();
        let read = || Ok(StorageItems::new(&self.client, self.catalog()?.search(search)?));
        let items: Result<_> = read();
        items.context("search the storage")
    }

    /// All items, up to 1,000 ([`StorageItems::has_more`] says when that was not all); a
    /// [`search`](Self::search) asks for more, or for some.
    ///
    /// # Errors
    ///
    /// Those of [`Catalog::search`].
    pub fn items(&self) -> Result<StorageItems> {
        self.search(Search::anywhere().limit(LIMIT))
    }

    /// The collections: mostly one for each delivery.
    ///
    /// # Errors
    ///
    /// Those of the network.
    pub fn collections(&self) -> Result<Collections> {
        self.catalog()?.collections().context("list the collections of the storage")
    }

    /// The items of a collection.
    pub(crate) fn of_collection(&self, id: &str) -> Result<StorageItems> {
        self.search(Search::anywhere().collections([id]).limit(LIMIT * IDS))
    }

    /// The items with one of some values of a property, however many values these are.
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
