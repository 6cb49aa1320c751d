//! Items of the storage as inputs: one job per item, for processes that take a single item.

use serde_json::{Map, Value};

use crate::jobs::JobParameters;
use crate::processes::ProcessRows;
use crate::storage::{StorageItem, StorageItems};

impl From<&StorageItems> for ProcessRows {
    /// Creates one job per item, labelled by its title, or by its id without one.
    fn from(items: &StorageItems) -> Self {
        let job = |item: &StorageItem| {
            let label = item.title.clone().unwrap_or_else(|| item.id().to_owned());
            // An item without a collection has no URL: the platform rejects the empty one.
            let url = item.url().unwrap_or_default();
            JobParameters::new(label, Map::from_iter([("item".to_owned(), Value::String(url))]))
        };
        items.iter().map(job).collect::<Vec<_>>().into()
    }
}

impl From<StorageItems> for ProcessRows {
    fn from(items: StorageItems) -> Self {
        Self::from(&items)
    }
}
