use polars::prelude::DataFrame;

use super::{DataCollection, DataProduct, DataProducts, eula};
use crate::client::{Client, pages};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// Collections with products that can be ordered.
#[derive(Clone)]
pub struct DataCollections {
    pub(super) collections: Vec<DataCollection>,
}

impl Client {
    /// Returns the collections of the platform, archive and tasking, with their data products and
    /// the states of the licences.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let collections = client.collections()?;
    /// let phr = collections.get("phr").unwrap();
    /// assert_eq!((phr.host.as_deref(), phr.eula()), (Some("oneatlas"), up42::products::EulaState::Accepted));
    /// assert!(collections.to_dataframe()?.height() > 4);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the login is rejected,
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    #[doc(alias = "get_collections")]
    pub fn collections(&self) -> Result<DataCollections> {
        let read = || {
            let mut listed = self.listed_collections()?;
            let products = || listed.collections.iter().flat_map(|one| &one.products);
            let states = eula::states(self, products().filter_map(|product| product.eula_id.clone()))?;
            for product in listed.collections.iter_mut().flat_map(|one| &mut one.products) {
                if let Some(state) = product.eula_id.as_ref().and_then(|id| states.get(id)) {
                    product.eula = *state;
                }
            }
            Ok(listed)
        };
        let collections: Result<_> = read();
        collections.context("list the collections")
    }

    /// Returns the collections without the states of licences, each of which needs a request.
    pub(super) fn listed_collections(&self) -> Result<DataCollections> {
        let request = Request::get(self.url("/v2/collections")).query("sort", "name,asc");
        let listed = pages(self, &request, usize::MAX, |json| DataCollection::read(self, json).map(Some))?;
        Ok(DataCollections { collections: listed.entries })
    }
}

impl_list!(DataCollections(collections: DataCollection), "Returns an iterator over the collections, by name.");

impl DataCollections {
    /// Returns the collection with this name, case-insensitive.
    pub fn get(&self, name: &str) -> Option<&DataCollection> {
        self.iter().find(|one| one.name.eq_ignore_ascii_case(name))
    }

    /// Returns the data products of all collections.
    pub fn products(&self) -> DataProducts {
        let products: Vec<DataProduct> = self.iter().flat_map(|one| one.products.clone()).collect();
        DataProducts { products }
    }

    /// Returns the collections as a Polars DataFrame, one row per collection.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `name` | String | | never null | `name` |
    /// | `title` | String | | not stated | `title` |
    /// | `type` | String | | not stated | `type`: `ARCHIVE`, `TASKING` |
    /// | `product_type` | String | | not stated | `metadata.productType` |
    /// | `producer` | String | | not stated | `providers`, role `PRODUCER` |
    /// | `host` | String | | cannot be searched | `providers`, role `HOST` |
    /// | `resolution_class` | String | | not stated | `metadata.resolutionClass` |
    /// | `resolution_min`, `resolution_max` | Float64 | m | not stated | `metadata.resolutionValue` |
    /// | `integrations` | String | | never null | `integrations`, joined by commas |
    /// | `data_products` | String | | never null | names in `dataProducts`, joined by commas |
    /// | `eula` | String | | never null | of `dataProducts`: `not needed`, `accepted`, `not accepted`, `unknown` |
    /// | `description` | String | | not stated | `description` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let joined = |each: fn(&DataCollection) -> String| self.iter().map(each).map(Some).collect();
        Frame::of(&self.collections)
            .text("name", |one| Some(&one.name))
            .text("title", |one| one.title.as_deref())
            .text("type", |one| one.kind.as_deref())
            .text("product_type", |one| one.product_type.as_deref())
            .text("producer", |one| one.producer.as_deref())
            .text("host", |one| one.host.as_deref())
            .text("resolution_class", |one| one.resolution_class.as_deref())
            .number("resolution_min", |one| one.resolution.0)
            .number("resolution_max", |one| one.resolution.1)
            .strings("integrations", joined(|one| one.integrations.join(",")))
            .strings("data_products", joined(product_names))
            .text("eula", |one| Some(one.eula().word()))
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("collections to a DataFrame")
    }
}

pub(super) fn product_names(collection: &DataCollection) -> String {
    collection.products.iter().map(|product| product.name.as_str()).collect::<Vec<_>>().join(",")
}
