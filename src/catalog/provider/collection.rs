use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use up42_core::geo::Bbox;
use up42_core::sanitize::sanitize;
use up42_core::time::{minute, parse_timestamp};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell};
use up42_view::impl_mime_bundle;

/// Collection of a catalog, such as all scenes of a constellation.
///
/// Read from a STAC collection, or from one of UP42 (`docs/up42-api.md`, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct Collection {
    /// Name to search by (STAC `id`, UP42 `name`).
    pub id: String,
    /// Display name (`title`).
    pub title: Option<String>,
    /// Description (`description`).
    pub description: Option<String>,
    /// `ARCHIVE` for existing images, `TASKING` for images yet to be acquired (UP42 `type`).
    pub kind: Option<String>,
    /// Producer (first of `providers` with the role of a producer).
    pub producer: Option<String>,
    /// Host (first of `providers` with the role of a host).
    pub host: Option<String>,
    /// Product type: `OPTICAL`, `SAR` or `ELEVATION` (UP42 `metadata.productType`).
    pub product_type: Option<String>,
    /// Finest size of a pixel, in metres (STAC `summaries.gsd`, UP42 `metadata.resolutionValue`).
    pub resolution_min: Option<f64>,
    /// Coarsest size of a pixel, in metres.
    pub resolution_max: Option<f64>,
    /// First acquisition, UTC (STAC `extent.temporal`).
    pub start: Option<Timestamp>,
    /// Last acquisition, UTC; `None` while the collection is open, or if it is not stated.
    pub end: Option<Timestamp>,
    /// Bounding box, WGS 84 (STAC `extent.spatial`).
    pub bbox: Option<Bbox>,
    /// Licence (STAC `license`).
    pub license: Option<String>,
    /// All members, as the server sent them.
    pub properties: Map<String, Value>,
}

impl Collection {
    /// Reads a collection of either kind; `None` if it has no name.
    pub(super) fn read(json: &Value) -> Option<Self> {
        let text =
            |pointer: &str| json.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(String::from);
        let id = text("/id").or_else(|| text("/name"))?;
        let time = |end: usize| {
            let interval = json.pointer("/extent/temporal/interval/0")?;
            parse_timestamp(interval.get(end)?.as_str()?)
        };
        let (resolution_min, resolution_max) = resolutions(json);
        Some(Self {
            id,
            title: text("/title"),
            description: text("/description"),
            kind: text("/type").filter(|kind| kind != "Collection"),
            producer: provider(json, "producer"),
            host: provider(json, "host"),
            product_type: text("/metadata/productType"),
            resolution_min,
            resolution_max,
            start: time(0),
            end: time(1),
            bbox: bbox(json),
            license: text("/license"),
            properties: json.as_object().cloned().unwrap_or_default(),
        })
    }
}

impl Collection {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let number = |metres: Option<f64>| {
            metres.map_or(Cell::Empty, |metres| Cell::Number(metres, usize::from(metres < 10.0)))
        };
        let time = |at: Option<Timestamp>| at.map_or(Cell::Empty, |at| Cell::time(minute(at)));
        let card = Card::new(self.title.as_deref().unwrap_or(&self.id))
            .fact("Id", Cell::id(&self.id))
            .fact("Kind", self.kind.clone().or_else(|| self.product_type.clone()))
            .fact("Producer", self.producer.clone())
            .fact("Host", self.host.clone())
            .fact("Finest resolution, m", number(self.resolution_min))
            .fact("Coarsest resolution, m", number(self.resolution_max))
            .fact("From (UTC)", time(self.start))
            .fact("To (UTC)", time(self.end))
            .fact("Bounding box", self.bbox.map(|bbox| bbox.to_string()))
            .fact("Licence", self.license.clone());
        match &self.description {
            Some(description) => card.note(description),
            None => card,
        }
    }
}

impl_mime_bundle!(Collection);

/// Returns the first provider with a role; UP42 writes roles in capitals.
fn provider(json: &Value, role: &str) -> Option<String> {
    let plays = |one: &&Value| {
        let roles = one.get("roles").and_then(Value::as_array);
        roles.into_iter().flatten().filter_map(Value::as_str).any(|one| one.eq_ignore_ascii_case(role))
    };
    let one = json.get("providers")?.as_array()?.iter().find(plays)?;
    one.get("name")?.as_str().map(String::from)
}

fn resolutions(json: &Value) -> (Option<f64>, Option<f64>) {
    let range = json.pointer("/metadata/resolutionValue").or_else(|| json.pointer("/summaries/gsd"));
    match range {
        Some(Value::Array(list)) => {
            let sizes = || list.iter().filter_map(Value::as_f64);
            (sizes().min_by(f64::total_cmp), sizes().max_by(f64::total_cmp))
        }
        Some(range) => {
            let end = |key: &str| range.get(key).and_then(Value::as_f64);
            (end("minimum"), end("maximum"))
        }
        None => (None, None),
    }
}

/// Returns the bounding box of the whole collection, which STAC lists first; heights are dropped.
fn bbox(json: &Value) -> Option<Bbox> {
    let sides = json.pointer("/extent/spatial/bbox/0")?.as_array()?;
    let sides: Vec<f64> = sides.iter().map(Value::as_f64).collect::<Option<_>>()?;
    match sides[..] {
        [west, south, east, north] | [west, south, _, east, north, _] => {
            Bbox::new(west, south, east, north).ok()
        }
        _ => None,
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.id, 200))?;
        match &self.title {
            Some(title) => write!(f, ": {}", sanitize(title, 200)),
            None => Ok(()),
        }
    }
}
