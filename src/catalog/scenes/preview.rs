//! Which of an item's assets is its quicklook.

use std::sync::Arc;

use serde_json::Value;

use super::walk::Walk;
use crate::catalog::link::resolve;
use crate::error::Result;

/// Names of assets that are quicklooks, the larger picture first.
const NAMES: [&str; 5] = ["quicklook", "overview", "rendered_preview", "preview", "thumbnail"];
/// Roles of assets that are quicklooks (STAC best practices, "List of asset roles").
const ROLES: [&str; 2] = ["overview", "thumbnail"];

/// Where a scene's quicklook is to be had.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::catalog) enum QuicklookSource {
    /// A STAC asset.
    Asset(Arc<str>),
    /// The classic endpoint of a provider.
    Classic(Arc<str>),
    #[default]
    None,
}

/// The text of those assets that have one of the [`NAMES`].
pub(super) type Named<'a> = [Option<&'a str>; NAMES.len()];

/// Passes by the assets of an item, and keeps those that have a known name.
pub(super) fn named<'a>(walk: &mut Walk<'a>) -> Result<Named<'a>> {
    let mut named = Named::default();
    walk.members(|name, walk| {
        let text = walk.value()?;
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            named[index] = Some(text);
        }
        Ok(())
    })?;
    Ok(named)
}

/// The quicklook among an item's assets. `page` is the URL that the item came from, for
/// links that are relative to it.
pub(super) fn of_assets(assets: &str, named: &Named, links: Option<&str>, page: &str) -> QuicklookSource {
    match href(assets, named) {
        Some(href) => QuicklookSource::Asset(absolute(href, links, page).into()),
        None => QuicklookSource::None,
    }
}

/// The features of a host's search do not name it, and its pages do (API reference, 8.4
/// and 8.5).
pub(super) fn of_host(page: &str) -> QuicklookSource {
    let host = page.split_once("/catalog/hosts/").and_then(|(_, rest)| rest.split_once('/'));
    host.map_or(QuicklookSource::None, |(host, _)| QuicklookSource::Classic(host.into()))
}

/// STAC names assets freely but gives them roles: a name that everyone knows goes first.
fn href(assets: &str, named: &Named) -> Option<String> {
    let known = named.iter().flatten().find_map(|text| picture(text));
    known.map(|(href, _)| href).or_else(|| {
        let mut by_role: [Option<String>; ROLES.len()] = Default::default();
        // A broken member hides those after it, and no other.
        let _ = Walk::new(assets).members(|_, walk| {
            let text = walk.value()?;
            // Most assets say nothing of the kind: they need not be read.
            let may_be = ROLES.iter().any(|role| text.contains(role));
            let Some((href, asset)) = may_be.then(|| picture(text)).flatten() else { return Ok(()) };
            let roles = asset.get("roles").and_then(Value::as_array);
            let has = |role: &str| roles.is_some_and(|roles| roles.iter().any(|one| one == role));
            if let Some(index) = ROLES.iter().position(|role| has(role)) {
                by_role[index].get_or_insert(href);
            }
            Ok(())
        });
        by_role.into_iter().flatten().next()
    })
}

/// An asset that can be shown: an `overview` may be a GeoTIFF of many megabytes.
fn picture(text: &str) -> Option<(String, Value)> {
    let asset: Value = serde_json::from_str(text).ok()?;
    let href = asset.get("href")?.as_str().filter(|href| !href.is_empty())?.to_owned();
    let is_picture = match asset.get("type").and_then(Value::as_str) {
        Some(kind) => {
            kind.starts_with("image/jp") && !kind.starts_with("image/jp2") || kind.starts_with("image/png")
        }
        None => ![".tif", ".tiff", ".jp2", ".json", ".html"].iter().any(|end| href.ends_with(end)),
    };
    is_picture.then_some((href, asset))
}

/// Relative links are resolved against the item's own (STAC, "Use of links"), else
/// against the page it came with.
fn absolute(href: String, links: Option<&str>, page: &str) -> String {
    if href.starts_with("https://") || href.starts_with("http://") {
        return href;
    }
    let links: Value = links.and_then(|links| serde_json::from_str(links).ok()).unwrap_or_default();
    let mut links = links.as_array().into_iter().flatten();
    let own = links.find(|link| link.get("rel").is_some_and(|rel| rel == "self"));
    let own = own.and_then(|link| link.get("href")).and_then(Value::as_str).unwrap_or_default();
    // Without a page, the link of the item must be whole.
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
        of_assets(assets, &named(&mut Walk::new(assets)).unwrap_or_default(), Some(links), page)
    }

    fn asset(href: &str) -> QuicklookSource {
        QuicklookSource::Asset(href.into())
    }

    #[test]
    fn relative_assets_lie_beside_their_item() {
        let at = |links: Value, href: &str| found(json!({"thumbnail": {"href": href}}), links);
        let own = json!([{"rel": "self", "href": "https://host/items/a/a.json"}]);
        assert_eq!(at(own.clone(), "./a.jpg"), asset("https://host/items/a/a.jpg"));
        assert_eq!(at(json!([]), "a.jpg"), asset("https://host/stac/a.jpg"));
        assert_eq!(at(json!([]), "s3://bucket/a.jpg"), asset("s3://bucket/a.jpg"));
        let assets = json!({"thumbnail": {"href": "./a.jpg"}}).to_string();
        assert_eq!(read(&assets, &own.to_string(), ""), asset("https://host/items/a/a.jpg"));
    }

    #[test]
    fn a_host_has_the_quicklooks_of_its_features() {
        let feature = json!({"geometry": null, "properties": {"id": "a", "producer": "airbus"}});
        let source = |page| crate::Scene::read(&feature, page).quicklook;
        let page = "https://api.up42.com/catalog/hosts/oneatlas/stac/search?next=x";
        assert_eq!(source(page), QuicklookSource::Classic("oneatlas".into()));
        assert_eq!(source("https://api.up42.com/catalog/stac/search"), QuicklookSource::None);
        assert_eq!(source(""), QuicklookSource::None);
    }

    #[test]
    fn names_go_before_roles_and_pictures_before_rasters() {
        let shown = |assets: Value| found(assets, Value::Null);
        let tiff = json!({"href": "https://h/o.tif", "type": "image/tiff", "roles": ["overview"]});
        let small = json!({"href": "https://h/t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]});
        assert_eq!(shown(json!({"overview": tiff, "thumbnail": small})), asset("https://h/t.jpg"));
        assert_eq!(shown(json!({"x": tiff, "y": small})), asset("https://h/t.jpg"));
        assert_eq!(shown(json!({"x": tiff, "y": 7, "thumbnail": null})), QuicklookSource::None);
        assert_eq!(shown(json!([small])), QuicklookSource::None);
    }
}
