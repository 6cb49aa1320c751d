//! A batch that places orders.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;

use crate::batch::{Delivery, Kind, Mark, Owner, Service, Source};
use crate::client::Client;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::hash::hex;
use crate::jobs::{Credits, Estimate, Job, JobId, JobParameters, JobStatus, JobsPage, Price};
use crate::orders::{Order, OrderFilter, OrderItem, OrderStatus, Orders, spent};
use crate::parallel::in_parallel;
use crate::storage::deliver;

/// What the tag of an order begins with, by which it is found again.
const TAG: &str = "up42-batch-";
/// What decides nothing that is delivered: with other tags, or paid from another budget, it is
/// the same order.
const BESIDES: [&str; 2] = ["tags", "budgetId"];
/// An order is paid when it is delivered, which is its last change, give or take this.
const RECENT: SignedDuration = SignedDuration::from_mins(1);
/// Prices at a time; the limiter holds the rate.
const AT_ONCE: usize = 16;

/// Orders of a data product.
pub(crate) struct OnOrders {
    client: Client,
    workspace: String,
    product: String,
    name: String,
    /// What was taken for orders, as far as it was asked: the account's history tells of all at
    /// once, and so those that end together ask once.
    taken: Mutex<HashMap<String, i64>>,
}

impl OnOrders {
    pub(crate) fn of(client: &Client, product: &str, name: &str) -> Result<Arc<dyn Service>> {
        let workspace = client.workspace()?.id;
        let (product, name) = (product.to_owned(), name.to_owned());
        Ok(Arc::new(Self { client: client.clone(), workspace, product, name, taken: Mutex::default() }))
    }
}

impl Source for OnOrders {
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
        // Mostly a page tells; else all since the order began.
        let recent = order.updated.and_then(|at| at.checked_sub(RECENT).ok());
        for since in [recent.max(order.created), order.created] {
            if !taken.contains_key(id.as_str()) {
                let told = || format!("credits of order `{id}`");
                let told = spent(&self.client, since).with_context(told)?;
                // A part of what was told may be a refund alone.
                taken.extend(told.into_iter().filter(|(_, credits)| *credits > 0));
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

impl Service for OnOrders {
    fn owner(&self) -> Owner {
        Owner {
            kind: Kind::Order,
            host: self.client.host(),
            place: self.workspace.clone(),
            id: self.product.clone(),
            name: self.name.clone(),
            // Each order names its own.
            budget: None,
        }
    }

    fn key(&self, parameters: &JobParameters) -> Option<String> {
        let mut inputs = parameters.inputs.clone();
        inputs.retain(|name, _| !BESIDES.contains(&name.as_str()));
        Some(JobParameters::new("", inputs).key())
    }

    fn create(&self, name: &str, parameters: &JobParameters) -> Result<Job> {
        let mut item = OrderItem::read(&parameters.label, &parameters.inputs)?;
        let tag = self.listed_name(name, parameters);
        item.tags.push(tag.clone());
        let title = format!("{}, {}", self.name, parameters.label);
        let id = item.place(&self.client, &title).with_context(|| format!("order `{}`", parameters.label))?;
        Ok(Job { name: Some(tag), ..Job::new(id, JobStatus::NotStarted) })
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

    /// Only what the platform has not begun with can be cancelled: the others go on.
    fn cancel(&self, id: &JobId) -> Result<Option<Job>> {
        match self.client.order(id.as_str())?.cancel() {
            Ok(order) => Ok(Some(job(&order))),
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn listed_name(&self, name: &str, _parameters: &JobParameters) -> String {
        format!("{TAG}{}", hex(name, 8))
    }

    fn mark_of(&self, job: &Job) -> Mark {
        job.name.clone().map_or(Mark::None, Mark::Name)
    }

    fn balance(&self) -> Result<i64> {
        self.client.credits()
    }

    fn estimate(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        let price = |parameters: &JobParameters| {
            let item = OrderItem::read(&parameters.label, &parameters.inputs)?;
            let credits = item.credits(&self.client)?;
            Ok(Price { credits: Credits { min: credits, max: credits }, duration: None })
        };
        let prices = in_parallel(jobs, AT_ONCE, price);
        Estimate::of_prices(jobs.iter().map(|job| job.label.clone()).zip(prices).collect())
    }
}

fn job(order: &Order) -> Job {
    let mut job = Job::new(&order.id, status(&order.status));
    job.name = order.tags.iter().find(|tag| tag.starts_with(TAG)).cloned();
    job.created = order.created;
    // The platform tells no other times: the last change of what has ended is its end.
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
        OrderStatus::Canceled => JobStatus::Cancelled,
        // The platform may mend these, and an unknown one may be anything.
        other => JobStatus::Unknown(other.to_string()),
    }
}
