//! Tests with imitations of the most used public catalogs: their paging, sorting, refusals and
//! quicklook names. They follow the documentation and published items; each imitates the known
//! behaviour of its server.

use serde_json::{Value, json};
use up42::catalog::{Catalog, Search, SortBy};
use up42::{Aoi, ErrorKind};

use crate::server::{Server, answer, json as reply};

/// Imitation of a public catalog.
struct Public {
    name: &'static str,
    classes: &'static [&'static str],
    links: fn() -> Value,
    /// Returns the `next` link after a request, given the number of the next page.
    next: fn(&Request, usize) -> Value,
    /// Returns the status and the body of a refusal.
    refuses: fn(&Request) -> Option<(u16, Value)>,
    assets: fn(&str) -> Value,
    /// Returns the URL of the quicklook that must be shown for an item.
    quicklook: fn(&str) -> String,
}

/// Request for a page, by GET or POST.
struct Request {
    is_post: bool,
    path: String,
    /// Members of the body, or parameters of the query.
    body: Value,
}

impl Request {
    fn read(request: &str) -> Self {
        let is_post = request.starts_with("POST");
        let url = url::Url::parse(&format!("http://host{}", request.split(' ').nth(1).unwrap())).unwrap();
        let query =
            || url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
        let body = match is_post {
            true => serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap(),
            false => Value::Object(query().collect()),
        };
        Self { is_post, path: url.path().to_owned(), body }
    }

    /// Returns the fields to sort by, from a body or a query.
    fn sorted_by(&self) -> Vec<String> {
        match &self.body["sortby"] {
            Value::Array(keys) => keys.iter().map(|key| key["field"].as_str().unwrap().to_owned()).collect(),
            Value::String(keys) => {
                keys.split(',').map(|key| key.trim_start_matches(['+', '-']).to_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn with(&self, name: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        body[name] = value;
        body
    }
}

const CORE: &str = "https://api.stacspec.org/v1.0.0/item-search";
const SORT: &str = "https://api.stacspec.org/v1.0.0/item-search#sort";
const QUERY: &str = "https://api.stacspec.org/v1.0.0/item-search#query";
const FILTER: &str = "https://api.stacspec.org/v1.0.0-rc.2/item-search#filter";
const CQL2: &str = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json";

/// Returns search links for both methods, as on most servers.
fn both() -> Value {
    json!([
        {"rel": "search", "type": "application/geo+json", "href": "/search", "method": "GET"},
        {"rel": "search", "type": "application/geo+json", "href": "/search", "method": "POST"},
    ])
}

fn jpeg(href: String, roles: &[&str]) -> Value {
    json!({"href": href, "type": "image/jpeg", "roles": roles})
}

const CATALOGS: [Public; 5] = [
    Public {
        name: "Planetary Computer",
        classes: &[CORE, SORT, QUERY, FILTER, CQL2],
        links: both,
        // The body of the link is the whole search.
        next: |request, page| {
            let body = request.with("token", format!("next:{page}").into());
            json!({"rel": "next", "type": "application/geo+json", "method": "POST", "href": "/search", "body": body})
        },
        refuses: |_| None,
        assets: |id| {
            json!({
                "preview": {"href": format!("/{id}.tif"), "type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["thumbnail"]},
                "tilejson": {"href": format!("/{id}.json"), "type": "application/json", "roles": ["tiles"]},
                "rendered_preview": {"href": format!("/preview.png?item={id}"), "rel": "preview", "type": "image/png", "roles": ["overview"]},
            })
        },
        quicklook: |id| format!("/preview.png?item={id}"),
    },
    Public {
        name: "Earth Search",
        classes: &[CORE, SORT, QUERY],
        links: both,
        next: |request, page| {
            let body = request.with("next", page.to_string().into());
            json!({"rel": "next", "title": "Next page of Items", "method": "POST", "type": "application/geo+json", "merge": false, "href": "/search", "body": body})
        },
        refuses: |request| {
            // Its gateway forbids a POST with only a limit; names without a prefix break the
            // server.
            let is_bare = request.sorted_by().iter().any(|field| field != "id" && !field.contains('.'));
            match request.body.as_object().is_some_and(|body| body.len() == 1) {
                true if request.is_post => Some((403, json!({"message": "Forbidden"}))),
                _ if is_bare => Some((
                    500,
                    json!({"code": "InternalServerError", "description": "Internal Server Error"}),
                )),
                _ => None,
            }
        },
        assets: |id| {
            json!({
                "thumbnail": jpeg(format!("/{id}/preview.jpg"), &["thumbnail"]),
                "visual-jp2": {"href": "s3://sentinel-s2-l2a/TCI.jp2", "type": "image/jp2", "roles": ["visual"]},
            })
        },
        quicklook: |id| format!("/{id}/preview.jpg"),
    },
    Public {
        name: "CMR",
        classes: &[CORE, SORT, QUERY],
        links: both,
        next: |request, page| match request.is_post {
            true => {
                json!({"rel": "next", "method": "POST", "href": "/search", "merge": true, "body": {"cursor": page.to_string()}})
            }
            false => json!({"rel": "next", "method": "GET", "href": format!("/search?cursor={page}")}),
        },
        refuses: |request| {
            let is_odd = request.sorted_by().iter().any(|field| field == "id");
            is_odd.then(|| (400, json!({"errors": ["Invalid sortby parameter [id]"]})))
        },
        assets: |id| {
            json!({
                "browse": {"title": "Download browse", "href": format!("/{id}.1.jpg"), "type": "Image/JPEG", "roles": ["browse"]},
                "metadata": {"href": format!("/{id}.xml"), "type": "application/xml", "roles": ["metadata"]},
                "B04": {"href": format!("/{id}.B04.tif"), "type": "image/tiff", "roles": ["data"]},
            })
        },
        quicklook: |id| format!("/{id}.1.jpg"),
    },
    Public {
        name: "Copernicus Data Space",
        classes: &[CORE, SORT, FILTER, CQL2],
        links: || {
            json!([
                {"rel": "search", "type": "text/html", "href": "/browser"},
                {"rel": "search", "type": "application/geo+json", "href": "/search", "method": "GET"},
                {"rel": "search", "type": "application/geo+json", "href": "/search", "method": "POST"},
            ])
        },
        next: |_, page| json!({"rel": "next", "type": "application/geo+json", "method": "POST", "href": "/search", "merge": true, "body": {"token": format!("next:{page}")}}),
        refuses: |_| None,
        assets: |id| {
            json!({
                "B02_10m": {"href": "s3://eodata/B02.jp2", "type": "image/jp2", "roles": ["data"]},
                "overview": {"href": format!("s3://eodata/{id}-ql.jpg"), "type": "image/jpeg", "roles": ["overview"]},
                "thumbnail": jpeg(format!("/odata/{id}/$value"), &["thumbnail", "overview"]),
            })
        },
        quicklook: |id| format!("/odata/{id}/$value"),
    },
    Public {
        name: "USGS",
        classes: &[CORE, SORT, QUERY],
        links: || json!([{"rel": "search", "type": "application/geo+json", "href": "/search"}]),
        next: |request, page| json!({"rel": "next", "type": "application/geo+json", "method": "POST", "merge": false, "href": "/search", "body": request.with("page", page.into())}),
        refuses: |_| None,
        assets: |id| {
            json!({
                "thumbnail": jpeg(format!("/{id}_thumb_small.jpeg"), &["thumbnail"]),
                "reduced_resolution_browse": jpeg(format!("/{id}_thumb_large.jpeg"), &["overview"]),
                "index": {"href": format!("/{id}.html"), "type": "text/html", "roles": ["metadata"]},
            })
        },
        quicklook: |id| format!("/{id}_thumb_large.jpeg"),
    },
];

/// Cloud cover of the items; their ids are `s0` to `s4`.
const CLOUDS: [u32; 5] = [40, 10, 50, 20, 30];
/// Number of items on a page.
const PAGE: usize = 2;

impl Public {
    fn start(&'static self) -> Server {
        Server::start(move |request| self.answer(request))
    }

    fn answer(&self, request: &str) -> Vec<u8> {
        let request = Request::read(request);
        match request.path.as_str() {
            "/" => reply(json!({"type": "Catalog", "conformsTo": self.classes, "links": (self.links)()})),
            "/search" => match (self.refuses)(&request) {
                Some((status, body)) => {
                    answer(status, "Content-Type: application/json\r\n", body.to_string().as_bytes())
                }
                None => reply(self.page(&request)),
            },
            // First bytes of a JPEG.
            _ => answer(200, "Content-Type: image/jpeg\r\n", b"\xff\xd8\xff\xe0 a picture"),
        }
    }

    fn page(&self, request: &Request) -> Value {
        let mut numbers: Vec<usize> = (0..CLOUDS.len()).collect();
        if request.sorted_by().first().is_some_and(|field| field == "properties.eo:cloud_cover") {
            numbers.sort_by_key(|number| CLOUDS[*number]);
        }
        let number = |name: &str| {
            let text = request.body[name].as_u64().map(|number| number.to_string());
            text.or_else(|| Some(request.body[name].as_str()?.trim_start_matches("next:").to_owned()))
        };
        let page = ["token", "next", "cursor", "page"].into_iter().find_map(number);
        let page: usize = page.map_or(0, |page| page.parse().unwrap());
        let rest = &numbers[(page * PAGE).min(numbers.len())..];
        let features: Vec<Value> = rest.iter().take(PAGE).map(|number| self.item(*number)).collect();
        let links = if rest.len() > PAGE { vec![(self.next)(request, page + 1)] } else { vec![] };
        json!({"type": "FeatureCollection", "features": features, "links": links})
    }

    fn item(&self, number: usize) -> Value {
        let id = format!("s{number}");
        json!({
            "type": "Feature", "id": id, "collection": "c", "assets": (self.assets)(&id),
            "geometry": {"type": "Point", "coordinates": [0.5, 0.5]},
            "properties": {"datetime": format!("2020-01-0{}T00:00:00Z", number + 1), "eo:cloud_cover": CLOUDS[number]},
        })
    }
}

#[test]
fn every_page_of_every_catalog_is_read_in_order() {
    let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
    for public in &CATALOGS {
        let server = public.start();
        let catalog = Catalog::stac(&server.url).unwrap();
        let ids = |search: Search| {
            let scenes = catalog.search(search).unwrap();
            let ids: Vec<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
            (ids.concat(), scenes.has_more())
        };
        let clearest = Search::new(&square).sort_by(SortBy::CloudCover);
        assert_eq!(ids(clearest.clone()), ("s1s3s4s0s2".into(), false), "{}", public.name);
        assert_eq!(ids(clearest.limit(3)), ("s1s3s4".into(), true), "{}", public.name);
        assert_eq!(ids(Search::new(&square)), ("s4s3s2s1s0".into(), false), "{}", public.name);
        assert_eq!(ids(Search::anywhere()), ("s4s3s2s1s0".into(), false), "{}", public.name);
    }
}

#[test]
fn every_catalog_has_quicklooks() {
    let square = Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap();
    for public in &CATALOGS {
        let server = public.start();
        let catalog = Catalog::stac(&server.url).unwrap().without_cache();
        let scenes = catalog.search(Search::new(&square).sort_by(SortBy::CloudCover).limit(1)).unwrap();
        assert_eq!(catalog.download_quicklooks(&scenes).unwrap().pictures(), 1, "{}", public.name);
        let path = (public.quicklook)("s1");
        assert_eq!(server.requests_to(&format!("GET {path} ")).len(), 1, "{}: {path}", public.name);
    }
}

/// Checks errors as CMR sends them: a list of texts.
#[test]
fn the_error_message_of_a_catalog_is_included() {
    let server = Server::start(|request| match request.starts_with("GET / ") {
        true => reply(json!({"links": [{"rel": "search", "href": "/search", "method": "GET"}]})),
        false => {
            let body = json!({"errors": ["Invalid intersects parameter detected. Please verify it is a valid GeoJSON geometry."]});
            answer(400, "Content-Type: application/json\r\n", body.to_string().as_bytes())
        }
    });
    let square = Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap());
    let error = Catalog::stac(&server.url).unwrap().search(square).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    insta::assert_snapshot!(error, @"search the catalog: GET /search: 400: Invalid intersects parameter detected. Please verify it is a valid GeoJSON geometry.");
}
