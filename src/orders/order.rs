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

/// The first pause between two looks at an order, and the longest.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(10)];

/// An order of the platform as it was last told of, and what can be done with it.
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
/// assert!(order.credits()?.unwrap() > 0);
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
    /// Where it stands.
    pub status: OrderStatus,
    /// Where a tasking order stands among people, such as `QUOTATION_WAITING_RESPONSE`.
    pub sub_status: Option<String>,
    /// Whether the images existed, `ARCHIVE`, or are to be taken, `TASKING` (`type`).
    pub kind: Option<String>,
    /// The data product's id.
    pub product_id: Option<String>,
    /// The ordered scene's id (`orderDetails.imageId`).
    pub scene_id: Option<String>,
    /// The words it is found by.
    pub tags: Vec<String>,
    /// The budget that it is paid from.
    pub budget_id: Option<String>,
    /// When it was placed, UTC.
    pub created: Option<Timestamp>,
    /// When it last changed, UTC.
    pub updated: Option<Timestamp>,
    /// What else the platform tells of it (`orderDetails`): the area, dates, angles.
    pub details: Map<String, Value>,
}

impl Client {
    /// The order with an id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the account has none.
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

    /// One that was placed just now, before the platform tells of it.
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

    /// The order as it is now.
    ///
    /// # Errors
    ///
    /// Those of [`Client::order`].
    #[doc(alias = "info")]
    pub fn refresh(&self) -> Result<Self> {
        self.client.order(&self.id)
    }

    /// Looks at the order again and again until nothing comes by waiting
    /// ([`OrderStatus::is_at_rest`]), or until so much time has passed. How it stands then is
    /// told by its `status`: an order may take days.
    ///
    /// # Errors
    ///
    /// Those of [`Client::order`].
    #[doc(alias = "track")]
    #[doc(alias = "track_status")]
    pub fn wait(&self, at_most: Duration) -> Result<Self> {
        wait(&SystemClock::default(), at_most, PAUSES, || self.refresh(), |order| order.status.is_at_rest())
    }

    /// Gives the order these tags, in place of those that people gave it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the platform refuses
    /// them: 30 are the most.
    pub fn tag(&self, tags: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let mut tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        // By these it is found again: without them it would be bought anew.
        let own = self.tags.iter().filter(|tag| is_own_tag(tag) && !tags.contains(tag)).cloned();
        tags.extend(own.collect::<Vec<_>>());
        self.change(json!({"tags": tags})).with_context(|| format!("tag order `{}`", self.id))
    }

    /// Has the order paid from another budget, by its id, or from none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the platform refuses
    /// the budget.
    pub fn set_budget(&self, budget: Option<&str>) -> Result<Self> {
        self.change(json!({"budgetId": budget})).with_context(|| format!("budget of order `{}`", self.id))
    }

    /// `docs/up42-api.md`, 10.2 e.
    fn change(&self, patch: Value) -> Result<Self> {
        let url = self.client.url(&Self::path(&self.id, "")?);
        Self::read(&self.client, &self.client.json(Request::merge_patch(url, patch))?)
    }

    /// Cancels the order. The platform allows it before the order is on its way to the host,
    /// and after the host did not take it ([`OrderStatus::is_cancellable`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is too late.
    #[doc(alias = "cancel_order")]
    pub fn cancel(&self) -> Result<Self> {
        let cancel = || {
            let now = self.refresh()?;
            if now.status == OrderStatus::Canceled {
                return Ok(now);
            }
            if !now.status.is_cancellable() && !matches!(now.status, OrderStatus::Unknown(_)) {
                return Err(Error::invalid(format!(
                    "it is {}: only an order that is created, or whose placement failed, can be cancelled",
                    now.status
                )));
            }
            // To ask twice does no harm.
            let url = self.client.url(&Self::path(&self.id, "/cancellation")?);
            self.client.send(Request::post(url, json!({})))?;
            self.refresh()
        };
        cancel().with_context(|| format!("cancel order `{}`", self.id))
    }

    /// What was taken for it, in credits, from the history of the account; `None` while
    /// nothing was taken. Held credits are not in it. For many orders
    /// [`Orders::with_credits`](crate::orders::Orders::with_credits) reads the history once.
    ///
    /// # Errors
    ///
    /// Those of the account's history.
    pub fn credits(&self) -> Result<Option<i64>> {
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
