//! Batches of orders (API reference, 10).

mod service;

use crate::batch::Batch;
use crate::error::Result;
use crate::jobs::JobParameters;
use crate::orders::OrderPlan;

pub(crate) use service::OnOrders;
#[cfg(test)]
pub(crate) use service::status;

impl OrderPlan {
    /// The orders as a batch, with a journal: each is placed once, also after the kernel was
    /// killed, and followed until it is delivered. Nothing is sent yet; the licence is asked
    /// for, and the parameters are checked. What [`at_most`](Self::at_most) allows is the
    /// batch's budget.
    ///
    /// An order has a status, credits and results as any other job has:
    /// [`JobStatus`](crate::JobStatus) says which. One that was lost is found again by a tag
    /// that the batch gives it. Other tags and another budget make no other order: they hold for
    /// what was not sent yet.
    ///
    /// ```
    /// # use up42::{Aoi, Client, Search, simulator::{Clock, Simulator}};
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
        let items = self.items()?;
        let product = self.product();
        product.check_eula()?;
        let service = OnOrders::of(product.client(), &product.id, &self.title())?;
        let jobs = items.iter().map(|item| JobParameters::new(&item.label, item.to_json()));
        let batch = Batch::of(service, name, jobs.collect())?;
        Ok(match self.most() {
            Some(most) => batch.budget(most),
            None => batch,
        })
    }
}
