//! Orders as a batch: each is bought once, also if the program is killed.

use super::backend::OrderBackend;
use super::{Order, OrderItem, OrderPlacement, OrderPlan, PlacedOrder, PlacedOrders};
use crate::batch::{Batch, Placement};
use crate::jobs::{JobId, JobParameters};
use up42_core::error::{Context, Result};
use up42_core::hash::hex;
use up42_core::sanitize::sanitize;

impl OrderPlan {
    /// Creates a batch of the orders, with a journal: each order is placed once, also after the
    /// kernel was killed, and followed until it is delivered. No order is sent yet; the acceptance
    /// of the licence and the parameters are checked. [`max_credits`](Self::max_credits) is the batch's
    /// spending limit.
    ///
    /// An order has a status, credits and results as other jobs do: see
    /// [`JobStatus`](crate::jobs::JobStatus). A lost order is identified by a tag, which is a hash
    /// of what the order delivers and of the plan's [`name`](Self::name). Orders that another batch
    /// of the same plan, or [`place`](Self::place), has bought are found by it and not bought
    /// again. Different tags or another budget do not make another order; they apply to orders that
    /// were not sent yet.
    ///
    /// ```
    /// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
    /// # use up42::catalog::Search;
    /// # let simulator = Simulator::builder().clock(Clock::speed(3600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?.named("Dakar");
    /// # let scenes = client.catalog().search(Search::new(&aoi).collections(["phr"]).limit(2))?;
    /// # let product = client.data_product("phr/display")?;
    /// let batch = scenes.order(&product).aoi(&aoi).batch("dakar-scenes")?.max_credits(20_000);
    /// assert!(batch.estimate()?.total().max > 0);
    /// let jobs = batch.run()?;
    /// assert_eq!(jobs.succeeded(), 2);
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`items`](Self::items), and
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the licence is not accepted,
    /// or two orders are equal.
    pub fn batch(&self, name: impl Into<String>) -> Result<Batch> {
        self.batch_of(name, &self.items()?)
    }

    fn batch_of(&self, name: impl Into<String>, items: &[OrderItem]) -> Result<Batch> {
        let product = self.product();
        product.check_eula()?;
        let service = OrderBackend::of(product.client(), &product.id, &self.title())?;
        let jobs = items.iter().map(|item| JobParameters::new(&item.label, item.to_json()));
        let batch = Batch::of(service, name, jobs.collect())?;
        let batch = self.at_most.into_iter().fold(batch, |batch, most| batch.max_credits(most));
        let batch = self.lost_job_timeout.into_iter().fold(batch, Batch::lost_job_timeout);
        Ok(self.deadline.into_iter().fold(batch, Batch::timeout))
    }

    /// Places the orders. Credits are spent only here and when their [`batch`](Self::batch) runs.
    /// The platform holds the credits at once, takes them on delivery, and releases them if it
    /// cannot deliver.
    ///
    /// Orders are placed one after the other, in the order of the plan, so that the first ones are
    /// bought if the credits do not suffice for all. Each order is accepted or refused separately:
    /// see [`PlacedOrders`]. The plan runs as a batch that ends when each order is placed, and
    /// whose name is a hash of its orders. Each order is therefore sent once, also if the program
    /// is killed, if a cell runs again, if two programs place the plan at the same time, or if the
    /// plan is run as a batch afterwards. After a lost response the order is searched, and sent
    /// again only if it is proven that it was never created ([`lost_job_timeout`](Self::lost_job_timeout)).
    ///
    /// Orders of programs with another folder of batches
    /// ([`ClientBuilder::batches`](crate::client::ClientBuilder::batches)) are only found in the
    /// platform's list, which may be late. Another [`name`](Self::name) makes other orders.
    ///
    /// # Errors
    ///
    /// Before anything is sent: the errors of [`items`](Self::items);
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the licence is not accepted;
    /// [`ErrorKind::Credits`](crate::ErrorKind::Credits) if the price exceeds
    /// [`max_credits`](Self::max_credits); if that is set, the error of an order without a price;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the journal cannot be read or written.
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

    /// Returns the name of the batch, which is the same for the same orders in any order.
    fn batch_name(&self, list: &[OrderItem]) -> String {
        let mut keys: Vec<String> = list.iter().map(OrderItem::key).collect();
        keys.sort();
        format!("orders-{}", hex(format!("{}\n{}", self.title(), keys.join(" ")), 6))
    }

    /// Returns the result for each order, with its current status.
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
        // The orders are returned even if their current status cannot be read.
        Ok(placed.refresh().unwrap_or(placed))
    }
}
