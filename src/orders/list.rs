use std::collections::{HashMap, HashSet};
use std::time::Duration;

use polars::prelude::DataFrame;
use serde_json::Value;

use super::filter::LIMIT;
use super::order::PAUSES;
use super::spent::spent;
use super::{Order, OrderFilter};
use crate::client::{Client, pages};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, Result};
use up42_core::impl_list;
use up42_core::wait::{SystemClock, wait};

/// Number of orders in one request by ids, or by tags.
const IDS: usize = 50;
const TAGS: usize = 50;

/// Orders of the platform, newest first.
#[derive(Clone)]
pub struct Orders {
    pub(super) orders: Vec<Order>,
    /// Cost of each order, if it was requested.
    pub(super) credits: Option<Vec<Option<i64>>>,
    pub(super) has_more: bool,
}

impl Client {
    /// Returns the orders of the workspace that match a filter, newest first.
    /// [`OrderFilter::new()`] matches all; 1,000 orders are returned unless the filter has another
    /// limit.
    ///
    /// ```
    /// # use up42::Client;
    /// # use up42::orders::OrderFilter;
    /// # let client = Client::simulator()?;
    /// let orders = client.orders(OrderFilter::new().status(["fulfilled"]))?;
    /// assert!(orders.is_empty());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a status that does not
    /// exist, and the errors of the network.
    #[doc(alias = "get_orders")]
    pub fn orders(&self, filter: impl Into<OrderFilter>) -> Result<Orders> {
        let filter = filter.into();
        let read = || {
            filter.check()?;
            // An order that cannot be parsed must not hide the others.
            let take = |json: &Value| Ok(Order::read(self, json).ok());
            let limit = filter.limit.unwrap_or(LIMIT);
            let listed = pages(self, &request(self, &filter)?, limit, take)?;
            Ok(Orders { orders: listed.entries, credits: None, has_more: listed.has_more })
        };
        let orders: Result<_> = read();
        orders.context("list the orders")
    }
}

/// Returns the request for a list of orders (`docs/up42-api.md`, 10.2 d).
pub(super) fn request(client: &Client, filter: &OrderFilter) -> Result<Request> {
    let mut request = Request::get(client.url("/v2/orders"))
        .query("sort", "createdAt,desc")
        .query("workspaceId", client.workspace()?.id);
    for (name, value) in [("displayName", &filter.name), ("type", &filter.kind)] {
        if let Some(value) = value {
            request = request.query(name, value);
        }
    }
    for tag in &filter.tags {
        request = request.query("tags", tag);
    }
    for status in &filter.statuses {
        request = request.query("status", status.word());
    }
    for status in &filter.sub_statuses {
        request = request.query("subStatus", status);
    }
    for (name, ids) in [("budgetIds", &filter.budgets), ("orderIds", &filter.ids)] {
        if !ids.is_empty() {
            request = request.query(name, ids.join(","));
        }
    }
    Ok(request)
}

/// Returns the orders with these tags, by tag. The response is filtered again, since a server may
/// ignore the filter.
pub(super) fn tagged(client: &Client, tags: &[String]) -> Result<HashMap<String, Order>> {
    let mut found = HashMap::new();
    for tags in tags.chunks(TAGS) {
        let requested: HashSet<&String> = tags.iter().collect();
        // An order that cannot be parsed may be one of them, so it is an error.
        let read = |json: &Value| Order::read(client, json).map(Some);
        let list = || pages(client, &request(client, &OrderFilter::new().tags(tags))?, usize::MAX, read);
        for order in list().context("look for orders")?.entries {
            let own = order.tags.iter().filter(|tag| requested.contains(tag));
            found.extend(own.map(|tag| (tag.clone(), order.clone())));
        }
    }
    Ok(found)
}

/// Page of the list of orders.
#[derive(Debug)]
pub(crate) struct OrdersPage {
    pub(crate) orders: Vec<Order>,
    /// Whether every entry could be parsed; the others are left out.
    pub(crate) is_whole: bool,
}

impl Orders {
    /// Returns one page of the workspace's orders, newest first; `None` past the last page.
    pub(crate) fn page(client: &Client, filter: &OrderFilter, page: usize) -> Result<Option<OrdersPage>> {
        let request = request(client, filter)?.query("page", page.to_string()).query("size", "100");
        let mut json = client.json(request).context("list the orders")?;
        let list = json.get_mut("content").map(Value::take).unwrap_or_default();
        let list = crate::client::items(list, "content").context("list the orders")?;
        let orders: Vec<Order> = list.iter().filter_map(|json| Order::read(client, json).ok()).collect();
        let is_whole = orders.len() == list.len();
        Ok((!list.is_empty()).then_some(OrdersPage { orders, is_whole }))
    }

    pub(super) fn of(orders: Vec<Order>) -> Self {
        Self { orders, credits: None, has_more: false }
    }

    /// Returns the order with an id.
    pub fn get(&self, id: &str) -> Option<&Order> {
        self.iter().find(|order| order.id == id)
    }

    /// Returns whether the platform has more orders than the filter's limit.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Reads the current status of the orders, as a list and not one by one.
    ///
    /// # Errors
    ///
    /// The errors of [`Client::orders`].
    #[doc(alias = "track")]
    pub fn refresh(&self) -> Result<Self> {
        let Some(client) = self.orders.first().map(|order| order.client().clone()) else {
            return Ok(self.clone());
        };
        let mut now = self.clone();
        now.credits = None;
        for known in now.orders.chunks_mut(IDS) {
            let ids = known.iter().map(|order| &order.id);
            let listed = client.orders(OrderFilter::new().ids(ids).limit(IDS))?;
            for order in known {
                // The list may not contain an order yet that was placed just now.
                if let Some(listed) = listed.get(&order.id) {
                    *order = listed.clone();
                }
            }
        }
        Ok(now)
    }

    /// Polls the orders until no status can change without the user
    /// ([`OrderStatus::is_at_rest`](crate::orders::OrderStatus::is_at_rest)), or until `timeout`
    /// has passed.
    ///
    /// # Errors
    ///
    /// The errors of [`Client::orders`].
    pub fn wait(&self, timeout: Duration) -> Result<Self> {
        wait(
            &SystemClock::default(),
            timeout,
            PAUSES,
            || self.refresh(),
            |orders| orders.iter().all(|order| order.status.is_at_rest()),
        )
    }

    /// Returns the orders with the credits taken for each of them, from the account's history,
    /// which is read once for all. The name of the field with an order's id, `details.orderId`, is
    /// inferred from `details.jobId` of jobs. If the entries do not have it, the credits are
    /// unknown.
    ///
    /// # Errors
    ///
    /// The errors of the account's history.
    pub fn with_credits(&self) -> Result<Self> {
        let Some(client) = self.orders.first().map(|order| order.client().clone()) else {
            return Ok(self.clone());
        };
        let first = self.iter().map(|order| order.created).min().flatten();
        let spent = spent(&client, first).context("credits of the orders")?;
        let of = |order: &Order| spent.get(&order.id).copied();
        Ok(Self { credits: Some(self.iter().map(of).collect()), ..self.clone() })
    }

    /// Returns the orders as a Polars DataFrame, one row per order.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id` | String | | never null | `id` |
    /// | `name` | String | | none | `displayName` |
    /// | `status` | String | | never null | `status`, as tables write it |
    /// | `sub_status` | String | | no tasking | `orderDetails.subStatus` |
    /// | `type` | String | | not reported | `type`: `ARCHIVE`, `TASKING` |
    /// | `scene` | String | | no scene | `orderDetails.imageId` |
    /// | `product` | String | | not reported | `dataProductId` |
    /// | `tags` | String | | never null | `tags`, joined by commas |
    /// | `budget` | String | | none | `budgetId` |
    /// | `credits` | Int64 | credits | not requested, or nothing taken | the account's history |
    /// | `created`, `updated` | Datetime(ms) | UTC | not reported | `createdAt`, `updatedAt` |
    ///
    /// `credits` is requested by [`with_credits`](Self::with_credits).
    ///
    /// # Errors
    ///
    /// Only if Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let rows: Vec<(usize, &Order)> = self.iter().enumerate().collect();
        Frame::of(&rows)
            .text("id", |(_, order)| Some(&order.id))
            .text("name", |(_, order)| order.name.as_deref())
            .strings("status", self.iter().map(|order| Some(order.status.to_string())).collect())
            .text("sub_status", |(_, order)| order.sub_status.as_deref())
            .text("type", |(_, order)| order.kind.as_deref())
            .text("scene", |(_, order)| order.scene_id.as_deref())
            .text("product", |(_, order)| order.product_id.as_deref())
            .strings("tags", self.iter().map(|order| Some(order.tags.join(","))).collect())
            .text("budget", |(_, order)| order.budget_id.as_deref())
            .integer("credits", |(row, _)| self.credits.as_ref()?[*row])
            .instant("created", |(_, order)| order.created)?
            .instant("updated", |(_, order)| order.updated)?
            .finish()
            .context("orders to a DataFrame")
    }
}

impl_list!(Orders(orders: Order), "Returns an iterator over the orders, the newest first.");
