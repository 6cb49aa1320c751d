//! Descriptive pages of the STAC API: landing page, collections, queryables.

use serde_json::{Value, json};

use super::sensor::{SENSORS, Sensor, by_collection};
use super::stac_root::StacRoot;
use crate::platform::Platform;
use crate::reply::{Answer, Reply};

/// Conformance classes. Of the advanced comparison operators `like` is missing, so their class is
/// not in the list.
pub(crate) const CONFORMS_TO: [&str; 12] = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
];

impl Platform {
    pub(super) fn landing_page(&self, root: &StacRoot) -> Reply {
        let link =
            |rel: &str, path: &str, kind: &str| json!({"rel": rel, "type": kind, "href": root.at(path)});
        let search = |method: &str| {
            let href = root.at("search");
            json!({"rel": "search", "type": "application/geo+json", "href": href, "method": method})
        };
        let mut links = vec![
            link("self", "", "application/json"),
            link("root", "", "application/json"),
            link("data", "collections", "application/json"),
            link("conformance", "conformance", "application/json"),
            search("GET"),
            search("POST"),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                "queryables",
                "application/schema+json",
            ),
        ];
        for name in self.collection_names() {
            links.push(link("child", &format!("collections/{name}"), "application/json"));
        }
        let page = json!({
            "type": "Catalog",
            "id": "up42-catalog",
            "title": "UP42 catalog (simulator)",
            "description": "Archive imagery of all hosts",
            "stac_version": "1.0.0",
            "conformsTo": CONFORMS_TO,
            "links": links,
        });
        Reply::json(200, &page)
    }

    pub(super) fn queryables(&self, root: &StacRoot) -> Reply {
        let number = json!({"type": "number"});
        Reply::json(
            200,
            &json!({
                "$schema": "https://json-schema.org/draft/2019-09/schema",
                "$id": root.at("queryables"),
                "type": "object",
                "title": "Queryables",
                "properties": {
                    "id": {"type": "string"},
                    "collection": {"type": "string"},
                    "datetime": {"type": "string", "format": "date-time"},
                    "eo:cloud_cover": {"type": "number", "minimum": 0, "maximum": 100},
                    "gsd": number,
                    "constellation": {"type": "string"},
                    "platform": {"type": "string"},
                    "view:incidence_angle": number,
                    "view:off_nadir": number,
                    "view:azimuth": number,
                    "view:sun_azimuth": number,
                    "view:sun_elevation": number,
                },
                "additionalProperties": true,
            }),
        )
        .with_header("content-type", "application/schema+json")
    }

    pub(super) fn collection_names(&self) -> Vec<String> {
        let mut names: Vec<String> = SENSORS.iter().map(|sensor| sensor.collection.to_string()).collect();
        for item in &self.catalog.given.items {
            if !names.contains(&item.collection) {
                names.push(item.collection.clone());
            }
        }
        names
    }

    pub(super) fn collections(&self, root: &StacRoot) -> Reply {
        let collections: Vec<Value> =
            self.collection_names().iter().map(|name| self.collection_json(root, name)).collect();
        let links = json!([
            {"rel": "self", "type": "application/json", "href": root.at("collections")},
            {"rel": "root", "type": "application/json", "href": root.at("")},
        ]);
        Reply::json(200, &json!({"collections": collections, "links": links}))
    }

    pub(super) fn collection(&self, root: &StacRoot, name: &str) -> Answer {
        let known = self.collection_names().iter().any(|known| known == name);
        known
            .then(|| Reply::json(200, &self.collection_json(root, name)))
            .ok_or_else(|| Reply::problem(404, format!("Resource (Collection) not found with Id='{name}'.")))
    }

    fn collection_json(&self, root: &StacRoot, name: &str) -> Value {
        let url = root.at(&format!("collections/{name}"));
        let sensor = by_collection(name);
        let start = sensor.map(|sensor| format!("{}T00:00:00Z", sensor.platforms[0].1));
        let providers = sensor.map(providers).unwrap_or_default();
        let summaries = sensor.map(|sensor| {
            let platforms: Vec<_> = sensor.platforms.iter().map(|(name, ..)| name).collect();
            json!({"constellation": [sensor.constellation], "platform": platforms, "gsd": [sensor.gsd]})
        });
        json!({
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": name,
            "title": sensor.map_or(name, |sensor| sensor.title),
            "description": sensor.map_or("Items given to the simulator", |sensor| sensor.title),
            "license": "proprietary",
            "providers": providers,
            "extent": {
                "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
                "temporal": {"interval": [[start, null]]},
            },
            "summaries": summaries.unwrap_or_else(|| json!({})),
            "links": [
                {"rel": "self", "type": "application/json", "href": url},
                {"rel": "items", "type": "application/geo+json", "href": format!("{url}/items")},
                {"rel": "root", "type": "application/json", "href": root.at("")},
                {"rel": "parent", "type": "application/json", "href": root.at("")},
            ],
        })
    }
}

fn providers(sensor: &Sensor) -> Value {
    json!([
        {"name": sensor.producer, "roles": ["producer"]},
        {"name": sensor.host, "roles": ["host"]},
    ])
}
