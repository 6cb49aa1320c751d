use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::spent::spent;
use super::{OrderItem, OrderStatus};
use crate::batch::is_own_tag;
use crate::client::{Client, id::checked, optional, required};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;
use up42_core::time::parse_timestamp;
use up42_core::wait::{SystemClock, wait};

/// First and longest pause between two polls of an order.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(10)];

/// Order of the platform, as it was last read.
///
/// ```
/// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
/// # use up42::catalog::Search;
/// # let simulator = Simulator::builder().clock(Clock::speed(600.0)).start()?;
/// # let client = Client::builder().simulator(simulator).build()?;
/// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
/// # let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(1))?;
/// # let placed = scenes.order(&client.data_product("phr/display")?).aoi(&aoi).place()?;
/// # let id = placed.orders().iter().next().unwrap().id.clone();
/// let order = client.order(&id)?.wait(std::time::Duration::from_secs(60))?;
/// assert_eq!(order.status, up42::orders::OrderStatus::Fulfilled);
/// assert!(order.cost()?.unwrap() > 0);
/// let order = order.tag(["dakar"])?;
/// assert!(order.tags.contains(&"dakar".to_owned()));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Order {
    pub(super) client: Client,
    /// The platform's id.
    pub id: String,
    /// The name given with the order (`displayName`).
    pub name: Option<String>,
    /// Status of the order.
    pub status: OrderStatus,
    /// Sub-status of a tasking order, such as `QUOTATION_WAITING_RESPONSE`
    /// (`orderDetails.subStatus`).
    pub sub_status: Option<String>,
    /// Type of the order (`type`): `ARCHIVE` for images that exist, `TASKING` for images that are
    /// yet to be acquired.
    pub kind: Option<String>,
    /// The data product's id.
    pub product_id: Option<String>,
    /// The ordered scene's id (`orderDetails.imageId`).
    pub scene_id: Option<String>,
    /// Tags of the order, those of this library included.
    pub tags: Vec<String>,
    /// Id of the budget that pays for the order.
    pub budget_id: Option<String>,
    /// Time at which the order was placed, UTC.
    pub created: Option<Timestamp>,
    /// Time of the last change, UTC.
    pub updated: Option<Timestamp>,
    /// Other fields of the platform (`orderDetails`), such as the area, dates and angles.
    pub details: Map<String, Value>,
}

impl Client {
    /// Returns the order with an id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no such order.
    pub fn order(&self, id: impl AsRef<str>) -> Result<Order> {
        let id = id.as_ref();
        let read = || Order::read(self, &self.get(&Order::path(id, "")?)?);
        read().with_context(|| format!("order `{id}`"))
    }
}

impl Order {
    pub(crate) fn read(client: &Client, json: &Value) -> Result<Self> {
        let details = json.get("orderDetails").and_then(Value::as_object).cloned().unwrap_or_default();
        let detail = |field: &str| details.get(field).and_then(Value::as_str).map(str::to_owned);
        let tags = json.get("tags").and_then(Value::as_array).into_iter().flatten();
        let instant = |field| parse_timestamp(&optional(json, field)?);
        Ok(Self {
            client: client.clone(),
            id: required(json, "id")?,
            name: optional(json, "displayName"),
            status: OrderStatus::read(&required(json, "status")?),
            sub_status: detail("subStatus"),
            kind: optional(json, "type"),
            product_id: optional(json, "dataProductId"),
            scene_id: detail("imageId"),
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
            budget_id: optional(json, "budgetId"),
            created: instant("createdAt"),
            updated: instant("updatedAt"),
            details,
        })
    }

    /// Creates an order that was placed just now, before the platform returns it.
    pub(super) fn new(client: &Client, id: String, name: &str, item: &OrderItem) -> Self {
        Self {
            client: client.clone(),
            id,
            name: Some(name.to_owned()),
            status: OrderStatus::Created,
            sub_status: None,
            kind: None,
            product_id: Some(item.product_id.clone()),
            scene_id: item.scene_id.clone(),
            tags: item.tags.clone(),
            budget_id: item.budget_id.clone(),
            created: None,
            updated: None,
            details: Map::new(),
        }
    }

    fn path(id: &str, rest: &str) -> Result<String> {
        Ok(format!("/v2/orders/{}{rest}", checked("order", id)?))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads the order again.
    ///
    /// # Errors
    ///
    /// The errors of [`Client::order`].
    #[doc(alias = "info")]
    pub fn refresh(&self) -> Result<Self> {
        self.client.order(&self.id)
    }

    /// Polls the order until its status cannot change without the user
    /// ([`OrderStatus::is_at_rest`]), or until `timeout` has passed. An order may take days: check
    /// the `status` of the result.
    ///
    /// # Errors
    ///
    /// The errors of [`Client::order`].
    #[doc(alias = "track")]
    #[doc(alias = "track_status")]
    pub fn wait(&self, timeout: Duration) -> Result<Self> {
        wait(&SystemClock::default(), timeout, PAUSES, || self.refresh(), |order| order.status.is_at_rest())
    }

    /// Replaces the tags that users gave the order by these. The tags of this library are kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the platform refuses them: it
    /// allows up to 30.
    pub fn tag(&self, tags: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let mut tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        // The library identifies the order by its own tags: without them it would be bought again.
        let own = self.tags.iter().filter(|tag| is_own_tag(tag) && !tags.contains(tag)).cloned();
        tags.extend(own.collect::<Vec<_>>());
        self.change(json!({"tags": tags})).with_context(|| format!("tag order `{}`", self.id))
    }

    /// Sets the budget that pays for the order, by its id, or removes it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the platform refuses the
    /// budget.
    pub fn set_budget(&self, budget: Option<&str>) -> Result<Self> {
        self.change(json!({"budgetId": budget})).with_context(|| format!("budget of order `{}`", self.id))
    }

    /// Changes fields of the order (`docs/up42-api.md`, 10.2 e).
    fn change(&self, patch: Value) -> Result<Self> {
        let url = self.client.url(&Self::path(&self.id, "")?);
        Self::read(&self.client, &self.client.json(Request::merge_patch(url, patch))?)
    }

    /// Cancels the order. The platform allows this before the order is sent to the host, and after
    /// a failed placement ([`OrderStatus::is_cancellable`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if it is too late.
    #[doc(alias = "cancel_order")]
    pub fn cancel(&self) -> Result<Self> {
        let cancel = || {
            let now = self.refresh()?;
            if now.status == OrderStatus::Cancelled {
                return Ok(now);
            }
            if !now.status.is_cancellable() && !matches!(now.status, OrderStatus::Unknown(_)) {
                return Err(Error::invalid(format!(
                    "it is {}: only an order that is created, or whose placement failed, can be cancelled",
                    now.status
                )));
            }
            // A second request does no harm.
            let url = self.client.url(&Self::path(&self.id, "/cancellation")?);
            self.client.send(Request::post(url, json!({})))?;
            self.refresh()
        };
        cancel().with_context(|| format!("cancel order `{}`", self.id))
    }

    /// Returns the credits taken for the order, from the account's history; `None` if nothing was
    /// taken. Held credits are not included. For many orders,
    /// [`Orders::with_credits`](crate::orders::Orders::with_credits) reads the history once.
    ///
    /// # Errors
    ///
    /// The errors of the account's history.
    pub fn cost(&self) -> Result<Option<i64>> {
        let spent =
            spent(&self.client, self.created).with_context(|| format!("credits of order `{}`", self.id))?;
        Ok(spent.get(&self.id).copied())
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({}, {})", sanitize(&self.id, 80), sanitize(&self.status.to_string(), 80))
    }
}
