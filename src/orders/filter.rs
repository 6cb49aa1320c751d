use super::OrderStatus;
use up42_core::error::{Error, Result};

/// Orders that are listed unless another limit is given.
pub(super) const LIMIT: usize = 1_000;

/// Which orders are meant. What is left unset matches every order.
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
    /// Where the order stands: in one of these.
    pub statuses: Vec<OrderStatus>,
    /// A part of its name.
    pub name: Option<String>,
    /// It has one of these tags.
    pub tags: Vec<String>,
    /// `ARCHIVE` or `TASKING`.
    pub kind: Option<String>,
    /// Where a tasking order stands among people: in one of these.
    pub sub_statuses: Vec<String>,
    /// It is paid from one of these budgets.
    pub budgets: Vec<String>,
    /// It is one of these.
    pub ids: Vec<String>,
    /// The newest so many of them; 1,000 unless set.
    pub limit: Option<usize>,
}

fn texts(list: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    list.into_iter().map(Into::into).collect()
}

impl OrderFilter {
    /// Every order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Orders in one of these states: [`OrderStatus`], or its word as the platform or a table
    /// writes it, such as `FULFILLED` or `being placed`.
    pub fn status(mut self, statuses: impl IntoIterator<Item = impl Into<OrderStatus>>) -> Self {
        self.statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Orders with this in their names.
    pub fn name(mut self, part: impl Into<String>) -> Self {
        self.name = Some(part.into());
        self
    }

    /// Orders with one of these tags.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = texts(tags);
        self
    }

    /// Orders of images that exist.
    pub fn archive(mut self) -> Self {
        self.kind = Some("ARCHIVE".into());
        self
    }

    /// Orders of images that are to be taken.
    pub fn tasking(mut self) -> Self {
        self.kind = Some("TASKING".into());
        self
    }

    /// Tasking orders that stand there among people, such as `QUOTATION_WAITING_RESPONSE`.
    pub fn sub_status(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.sub_statuses = texts(words);
        self
    }

    /// Orders that are paid from one of these budgets, by their ids.
    pub fn budgets(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.budgets = texts(ids);
        self
    }

    /// These orders.
    pub fn ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ids = texts(ids);
        self
    }

    /// The newest so many.
    pub fn limit(mut self, orders: usize) -> Self {
        self.limit = Some(orders);
        self
    }

    /// A status that nobody knows was never meant.
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
