//! Orders as the jobs of a batch (`docs/up42-api.md`, 10).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::estimate::offers;
use super::item::DISPLAY_NAME;
use super::list::tagged;
use super::reservations::{Buyer, Reservations};
use super::{Order, OrderFilter, OrderItem, OrderStatus, Orders, spent};
use crate::batch::{Batch, Delivery, JobBackend, Kind, Mark, OWN_TAG, Owner, Source, Submission, is_own_tag};
use crate::client::Client;
use crate::jobs::{Credits, Estimate, Job, JobId, JobParameters, JobStatus, JobsPage, Price};
use crate::storage::deliver;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::hash::hex;
use up42_core::redact;

/// Inputs that do not affect what is delivered: orders that differ only in these are the same
/// order.
const NON_IDENTITY_INPUTS: [&str; 2] = ["tags", "budgetId"];
/// Time before the last change of an order from which its payment is searched. An order is paid
/// when it is delivered, which is its last change.
const RECENT: SignedDuration = SignedDuration::from_mins(1);

/// Data product whose orders are the jobs of a batch.
pub(crate) struct OrderBackend {
    client: Client,
    workspace: String,
    product: String,
    name: String,
    reservations: Reservations,
    /// Held while a reservation passes from another batch to this one.
    takeover_lock: Mutex<()>,
    /// Credits taken for orders, as far as they were read. The account's history contains all
    /// orders, so orders that end together need one request.
    taken: Mutex<HashMap<String, i64>>,
}

impl OrderBackend {
    pub(crate) fn of(client: &Client, product: &str, name: &str) -> Result<Arc<dyn JobBackend>> {
        let workspace = client.workspace()?.id;
        let reservations =
            Reservations::new(client.batches_folder(), format!("{} {workspace}", client.host()));
        Ok(Arc::new(Self {
            client: client.clone(),
            workspace,
            product: product.to_owned(),
            name: name.to_owned(),
            reservations,
            takeover_lock: Mutex::default(),
            taken: Mutex::default(),
        }))
    }

    /// Returns the hash of the inputs that decide what is delivered.
    pub(super) fn key_of(inputs: &Map<String, Value>) -> String {
        let mut inputs = inputs.clone();
        inputs.retain(|name, _| !NON_IDENTITY_INPUTS.contains(&name.as_str()));
        if let Some(Value::Object(params)) = inputs.get_mut("params") {
            params.retain(|name, _| name != DISPLAY_NAME);
        }
        JobParameters::new("", inputs).key()
    }

    /// Returns the name of the order.
    pub(super) fn title(name: &str, label: &str) -> String {
        match label {
            "area" => name.to_owned(),
            label => format!("{name}, {label}"),
        }
    }

    /// Returns the tag of the order for an item. It is the same in every batch, so that each finds
    /// the orders that another has bought. Another name of the plan, or a retry after a failure,
    /// makes another order. The name is redacted first: a batch that is opened by its name has the
    /// plan's name from the journal, which contains no secrets.
    pub(super) fn tag(name: &str, key: &str, retries: u32) -> String {
        let name = redact::data(name);
        let wish = match retries {
            0 => format!("{key}\n{name}"),
            again => format!("{key}\n{name}\n{again}"),
        };
        format!("{OWN_TAG}{}", hex(wish, 8))
    }

    /// Returns the order with this id; `None` if the list does not contain it either.
    fn known(&self, id: &str) -> Result<Option<Order>> {
        match self.client.order(id) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Ok(self.client.orders(OrderFilter::new().ids([id]))?.get(id).cloned())
            }
            order => order.map(Some),
        }
    }
}

impl Source for OrderBackend {
    fn client(&self) -> &Client {
        &self.client
    }

    fn credits(&self, id: &JobId) -> Result<Option<i64>> {
        let mut taken = self.taken.lock().unwrap_or_else(|broken| broken.into_inner());
        // An order is paid once.
        if let Some(credits) = taken.get(id.as_str()) {
            return Ok(Some(*credits));
        }
        let order = self.client.order(id.as_str())?;
        // Usually the history since the last change is enough; otherwise since the order was
        // created.
        let recent = order.updated.and_then(|at| at.checked_sub(RECENT).ok());
        for since in [recent.max(order.created), order.created] {
            if !taken.contains_key(id.as_str()) {
                let context = || format!("credits of order `{id}`");
                let spent = spent(&self.client, since).with_context(context)?;
                // A part of the history may contain a refund only.
                taken.extend(spent.into_iter().filter(|(_, credits)| *credits > 0));
            }
        }
        match (taken.get(id.as_str()).copied(), &order.status) {
            (Some(credits), _) => Ok(Some(credits)),
            (None, OrderStatus::Fulfilled) => {
                Err(Error::new(ErrorKind::Server, "its credits are still held: ask again in a minute"))
            }
            (None, _) => Ok(Some(0)),
        }
    }

    fn reason(&self, job: &Job) -> Result<String> {
        let order = self.client.order(job.id.as_str())?;
        Ok(format!("the order is {}, and the platform does not say why", order.status))
    }

    fn results(&self, id: &JobId) -> Result<Delivery> {
        deliver(&self.client.order(id.as_str())?.items()?).with_context(|| format!("results of order `{id}`"))
    }
}

impl JobBackend for OrderBackend {
    fn owner(&self) -> Owner {
        Owner {
            kind: Kind::Order,
            host: self.client.host(),
            scope_id: self.workspace.clone(),
            id: self.product.clone(),
            name: self.name.clone(),
            // Each order has its own budget.
            budget: None,
        }
    }

    fn key(&self, parameters: &JobParameters) -> Option<String> {
        Some(Self::key_of(&parameters.inputs))
    }

    fn existing(&self, submissions: &[Submission]) -> Option<Result<Vec<(usize, Job)>>> {
        let tags: Vec<String> = submissions.iter().map(|one| self.mark(one)).collect();
        let find = || -> Result<Vec<(usize, Job)>> {
            let mut orders = tagged(&self.client, &tags)?;
            let found = tags.iter().enumerate().filter_map(|(place, tag)| Some((place, orders.remove(tag)?)));
            Ok(found.map(|(place, order)| (place, job(&order))).collect())
        };
        Some(find())
    }

    fn reserve(&self, submission: &Submission) -> Result<Option<Job>> {
        let (tag, buyer) = (self.mark(submission), buyer(submission));
        let reserved = self.reservations.reserve(&tag, buyer).map_err(Error::unsent)?;
        let Some(reserved) = reserved else { return Ok(None) };
        if let Some(id) = &reserved.order_id {
            let known = self.known(id).map_err(Error::unsent).with_context(|| format!("order `{id}`"))?;
            if let Some(order) = known {
                return Ok(Some(job(&order)));
            }
        }
        let batch = &reserved.batch;
        let lost = || {
            let message = match &reserved.order_id {
                Some(id) => format!("batch `{batch}` ordered it as `{id}`, which the platform does not know"),
                None => format!("batch `{batch}` may have ordered it, and its answer is not known"),
            };
            Error::new(ErrorKind::Network, message)
        };
        // The order is searched as if this batch had sent it. If no list contains it, it was never
        // created or is gone, unless the other batch is about to send it.
        if !submission.is_absent {
            return Err(lost());
        }
        // One at a time, so that threads of this batch do not block each other.
        let _passing = self.takeover_lock.lock().unwrap_or_else(|broken| broken.into_inner());
        // This batch already holds its own lock.
        let is_other = batch != submission.batch;
        let lock = is_other.then(|| Batch::lock_of(&self.client, batch).map_err(Error::unsent));
        let _lock = lock.transpose()?.map(|lock| lock.ok_or_else(lost)).transpose()?;
        match self.reservations.take_over(&tag, &reserved, buyer).map_err(Error::unsent)? {
            true => Ok(None),
            false => Err(lost()),
        }
    }

    fn create(&self, submission: &Submission) -> Result<Job> {
        let parameters = submission.parameters;
        let context = || format!("order `{}`", parameters.label);
        let (tag, buyer) = (self.mark(submission), buyer(submission));
        let mut item = OrderItem::read(&parameters.label, &parameters.inputs).with_context(context)?;
        item.tags.push(tag.clone());
        match item.place(&self.client, &Self::title(&self.name, &parameters.label)) {
            Ok(id) => {
                // If the id is not recorded, others search for the order by its tag.
                let _ = self.reservations.ordered(&tag, &id);
                Ok(Job { name: Some(tag), ..Job::new(id, JobStatus::NotStarted) })
            }
            Err(error) => {
                if !error.may_be_carried_out() {
                    // If this fails, the reservation stays with this batch.
                    let _ = self.reservations.release(&tag, buyer);
                }
                Err(error.context(context()))
            }
        }
    }

    fn page(&self, next: Option<&str>) -> Result<JobsPage> {
        let page = next.and_then(|page| page.parse().ok()).unwrap_or(0);
        Ok(match Orders::page(&self.client, &OrderFilter::new(), page)? {
            Some(list) => JobsPage {
                jobs: list.orders.iter().map(job).collect(),
                is_whole: list.is_whole,
                next: Some((page + 1).to_string()),
            },
            None => JobsPage { jobs: Vec::new(), is_whole: true, next: None },
        })
    }

    fn jobs(&self, ids: &[JobId]) -> Option<Result<Vec<Job>>> {
        let filter = OrderFilter::new().ids(ids.iter().map(JobId::as_str)).limit(ids.len());
        Some(self.client.orders(filter).map(|orders| orders.iter().map(job).collect()))
    }

    fn job(&self, id: &JobId) -> Result<Job> {
        self.client.order(id.as_str()).map(|order| job(&order))
    }

    /// Cancels the order if the platform has not started with it; `None` if it has, and the order
    /// continues.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        match self.client.order(id.as_str())?.cancel() {
            Ok(order) => Ok(Some(job(&order))),
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn mark(&self, submission: &Submission) -> String {
        Self::tag(&self.name, submission.key, submission.retries)
    }

    /// Returns all tags of this library: an order may have several, since a user can add the tag of
    /// another order.
    fn mark_of(&self, job: &Job) -> Mark {
        match job.name.as_deref() {
            Some(tags) => Mark::Names(tags.split(' ').map(str::to_owned).collect()),
            None => Mark::None,
        }
    }

    fn balance(&self) -> Result<i64> {
        self.client.balance()
    }

    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        let read = |job: &JobParameters| {
            OrderItem::read(&job.label, &job.inputs).with_context(|| format!("order `{}`", job.label))
        };
        let items = jobs.iter().map(read).collect::<Result<Vec<_>>>()?;
        let offers = offers(&self.client, &items, &self.name).into_iter();
        let price = |credits| Price { credits: Credits { min: credits, max: credits }, duration: None };
        let prices = offers.map(|offer| offer.map(|offer| price(offer.credits)));
        Estimate::of_prices(jobs.iter().map(|job| job.label.clone()).zip(prices).collect())
    }
}

fn buyer<'a>(submission: &Submission<'a>) -> Buyer<'a> {
    Buyer { run: submission.run, batch: submission.batch }
}

fn job(order: &Order) -> Job {
    let mut job = Job::new(&order.id, status(&order.status));
    let own: Vec<&str> = order.tags.iter().map(String::as_str).filter(|tag| is_own_tag(tag)).collect();
    job.name = (!own.is_empty()).then(|| own.join(" "));
    job.created = order.created;
    // The platform reports no other times: the last change of an ended order is its end.
    (job.started, job.finished) = (order.created, order.updated.filter(|_| order.status.is_terminal()));
    job
}

pub(crate) fn status(status: &OrderStatus) -> JobStatus {
    match status {
        OrderStatus::Created => JobStatus::NotStarted,
        OrderStatus::BeingPlaced | OrderStatus::Placed => JobStatus::Pending,
        OrderStatus::BeingFulfilled | OrderStatus::Downloaded => JobStatus::Running,
        OrderStatus::Fulfilled => JobStatus::Succeeded,
        OrderStatus::FailedPermanently => JobStatus::Failed,
        OrderStatus::Cancelled => JobStatus::Cancelled,
        // A failed placement or download may still be resolved, and an unknown status may or may
        // not be final.
        other => JobStatus::Unknown(other.to_string()),
    }
}
