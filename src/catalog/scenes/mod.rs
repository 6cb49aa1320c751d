//! Scenes: read from whatever a server or a file says, and exported as frames and files.
//!
//! - [`walk`], [`parts`]: an item's members as text, without parsing what is only passed on.
//! - [`scene`], [`footprint`], [`preview`]: what a scene is made of.
//! - [`frame`], [`columns`]: the way out to Polars; [`geoparquet`] the one to files.
//! - [`select`]: the way back.

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

/// The scenes that a search found, in its order.
///
/// They are the truth, and [`to_dataframe`](Self::to_dataframe) is an export; the
/// id leads back: [`select`](Self::select), [`select_ids`](Self::select_ids).
#[derive(Clone, Default)]
pub struct Scenes {
    scenes: Vec<Scene>,
    more: bool,
    note: Option<String>,
    /// The catalog and the search that they come from, in words.
    origin: Vec<(String, String)>,
}

impl_list!(Scenes(scenes: Scene), "The scenes, one by one.");

impl Scenes {
    pub(in crate::catalog) fn new(scenes: Vec<Scene>, more: bool) -> Self {
        Self { scenes, more, note: None, origin: Vec::new() }
    }

    /// The same scenes, with what is to be known about the search.
    pub(in crate::catalog) fn noted(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// The same scenes, with where they come from.
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

    /// Whether the catalog has more scenes than the search's limit, or may have: see
    /// [`Catalog::search`](crate::catalog::Catalog::search).
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// The scene with an id.
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
