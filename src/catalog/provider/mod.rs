//! Providers of scenes: [`stac`] and [`classic`] translate a search into requests, [`way`] selects
//! another form of request if a server rejects one, [`scan`] reads pages until enough scenes match.

mod classic;
mod collection;
mod collections;
mod conformance;
mod cql2;
mod fields;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod paging;
mod queryables;
mod request_form;
mod scan;
mod stac;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub(super) use classic::quicklook_path;
pub use collection::Collection;
pub use collections::Collections;
pub use queryables::{Queryable, Queryables};
pub(super) use stac::Stac;

use self::request_form::{Order, RequestForm};
use self::scan::{Found, Plan};
use super::Search;
use crate::client::{Client, LoginKind};
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::suggest::suggest;

/// Path of UP42's current STAC API (`docs/up42-api.md`, 16).
const LANDING: &str = "/v2/catalog/";

/// Remedy if a catalog does not take CQL2.
const CONDITIONS: &str = "write conditions, such as `.filter(\"gsd\", Op::Le, 1.0)`";

/// Provider of scenes.
#[derive(Clone)]
pub(in crate::catalog) enum Provider {
    /// UP42's STAC API.
    Up42,
    /// The classic search of a project's login.
    Classic,
    /// The searches of UP42's hosts: of this one, or of each host of the requested collections.
    Hosts(Option<String>),
    /// Another STAC API, with its landing page.
    Stac(Arc<Stac>),
}

impl Provider {
    pub(in crate::catalog) fn of(client: &Client) -> Self {
        match client.login_kind() {
            LoginKind::Project => Self::Classic,
            LoginKind::Account(_) | LoginKind::External | LoginKind::NoLogin => Self::Up42,
        }
    }

    /// Finds the scenes of a search that has been checked.
    pub(in crate::catalog) fn find(&self, client: &Client, search: &Search) -> Result<Found> {
        self.check(client, search)?;
        match self {
            Self::Classic => classic::plan(client, search)?.run(client, search),
            Self::Hosts(host) => hosts_plan(client, search, host.as_deref())?.run(client, search),
            Self::Up42 => find_stac(client, &*self.stac(client)?, search, str::eq_ignore_ascii_case),
            Self::Stac(stac) => find_stac(client, stac, search, |a, b| a == b),
        }
    }

    /// Returns the STAC API; an error for a catalog that is none.
    pub(in crate::catalog) fn stac(&self, client: &Client) -> Result<Arc<Stac>> {
        match self {
            Self::Stac(stac) => Ok(stac.clone()),
            Self::Up42 => {
                let stac = Stac::open(client, &client.url(LANDING))?;
                // UP42's server is known to sort so: a search need not find out.
                let _ = stac.order.set(Order::Prefixed);
                Ok(Arc::new(stac))
            }
            Self::Classic | Self::Hosts(_) => Err(Error::invalid(
                "this catalog is not a STAC API: log in with an account, or use `Catalog::stac`",
            )),
        }
    }

    /// Returns an error for criteria that the catalog does not support: they would match nothing.
    fn check(&self, client: &Client, search: &Search) -> Result<()> {
        if matches!(self, Self::Hosts(_)) && *client.login_kind() == LoginKind::NoLogin {
            return Err(Error::invalid("a STAC API has no hosts: only UP42 does"));
        }
        let refused = match self {
            Self::Classic | Self::Hosts(_) if !search.cql2.is_empty() => ("CQL2", CONDITIONS),
            Self::Classic => return Ok(()),
            _ if !search.sensors.is_empty() => ("sensors", "use `collections`, or a filter on `platform`"),
            Self::Hosts(_) => return Ok(()),
            _ if !search.usage_types.is_empty() => ("usage types", "leave them out"),
            _ if !search.delivery_times.is_empty() => ("delivery times", "leave them out"),
            _ => return Ok(()),
        };
        let (what, remedy) = refused;
        Err(Error::invalid(format!("{self} knows no {what}: {remedy}")))
    }
}

/// Finds the scenes of a search in a STAC API. `same` compares names of collections: UP42 ignores
/// their case.
fn find_stac(client: &Client, stac: &Stac, search: &Search, same: fn(&str, &str) -> bool) -> Result<Found> {
    let mut way = RequestForm::first(stac, search);
    let found = loop {
        let found = stac.plan(search, way)?.run(client, search);
        match way.next(stac, search, &found) {
            Some(next) => way = next,
            None => break found,
        }
    };
    if found.is_ok() && matches!(way.order, Order::Prefixed | Order::Unprefixed) {
        let _ = stac.order.set(way.order);
    }
    let is_refused = |error: &Error| matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound);
    let unseen = match &found {
        Ok(found) => unseen(search, found),
        Err(error) if is_refused(error) => search.collections.iter().collect(),
        Err(_) => Vec::new(),
    };
    // Servers respond with an empty list to an unknown collection: it is reported as an error.
    if !unseen.is_empty()
        && let Ok(known) = Collections::of_stac(client, stac)
        && !known.is_empty()
        && let Some(name) = unseen.iter().find(|name| !known.iter().any(|one| same(&one.id, name)))
    {
        return Err(unknown_collection(name, &known));
    }
    found
}

/// Returns the collections of a search of which no scene was found.
fn unseen<'a>(search: &'a Search, found: &Found) -> Vec<&'a String> {
    let is_seen = |name: &&String| {
        let is = |one: &String| one.eq_ignore_ascii_case(name);
        found.scenes.iter().any(|scene| scene.collection.as_ref().is_some_and(is))
    };
    search.collections.iter().filter(|name| !is_seen(name)).collect()
}

fn unknown_collection(name: &str, known: &Collections) -> Error {
    // Collections for tasking cannot be searched.
    let searched = known.iter().filter(|one| one.kind.as_deref() != Some("TASKING"));
    let near = suggest(searched.map(|one| one.id.as_str()), name);
    Error::invalid(format!("there is no collection `{name}`: did you mean {near}?"))
}

/// Plans one request for each host: all collections of a request must be of the same host
/// (`docs/up42-api.md`, 8.4).
fn hosts_plan(client: &Client, search: &Search, host: Option<&str>) -> Result<Plan> {
    if let Some(host) = host {
        return classic::plan_of_host(client, search, host, &search.collections);
    }
    let known = Collections::of_up42(client)?;
    if known.is_empty() {
        return Err(Error::response("the list of collections is empty: no host is known"));
    }
    let mut hosts: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |host: &str, name: &str| match hosts.iter_mut().find(|(known, _)| known == host) {
        Some((_, names)) => names.push(name.to_owned()),
        None => hosts.push((host.to_owned(), vec![name.to_owned()])),
    };
    for name in &search.collections {
        let collection = known.iter().find(|one| one.id.eq_ignore_ascii_case(name));
        let collection = collection.ok_or_else(|| unknown_collection(name, &known))?;
        let host = collection.host.as_deref();
        add(host.ok_or_else(|| Error::invalid(format!("collection `{name}` has no host to search")))?, name);
    }
    if search.collections.is_empty() {
        let searched = known.iter().filter(|one| one.kind.as_deref() != Some("TASKING"));
        searched.filter_map(|one| Some((one.host.as_deref()?, &one.id))).for_each(|(host, id)| add(host, id));
    }
    let plans = hosts.iter().map(|(host, names)| classic::plan_of_host(client, search, host, names));
    let plans = plans.reduce(|all, one| {
        let (mut all, one) = (all?, one?);
        all.first.extend(one.first);
        Ok(all)
    });
    plans.unwrap_or_else(|| Err(Error::invalid("no collection has a host to search")))
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up42 => f.write_str("UP42's STAC API"),
            Self::Classic => f.write_str("the classic catalog"),
            Self::Hosts(Some(host)) => write!(f, "the host `{host}`"),
            Self::Hosts(None) => f.write_str("the search of the hosts"),
            Self::Stac(_) => f.write_str("a STAC API"),
        }
    }
}
