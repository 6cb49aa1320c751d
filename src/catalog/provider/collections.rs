use std::collections::HashSet;
use std::fmt;
use std::ops::RangeBounds;

use jiff::Timestamp;
use polars::prelude::DataFrame;
use serde_json::Value;

use super::Collection;
use super::paging::{follow, read_page};
use super::stac::Stac;
use crate::client::Client;
use crate::frame::Frame;
use crate::transport::{Page, Request, collect_pages};
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::time::minute;
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;

/// Limit of collections, more than any catalog has.
const MOST: usize = 20_000;

/// Collections of a catalog, in its order.
#[derive(Clone, Default)]
pub struct Collections {
    collections: Vec<Collection>,
}

impl_list!(Collections(collections: Collection), "Returns an iterator over the collections.");

impl Collections {
    /// Lists the collections of a STAC API, page by page.
    pub(in crate::catalog) fn of_stac(client: &Client, stac: &Stac) -> Result<Self> {
        Self::collect(Request::get(&stac.collections_url), |request| {
            read_page(client.json(request.clone())?, "collections", &request, follow)
        })
    }

    /// Lists the collections of UP42 (`docs/up42-api.md`, 9.4), page by page.
    pub(in crate::catalog) fn of_up42(client: &Client) -> Result<Self> {
        let page = |number: u64| {
            Request::get(client.url("/v2/collections"))
                .query("page", number.to_string())
                .query("sort", "name,asc")
        };
        let mut number = 0;
        Self::collect(page(0), |request| {
            let mut answer = client.json(request.clone())?;
            let pages = answer.get("totalPages").and_then(Value::as_u64).unwrap_or(1);
            // The pages are numbered: no link is followed.
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
        let mut seen = HashSet::new();
        let read = collect_pages(first, MOST, |request| {
            let Page { items, next } = fetch(request).context("read the page of collections")?;
            let collections = items.iter().filter_map(Collection::read);
            let items: Vec<_> = collections.filter(|one| seen.insert(one.id.clone())).collect();
            // A page without a new collection ends the list, since the server repeats itself.
            Ok(Page { next: next.filter(|_| !items.is_empty()), items })
        });
        Ok(read?.0.into_iter().collect())
    }

    /// Returns the collection with an id.
    pub fn get(&self, id: &str) -> Option<&Collection> {
        self.iter().find(|collection| collection.id == id)
    }

    /// Returns the collections as a Polars DataFrame, one row each.
    ///
    /// | column | dtype | unit | null means | STAC | UP42 |
    /// |---|---|---|---|---|---|
    /// | `id` | String | | never null | `id` | `name` |
    /// | `title` | String | | missing | `title` | `title` |
    /// | `description` | String | | missing | `description` | `description` |
    /// | `kind` | String | | missing | | `type`: `ARCHIVE`, `TASKING` |
    /// | `producer` | String | | missing | `providers`, role `producer` | role `PRODUCER` |
    /// | `host` | String | | missing | `providers`, role `host` | role `HOST` |
    /// | `product_type` | String | | missing | | `metadata.productType` |
    /// | `resolution_min`, `resolution_max` | Float64 | m | missing | `summaries.gsd` | `metadata.resolutionValue` |
    /// | `start`, `end` | Datetime(ms) | UTC | open, or missing | `extent.temporal` | |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees | missing | `extent.spatial` | |
    /// | `license` | String | | missing | `license` | |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
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

    pub(super) fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Collection"),
            Column::new("Title"),
            Column::new("Producer"),
            Column::new("Host"),
            Column::new("Kind"),
            Column::number("Resolution").unit("m"),
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
        Table::new(format!("{self:?}"), columns).list(&self.collections, rows, "collections", row)
    }
}

impl_show!(Collections);

impl FromIterator<Collection> for Collections {
    fn from_iter<I: IntoIterator<Item = Collection>>(collections: I) -> Self {
        Self { collections: collections.into_iter().collect() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use up42_view::elements::ROWS;

    #[test]
    fn collections_of_both_kinds_become_one_table() {
        let stac = json!({
            "type": "Collection", "id": "naip", "title": "NAIP", "license": "other",
            "providers": [{"name": "USDA", "roles": ["producer", "licensor"]}],
            "extent": {
                "spatial": {"bbox": [[-124.7, 24.7, 0, -66.9, 49.3, 9000]]},
                "temporal": {"interval": [["2010-01-01T00:00:00Z", null]]},
            },
            "summaries": {"gsd": [1.0, 0.6]},
        });
        let up42 = json!({
            "name": "phr", "title": "Pléiades", "type": "ARCHIVE",
            "providers": [{"name": "airbus", "roles": ["PRODUCER"]}, {"name": "oneatlas", "roles": ["HOST"]}],
            "metadata": {"productType": "OPTICAL", "resolutionValue": {"minimum": 0.5, "maximum": 0.5}},
        });
        let read = [stac, up42, json!({"title": "nameless"})];
        let collections: Collections = read.iter().filter_map(Collection::read).collect();
        insta::assert_snapshot!(collections.table(..ROWS).bundle().text, @r"
        2 collections
        Collection  Title     Producer  Host      Kind     Resolution (m)  From        To
        ──────────  ────────  ────────  ────────  ───────  ──────────────  ──────────  ──
        naip        NAIP      USDA      –         –                   0.6  2010-01-01  –
        phr         Pléiades  airbus    oneatlas  ARCHIVE             0.5  –           –
        ");
        assert_eq!(collections.get("naip").unwrap().bbox.unwrap().to_array(), [-124.7, 24.7, -66.9, 49.3]);
        let frame = collections.to_dataframe().unwrap();
        let columns: Vec<_> = frame.schema().iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect();
        insta::assert_snapshot!(columns.join("\n"), @r"
        id: str
        title: str
        description: str
        kind: str
        producer: str
        host: str
        product_type: str
        resolution_min: f64
        resolution_max: f64
        start: datetime[ms]
        end: datetime[ms]
        west: f64
        south: f64
        east: f64
        north: f64
        license: str
        ");
    }
}
