//! Orders as a batch: bought with a journal, once, whatever becomes of the program.

use super::backend::OrderBackend;
use super::{Order, OrderItem, OrderPlacement, OrderPlan, PlacedOrder, PlacedOrders};
use crate::batch::{Batch, Placement};
use crate::jobs::{JobId, JobParameters};
use up42_core::error::{Context, Result};
use up42_core::hash::hex;
use up42_core::sanitize::sanitize;

impl OrderPlan {
    /// The orders as a batch, with a journal: each is placed once, also after the kernel was
    /// killed, and followed until it is delivered. Nothing is sent yet; the licence is asked
    /// for, and the parameters are checked. What [`at_most`](Self::at_most) allows is the
    /// batch's budget.
    ///
    /// An order has a status, credits and results as any other job has:
    /// [`JobStatus`](crate::jobs::JobStatus) says which. One that was lost is found again by a tag
    /// that is a hash of what it delivers and of the plan's [`name`](Self::name): what another
    /// batch of the same plan bought, or [`place`](Self::place), is found by it, and not bought
    /// again. Other tags and another budget make no other order: they hold for what was not sent
    /// yet.
    ///
    /// ```
    /// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
    /// # use up42::catalog::Search;
    /// # let simulator = Simulator::builder().clock(Clock::speed(3600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?.named("Dakar");
    /// # let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(2))?;
    /// # let product = client.data_product("phr/display")?;
    /// let batch = scenes.order(&product).aoi(&aoi).batch("dakar-scenes")?.budget(20_000);
    /// assert!(batch.estimate()?.total().max > 0);
    /// let jobs = batch.run()?;
    /// assert_eq!(jobs.succeeded(), 2);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`items`](Self::items), and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the licence is not
    /// accepted, or two orders are the same.
    pub fn batch(&self, name: impl Into<String>) -> Result<Batch> {
        self.batch_of(name, &self.items()?)
    }

    fn batch_of(&self, name: impl Into<String>, items: &[OrderItem]) -> Result<Batch> {
        let product = self.product();
        product.check_eula()?;
        let service = OrderBackend::of(product.client(), &product.id, &self.title())?;
        let jobs = items.iter().map(|item| JobParameters::new(&item.label, item.to_json()));
        let batch = Batch::of(service, name, jobs.collect())?;
        let batch = self.at_most.into_iter().fold(batch, |batch, most| batch.budget(most));
        let batch = self.settle.into_iter().fold(batch, Batch::settle);
        Ok(self.deadline.into_iter().fold(batch, Batch::deadline))
    }

    /// Places the orders: here, or when their [`batch`](Self::batch) runs, and nowhere else,
    /// credits are spent. The platform holds them at once, takes them when it delivers, and
    /// gives them back when it cannot.
    ///
    /// One after the other, in the order of the plan, so that the first are bought when the
    /// credits do not suffice for all. Each is accepted or refused for itself, and
    /// [`PlacedOrders`] tells which. It is a batch that ends when each order is placed, named by
    /// a hash of what it buys: each order is sent once, also when the program is killed, when a
    /// cell runs again, when two programs place the plan at the same time, and when the plan is
    /// run as a batch afterwards. After a lost answer the order is looked for, and sent again
    /// only when it is proven that it was never created ([`settle`](Self::settle)).
    ///
    /// Programs with other folders of batches
    /// ([`ClientBuilder::batches`](crate::client::ClientBuilder::batches)) are only seen in the
    /// platform's list, which may be late. Another [`name`](Self::name) makes other orders.
    ///
    /// # Errors
    ///
    /// Before anything is sent: those of [`items`](Self::items),
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the licence is not
    /// accepted, [`ErrorKind::Credits`](crate::ErrorKind::Credits) when the price is above
    /// [`at_most`](Self::at_most), or that of an order without a price when there is such a limit;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the journal cannot be read or written.
    #[doc(alias = "place_order")]
    pub fn place(&self) -> Result<PlacedOrders> {
        let list = self.items()?;
        let place = || -> Result<PlacedOrders> {
            let batch = self.batch_of(self.batch_name(&list), &list)?.quiet();
            let placements = batch.place()?;
            self.placed(&list, placements)
        };
        place().with_context(|| format!("place order `{}`", sanitize(&self.title(), 200)))
    }

    /// The same for the same orders, in whatever order they are.
    fn batch_name(&self, list: &[OrderItem]) -> String {
        let mut keys: Vec<String> = list.iter().map(OrderItem::key).collect();
        keys.sort();
        format!("orders-{}", hex(format!("{}\n{}", self.title(), keys.join(" ")), 6))
    }

    /// What came of each order, as it stands now.
    fn placed(&self, list: &[OrderItem], placements: Vec<Placement>) -> Result<PlacedOrders> {
        let client = self.product.client();
        let placed = |(item, placement): (&OrderItem, Placement)| {
            let key = OrderBackend::key_of(&item.to_json());
            let order = |id: &JobId| {
                let name = OrderBackend::title(&self.title(), &item.label);
                Order::new(client, id.to_string(), &name, item)
            };
            let outcome = match placement {
                Placement::Created(job) => OrderPlacement::Placed(order(&job.id)),
                Placement::Existing(job) => OrderPlacement::Existing(order(&job.id)),
                Placement::Refused(error) => OrderPlacement::Refused(error),
                Placement::Lost(error) => OrderPlacement::Lost(error),
            };
            let tag = OrderBackend::tag(&self.title(), &key, 0);
            PlacedOrder { label: item.label.clone(), tag, outcome }
        };
        let orders = list.iter().zip(placements).map(placed).collect();
        let placed = PlacedOrders { title: self.title(), client: client.clone(), orders };
        // What is known of them now is worth a request, and no reason to lose them.
        Ok(placed.track().unwrap_or(placed))
    }
}
