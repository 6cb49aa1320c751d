use super::OrderStatus;
use up42_core::error::{Error, Result};

/// Default number of orders that are listed.
pub(super) const LIMIT: usize = 1_000;

/// Filter for orders. Fields that are not set match every order.
///
/// ```
/// # use up42::Client;
/// # use up42::orders::OrderFilter;
/// # let client = Client::simulator()?;
/// let filter = OrderFilter::new().status(["fulfilled"]).tags(["dakar"]).limit(20);
/// assert!(client.orders(&filter)?.is_empty());
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderFilter {
    /// Statuses, of which the order has one.
    pub statuses: Vec<OrderStatus>,
    /// Part of the order's name.
    pub name: Option<String>,
    /// Tags, of which the order has at least one.
    pub tags: Vec<String>,
    /// Type of the order: `ARCHIVE` or `TASKING`.
    pub kind: Option<String>,
    /// Sub-statuses, of which a tasking order has one.
    pub sub_statuses: Vec<String>,
    /// Ids of budgets, of which one pays for the order.
    pub budgets: Vec<String>,
    /// Ids of the orders.
    pub ids: Vec<String>,
    /// Largest number of orders, newest first (default 1,000).
    pub limit: Option<usize>,
}

fn texts(list: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    list.into_iter().map(Into::into).collect()
}

impl OrderFilter {
    /// Creates a filter that matches every order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Matches orders in one of these statuses: an [`OrderStatus`], or its name as the platform or
    /// a table writes it, such as `FULFILLED` or `being placed`.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<OrderStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Matches orders whose names contain this text.
    pub fn name(mut self, part: impl Into<String>) -> Self {
        self.name = Some(part.into());
        self
    }

    /// Matches orders with at least one of these tags.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = texts(tags);
        self
    }

    /// Matches orders of images that exist.
    pub fn archive(mut self) -> Self {
        self.kind = Some("ARCHIVE".into());
        self
    }

    /// Matches orders of images that are yet to be acquired.
    pub fn tasking(mut self) -> Self {
        self.kind = Some("TASKING".into());
        self
    }

    /// Matches tasking orders in one of these sub-statuses, such as `QUOTATION_WAITING_RESPONSE`.
    pub fn sub_status(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sub_statuses = texts(words);
        self
    }

    /// Matches orders that are paid from one of these budgets, given by id.
    pub fn budgets(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.budgets = texts(ids);
        self
    }

    /// Matches orders with these ids.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ids = texts(ids);
        self
    }

    /// Sets the largest number of orders, newest first.
    pub fn limit(mut self, orders: usize) -> Self {
        self.limit = Some(orders);
        self
    }

    /// Rejects unknown statuses: they are typos.
    pub(super) fn check(&self) -> Result<()> {
        match self.statuses.iter().find(|status| matches!(status, OrderStatus::Unknown(_))) {
            Some(odd) => Err(Error::invalid(format!(
                "there is no order status `{odd}`: write one such as `created`, `placed`, `fulfilled`"
            ))),
            None => Ok(()),
        }
    }
}

impl From<&OrderFilter> for OrderFilter {
    fn from(filter: &OrderFilter) -> Self {
        filter.clone()
    }
}

impl From<OrderStatus> for OrderFilter {
    fn from(status: OrderStatus) -> Self {
        Self::new().status([status])
    }
}
