use polars::prelude::DataFrame;

use super::DataProduct;
use crate::client::Client;
use crate::frame::Frame;
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;

/// Data products of one or several collections.
#[derive(Clone)]
pub struct DataProducts {
    pub(super) products: Vec<DataProduct>,
}

impl Client {
    /// Returns the data products of all collections.
    ///
    /// # Errors
    ///
    /// Same as [`collections`](Self::collections).
    #[doc(alias = "get_data_products")]
    #[doc(alias = "ProductGlossary")]
    pub fn data_products(&self) -> Result<DataProducts> {
        Ok(self.collections()?.products())
    }

    /// Returns a data product with its [parameters](DataProduct::parameters): by collection and
    /// name (`phr/analytic`), by id, or by name alone if only one collection has it.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let product = client.data_product("phr/display")?;
    /// assert_eq!(client.data_product(&product.id)?.name, "display");
    ///
    /// let error = client.data_product("display").unwrap_err();
    /// assert!(error.to_string().contains("`phr/display`, `pneo/display`"), "{error}");
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if no or several products match;
    /// the message lists the closest names or the matches.
    #[doc(alias = "get_data_product_schema")]
    pub fn data_product(&self, name: impl AsRef<str>) -> Result<DataProduct> {
        let listed = self.listed_collections().context("list the collections")?;
        listed.products().find(name.as_ref())?.with_eula()?.with_schema()
    }
}

impl_list!(DataProducts(products: DataProduct), "Returns an iterator over the data products, collection by collection.");

impl DataProducts {
    /// Returns the products of a collection.
    pub fn of(&self, collection: &str) -> Self {
        let is_of = |one: &&DataProduct| one.collection.eq_ignore_ascii_case(collection);
        Self { products: self.iter().filter(is_of).cloned().collect() }
    }

    fn find(&self, wanted: &str) -> Result<DataProduct> {
        let full = |one: &DataProduct| format!("{}/{}", one.collection, one.name);
        let is_it = |one: &&DataProduct| one.id == wanted || full(one).eq_ignore_ascii_case(wanted);
        if let Some(one) = self.iter().find(is_it) {
            return Ok(one.clone());
        }
        let alike: Vec<_> = self.iter().filter(|one| one.name.eq_ignore_ascii_case(wanted)).collect();
        let shown = sanitize(wanted, 80);
        match alike.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let names: Vec<_> = self.iter().map(full).collect();
                let near = suggest(names.iter().map(String::as_str), wanted);
                Err(Error::invalid(format!("there is no data product `{shown}`: did you mean {near}?")))
            }
            several => {
                let names: Vec<_> = several.iter().map(|one| format!("`{}`", full(one))).collect();
                let names = names.join(", ");
                Err(Error::invalid(format!(
                    "several collections have a data product `{shown}`: write one of {names}"
                )))
            }
        }
    }

    /// Returns the data products as a Polars DataFrame, one row per product.
    ///
    /// | column | dtype | null means | field of the API |
    /// |---|---|---|---|
    /// | `collection` | String | never null | the collection's `name` |
    /// | `name` | String | never null | `name` |
    /// | `title` | String | not stated | `title` |
    /// | `tasking` | Boolean | never null | the collection's `type` |
    /// | `eula` | String | never null | `not needed`, `accepted`, `not accepted`, `unknown` |
    /// | `id` | String | never null | `id` |
    /// | `description` | String | not stated | `description` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.products)
            .text("collection", |one| Some(&one.collection))
            .text("name", |one| Some(&one.name))
            .text("title", |one| one.title.as_deref())
            .flag("tasking", |one| one.is_tasking)
            .text("eula", |one| Some(one.eula.word()))
            .text("id", |one| Some(&one.id))
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("data products to a DataFrame")
    }
}
