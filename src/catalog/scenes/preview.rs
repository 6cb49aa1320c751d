//! Selection of the asset that is an item's quicklook.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::Value;

use crate::catalog::link::{media_type, resolve};
use up42_core::error::Result;
use up42_core::json::Walk;
use up42_view::picture::MOST_BYTES;

/// Names and roles of quicklook assets, the larger picture first (STAC best practices, "List of
/// asset roles"; the USGS uses `reduced_resolution_browse`, NASA uses `browse`).
const WORDS: [&str; 7] = [
    "quicklook",
    "overview",
    "reduced_resolution_browse",
    "browse",
    "rendered_preview",
    "preview",
    "thumbnail",
];
/// Endings of files that browsers do not display.
const NO_PICTURES: [&str; 7] = [".tif", ".tiff", ".jp2", ".json", ".html", ".xml", ".zip"];

/// Source of a scene's quicklook.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::catalog) enum QuicklookSource {
    /// URL of a STAC asset.
    Asset(Arc<str>),
    /// Provider for the classic endpoint.
    Classic(Arc<str>),
    #[default]
    None,
}

/// Name and JSON text of each asset that may be the quicklook.
pub(super) type Named<'a> = Vec<(Cow<'a, str>, &'a str)>;

/// Skips the assets of an item, and returns those with one of the [`WORDS`]: most have none, and
/// need not be parsed.
pub(super) fn named<'a>(walk: &mut Walk<'a>) -> Result<Named<'a>> {
    let mut named = Named::new();
    walk.members(|name, walk| {
        let text = walk.value()?;
        if rank(&name).is_some() || WORDS.iter().any(|word| text.contains(word)) {
            named.push((name, text));
        }
        Ok(())
    })?;
    Ok(named)
}

/// Returns the quicklook among an item's assets. `page` is the URL of the page with the item, for
/// relative links.
pub(super) fn of_assets(named: &Named, links: Option<&str>, page: &str) -> QuicklookSource {
    let pictures = named.iter().filter_map(|(name, text)| Picture::read(name, text));
    match pictures.min_by_key(|picture| (picture.is_elsewhere(), picture.rank, Reverse(picture.size))) {
        Some(picture) => QuicklookSource::Asset(absolute(picture.href, links, page).into()),
        None => QuicklookSource::None,
    }
}

/// Returns the classic source for a page of a host's search: its features do not name the host, but
/// the URL of the page does (`docs/up42-api.md`, 8.4 and 8.5).
pub(super) fn of_host(page: &str) -> QuicklookSource {
    let host = page.split_once("/catalog/hosts/").and_then(|(_, rest)| rest.split_once('/'));
    host.map_or(QuicklookSource::None, |(host, _)| QuicklookSource::Classic(host.into()))
}

/// Asset that is a picture and a quicklook.
struct Picture {
    href: String,
    /// Rank by the name or the roles; smaller for a larger picture.
    rank: usize,
    /// Size in bytes, if the item states it (`file:size`).
    size: Option<u64>,
}

impl Picture {
    /// Reads an asset; `None` if it is not a quicklook that can be displayed. An `overview` may be
    /// a GeoTIFF of many megabytes, and a picture may be larger than the download limit.
    fn read(name: &str, text: &str) -> Option<Self> {
        let asset: Value = serde_json::from_str(text).ok()?;
        let href = asset.get("href")?.as_str().filter(|href| !href.is_empty())?.to_owned();
        let is_picture = match asset.get("type").and_then(Value::as_str).map(media_type).as_deref() {
            Some("image/jpeg" | "image/jpg" | "image/png") => true,
            Some(_) => false,
            None => {
                let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
                !NO_PICTURES.iter().any(|end| path.ends_with(end))
            }
        };
        let size = asset.get("file:size").and_then(Value::as_u64);
        let fits = size.is_none_or(|size| size <= MOST_BYTES as u64);
        let roles = asset.get("roles").and_then(Value::as_array).into_iter().flatten();
        let words = std::iter::once(name).chain(roles.filter_map(Value::as_str));
        let rank = words.filter_map(rank).min()?;
        (is_picture && fits).then_some(Self { href, rank, size })
    }

    /// Returns whether it cannot be downloaded by HTTP, such as from `s3:`.
    fn is_elsewhere(&self) -> bool {
        let scheme = self.href.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        scheme.is_some_and(|scheme| scheme != "https" && scheme != "http")
    }
}

/// Returns the position of a name or a role in [`WORDS`].
fn rank(word: &str) -> Option<usize> {
    WORDS.iter().position(|known| known.eq_ignore_ascii_case(word))
}

/// Returns the absolute URL of an asset: relative links are resolved against the item's own link
/// (STAC, "Use of links"), else against the page with the item.
fn absolute(href: String, links: Option<&str>, page: &str) -> String {
    if href.starts_with("https://") || href.starts_with("http://") {
        return href;
    }
    let links: Value = links.and_then(|links| serde_json::from_str(links).ok()).unwrap_or_default();
    let mut links = links.as_array().into_iter().flatten();
    let own = links.find(|link| link.get("rel").is_some_and(|rel| rel == "self"));
    let own = own.and_then(|link| link.get("href")).and_then(Value::as_str).unwrap_or_default();
    // Without a page, the link of the item must be absolute.
    let base = resolve(page, own).or_else(|_| resolve(own, "")).unwrap_or_else(|_| page.to_owned());
    resolve(&base, &href).unwrap_or(href)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(assets: Value, links: Value) -> QuicklookSource {
        read(&assets.to_string(), &links.to_string(), "https://host/stac/search")
    }

    fn read(assets: &str, links: &str, page: &str) -> QuicklookSource {
        of_assets(&named(&mut Walk::new(assets)).unwrap_or_default(), Some(links), page)
    }

    fn asset(href: &str) -> QuicklookSource {
        QuicklookSource::Asset(href.into())
    }

    #[test]
    fn relative_urls_are_resolved_against_the_item() {
        let at = |links: Value, href: &str| found(json!({"thumbnail": {"href": href}}), links);
        let own = json!([{"rel": "self", "href": "https://host/items/a/a.json"}]);
        assert_eq!(at(own.clone(), "./a.jpg"), asset("https://host/items/a/a.jpg"));
        assert_eq!(at(json!([]), "a.jpg"), asset("https://host/stac/a.jpg"));
        assert_eq!(at(json!([]), "s3://bucket/a.jpg"), asset("s3://bucket/a.jpg"));
        let assets = json!({"thumbnail": {"href": "./a.jpg"}}).to_string();
        assert_eq!(read(&assets, &own.to_string(), ""), asset("https://host/items/a/a.jpg"));
    }

    #[test]
    fn features_of_hosts_have_quicklooks_of_the_host() {
        let feature = json!({"geometry": null, "properties": {"id": "a", "producer": "airbus"}});
        let source = |page| crate::catalog::Scene::read(&feature, page).quicklook;
        let page = "https://api.up42.com/catalog/hosts/oneatlas/stac/search?next=x";
        assert_eq!(source(page), QuicklookSource::Classic("oneatlas".into()));
        assert_eq!(source("https://api.up42.com/catalog/stac/search"), QuicklookSource::None);
        assert_eq!(source(""), QuicklookSource::None);
    }

    fn shown(assets: Value) -> QuicklookSource {
        found(assets, Value::Null)
    }

    #[test]
    fn pictures_are_preferred_to_rasters() {
        let tiff = json!({"href": "https://h/o.tif", "type": "image/tiff", "roles": ["overview"]});
        let small = json!({"href": "https://h/t.jpg", "type": "Image/JPEG", "roles": ["thumbnail"]});
        assert_eq!(shown(json!({"overview": tiff, "thumbnail": small})), asset("https://h/t.jpg"));
        assert_eq!(shown(json!({"x": tiff, "y": small})), asset("https://h/t.jpg"));
        assert_eq!(shown(json!({"x": tiff, "y": 7, "thumbnail": null})), QuicklookSource::None);
        assert_eq!(shown(json!([small])), QuicklookSource::None);
        let page = json!({"href": "https://h/browse.HTML?id=1", "roles": ["browse"]});
        assert_eq!(shown(json!({"browse": page})), QuicklookSource::None);
        let jp2 = json!({"href": "https://h/t.jp2", "type": "image/jp2", "roles": ["thumbnail"]});
        assert_eq!(shown(json!({"thumbnail": jp2})), QuicklookSource::None);
    }

    #[test]
    fn the_largest_picture_for_viewing_is_chosen() {
        let jpeg = |name: &str, roles: Value| json!({"href": format!("https://h/{name}.jpg"), "type": "image/jpeg", "roles": roles});
        // Items of the USGS, of NASA's CMR and of the Copernicus Data Space.
        let landsat = json!({
            "thumbnail": jpeg("small", json!(["thumbnail"])),
            "reduced_resolution_browse": jpeg("large", json!(["overview"])),
        });
        assert_eq!(shown(landsat), asset("https://h/large.jpg"));
        let nameless =
            json!({"a": jpeg("small", json!(["thumbnail"])), "b": jpeg("large", json!(["overview"]))});
        assert_eq!(shown(nameless), asset("https://h/large.jpg"));
        let cmr = json!({"browse": {"href": "https://h/b.jpg", "type": "IMAGE/JPEG"}, "metadata": {"href": "https://h/m.xml"}});
        assert_eq!(shown(cmr), asset("https://h/b.jpg"));
        assert_eq!(shown(json!({"QUICKLOOK": {"href": "https://h/q"}})), asset("https://h/q"));
    }

    #[test]
    fn assets_that_cannot_be_downloaded_are_chosen_last() {
        let sized = |name: &str, size: u64| json!({"href": format!("https://h/{name}"), "type": "image/png", "roles": ["overview"], "file:size": size});
        let sizes = json!({"a": sized("a", 10), "b": sized("b", 20), "c": sized("c", MOST_BYTES as u64 + 1)});
        assert_eq!(shown(sizes), asset("https://h/b"));
        let bucket = json!({"href": "s3://bucket/o.png", "type": "image/png", "roles": ["overview"]});
        let small = json!({"href": "https://h/t.png", "type": "image/png"});
        assert_eq!(shown(json!({"overview": bucket, "thumbnail": small})), asset("https://h/t.png"));
        assert_eq!(shown(json!({"overview": bucket})), asset("s3://bucket/o.png"));
    }
}
