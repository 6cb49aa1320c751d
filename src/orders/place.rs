//! Buying what was planned.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::list::request;
use super::sent::{Note, Sent};
use super::{Order, OrderFilter, OrderItem, OrderPlacement, OrderPlan, PlacedOrder, PlacedOrders};
use crate::client::{Client, pages};

use crate::error::{Context, Error, ErrorKind, Result};
use crate::hash::hex;
use crate::parallel::in_parallel;
use crate::plain::plain;

/// Orders that are looked for at a time.
const AT_ONCE: usize = 16;
/// When to look for an order whose answer was lost: the list may be late with it.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)];
/// What the tag of an order begins with that this library placed, by itself or in a batch.
const TAG: &str = "up42-rs-";
const BATCH_TAG: &str = "up42-batch-";

/// Whether an order is found again by this tag, which nobody gave it.
pub(crate) fn is_own_tag(tag: &str) -> bool {
    [TAG, BATCH_TAG].iter().any(|own| tag.starts_with(own))
}

impl OrderPlan {
    /// Places the orders: here, and nowhere else, credits are spent. The platform holds them
    /// at once, takes them when it delivers, and gives them back when it cannot.
    ///
    /// One after the other, in the order of the plan, so that the first are bought when the
    /// credits do not suffice for all. Each is accepted or refused for itself, and
    /// [`PlacedOrders`] tells which. Each is sent once. After a lost answer it is looked for by
    /// its tag, a hash of its name and of all that it asks for; one that is not found may exist
    /// all the same, and is told as [`OrderPlacement::Lost`].
    ///
    /// Placed again, as when a cell runs again, a plan finds the orders that it made before by
    /// the same tags, and buys nothing twice. For the platform's list may be late, what was sent
    /// is noted in a file in the folder of the batches
    /// ([`ClientBuilder::batches`](crate::ClientBuilder::batches)): another program, and this
    /// one after it was killed, look there too, and one buys while the others wait. Another
    /// [`name`](Self::name) makes other orders. For more orders than a few hundred, and to follow
    /// them until they are delivered, there are batches.
    ///
    /// # Errors
    ///
    /// Before anything is sent: those of [`items`](Self::items),
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the licence is not
    /// accepted, [`ErrorKind::Credits`](crate::ErrorKind::Credits) when the price is above
    /// [`at_most`](Self::at_most), [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot
    /// be read or written.
    #[doc(alias = "place_order")]
    pub fn place(&self) -> Result<PlacedOrders> {
        let list = self.items()?;
        let told = || format!("place order `{}`", plain(&self.title(), 200));
        self.product.check_eula().with_context(told)?;
        self.product.client().workspace().with_context(told)?;
        self.check_price().with_context(told)?;
        let tags: Vec<String> = list.iter().map(|item| self.tag(item)).collect();
        let sent = Sent::open(self.product.client()).with_context(told)?;
        let notes = sent.notes().with_context(told)?;
        let known = in_parallel(&tags, AT_ONCE, |tag| self.before(tag, notes.get(tag)));
        let orders = list.iter().zip(tags).zip(known);
        let orders = orders.map(|((item, tag), known)| self.place_item(&sent, item, tag, known)).collect();
        drop(sent);
        let placed = PlacedOrders { title: self.title(), client: self.product.client().clone(), orders };
        // What is known of them now is worth a request, and no reason to lose them.
        Ok(placed.track().unwrap_or(placed))
    }

    fn check_price(&self) -> Result<()> {
        let Some(most) = self.at_most else { return Ok(()) };
        let estimate = self.estimate()?;
        if let Some((_, label, error)) = estimate.failed().next() {
            return Err(error
                .clone()
                .context(format!("`{}` has no price, so nothing was placed", plain(label, 200))));
        }
        match estimate.total() {
            total if total > most => Err(Error::new(
                ErrorKind::Credits,
                format!(
                    "it costs {total} credits, and {most} are allowed: raise `.at_most(…)`, or order less"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// What the order is found by: the same for the same wish.
    fn tag(&self, item: &OrderItem) -> String {
        format!("{TAG}{}", hex(format!("{}\n{}", item.key(), self.title()), 8))
    }

    fn place_item(
        &self,
        sent: &Sent,
        item: &OrderItem,
        tag: String,
        known: Result<Option<OrderPlacement>>,
    ) -> PlacedOrder {
        let outcome = match known {
            Ok(None) => self.send(sent, item, &tag),
            Ok(Some(known)) => known,
            // Whoever cannot look must not buy.
            Err(error) => OrderPlacement::Refused(
                error.context("nothing was sent, since it cannot be told whether it was placed before"),
            ),
        };
        PlacedOrder { label: item.label.clone(), tag, outcome }
    }

    /// What came of it before, where anything did. The list may be late with what was sent.
    fn before(&self, tag: &str, note: Option<&Note>) -> Result<Option<OrderPlacement>> {
        let client = self.product.client();
        let is_lost = note.is_some_and(|note| note.id.is_none());
        if let Some(order) = look(client, tag, if is_lost { &LOOKS } else { &LOOKS[..1] })? {
            return Ok(Some(OrderPlacement::Existing(order)));
        }
        let Some(Note { id, at }) = note else { return Ok(None) };
        let lost = || {
            let told = "its answer was lost, and the list does not have it: place the plan again in some \
                        minutes, and when the platform's own page does not show it either, order it alone \
                        under another `.name(…)`";
            Error::new(ErrorKind::Network, told)
        };
        let order = id.as_ref().ok_or_else(lost).and_then(|id| client.order(id));
        let order = order.with_context(|| format!("it was sent at {at}"));
        Ok(Some(order.map_or_else(OrderPlacement::Lost, OrderPlacement::Existing)))
    }

    fn send(&self, sent: &Sent, item: &OrderItem, tag: &str) -> OrderPlacement {
        let client = self.product.client();
        let name = match item.label.as_str() {
            "area" => self.title(),
            label => format!("{}, {label}", self.title()),
        };
        let name: String = name.chars().take(200).collect();
        let tags = item.tags.iter().cloned().chain([tag.to_owned()]).collect();
        let item = OrderItem { tags, ..item.clone() };
        if let Err(error) = sent.note(tag, None) {
            return OrderPlacement::Refused(error.context("nothing was sent"));
        }
        let error = match item.place(client, &name) {
            Ok(id) => return placed(sent, tag, Order::new(client, id, &name, &item)),
            Err(error) => error,
        };
        if !may_exist(&error) {
            // A note that stays is looked after the next time.
            let _ = sent.forget(tag);
            return OrderPlacement::Refused(error);
        }
        match look(client, tag, &LOOKS) {
            Ok(Some(order)) => placed(sent, tag, order),
            _ => OrderPlacement::Lost(error),
        }
    }
}

/// Without the id, it would be looked for by its tag.
fn placed(sent: &Sent, tag: &str, order: Order) -> OrderPlacement {
    let _ = sent.note(tag, Some(&order.id));
    OrderPlacement::Placed(order)
}

/// Looks for an order with these pauses before.
fn look(client: &Client, tag: &str, pauses: &[Duration]) -> Result<Option<Order>> {
    for pause in pauses {
        sleep(*pause);
        if let Some(order) = find(client, tag)? {
            return Ok(Some(order));
        }
    }
    Ok(None)
}

/// Whether a request that failed may have been carried out all the same.
fn may_exist(error: &Error) -> bool {
    let is_lost = matches!(error.kind(), ErrorKind::Network | ErrorKind::Server | ErrorKind::Response);
    is_lost && !error.is_unsent()
}

/// The order with this library's tag. A server that does not filter sends others too, so all
/// are looked at, and one that cannot be read may be it.
pub(super) fn find(client: &Client, tag: &str) -> Result<Option<Order>> {
    let request = request(client, &OrderFilter::new().tags([tag])).context("look for the order")?;
    let read = |json: &Value| Order::read(client, json).map(Some);
    let all = pages(client, &request, usize::MAX, read).context("look for the order")?;
    Ok(all.entries.into_iter().find(|order| order.tags.iter().any(|one| one == tag)))
}
