use std::sync::Arc;

use super::preview::{self, Named};
use up42_core::error::Result;
use up42_core::json::Walk;

/// Members of an item beside its properties, as JSON text, since they are only passed on.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct Rest {
    pub(in crate::catalog) version: Option<Arc<str>>,
    pub(in crate::catalog) extensions: Option<Arc<str>>,
    pub(in crate::catalog) links: Option<Arc<str>>,
    pub(in crate::catalog) assets: Option<Arc<str>>,
}

/// Members of an item, as JSON text.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) whole: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) collection: Option<&'a str>,
    pub(super) geometry: Option<&'a str>,
    pub(super) properties: Option<&'a str>,
    pub(in crate::catalog) version: Option<&'a str>,
    pub(in crate::catalog) extensions: Option<&'a str>,
    pub(super) links: Option<&'a str>,
    pub(super) assets: Option<&'a str>,
    /// Assets that may be the quicklook.
    pub(super) named: Named<'a>,
}

impl<'a> Parts<'a> {
    /// Reads the members of the next value; none if it is not an object.
    ///
    /// # Errors
    ///
    /// If the text is not JSON.
    pub(super) fn read(walk: &mut Walk<'a>) -> Result<Self> {
        let mut parts = Self::default();
        if walk.peek() != Some(b'{') {
            return Ok(Self { whole: walk.value()?, ..parts });
        }
        let start = *walk;
        walk.members(|name, walk| {
            if name == "assets" && walk.peek() == Some(b'{') {
                let start = *walk;
                parts.named = preview::named(walk)?;
                parts.assets = Some(start.until(walk));
                return Ok(());
            }
            let value = Some(walk.value()?).filter(|value| *value != "null");
            match &*name {
                "id" => parts.id = value,
                "collection" => parts.collection = value,
                "geometry" => parts.geometry = value,
                "properties" => parts.properties = value,
                "stac_version" => parts.version = value,
                "stac_extensions" => parts.extensions = value,
                "links" => parts.links = value,
                "assets" => parts.assets = value,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self { whole: start.until(walk), ..parts })
    }

    /// Returns the members that are only passed on.
    pub(super) fn rest(&self) -> Rest {
        let kept = |text: Option<&str>| text.map(Arc::from);
        Rest {
            version: kept(self.version),
            extensions: kept(self.extensions),
            links: kept(self.links),
            assets: kept(self.assets),
        }
    }
}
