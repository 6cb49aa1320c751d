use std::collections::BTreeMap;
use std::fmt;

use super::{StorageItem, StorageItems};
use crate::catalog::{Catalog, Search};
use crate::client::{Client, id::checked};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::impl_list;
use up42_core::sanitize::sanitize;
use up42_view::elements::counted;

/// Largest number of items of a collection that are checked.
const MOST: usize = 10_000;

/// Deletion to be confirmed. The storage deletes only whole collections: an item is deleted with
/// all others of its collection, usually one delivery. Nothing is deleted before
/// [`confirm`](Self::confirm).
#[derive(Clone)]
#[must_use = "nothing is deleted before `confirm`"]
pub struct Deletion {
    client: Client,
    pub(super) parts: Vec<DeletionPart>,
}

/// Collection to be deleted.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DeletionPart {
    /// Id of the collection.
    pub collection: String,
    /// Title of the first of its items that has one.
    pub title: Option<String>,
    /// Ids of its items that were chosen.
    pub chosen: Vec<String>,
    /// Ids of its items that were not chosen; if there are any, nothing is deleted.
    pub others: Vec<String>,
}

impl StorageItems {
    /// Prepares the deletion of these items: lists their collections and all other items in them.
    /// Deletes nothing yet.
    ///
    /// ```
    /// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
    /// # use up42::catalog::Search;
    /// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(1))?;
    /// # let order = scenes.order(&client.data_product("phr/analytic")?).aoi(&aoi);
    /// # order.place()?.wait(std::time::Duration::from_secs(60))?;
    /// let items = client.storage().items()?; // two images of one order
    /// # let first = items.iter().next().unwrap().id().to_owned();
    /// let error = items.select_ids([&first])?.delete()?.confirm().unwrap_err();
    /// assert!(error.to_string().contains("only whole collections can be deleted"), "{error}");
    ///
    /// items.delete()?.confirm()?;
    /// assert!(client.storage().items()?.is_empty());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Same as [`Storage::search`](crate::storage::Storage::search).
    #[doc(alias = "delete_items")]
    pub fn delete(&self) -> Result<Deletion> {
        let mut chosen: BTreeMap<&str, Vec<&StorageItem>> = BTreeMap::new();
        for item in self {
            let collection = item.collection().ok_or_else(|| Error::response("an item has no collection"))?;
            chosen.entry(collection).or_default().push(item);
        }
        let read = || {
            let catalog = self.client.storage().catalog()?;
            let part = |(collection, chosen): (&&str, &Vec<&StorageItem>)| {
                let ids: Vec<String> = chosen.iter().map(|item| item.id().to_owned()).collect();
                let mut others = items_of(&catalog, collection)?;
                others.retain(|id| !ids.contains(id));
                let title = chosen.iter().find_map(|item| item.title.clone());
                Ok(DeletionPart { collection: (*collection).to_owned(), title, chosen: ids, others })
            };
            chosen.iter().map(part).collect::<Result<Vec<_>>>()
        };
        Ok(Deletion { client: self.client.clone(), parts: read().context("look at what would be deleted")? })
    }
}

/// Returns the ids of all items of a collection.
fn items_of(catalog: &Catalog, collection: &str) -> Result<Vec<String>> {
    let search = Search::anywhere().collections([collection]).limit(MOST);
    let found = catalog.search(search)?;
    if found.has_more() {
        return Err(Error::invalid(format!(
            "collection `{}` has more than {MOST} items, which are not looked through: delete it on the \
             platform's web page",
            sanitize(collection, 80)
        )));
    }
    Ok(found.iter().map(|scene| scene.id.clone()).collect())
}

impl_list!(Deletion(parts: DeletionPart), "Returns an iterator over the collections.");

impl Deletion {
    /// Returns whether all items of all collections were chosen; otherwise nothing can be deleted.
    pub fn is_whole(&self) -> bool {
        self.parts.iter().all(|part| part.others.is_empty())
    }

    /// Deletes the collections with all their items. This cannot be undone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a collection has items that
    /// were not chosen, including items added since; then nothing is deleted.
    pub fn confirm(self) -> Result<()> {
        self.check().context("delete items of the storage")?;
        for part in &self.parts {
            let delete = || {
                let path =
                    format!("/v2/assets/stac/collections/{}", checked("collection", &part.collection)?);
                self.client.send(Request::delete(self.client.url(&path)))
            };
            delete().with_context(|| format!("delete collection `{}`", sanitize(&part.collection, 80)))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let rule = |part: &DeletionPart, others: usize| {
            Error::invalid(format!(
                "only whole collections can be deleted, and `{}` has {} that {} not chosen: choose them too, or \
                 leave the collection out",
                sanitize(&part.collection, 80),
                counted(others, "item"),
                if others == 1 { "was" } else { "were" },
            ))
        };
        if let Some(part) = self.parts.iter().find(|part| !part.others.is_empty()) {
            return Err(rule(part, part.others.len()));
        }
        // Items added since were not chosen.
        let catalog = self.client.storage().catalog()?;
        for part in &self.parts {
            let now = items_of(&catalog, &part.collection)?;
            let others = now.iter().filter(|id| !part.chosen.contains(id)).count();
            if others > 0 {
                return Err(rule(part, others));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DeletionPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chosen, others) = (self.chosen.len(), self.others.len());
        write!(f, "{}: {} of {}", sanitize(&self.collection, 80), chosen, counted(chosen + others, "item"))
    }
}

impl fmt::Debug for Deletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.iter().map(|part| part.chosen.len()).sum();
        write!(f, "{} in {}", counted(items, "item"), counted(self.len(), "collection"))?;
        let others: usize = self.iter().map(|part| part.others.len()).sum();
        match others {
            0 => f.write_str(", nothing is deleted yet"),
            _ => write!(f, ", with {} that cannot stay behind", counted(others, "other")),
        }
    }
}
