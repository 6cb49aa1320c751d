//! STAC APIs: UP42's current one (`docs/up42-api.md`, 16), and any other (STAC API 1.0, item search
//! with its extensions).

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::CONDITIONS;
use super::conformance::Conformance;
use super::cql2;
use super::fields::wanted;
use super::paging::{follow, has_method, link, links};
use super::request_form::{Method, Order, RequestForm, is_long};
use super::scan::{Plan, Sorting};
use crate::catalog::link::resolve;
use crate::catalog::{Cql2, Filter, Search, SortBy};
use crate::client::Client;
use crate::transport::{Request, refused_with};
use up42_core::error::{Error, Result};

/// Largest page size that is requested; a server may send fewer items.
const PAGE: usize = 100;

/// STAC API, as its landing page describes it.
#[derive(Debug)]
pub(in crate::catalog) struct Stac {
    pub(in crate::catalog) offers: Conformance,
    /// URL of searches by POST; this one or the next one, by GET, is set.
    post_url: Option<String>,
    get_url: Option<String>,
    /// Kind of sort keys with which the server has sorted a search before.
    pub(super) order: OnceLock<Order>,
    pub(super) collections_url: String,
    pub(super) queryables_url: String,
}

impl Stac {
    /// Requests and reads the landing page.
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
            let message = "the landing page has no list `links`: it is not a STAC API";
            return Err(refused_with(landing, 200).unwrap_or_else(|| Error::response(message)));
        }
        let href = |link: &Value| link.get("href").and_then(Value::as_str).map(str::to_owned);
        let base = &base(landing, url);
        let searches = links(landing, "search");
        let by = |test: &dyn Fn(&Value) -> bool| {
            searches.iter().find(|link| test(link)).and_then(|link| href(link))
        };
        let post = by(&|link| has_method(link, "POST"));
        let get = by(&|link| has_method(link, "GET"));
        // A link without a method is for both, or for GET if another one is for POST.
        let any = by(&|link| !has_method(link, "POST") && !has_method(link, "GET"));
        let (post, get) = match (post, get) {
            (None, None) => (any.clone(), any),
            (post, get) => (post, get.or(any)),
        };
        if post.is_none() && get.is_none() {
            return Err(Error::response(
                "the landing page has no `search` link: it is no STAC API, or one without item search",
            ));
        }
        let absolute = |href: Option<String>| href.map(|href| resolve(base, &href)).transpose();
        let beside = |rels: &[&str], path: &str| match rels.iter().find_map(|rel| href(link(landing, rel)?)) {
            Some(href) => resolve(base, &href),
            None => Ok(format!("{}/{path}", url.trim_end_matches('/'))),
        };
        Ok(Self {
            offers: Conformance::read(landing),
            post_url: absolute(post)?,
            get_url: absolute(get)?,
            order: OnceLock::new(),
            collections_url: beside(&["data"], "collections")?,
            queryables_url: beside(
                &["http://www.opengis.net/def/rel/ogc/1.0/queryables", "queryables"],
                "queryables",
            )?,
        })
    }

    /// Returns the method for a search: POST, unless the server takes only GET, or filters only by
    /// GET.
    pub(super) fn method(&self, search: &Search) -> Method {
        let Conformance { cql2_json, cql2_text, query, .. } = self.offers;
        let is_filtered = !search.cql2.is_empty() || !query && !search.conditions().is_empty();
        let needs_text = cql2_text && !cql2_json && is_filtered;
        let posts = self.post_url.is_some() && !(needs_text && self.get_url.is_some());
        if posts { Method::Post } else { Method::Get }
    }

    /// Returns the URL of searches by a method; if there is none, that of the other method.
    fn search_url(&self, method: Method) -> &str {
        let (own, other) = match method {
            Method::Post => (&self.post_url, &self.get_url),
            Method::Get => (&self.get_url, &self.post_url),
        };
        own.as_ref().or(other.as_ref()).map_or("", String::as_str)
    }

    /// Returns whether searches may be sent by GET.
    pub(super) fn takes_get(&self) -> bool {
        self.get_url.is_some()
    }

    /// Plans a search: the request for the first page, and what the client does itself.
    pub(super) fn plan(&self, search: &Search, way: RequestForm) -> Result<Plan> {
        let (keys, sorting) = sorting(search.order(), way.order);
        // A longer area does not fit into a URL.
        let uses_bbox = way.uses_bbox || way.method == Method::Get && is_long(search);
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        if !search.collections.is_empty() {
            put("collections", json!(search.collections));
        }
        if !search.ids.is_empty() {
            put("ids", json!(search.ids));
        }
        match search.is_anywhere() {
            true => {}
            false if uses_bbox => put("bbox", json!(search.aoi.bbox().to_array())),
            false => put("intersects", search.aoi.to_geojson()),
        }
        if let Some(interval) = search.interval()? {
            put("datetime", interval.into());
        }
        let conditions = search.conditions();
        // The bounding box finds more scenes than the area: the others are removed here.
        let mut filters = !uses_bbox;
        match self.filter(search, &conditions, way.method)? {
            Some((language, filter)) => {
                put("filter-lang", language.into());
                put("filter", filter);
            }
            None if conditions.is_empty() => {}
            None if way.method == Method::Post && self.offers.query => {
                let (query, is_all) = cql2::to_query(&conditions, |name| Some(name.to_owned()));
                filters &= is_all;
                query.into_iter().for_each(|query| put("query", query));
            }
            None => filters = false,
        }
        let page = match sorting {
            Sorting::Server | Sorting::Unneeded if filters => search.limit.min(PAGE),
            _ => PAGE,
        };
        put("limit", page.into());
        if let (true, Some(wanted)) = (self.offers.fields, wanted(search)) {
            put("fields", json!({"include": wanted}));
        }
        if !keys.is_empty() {
            let key = |(field, down): &(String, bool)| json!({"field": field, "direction": if *down { "desc" } else { "asc" }});
            put("sortby", keys.iter().map(key).collect());
        }
        let url = self.search_url(way.method);
        let first = match way.method {
            Method::Post => Request::post(url, Value::Object(body)),
            Method::Get => by_query(url, body),
        };
        let first = Request { no_retry_statuses: way.no_retry_statuses(search), ..first };
        Ok(Plan { first: vec![first], follow, filters, sorting })
    }

    /// Returns the language and the filter to send: JSON by POST, text by GET. Whole filters are
    /// sent in the other language, too, if the server has only that one: the client does not apply
    /// them.
    fn filter(
        &self,
        search: &Search,
        conditions: &[Filter],
        method: Method,
    ) -> Result<Option<(&'static str, Value)>> {
        let Conformance { cql2_json, cql2_text, .. } = self.offers;
        let (is_post, has_whole) = (method == Method::Post, !search.cql2.is_empty());
        // `None` if one of them is JSON.
        let texts: Option<Vec<&str>> = search.cql2.iter().map(Cql2::text).collect();
        match texts {
            Some(texts) if cql2_text && (!is_post || has_whole && !cql2_json) => {
                Ok(cql2::to_text(conditions, &texts).map(|text| ("cql2-text", text.into())))
            }
            _ if cql2_json && (is_post || has_whole) => {
                Ok(cql2::to_json(conditions, &search.cql2).map(|json| ("cql2-json", json)))
            }
            _ if has_whole && cql2_text => {
                Err(Error::invalid("the server takes CQL2 as text only: write the filter as text"))
            }
            _ if has_whole => Err(Error::invalid(format!(
                "the server does not take CQL2, it {}: {CONDITIONS}",
                self.offers.filters()
            ))),
            _ => Ok(None),
        }
    }
}

/// Returns the keys for the server to sort by (`true` for descending), and who sorts. The id as the
/// last key makes the order repeatable.
fn sorting(keys: &[SortBy], order: Order) -> (Vec<(String, bool)>, Sorting) {
    let prefix = match order {
        Order::Prefixed => "properties.",
        Order::Unprefixed => "",
        Order::Unneeded => return (Vec::new(), Sorting::Unneeded),
        Order::Here => return (Vec::new(), Sorting::Client),
    };
    let known = keys.iter().map_while(|key| key.property());
    let mut names: Vec<_> = known.map(|(name, down)| (format!("{prefix}{name}"), down)).collect();
    let sorting = if names.len() == keys.len() { Sorting::Server } else { Sorting::Client };
    names.push(("id".to_owned(), false));
    (names, sorting)
}

/// Makes the GET of the same search.
fn by_query(url: &str, body: Map<String, Value>) -> Request {
    let listed =
        |list: &[Value], one: fn(&Value) -> String| list.iter().map(one).collect::<Vec<_>>().join(",");
    body.into_iter().fold(Request::get(url), |request, (name, value)| {
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

/// Returns the URL of a landing page for its relative links: its `self` link, since a server may
/// have redirected.
fn base(landing: &Value, url: &str) -> String {
    let own = link(landing, "self").and_then(|link| link.get("href")?.as_str());
    own.and_then(|own| resolve(url, own).ok()).unwrap_or_else(|| url.to_owned())
}
