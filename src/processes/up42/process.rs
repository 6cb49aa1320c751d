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

/// A process of today's platform: what it does with the items of the storage, what it can be
/// told, and what it costs.
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

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// For people.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What it does.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// What the platform asks for it, such as `3 credits per SQ_KM`.
    pub fn price(&self) -> Option<&str> {
        self.price.as_deref()
    }

    /// What it can be told.
    pub fn inputs(&self) -> &ProcessInputs {
        &self.inputs
    }

    /// Whether its licence is accepted: without that its jobs are refused.
    ///
    /// # Errors
    ///
    /// Those of the network.
    pub fn eula(&self) -> Result<EulaState> {
        let Some(id) = &self.eula_id else { return Ok(EulaState::NotNeeded) };
        let states = eula_states(&self.client, [id.clone()])?;
        Ok(states.get(id).copied().unwrap_or(EulaState::Unknown))
    }

    /// Charges the jobs of a batch to a budget of the account, by its id; also when the batch is
    /// opened by its name.
    pub fn budget_id(mut self, id: impl Into<String>) -> Self {
        self.budget = Some(id.into());
        self
    }

    /// The request that creates a job.
    pub(super) fn execution(&self, inputs: &Map<String, Value>) -> Result<Request> {
        let path = format!("/v2/processing/processes/{}/execution", checked("process", &self.id)?);
        let request = Request::post(self.client.url(&path), json!({"inputs": inputs}));
        let request = request.query("workspaceId", &self.workspace).charging();
        Ok(match &self.budget {
            Some(budget) => request.query("budgetId", budget),
            None => request,
        })
    }

    /// Whether a job's title can be given.
    pub(super) fn has_title(&self) -> bool {
        self.inputs.is_empty() || self.inputs.get("title").is_some()
    }

    /// A batch of jobs, one for each row. Nothing is sent yet. Rows are checked against the
    /// description; a `title` that is left out is the job's label.
    ///
    /// Jobs are found again by their titles, to which the batch adds a name of its own.
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
    /// let batch = client.process("upsampling-ns")?.batch("upsampled", &items)?.budget(10_000);
    /// assert!(batch.estimate()?.total().max > 0);
    /// let jobs = batch.run()?;
    /// assert_eq!(jobs.succeeded(), items.len());
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when there are no rows, or two
    /// that are the same, when a row has what the process would refuse, and when its licence is
    /// not accepted.
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
