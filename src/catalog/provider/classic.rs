//! Searches of the catalog with a project's login, and of UP42's hosts (`docs/up42-api.md`, 8.1 to
//! 8.5).

use geo::{Geometry, MultiPolygon, Polygon};
use serde_json::{Map, Value, json};

use super::cql2::to_query;
use super::paging::follow_same;
use super::scan::{Plan, Sorting};
use crate::catalog::{Search, SortBy};
use crate::client::{Client, data, items};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::geo::{Bbox, geometry_to_json};
use up42_core::suggest::suggest;

/// Largest `limit` that the server accepts.
const PAGE: usize = 500;
/// Largest number of polygons of an area that are searched one by one. An area with more is
/// searched by this many boxes around neighbours.
const PARTS: usize = 16;

/// Plans the classic search over data blocks.
pub(super) fn plan(client: &Client, search: &Search) -> Result<Plan> {
    let name = |property: &str| match property {
        "eo:cloud_cover" => Some("cloudCoverage".to_owned()),
        "gsd" => Some("resolution".to_owned()),
        _ => None,
    };
    let mut query = query_of(search, name);
    let blocks = match search.sensors.is_empty() {
        true => search.collections.clone(),
        false => blocks_of(client, search).context("sensors")?,
    };
    for (name, words) in [("dataBlock", &blocks), ("deliveryTime", &search.delivery_times)] {
        if !words.is_empty() {
            query.insert(name.into(), json!({"in": words}));
        }
    }
    let key = match search.order() {
        [SortBy::CloudCover] => Some(("properties.cloudCoverage", "asc")),
        [SortBy::Newest] => Some(("properties.acquisitionDate", "desc")),
        [SortBy::Oldest] => Some(("properties.acquisitionDate", "asc")),
        _ => None,
    };
    let mut body = json!({"limit": PAGE, "query": query});
    if let Some((field, direction)) = key {
        body["limit"] = PAGE.min(search.limit.saturating_add(1)).into();
        body["sortby"] = json!([{"field": field, "direction": direction}]);
    }
    plan_of(client, search, "/catalog/stac/search", body, key.is_some())
}

/// Plans the search of one host, which supports the fewest conditions and does not sort.
pub(super) fn plan_of_host(
    client: &Client,
    search: &Search,
    host: &str,
    collections: &[String],
) -> Result<Plan> {
    let name = |property: &str| (property == "eo:cloud_cover").then(|| "cloudCoverage".to_owned());
    let mut body = json!({"limit": PAGE, "query": query_of(search, name)});
    if !collections.is_empty() {
        body["collections"] = json!(collections);
    }
    plan_of(client, search, &format!("/catalog/hosts/{}/stac/search", segment(host)), body, false)
}

/// Plans a chain of pages for each polygon of the area, since the servers are known to accept a
/// Polygon. They search by its bounding box, so scenes outside the area are removed here.
fn plan_of(client: &Client, search: &Search, path: &str, body: Value, sorts: bool) -> Result<Plan> {
    let interval = search.interval()?;
    let request = |part| {
        let mut body = body.clone();
        body["intersects"] = geometry_to_json(&Geometry::Polygon(part));
        if let Some(interval) = &interval {
            body["datetime"] = interval.as_str().into();
        }
        Request::post(client.url(path), body)
    };
    let first = parts_of(search.aoi.geometry()).into_iter().map(request).collect();
    let sorting = if sorts { Sorting::Server } else { Sorting::Client };
    Ok(Plan { first, follow: follow_same, filters: false, sorting })
}

/// Returns the polygons of an area. If there are many, returns the bounding boxes of neighbours in
/// longitude, separated at the widest gaps.
fn parts_of(area: &MultiPolygon) -> Vec<Polygon> {
    let mut parts: Vec<(Bbox, &Polygon)> =
        area.iter().filter_map(|part| Some((Bbox::around(&part.clone().into())?, part))).collect();
    if parts.len() <= PARTS {
        return area.0.clone();
    }
    parts.sort_by(|(a, _), (b, _)| a.west.total_cmp(&b.west));
    let gap = |right: &usize| parts[*right].0.west - parts[right - 1].0.east;
    let mut cuts: Vec<usize> = (1..parts.len()).collect();
    cuts.sort_by(|a, b| gap(b).total_cmp(&gap(a)));
    cuts.truncate(PARTS - 1);
    cuts.sort_unstable();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([parts.len()]);
    let boxes = starts.zip(ends).filter_map(|(start, end)| {
        Bbox::around(&parts[start..end].iter().map(|(_, part)| (*part).clone()).collect())
    });
    boxes.flat_map(|bbox| bbox.to_polygon().0).collect()
}

/// Returns the conditions on properties for which `name` has the server's name, and the usage
/// types.
fn query_of(search: &Search, name: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
    let mut query = match to_query(&search.conditions(), name).0 {
        Some(Value::Object(query)) => query,
        _ => Map::new(),
    };
    if !search.usage_types.is_empty() {
        query.insert("up42:usageType".into(), json!({"in": search.usage_types}));
    }
    query
}

/// Returns the data blocks whose names contain a sensor's name.
fn blocks_of(client: &Client, search: &Search) -> Result<Vec<String>> {
    let blocks = items(data(client.get("/blocks")?)?, "data")?;
    let is_data = |block: &&Value| block.get("type").is_some_and(|kind| kind == "DATA");
    let names: Vec<&str> =
        blocks.iter().filter(is_data).filter_map(|block| block.get("name")?.as_str()).collect();
    let mut found = Vec::new();
    for sensor in &search.sensors {
        let wanted = sensor.to_lowercase();
        let before = found.len();
        found.extend(names.iter().filter(|name| name.contains(&wanted)).map(|name| (*name).to_owned()));
        if found.len() == before {
            let near = suggest(names.iter().copied(), sensor);
            return Err(Error::invalid(format!("no data block is named like `{sensor}`: there is {near}")));
        }
    }
    found.retain(|name| search.collections.is_empty() || search.collections.contains(name));
    match found.is_empty() {
        true => Err(Error::invalid("none of the sensors' data blocks is among the collections")),
        false => Ok(found),
    }
}

/// Returns the path of a scene's quicklook.
pub(in crate::catalog) fn quicklook_path(provider: &str, id: &str) -> String {
    format!("/catalog/{}/image/{}/quicklook", segment(provider), segment(id))
}

fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_parts_become_boxes_that_span_no_wide_gap() {
        let island = |lon: f64| Bbox::new(lon, 0.0, lon + 0.1, 0.1).unwrap().to_polygon().0;
        let west: Vec<Polygon> = (0..15).flat_map(|nth| island(-179.0 + 0.2 * f64::from(nth))).collect();
        let east: Vec<Polygon> = (0..15).flat_map(|nth| island(170.0 + 0.2 * f64::from(nth))).collect();
        assert_eq!(parts_of(&MultiPolygon::new(west.clone())), west);
        let boxes = parts_of(&MultiPolygon::new([east, west].concat()));
        assert_eq!(boxes.len(), PARTS);
        for part in boxes {
            let bbox = Bbox::around(&part.into()).unwrap();
            assert!(bbox.east - bbox.west < 10.0, "{bbox}");
        }
    }
}
