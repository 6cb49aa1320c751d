use polars::prelude::DataFrame;

use super::{DataCollection, DataProduct, DataProducts, eula};
use crate::client::{Client, pages};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Result};
use up42_core::impl_list;

/// The collections that something can be bought of.
#[derive(Clone)]
pub struct DataCollections {
    pub(super) collections: Vec<DataCollection>,
}

impl Client {
    /// The collections of the platform, archive and tasking, with their data products and
    /// whether their licences are accepted.
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
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) when the login is refused, and the errors
    /// of the network.
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

    /// The same without a word on licences, each of which is a request.
    pub(super) fn listed_collections(&self) -> Result<DataCollections> {
        let request = Request::get(self.url("/v2/collections")).query("sort", "name,asc");
        let listed = pages(self, &request, usize::MAX, |json| DataCollection::read(self, json).map(Some))?;
        Ok(DataCollections { collections: listed.entries })
    }
}

impl_list!(DataCollections(collections: DataCollection), "The collections, by name.");

impl DataCollections {
    /// The collection of a name.
    pub fn get(&self, name: &str) -> Option<&DataCollection> {
        self.iter().find(|one| one.name.eq_ignore_ascii_case(name))
    }

    /// What can be bought of all of them.
    pub fn products(&self) -> DataProducts {
        let products: Vec<DataProduct> = self.iter().flat_map(|one| one.products.clone()).collect();
        DataProducts { products }
    }

    /// The collections as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `name` | String | | never null | `name` |
    /// | `title` | String | | not said | `title` |
    /// | `type` | String | | not said | `type`: `ARCHIVE`, `TASKING` |
    /// | `product_type` | String | | not said | `metadata.productType` |
    /// | `producer` | String | | not said | `providers`, role `PRODUCER` |
    /// | `host` | String | | cannot be searched | `providers`, role `HOST` |
    /// | `resolution_class` | String | | not said | `metadata.resolutionClass` |
    /// | `resolution_min`, `resolution_max` | Float64 | m | not said | `metadata.resolutionValue` |
    /// | `integrations` | String | | never null | `integrations`, joined by commas |
    /// | `data_products` | String | | never null | names in `dataProducts`, joined by commas |
    /// | `eula` | String | | never null | of `dataProducts`: `not needed`, `accepted`, `not accepted`, `unknown` |
    /// | `description` | String | | not said | `description` |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
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
