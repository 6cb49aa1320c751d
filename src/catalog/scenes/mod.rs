//! Scenes: read from a server or a file, and exported to frames and files.
//!
//! - [`parts`]: an item's members as text; members that are only passed on are not parsed.
//! - [`scene`], [`footprint`], [`preview`]: a scene, its footprint and its quicklook.
//! - [`import`]: files of other programs.
//! - [`frame`]: export to Polars; [`geoparquet`]: GeoParquet files.
//! - [`select`]: scenes by the ids of a frame or a map.
//! - [`view`]: display in notebooks.

mod footprint;
mod frame;
mod geoparquet;
mod import;
mod parts;
mod preview;
mod scene;
mod select;
mod view;

use std::fmt;

pub use geoparquet::{scan_geoparquet, scan_geoparquet_within};
pub(super) use preview::QuicklookSource;
pub use scene::Scene;

use up42_core::impl_list;

/// Scenes that a search found, in its order.
///
/// [`to_dataframe`](Self::to_dataframe) exports them; [`select`](Self::select) and
/// [`select_ids`](Self::select_ids) return the scenes of a frame or of ids.
#[derive(Clone, Default)]
#[doc(alias = "ItemCollection")]
#[doc(alias = "items")]
pub struct Scenes {
    scenes: Vec<Scene>,
    more: bool,
    note: Option<String>,
    /// Catalog and search that they come from, as names and values.
    origin: Vec<(String, String)>,
}

impl_list!(Scenes(scenes: Scene), "Returns an iterator over the scenes.");

impl Scenes {
    pub(in crate::catalog) fn new(scenes: Vec<Scene>, more: bool) -> Self {
        Self { scenes, more, note: None, origin: Vec::new() }
    }

    /// Adds a note for the user about the search.
    pub(in crate::catalog) fn with_note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// Adds the catalog and the search that the scenes come from.
    pub(in crate::catalog) fn with_origin(mut self, origin: Vec<(String, String)>) -> Self {
        self.origin = origin;
        self
    }

    pub(in crate::catalog) fn origin(&self) -> &[(String, String)] {
        &self.origin
    }

    pub(in crate::catalog) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns whether the catalog has more scenes than the search's limit, or may have: see
    /// [`Catalog::search`](crate::catalog::Catalog::search).
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Returns the scene with an id.
    pub fn get(&self, id: &str) -> Option<&Scene> {
        self.iter().find(|scene| scene.id == id)
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

impl FromIterator<Scene> for Scenes {
    fn from_iter<I: IntoIterator<Item = Scene>>(scenes: I) -> Self {
        Self::new(scenes.into_iter().collect(), false)
    }
}
