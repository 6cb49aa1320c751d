use super::scan::Found;
use super::stac::Stac;
use crate::catalog::Search;
use up42_core::error::Result;

/// The longest area in a URL, in bytes: servers cut URLs off at 8 KB and less. Beyond it, a
/// server that fails may have failed at the area.
pub(super) const LONGEST_AREA: usize = 4_000;

/// How a search is sent. Servers refuse what they say they can do: then the next way is
/// tried, and what the server does not do is done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) method: Method,
    pub(super) order: Order,
    /// The box around the area is sent, not the area: it finds more, which is left out here.
    pub(super) is_boxed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Post,
    Get,
}

/// Who sorts, and by which names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nobody asked for an order, and one page may hold all scenes: nothing is sent.
    Unneeded,
    /// The server, by `properties.datetime`, as the sort extension has it.
    Prefixed,
    /// The server, by `datetime`, as some know it.
    Bare,
    /// The client: nothing is sent, and all is read.
    Here,
}

impl Way {
    /// The first way: by POST, unless the server takes none or filters only what comes by GET,
    /// and sorted as it sorted before.
    pub(super) fn first(stac: &Stac, search: &Search) -> Self {
        let by_server = search.order().first().is_some_and(|key| key.property().is_some());
        let order = match stac.order.get() {
            _ if !stac.offers.sort || !by_server => Order::Here,
            Some(order) => *order,
            None if search.sort_by.is_empty() => Order::Unneeded,
            None => Order::Prefixed,
        };
        Self { method: stac.method(search), order, is_boxed: false }
    }

    /// The next way to try, after what came of this one; `None` when there is none, or none
    /// is needed.
    pub(super) fn next(self, stac: &Stac, search: &Search, found: &Result<Found>) -> Option<Self> {
        let error = match found {
            Ok(found) => return found.is_unsorted.then(|| self.sorted_otherwise()),
            Err(error) => error,
        };
        let status = error.server_error()?.status;
        let by_get = Self { method: Method::Get, ..self };
        let by_box = Self { is_boxed: true, ..self };
        let order = match self.order {
            Order::Prefixed => Some(Order::Bare),
            Order::Bare => Some(Order::Here),
            Order::Unneeded | Order::Here => None,
        };
        match status {
            // Some gateways allow GET alone, and say so in many ways.
            403 | 404 | 405 | 415 | 501 if self.method == Method::Post && stac.takes_get() => Some(by_get),
            413 | 414 | 431 if self.may_be_boxed(search) => Some(by_box),
            400 | 422 | 500 | 502 | 504 if self.may_be_boxed(search) && is_long(search) => Some(by_box),
            200 | 400 | 422 | 500 | 501 => Some(Self { order: order?, ..self }),
            _ => None,
        }
    }

    /// After an answer that is not in the order that was asked for, or where none was.
    fn sorted_otherwise(self) -> Self {
        let order = if self.order == Order::Unneeded { Order::Prefixed } else { Order::Here };
        Self { order, ..self }
    }

    /// The statuses after which the next way is tried at once. Others say that the server is
    /// busy, and it is asked again.
    pub(super) fn not_again(self, search: &Search) -> &'static [u16] {
        match self.order {
            _ if self.may_be_boxed(search) && is_long(search) => &[500, 501, 502, 504],
            Order::Prefixed | Order::Bare => &[500, 501],
            Order::Unneeded | Order::Here => &[501],
        }
    }

    fn may_be_boxed(self, search: &Search) -> bool {
        !self.is_boxed && !search.is_anywhere()
    }
}

pub(super) fn is_long(search: &Search) -> bool {
    !search.is_anywhere() && search.aoi.to_geojson().to_string().len() > LONGEST_AREA
}
