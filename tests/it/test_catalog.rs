//! A catalog with a test's own scenes, found by an ordinary search.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use up42::catalog::{Catalog, Scenes, Search};
use up42::{Aoi, Client};

use crate::server::{self, Server};

/// Catalog with the items that a test sets.
pub struct TestCatalog {
    client: Client,
    items: Arc<Mutex<Vec<Value>>>,
}

impl TestCatalog {
    pub fn new() -> Self {
        Self::with_picture(Vec::new())
    }

    /// Starts a catalog that also has a picture, at `/picture`.
    pub fn with_picture(picture: Vec<u8>) -> Self {
        let items: Arc<Mutex<Vec<Value>>> = Arc::default();
        let shown = items.clone();
        let server = Server::start(move |request| {
            if request.starts_with("POST /realms/") {
                return server::json(json!({"access_token": "t0ken", "expires_in": 3600}));
            }
            if request.starts_with("GET /v2/catalog/ ") {
                return server::json(json!({"links": [{"rel": "search", "href": "/stac/search"}]}));
            }
            if request.starts_with("GET /picture ") {
                return server::answer(200, "", &picture);
            }
            server::json(json!({"features": *shown.lock().unwrap()}))
        });
        Self { client: server.client().build().unwrap(), items }
    }

    /// Returns the scenes of these items, newest first.
    pub fn scenes(&self, aoi: &Aoi, items: Vec<Value>) -> Scenes {
        *self.items.lock().unwrap() = items;
        self.catalog().search(Search::new(aoi).limit(10_000)).unwrap()
    }

    pub fn catalog(&self) -> Catalog {
        self.client.catalog()
    }
}

/// Returns a STAC item with an outline, a day, and a cloud cover in %.
pub fn item(id: &str, ring: &[[f64; 2]], day: &str, cloud: Option<f64>) -> Value {
    let mut closed = ring.to_vec();
    closed.extend(ring.first());
    let geometry = json!({"type": "Polygon", "coordinates": [closed]});
    json!({"id": id, "geometry": geometry,
        "properties": {"datetime": format!("{day}T10:00:00Z"), "eo:cloud_cover": cloud}})
}

/// Returns whether a point is inside a ring: counts the edges that a line to the east crosses.
pub fn is_inside(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let ends = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
    let crossed = ends
        .filter(|([ax, ay], [bx, by])| (*ay > y) != (*by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax));
    crossed.count() % 2 == 1
}

/// Returns a slanted outline, given its centre, half its sides and its rotation in radians.
pub fn slanted([x, y]: [f64; 2], [wide, high]: [f64; 2], turn: f64) -> Vec<[f64; 2]> {
    let (sin, cos) = turn.sin_cos();
    [(-wide, high), (wide, high), (wide, -high), (-wide, -high)]
        .map(|(u, v)| [x + u * cos + v * sin, y - u * sin + v * cos])
        .to_vec()
}
