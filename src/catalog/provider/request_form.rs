use super::scan::Found;
use super::stac::Stac;
use crate::catalog::Search;
use up42_core::error::Result;

/// Longest area that is sent in a URL, in bytes: servers limit URLs to 8 KB and less. If a longer
/// area was sent, it may be the cause of an error.
pub(super) const LONGEST_AREA: usize = 4_000;

/// Form of a search request. If a server rejects a form that it declares to support, the next one
/// is tried, and the client does what the server does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestForm {
    pub(super) method: Method,
    pub(super) order: Order,
    /// Whether the bounding box is sent instead of the area; scenes outside the area are removed
    /// here.
    pub(super) uses_bbox: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Post,
    Get,
}

/// Sorting by the server or the client, and the names of the sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// No sort key is sent: no order was requested, and one page may hold all scenes.
    Unneeded,
    /// The server sorts by `properties.datetime`, as the sort extension defines it.
    Prefixed,
    /// The server sorts by `datetime`, as some servers expect.
    Unprefixed,
    /// The client sorts: no sort key is sent, and all pages are read.
    Here,
}

impl RequestForm {
    /// Returns the first form to try: POST, unless the server takes only GET or filters only by
    /// GET, with the kind of sort keys that worked before.
    pub(super) fn first(stac: &Stac, search: &Search) -> Self {
        let by_server = search.order().first().is_some_and(|key| key.property().is_some());
        let order = match stac.order.get() {
            _ if !stac.offers.sort || !by_server => Order::Here,
            Some(order) => *order,
            None if search.sort_by.is_empty() => Order::Unneeded,
            None => Order::Prefixed,
        };
        Self { method: stac.method(search), order, uses_bbox: false }
    }

    /// Returns the next form to try after a result; `None` if there is none, or none is needed.
    pub(super) fn next(self, stac: &Stac, search: &Search, found: &Result<Found>) -> Option<Self> {
        let error = match found {
            Ok(found) => return found.is_unsorted.then(|| self.sorted_otherwise()),
            Err(error) => error,
        };
        let status = error.server_error()?.status;
        let by_get = Self { method: Method::Get, ..self };
        let by_box = Self { uses_bbox: true, ..self };
        let order = match self.order {
            Order::Prefixed => Some(Order::Unprefixed),
            Order::Unprefixed => Some(Order::Here),
            Order::Unneeded | Order::Here => None,
        };
        match status {
            // Some gateways allow GET only, and respond with different statuses.
            403 | 404 | 405 | 415 | 501 if self.method == Method::Post && stac.takes_get() => Some(by_get),
            413 | 414 | 431 if self.may_be_boxed(search) => Some(by_box),
            400 | 422 | 500 | 502 | 504 if self.may_be_boxed(search) && is_long(search) => Some(by_box),
            200 | 400 | 422 | 500 | 501 => Some(Self { order: order?, ..self }),
            _ => None,
        }
    }

    /// Returns the form after a response that is not in the requested order, or where none was
    /// requested.
    fn sorted_otherwise(self) -> Self {
        let order = if self.order == Order::Unneeded { Order::Prefixed } else { Order::Here };
        Self { order, ..self }
    }

    /// Returns the statuses after which the next form is tried at once. Other statuses mean that
    /// the server is busy: the request is retried.
    pub(super) fn no_retry_statuses(self, search: &Search) -> &'static [u16] {
        match self.order {
            _ if self.may_be_boxed(search) && is_long(search) => &[500, 501, 502, 504],
            Order::Prefixed | Order::Unprefixed => &[500, 501],
            Order::Unneeded | Order::Here => &[501],
        }
    }

    fn may_be_boxed(self, search: &Search) -> bool {
        !self.uses_bbox && !search.is_anywhere()
    }
}

pub(super) fn is_long(search: &Search) -> bool {
    !search.is_anywhere() && search.aoi.to_geojson().to_string().len() > LONGEST_AREA
}
