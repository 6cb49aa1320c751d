//! Any STAC API: UP42's of today (API reference, 16), and everybody's (STAC API 1.0,
//! item search with its extensions).

use serde_json::{Map, Value, json};

use super::conformance::Conformance;
use super::cql2;
use super::fields::wanted;
use super::paging::{follow, has_method, link, links};
use super::scan::Plan;
use crate::catalog::link::resolve;
use crate::catalog::{Search, SortBy};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::Request;

/// The largest page; a server may send fewer.
const PAGE: usize = 100;
/// The longest area in a URL, in bytes: servers cut URLs off at 8 KB and less.
const LONGEST_AREA: usize = 4_000;

/// What the landing page of a STAC API tells.
#[derive(Clone, Debug)]
pub(in crate::catalog) struct Stac {
    pub(in crate::catalog) offers: Conformance,
    search_url: String,
    /// Whether searches may be sent by each method.
    posts: bool,
    gets: bool,
    pub(super) collections_url: String,
    pub(super) queryables_url: String,
}

/// How a search is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Post,
    Get,
}

impl Stac {
    /// Reads the landing page.
    pub(in crate::catalog) fn open(client: &Client, url: &str) -> Result<Self> {
        let mut landing = client.json(Request::get(url))?;
        if landing.get("conformsTo").is_none()
            && let Some(href) = link(&landing, "conformance").and_then(|link| link.get("href")?.as_str())
        {
            let classes = client.json(Request::get(resolve(&base(&landing, url), href)?))?;
            landing["conformsTo"] = classes.get("conformsTo").cloned().unwrap_or_default();
        }
        Self::read(&landing, url)
    }

    pub(super) fn read(landing: &Value, url: &str) -> Result<Self> {
        if !landing.get("links").is_some_and(Value::is_array) {
            return Err(Error::response("the landing page has no list `links`: it is not a STAC API"));
        }
        let href = |link: &Value| link.get("href").and_then(Value::as_str).map(str::to_owned);
        let base = &base(landing, url);
        let searches: Vec<&Value> =
            links(landing).filter(|link| link.get("rel").is_some_and(|rel| rel == "search")).collect();
        let search = searches.iter().find_map(|link| href(link)).ok_or_else(|| {
            Error::response(
                "the landing page has no `search` link: it is no STAC API, or one without item search",
            )
        })?;
        let told = |method: &str| searches.iter().any(|link| has_method(link, method));
        let is_silent = !told("POST") && !told("GET");
        let beside = |rels: &[&str], path: &str| match rels.iter().find_map(|rel| href(link(landing, rel)?)) {
            Some(href) => resolve(base, &href),
            None => Ok(format!("{}/{path}", url.trim_end_matches('/'))),
        };
        Ok(Self {
            offers: Conformance::read(landing),
            search_url: resolve(base, &search)?,
            posts: told("POST") || is_silent,
            gets: told("GET") || is_silent,
            collections_url: beside(&["data"], "collections")?,
            queryables_url: beside(
                &["http://www.opengis.net/def/rel/ogc/1.0/queryables", "queryables"],
                "queryables",
            )?,
        })
    }

    /// How to send a search: by POST, unless the server takes none, or filters only what
    /// comes by GET.
    pub(super) fn method(&self, search: &Search) -> Method {
        let Conformance { cql2_json, cql2_text, query, .. } = self.offers;
        let needs_text = cql2_text && !cql2_json && !query && !search.conditions().is_empty();
        if self.posts && !(needs_text && self.gets) { Method::Post } else { Method::Get }
    }

    /// Whether a search that was refused by POST may be sent again by GET.
    pub(super) fn may_get(&self) -> bool {
        self.gets
    }

    /// The request for the first page.
    pub(super) fn plan(&self, search: &Search, method: Method) -> Result<Plan> {
        let (keys, sorts) = self.keys(search.order());
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        if !search.collections.is_empty() {
            put("collections", json!(search.collections));
        }
        if !search.ids.is_empty() {
            put("ids", json!(search.ids));
        }
        if !search.is_anywhere() {
            put("intersects", search.aoi.to_geojson());
        }
        if let Some(interval) = search.interval()? {
            put("datetime", interval.into());
        }
        let conditions = search.conditions();
        let Conformance { cql2_json, cql2_text, query, .. } = self.offers;
        let mut filters = true;
        match method {
            _ if conditions.is_empty() => {}
            Method::Post if cql2_json => {
                put("filter-lang", "cql2-json".into());
                put("filter", cql2::to_json(&conditions).unwrap_or_default());
            }
            Method::Get if cql2_text => {
                put("filter-lang", "cql2-text".into());
                put("filter", cql2::to_text(&conditions).unwrap_or_default().into());
            }
            Method::Post if query => {
                let (query, is_all) = cql2::to_query(&conditions, |name| Some(name.to_owned()));
                filters = is_all;
                query.into_iter().for_each(|query| put("query", query));
            }
            _ => filters = false,
        }
        let page = if sorts && filters { search.limit.min(PAGE) } else { PAGE };
        put("limit", page.into());
        if let (true, Some(wanted)) = (self.offers.fields, wanted(search)) {
            put("fields", json!({"include": wanted}));
        }
        if !keys.is_empty() {
            let key = |(field, down): &(String, bool)| json!({"field": field, "direction": if *down { "desc" } else { "asc" }});
            put("sortby", keys.iter().map(key).collect());
        }
        let first = match method {
            Method::Post => Request::post(&self.search_url, Value::Object(body)),
            Method::Get => {
                let is_short =
                    body.get("intersects").is_none_or(|area| area.to_string().len() <= LONGEST_AREA);
                if !is_short {
                    // The box finds more than the area: what lies beside it is left out here.
                    body.remove("intersects");
                    body.insert("bbox".into(), json!(search.aoi.bbox().to_array()));
                    filters = false;
                }
                self.by_query(body)
            }
        };
        Ok(Plan { first: vec![first], follow, filters, sorts })
    }

    /// What the server sorts by, and whether that is all of it.
    fn keys(&self, order: &[SortBy]) -> (Vec<(String, bool)>, bool) {
        if !self.offers.sort {
            return (Vec::new(), false);
        }
        let known = order.iter().map_while(|key| key.property());
        let mut keys: Vec<_> = known.map(|(name, down)| (format!("properties.{name}"), down)).collect();
        let is_all = keys.len() == order.len();
        keys.push(("id".to_owned(), false));
        (keys, is_all)
    }

    /// The same search in a URL.
    fn by_query(&self, body: Map<String, Value>) -> Request {
        let listed =
            |list: &[Value], one: fn(&Value) -> String| list.iter().map(one).collect::<Vec<_>>().join(",");
        body.into_iter().fold(Request::get(&self.search_url), |request, (name, value)| {
            let text = match (name.as_str(), &value) {
                ("sortby", Value::Array(keys)) => listed(keys, |key| {
                    let field = key["field"].as_str().unwrap_or_default();
                    if key["direction"] == "desc" { format!("-{field}") } else { field.to_owned() }
                }),
                ("fields", Value::Object(fields)) => {
                    let include = fields.values().filter_map(Value::as_array).flatten();
                    include.filter_map(Value::as_str).collect::<Vec<_>>().join(",")
                }
                (_, Value::Array(list)) => {
                    listed(list, |one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                }
                (_, Value::String(text)) => text.clone(),
                (_, other) => other.to_string(),
            };
            request.query(name, text)
        })
    }
}

/// Where a landing page stands, for its relative links: a server may have redirected.
fn base(landing: &Value, url: &str) -> String {
    let own = link(landing, "self").and_then(|link| link.get("href")?.as_str());
    own.and_then(|own| resolve(url, own).ok()).unwrap_or_else(|| url.to_owned())
}

/// Whether a server says that it does not take a POST.
pub(super) fn refuses_post(error: &Error) -> bool {
    error.server_error().is_some_and(|said| matches!(said.status, 404 | 405 | 501))
}
