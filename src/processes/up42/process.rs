use std::fmt;

use serde_json::{Map, Value, json};

use super::ProcessingBackend;
use crate::batch::Batch;
use crate::client::{Client, id::checked, optional, required};
use crate::processes::{ProcessInputs, ProcessRows};
use crate::products::{EulaState, eula_states};
use crate::transport::Request;
use up42_core::error::{Context, Error, Result};
use up42_core::sanitize::sanitize;

/// Process of UP42, which processes items of the storage: description, inputs and price.
///
/// ```
/// # use up42::{Client, serde_json::json};
/// # let client = Client::simulator()?;
/// let process = client.process("pansharpening")?;
/// assert!(process.inputs().get("item").is_some());
/// assert_eq!(process.price(), Some("1 credits per SQ_KM"));
/// let error = process.validate(&json!({"title": "no item"})).unwrap_err();
/// assert!(error.to_string().contains("`item`: it is missing"));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone)]
#[doc(alias = "SingleItemJobTemplate")]
#[doc(alias = "MultiItemJobTemplate")]
pub struct Process {
    pub(super) client: Client,
    id: String,
    title: Option<String>,
    description: Option<String>,
    eula_id: Option<String>,
    price: Option<String>,
    inputs: ProcessInputs,
    pub(super) workspace: String,
    pub(super) budget: Option<String>,
}

impl Process {
    pub(super) fn read(client: &Client, json: &Value) -> Result<Self> {
        let more = json.pointer("/additionalParameters/parameters").and_then(Value::as_array);
        let parameter = |name: &str| {
            let found = more.into_iter().flatten().find(|one| one.get("name").is_some_and(|one| one == name));
            found.and_then(|one| one.pointer("/value/0")).cloned()
        };
        let price = parameter("price").and_then(|price| {
            let unit = price.get("unit").and_then(Value::as_str)?;
            Some(sanitize(&format!("{} credits per {unit}", price.get("credits")?.as_f64()?), 80))
        });
        Ok(Self {
            client: client.clone(),
            id: required(json, "id")?,
            title: optional(json, "title"),
            description: optional(json, "description"),
            eula_id: parameter("eula-id").and_then(|id| id.as_str().map(str::to_owned)),
            price,
            inputs: ProcessInputs::read(json),
            workspace: client.workspace()?.id,
            budget: None,
        })
    }

    /// Returns the id of the process.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the title for people.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Returns the description of the process.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the price per unit, such as `3 credits per SQ_KM`.
    pub fn price(&self) -> Option<&str> {
        self.price.as_deref()
    }

    /// Returns the inputs of the process.
    pub fn inputs(&self) -> &ProcessInputs {
        &self.inputs
    }

    /// Returns the state of the process's licence (EULA): jobs are rejected unless it is accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) on failure of the connection.
    pub fn eula(&self) -> Result<EulaState> {
        let Some(id) = &self.eula_id else { return Ok(EulaState::NotNeeded) };
        let states = eula_states(&self.client, [id.clone()])?;
        Ok(states.get(id).copied().unwrap_or(EulaState::Unknown))
    }

    /// Charges the jobs of a batch to a budget of the account, by its id. The batch keeps it when
    /// opened again by name.
    pub fn budget_id(mut self, id: impl Into<String>) -> Self {
        self.budget = Some(id.into());
        self
    }

    /// Creates the request that creates a job.
    pub(super) fn execution(&self, inputs: &Map<String, Value>) -> Result<Request> {
        let path = format!("/v2/processing/processes/{}/execution", checked("process", &self.id)?);
        let request = Request::post(self.client.url(&path), json!({"inputs": inputs}));
        let request = request.query("workspaceId", &self.workspace).mark_charging();
        Ok(match &self.budget {
            Some(budget) => request.query("budgetId", budget),
            None => request,
        })
    }

    /// Returns whether a job may have a title.
    pub(super) fn has_title(&self) -> bool {
        self.inputs.is_empty() || self.inputs.get("title").is_some()
    }

    /// Creates a batch of jobs, one per row. Nothing is sent yet. Rows are checked against the
    /// process description; a missing `title` becomes the job's label.
    ///
    /// After a lost response jobs are found by their titles, to which the batch adds a unique
    /// suffix.
    ///
    /// ```
    /// # use up42::{Aoi, Client, serde_json::json, simulator::Clock, simulator::Simulator};
    /// # use up42::catalog::Search;
    /// # let simulator = Simulator::builder().clock(Clock::speed(3600.0)).start()?;
    /// # let client = Client::builder().simulator(simulator).build()?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let search = Search::new(&aoi).collections(["phr"]).limit(2);
    /// # let scenes = client.catalog().search(&search)?;
    /// # let product = client.data_product("phr/display")?;
    /// # scenes.order(&product).aoi(&aoi).place()?.wait(std::time::Duration::from_secs(60))?;
    /// let items = client.storage().items()?; // or those that are chosen from it
    /// let batch = client.process("upsampling-ns")?.batch("upsampled", &items)?.max_credits(10_000);
    /// assert!(batch.estimate()?.total().max > 0);
    /// let jobs = batch.run()?;
    /// assert_eq!(jobs.succeeded(), items.len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if there are no rows, if two
    /// rows are the same, if a row does not match the process description, or if the process's
    /// licence is not accepted.
    pub fn batch(&self, name: impl Into<String>, rows: impl Into<ProcessRows>) -> Result<Batch> {
        let batch = || {
            let jobs = self.jobs_of(rows.into())?;
            if self.eula()? == EulaState::NotAccepted {
                return Err(Error::invalid(
                    "its licence is not accepted, and each job would be refused: accept it on the platform's web page",
                ));
            }
            Batch::of(ProcessingBackend::of(self), name, jobs)
        };
        batch().with_context(|| format!("process `{}`", self.id))
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({})", sanitize(&self.id, 200))
    }
}
