use std::fmt;

use geo::CoordsIter;
use geo_types::Geometry;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::paging::resolve;
use crate::geo::geometry_from_json;
use crate::plain::plain;
use crate::time::parse_timestamp;

/// One image of the catalog: what was taken, when, and how cloudy it is.
///
/// Made of a STAC item or of a feature of the classic search; what the provider
/// says beyond the fields below stays in [`properties`](Self::properties).
#[derive(Clone)]
#[non_exhaustive]
pub struct Scene {
    /// The provider's id, unique in its collection (STAC `id`).
    pub id: String,
    /// The collection, such as `phr` (STAC `collection`).
    pub collection: Option<String>,
    /// Who offers it (STAC `providers`, classic `producer` or `providerName`).
    pub provider: Option<String>,
    /// The satellites, such as `PHR` (`constellation`).
    pub constellation: Option<String>,
    /// When it was taken, UTC (`datetime`, else `start_datetime`; classic
    /// `acquisitionDate`).
    pub datetime: Option<Timestamp>,
    /// Cloud cover of the whole scene, in % (`eo:cloud_cover`; classic
    /// `cloudCoverage`).
    pub cloud_cover: Option<f64>,
    /// Size of a pixel on the ground, in metres (`gsd`; classic `resolution`).
    pub resolution: Option<f64>,
    /// Angle between the view and the vertical at the ground, in degrees
    /// (`view:incidence_angle`).
    pub incidence_angle: Option<f64>,
    /// The outline on the ground, WGS 84; `None` where the server sends none, an empty
    /// one, or one that cannot be read.
    pub footprint: Option<Geometry>,
    /// How much of the searched area the footprint covers, in % of the area.
    pub aoi_coverage: Option<f64>,
    /// All properties, as the server sent them.
    pub properties: Map<String, Value>,
    /// What is odd about the scene, in words, such as a footprint that is missing.
    pub note: Option<String>,
    pub(super) quicklook: QuicklookSource,
}

/// Where a scene's quicklook is to be had.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum QuicklookSource {
    /// A STAC asset.
    Asset(String),
    /// The classic endpoint of a provider.
    Classic(String),
    None,
}

impl Scene {
    /// Reads a STAC item or a classic feature. Whatever cannot be read becomes a
    /// note: one odd scene never hides the others.
    ///
    /// `page` is the URL that the feature came from, for links that are relative to it.
    pub(super) fn read(feature: &Value, page: &str) -> Option<Self> {
        let empty = Map::new();
        let properties = feature.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let field = Fields(properties);
        let id = feature.get("id").and_then(text).or_else(|| field.text("id"))?;
        let mut notes = Vec::new();
        let footprint = match feature.get("geometry") {
            None | Some(Value::Null) => {
                notes.push("no footprint".to_owned());
                None
            }
            Some(json) => match geometry_from_json(json) {
                Ok(shape) if shape.coords_count() == 0 => {
                    notes.push("the footprint is empty".to_owned());
                    None
                }
                Ok(shape) => Some(shape),
                Err(error) => {
                    notes.push(format!("the footprint cannot be read: {error}"));
                    None
                }
            },
        };
        let datetime = ["datetime", "acquisitionDate", "start_datetime"]
            .iter()
            .find_map(|key| parse_timestamp(field.0.get(*key)?.as_str()?));
        if datetime.is_none() {
            notes.push("no acquisition date".to_owned());
        }
        let provider = field.0.get("providers").and_then(|list| text(list.get(0)?.get("name")?));
        Some(Self {
            id,
            collection: feature.get("collection").and_then(text).or_else(|| field.text("collection")),
            provider: provider.or_else(|| field.text("producer")).or_else(|| field.text("providerName")),
            constellation: field.text("constellation").or_else(|| field.text("platform")),
            datetime,
            cloud_cover: field.number("eo:cloud_cover").or_else(|| field.number("cloudCoverage")),
            resolution: field.number("gsd").or_else(|| field.number("resolution")),
            incidence_angle: field
                .number("view:incidence_angle")
                .or_else(|| field.0.get("providerProperties")?.get("incidenceAngle")?.as_f64()),
            footprint,
            aoi_coverage: None,
            quicklook: quicklook_of(feature, field, page),
            properties: properties.clone(),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.id, 200))?;
        if let Some(at) = self.datetime {
            write!(f, ", {}", crate::time::minute(at))?;
        }
        if let Some(percent) = self.cloud_cover {
            write!(f, ", {percent:.0} % cloud")?;
        }
        Ok(())
    }
}

/// Typed access to the properties of a feature.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(self, key: &str) -> Option<String> {
        self.0.get(key).and_then(text)
    }

    fn number(self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64().filter(|number| number.is_finite())
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// STAC names assets freely but gives them roles: the larger picture first.
fn quicklook_of(feature: &Value, field: Fields<'_>, page: &str) -> QuicklookSource {
    if let Some(assets) = feature.get("assets").and_then(Value::as_object) {
        let picture = |key: &str| text(assets.get(key)?.get("href")?);
        let by_role = |role: &str| {
            let has_role = |asset: &&Value| {
                asset
                    .get("roles")
                    .and_then(Value::as_array)
                    .is_some_and(|roles| roles.iter().any(|one| one == role))
            };
            text(assets.values().filter(|asset| is_picture(asset)).find(has_role)?.get("href")?)
        };
        let found = ["quicklook", "overview", "rendered_preview", "preview", "thumbnail"]
            .into_iter()
            .filter(|key| assets.get(*key).is_some_and(is_picture))
            .find_map(picture)
            .or_else(|| by_role("overview"))
            .or_else(|| by_role("thumbnail"));
        return match found {
            Some(href) => QuicklookSource::Asset(absolute(feature, &href, page)),
            None => QuicklookSource::None,
        };
    }
    match field.text("providerName") {
        Some(provider) => QuicklookSource::Classic(provider),
        None => QuicklookSource::None,
    }
}

/// Relative links are resolved against the item's own (STAC, "Use of links"), else
/// against the page it came with.
fn absolute(feature: &Value, href: &str, page: &str) -> String {
    let links = feature.get("links").and_then(Value::as_array);
    let own = links.into_iter().flatten().find(|link| link.get("rel").is_some_and(|rel| rel == "self"));
    let own = own.and_then(|link| link.get("href")).and_then(Value::as_str).unwrap_or_default();
    let base = resolve(page, own).unwrap_or_else(|_| page.to_owned());
    resolve(&base, href).unwrap_or_else(|_| href.to_owned())
}

/// An `overview` may be a GeoTIFF of many megabytes.
fn is_picture(asset: &Value) -> bool {
    match asset.get("type").and_then(Value::as_str) {
        Some(kind) => {
            kind.starts_with("image/jp") && !kind.starts_with("image/jp2") || kind.starts_with("image/png")
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn relative_assets_lie_beside_their_item() {
        let asset = |links: Value, href: &str| {
            let assets = json!({"thumbnail": {"href": href}});
            let item = json!({"id": "a", "links": links, "assets": assets, "properties": {}});
            match Scene::read(&item, "https://host/stac/search").unwrap().quicklook {
                QuicklookSource::Asset(href) => href,
                other => panic!("{other:?}"),
            }
        };
        let own = json!([{"rel": "self", "href": "https://host/items/a/a.json"}]);
        assert_eq!(asset(own, "./a.jpg"), "https://host/items/a/a.jpg");
        assert_eq!(asset(json!([]), "a.jpg"), "https://host/stac/a.jpg");
        assert_eq!(asset(json!([]), "s3://bucket/a.jpg"), "s3://bucket/a.jpg");
    }

    #[test]
    fn an_odd_footprint_becomes_a_note() {
        let read = |geometry: Value| {
            let item = json!({"id": "a", "geometry": geometry, "properties": {"datetime": "2020-01-01"}});
            let scene = Scene::read(&item, "https://host/search").unwrap();
            assert_eq!(scene.footprint, None);
            scene.note.unwrap()
        };
        assert_eq!(read(json!({"type": "Polygon", "coordinates": []})), "the footprint is empty");
        assert_eq!(
            read(json!({"type": "Polygon", "coordinates": [[[0], [1], [2], [0]]]})),
            "the footprint cannot be read: position [0.0] needs a longitude and a latitude"
        );
    }
}
