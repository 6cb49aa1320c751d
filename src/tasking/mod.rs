//! Tasking: orders of new acquisitions (`docs/up42-api.md`, 11).
//!
//! A tasking order, placed by [`DataProduct::order`](crate::products::DataProduct::order), needs
//! two decisions: an option of its [`FeasibilityStudy`], and its [`Quotation`].

mod quotation;
mod quotations;
mod studies;
mod study;
mod view;

pub use quotation::Quotation;
pub use quotations::Quotations;
pub use studies::FeasibilityStudies;
pub use study::{FeasibilityOption, FeasibilityStudy};

use std::fmt;

use serde_json::Value;

use crate::client::{Client, pages};
use crate::orders::Order;
use crate::transport::Request;
use up42_core::error::{Context, ErrorKind, Result};

/// Feasibility studies and quotations of an account.
///
/// ```
/// # use std::time::Duration;
/// # use up42::{Aoi, Client, simulator::Clock, simulator::Simulator};
/// # use up42::orders::OrderStatus;
/// # let simulator = Simulator::builder().clock(Clock::manual()).start()?;
/// # let clock = simulator.clock().clone();
/// # let client = Client::builder().simulator(simulator).build()?;
/// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
/// let task = client.data_product("phr-tasking/standard")?.order().aoi(&aoi)
///     .param("acquisitionStart", "2026-12-01T00:00:00Z")
///     .param("acquisitionEnd", "2026-12-31T00:00:00Z");
/// task.place()?;
/// # clock.advance(Duration::from_secs(3600));
/// let studies = client.tasking().feasibility_studies()?;
/// let study = studies.undecided().next().unwrap();
/// study.accept(&study.options[0].id)?;
/// # clock.advance(Duration::from_secs(3600));
/// let quotations = client.tasking().quotations()?;
/// let quotation = quotations.undecided().next().unwrap();
/// assert!(quotation.credits > 0);
/// quotation.accept()?; // credits are held from here on
/// # clock.advance(Duration::from_secs(3600));
/// assert_eq!(quotation.order()?.status, OrderStatus::Fulfilled);
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
pub struct Tasking {
    client: Client,
}

impl Client {
    /// Returns the studies and quotations of the account. Sends no request.
    #[doc(alias = "initialize_tasking")]
    pub fn tasking(&self) -> Tasking {
        Tasking { client: self.clone() }
    }
}

impl Tasking {
    /// Returns the quotations of the workspace, newest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] if the login is rejected, [`ErrorKind::Network`] on failure of the
    /// connection.
    #[doc(alias = "get_quotations")]
    pub fn quotations(&self) -> Result<Quotations> {
        let read = |json: &Value| Quotation::read(&self.client, json).map(Some);
        let quotations = self.list("quotation", None, read).context("list the quotations")?;
        Ok(Quotations { quotations })
    }

    /// Returns the feasibility studies of the workspace, newest first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] if the login is rejected, [`ErrorKind::Network`] on failure of the
    /// connection.
    #[doc(alias = "get_feasibility")]
    pub fn feasibility_studies(&self) -> Result<FeasibilityStudies> {
        let read = |json: &Value| FeasibilityStudy::read(&self.client, json).map(Some);
        let studies = self.list("feasibility-studies", None, read).context("list the feasibility studies")?;
        Ok(FeasibilityStudies { studies })
    }

    /// Returns the quotations of one order.
    ///
    /// # Errors
    ///
    /// Same as [`quotations`](Self::quotations).
    pub fn quotations_of(&self, order: &Order) -> Result<Quotations> {
        let read = |json: &Value| Quotation::read(&self.client, json).map(Some);
        let quotations = self.list("quotation", Some(&order.id), read);
        Ok(Quotations {
            quotations: quotations.with_context(|| format!("quotations of order `{}`", order.id))?,
        })
    }

    /// Returns the feasibility studies of one order.
    ///
    /// # Errors
    ///
    /// Same as [`feasibility_studies`](Self::feasibility_studies).
    pub fn feasibility_studies_of(&self, order: &Order) -> Result<FeasibilityStudies> {
        let read = |json: &Value| FeasibilityStudy::read(&self.client, json).map(Some);
        let studies = self.list("feasibility-studies", Some(&order.id), read);
        Ok(FeasibilityStudies {
            studies: studies.with_context(|| format!("studies of order `{}`", order.id))?,
        })
    }

    fn list<T>(
        &self,
        what: &str,
        order: Option<&str>,
        read: impl FnMut(&Value) -> Result<Option<T>>,
    ) -> Result<Vec<T>> {
        let mut request = Request::get(self.client.url(&format!("/v2/tasking/{what}")))
            .query("sort", "createdAt,desc")
            .query("workspaceId", self.client.workspace()?.id);
        if let Some(id) = order {
            request = request.query("orderId", id);
        }
        Ok(pages(&self.client, &request, usize::MAX, read)?.entries)
    }
}

/// Sends a decision, without a retry. After a lost response the decision is looked up with `now`.
fn decide<T>(
    client: &Client,
    path: &str,
    body: Value,
    read: impl Fn(&Value) -> Result<T>,
    now: impl Fn() -> Result<Option<T>>,
) -> Result<T> {
    let sent =
        client.json(Request::patch(client.url(path), body).mark_charging()).and_then(|json| read(&json));
    let error = match sent {
        Ok(decided) => return Ok(decided),
        Err(error) => error,
    };
    let is_lost = matches!(error.kind(), ErrorKind::Network | ErrorKind::Server | ErrorKind::Response);
    if !is_lost || error.is_unsent() {
        return Err(error);
    }
    match now() {
        Ok(Some(decided)) => Ok(decided),
        _ => Err(error.context("the answer was lost: list it again before you decide anew")),
    }
}

impl fmt::Debug for Tasking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tasking of {:?}", self.client)
    }
}
