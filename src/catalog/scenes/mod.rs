//! Scenes: read from whatever a server or a file says, and exported as frames and files.
//!
//! - [`walk`], [`parts`]: an item's members as text, without parsing what is only passed on.
//! - [`scene`], [`footprint`], [`preview`]: what a scene is made of.
//! - [`frame`], [`columns`]: the way out to Polars; [`geoparquet`] the one to files.

mod columns;
mod footprint;
mod frame;
mod geoparquet;
mod import;
mod parts;
mod preview;
mod scene;
mod unsigned;
mod view;
mod walk;

use std::collections::HashMap;
use std::fmt;

use polars::prelude::DataFrame;

pub use geoparquet::scan_geoparquet;
pub(super) use preview::QuicklookSource;
pub use scene::Scene;

use crate::error::{Context, Error, Result};
use crate::list::list;

/// The scenes that a search found, in its order.
///
/// They are the truth, and [`to_dataframe`](Self::to_dataframe) is an export; the
/// id leads back: [`select`](Self::select).
#[derive(Clone, Default)]
pub struct Scenes {
    scenes: Vec<Scene>,
    more: bool,
    note: Option<String>,
}

list!(Scenes(scenes: Scene), "The scenes, one by one.");

impl Scenes {
    pub(in crate::catalog) fn new(scenes: Vec<Scene>, more: bool) -> Self {
        Self { scenes, more, note: None }
    }

    /// The same scenes, with what is to be known about the search.
    pub(in crate::catalog) fn noted(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    pub(in crate::catalog) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Whether the catalog has more scenes than the search's limit, or may have: see
    /// [`Catalog::search`](crate::Catalog::search).
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// The scene with an id.
    pub fn get(&self, id: &str) -> Option<&Scene> {
        self.iter().find(|scene| scene.id == id)
    }

    /// The scenes whose `id` stands in the DataFrame, in its order: the way back
    /// from a frame that was filtered or sorted. A column `collection` is heeded
    /// too, where there is one.
    ///
    /// ```
    /// # use up42::{Aoi, Client, Search, polars::prelude::*};
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let scenes = client.catalog().search(Search::new(&aoi).between("2019-01-01", "2020-12-31"))?;
    /// let clear = scenes.to_dataframe()?.lazy().filter(col("cloud_cover").lt(lit(10.0))).collect()?;
    /// assert_eq!(scenes.select(&clear)?.len(), clear.height());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there is no
    /// String column `id`, or when an id is not among these scenes.
    pub fn select(&self, frame: &DataFrame) -> Result<Self> {
        let told = "select scenes by the column `id`";
        let ids = frame.column("id").context(told)?.str().context(told)?.clone();
        let collections = frame.column("collection").ok().and_then(|column| column.str().ok().cloned());
        let mut known: HashMap<(&str, Option<&str>), &Scene> = HashMap::new();
        for scene in &self.scenes {
            let collection = scene.collection.as_deref().filter(|_| collections.is_some());
            known.entry((&scene.id, collection)).or_insert(scene);
        }
        let pick = |row: usize, id: Option<&str>| {
            let id = id.ok_or_else(|| Error::invalid(format!("row {row} has no id")))?;
            let collection = collections.as_ref().and_then(|names| names.get(row));
            let scene = known.get(&(id, collection)).copied();
            scene
                .cloned()
                .ok_or_else(|| Error::invalid(format!("`{id}` is not one of these {} scenes", self.len())))
        };
        let picked = ids.iter().enumerate().map(|(row, id)| pick(row, id)).collect::<Result<Vec<_>>>();
        Ok(Self { scenes: picked.context(told)?, ..Self::default() })
    }
}

impl fmt::Debug for Scenes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} scenes", self.len())?;
        match &self.note {
            Some(note) => write!(f, ". {note}"),
            None if self.more => f.write_str(", and the catalog has more: raise the search's limit"),
            None => Ok(()),
        }
    }
}
