use std::fmt;

use jiff::Timestamp;
use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::paging::{follow, read_page};
use super::stac::Stac;
use crate::client::Client;
use crate::display::{Cell, Column, Table};
use crate::error::{Context, Result};
use crate::frame::Frame;
use crate::geo::Bbox;
use crate::list::list;
use crate::plain::plain;
use crate::time::{minute, parse_timestamp};
use crate::transport::{Page, Request, collect_pages};

/// More collections than any catalog has.
const MOST: usize = 20_000;

/// What a catalog offers under one name, such as all scenes of a constellation.
///
/// Made of a STAC collection or of UP42's (API reference, 9.4).
#[derive(Clone)]
#[non_exhaustive]
pub struct Collection {
    /// The name to search by (STAC `id`, UP42 `name`).
    pub id: String,
    /// The name for people (`title`).
    pub title: Option<String>,
    /// What it is, in words (`description`).
    pub description: Option<String>,
    /// Whether there are images already, `ARCHIVE`, or will be, `TASKING` (UP42 `type`).
    pub kind: Option<String>,
    /// Who makes it (`providers` with the role of a producer).
    pub producer: Option<String>,
    /// Who offers it (`providers` with the role of a host).
    pub host: Option<String>,
    /// `OPTICAL`, `SAR` or `ELEVATION` (UP42 `metadata.productType`).
    pub product_type: Option<String>,
    /// The finest size of a pixel, in metres (STAC `summaries.gsd`, UP42
    /// `metadata.resolutionValue`).
    pub resolution_min: Option<f64>,
    /// The coarsest size of a pixel, in metres.
    pub resolution_max: Option<f64>,
    /// The first acquisition, UTC (STAC `extent.temporal`).
    pub start: Option<Timestamp>,
    /// The last acquisition, UTC; `None` while there are more to come.
    pub end: Option<Timestamp>,
    /// Where it is, WGS 84 (STAC `extent.spatial`).
    pub bbox: Option<Bbox>,
    /// The licence (STAC `license`).
    pub license: Option<String>,
    /// All of it, as the server sent it.
    pub properties: Map<String, Value>,
}

impl Collection {
    /// Reads a collection of either kind; `None` for what has no name.
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

/// The first provider with a role; UP42 writes roles in capitals.
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

/// The box around all, which STAC has first; heights are dropped.
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

/// The collections of a catalog, as it lists them.
#[derive(Clone, Default)]
pub struct Collections {
    collections: Vec<Collection>,
}

list!(Collections(collections: Collection), "The collections, one by one.");

impl Collections {
    /// Of a STAC API, following its pages.
    pub(super) fn of_stac(client: &Client, stac: &Stac) -> Result<Self> {
        Self::collect(Request::get(&stac.collections_url), |request| {
            read_page(client.json(request.clone())?, "collections", &request, follow)
        })
    }

    /// Of UP42 (API reference, 9.4), page by page.
    pub(super) fn of_up42(client: &Client) -> Result<Self> {
        let page = |number: u64| {
            Request::get(client.url("/v2/collections"))
                .query("page", number.to_string())
                .query("sort", "name,asc")
        };
        let mut number = 0;
        Self::collect(page(0), |request| {
            let mut answer = client.json(request.clone())?;
            let pages = answer.get("totalPages").and_then(Value::as_u64).unwrap_or(1);
            // It has no links.
            if let Some(answer) = answer.as_object_mut() {
                answer.remove("links");
            }
            let mut read = read_page(answer, "content", &request, follow)?;
            number += 1;
            read.next = (number < pages && !read.items.is_empty()).then(|| page(number));
            Ok(read)
        })
    }

    fn collect(
        first: Request,
        mut fetch: impl FnMut(Request) -> Result<Page<Value, Request>>,
    ) -> Result<Self> {
        let read = collect_pages(first, MOST, |request| {
            let Page { items, next } = fetch(request).context("read the page of collections")?;
            Ok(Page { items: items.iter().filter_map(Collection::read).collect(), next })
        });
        Ok(Self { collections: read?.0 })
    }

    /// The collection of a name.
    pub fn get(&self, id: &str) -> Option<&Collection> {
        self.iter().find(|collection| collection.id == id)
    }

    /// The collections as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | unit | null means | STAC | UP42 |
    /// |---|---|---|---|---|---|
    /// | `id` | String | | never null | `id` | `name` |
    /// | `title` | String | | not said | `title` | `title` |
    /// | `description` | String | | not said | `description` | `description` |
    /// | `kind` | String | | not said | | `type`: `ARCHIVE`, `TASKING` |
    /// | `producer` | String | | not said | `providers`, role `producer` | role `PRODUCER` |
    /// | `host` | String | | not said | `providers`, role `host` | role `HOST` |
    /// | `product_type` | String | | not said | | `metadata.productType` |
    /// | `resolution_min`, `resolution_max` | Float64 | m | not said | `summaries.gsd` | `metadata.resolutionValue` |
    /// | `start`, `end` | Datetime(ms) | UTC | open, or not said | `extent.temporal` | |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees | not said | `extent.spatial` | |
    /// | `license` | String | | not said | `license` | |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let frame = || {
            Frame::of(&self.collections)
                .text("id", |one| Some(&one.id))
                .text("title", |one| one.title.as_deref())
                .text("description", |one| one.description.as_deref())
                .text("kind", |one| one.kind.as_deref())
                .text("producer", |one| one.producer.as_deref())
                .text("host", |one| one.host.as_deref())
                .text("product_type", |one| one.product_type.as_deref())
                .number("resolution_min", |one| one.resolution_min)
                .number("resolution_max", |one| one.resolution_max)
                .instant("start", |one| one.start)?
                .instant("end", |one| one.end)?
                .number("west", |one| Some(one.bbox?.west))
                .number("south", |one| Some(one.bbox?.south))
                .number("east", |one| Some(one.bbox?.east))
                .number("north", |one| Some(one.bbox?.north))
                .text("license", |one| one.license.as_deref())
                .finish()
        };
        frame().context("collections to a DataFrame")
    }

    /// Shows the collections as a table.
    pub fn evcxr_display(&self) {
        self.table().bundle().print();
    }

    fn table(&self) -> Table {
        let columns = [
            Column::new("Collection"),
            Column::new("Title"),
            Column::new("Producer"),
            Column::new("Host"),
            Column::new("Kind"),
            Column::number("Finest").unit("m"),
            Column::new("From"),
            Column::new("To"),
        ];
        let day = |at: Option<Timestamp>| {
            at.map_or(Cell::Empty, |at| Cell::time(minute(at).chars().take(10).collect::<String>()))
        };
        let row = |one: &Collection| {
            [
                Cell::id(&one.id),
                one.title.clone().into(),
                one.producer.clone().into(),
                one.host.clone().into(),
                one.kind.clone().or_else(|| one.product_type.clone()).into(),
                one.resolution_min
                    .map_or(Cell::Empty, |metres| Cell::Number(metres, usize::from(metres < 10.0))),
                day(one.start),
                day(one.end),
            ]
        };
        let table = Table::new(format!("{self:?}"), columns).rows(self.iter().map(row));
        table.more(self.len(), "collections.to_dataframe()?")
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.id, 200))?;
        match &self.title {
            Some(title) => write!(f, ": {}", plain(title, 200)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Collections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            1 => f.write_str("1 collection"),
            many => write!(f, "{many} collections"),
        }
    }
}
