use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::OnProcessing;
use crate::batch::Batch;
use crate::client::{Client, id::checked, items, optional, required, whole};
use crate::closest::closest;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::glossary::{EulaState, eula_states};
use crate::jobs::{Credits, Estimate, JobParameters, Price};
use crate::parallel::in_parallel;
use crate::plain::plain;
use crate::processes::{ProcessInputs, ProcessRows, Processes};
use crate::transport::Request;

/// Prices, and validations, at a time; the limiter holds the rate.
const AT_ONCE: usize = 16;

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

impl Client {
    /// A process of the platform, by its id, such as `pansharpening`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none; the error names some that there are. And
    /// [`ErrorKind::InvalidInput`] without an account's login.
    #[doc(alias = "ProcessingTemplate")]
    pub fn process(&self, id: impl AsRef<str>) -> Result<Process> {
        let id = id.as_ref();
        let read = || -> Result<Process> {
            let path = format!("/v2/processing/processes/{}", checked("process", id)?);
            match self.get(&path) {
                Ok(json) => Process::read(self, &json),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let known = self.process_list().map_err(|_| error.clone())?;
                    let near = closest(known.iter().map(|one| one.id.as_str()), id);
                    Err(error.context(format!("there is none: did you mean {near}?")))
                }
                Err(error) => Err(error),
            }
        };
        read().with_context(|| format!("process `{id}`"))
    }

    /// The processes of the platform.
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    pub fn process_list(&self) -> Result<Processes> {
        let read = || {
            let mut json = self.get("/v2/processing/processes")?;
            items(json.get_mut("processes").map(Value::take).unwrap_or_default(), "processes")
        };
        let list: Result<_> = read();
        Ok(Processes::read(&list.context("list the processes")?))
    }
}

impl Process {
    fn read(client: &Client, json: &Value) -> Result<Self> {
        let more = json.pointer("/additionalParameters/parameters").and_then(Value::as_array);
        let parameter = |name: &str| {
            let found = more.into_iter().flatten().find(|one| one.get("name").is_some_and(|one| one == name));
            found.and_then(|one| one.pointer("/value/0")).cloned()
        };
        let price = parameter("price").and_then(|price| {
            let unit = price.get("unit").and_then(Value::as_str)?;
            Some(plain(&format!("{} credits per {unit}", price.get("credits")?.as_f64()?), 80))
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

    /// Asks the platform whether it would take these inputs. Nothing is run, nothing paid.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] names the input and what is wrong with it: by the
    /// description, and then by the platform.
    pub fn validate(&self, inputs: &Value) -> Result<()> {
        let check = || {
            let map = inputs.as_object().ok_or_else(|| Error::invalid("the inputs are no object"))?;
            self.inputs.check([("inputs".to_owned(), map)])?;
            self.ask("validation", map).map(drop)
        };
        check().with_context(|| format!("validate inputs of `{}`", self.id))
    }

    /// The price of each job, before a credit is spent.
    ///
    /// # Errors
    ///
    /// When no job has a price: the reason of the first.
    pub fn estimate(&self, rows: impl Into<ProcessRows>) -> Result<Estimate> {
        let estimate = || self.prices(&self.jobs_of(rows.into())?);
        estimate().with_context(|| format!("estimate `{}`", self.id))
    }

    /// The jobs of rows. The platform wants a title for each.
    fn jobs_of(&self, rows: ProcessRows) -> Result<Vec<JobParameters>> {
        let has_title = self.has_title();
        let (mut seen, mut twin) = (HashSet::new(), None);
        let jobs = rows.jobs_called(&self.inputs, |job| {
            // A title that is only the label makes no other job.
            if !seen.insert(job.key()) {
                twin.get_or_insert_with(|| plain(&job.label, 200));
            }
            if has_title && !job.inputs.contains_key("title") {
                job.inputs.insert("title".into(), job.label.as_str().into());
            }
        })?;
        match twin {
            Some(label) => Err(Error::invalid(format!("`{label}` is in it twice, and would be paid twice"))),
            None => Ok(jobs),
        }
    }

    pub(super) fn prices(&self, jobs: &[JobParameters]) -> Result<Estimate> {
        let price = |job: &JobParameters| {
            let credits = whole(&self.ask("cost", &job.inputs)?, "totalCredits")?;
            Ok(Price { credits: Credits { min: credits, max: credits }, duration: None })
        };
        let prices = in_parallel(jobs, AT_ONCE, price);
        Estimate::of_prices(jobs.iter().map(|job| job.label.clone()).zip(prices).collect())
    }

    fn ask(&self, what: &str, inputs: &Map<String, Value>) -> Result<Value> {
        let url =
            self.client.url(&format!("/v2/processing/processes/{}/{what}", checked("process", &self.id)?));
        let answer = self.client.send(Request::post(url, json!({"inputs": inputs})))?;
        Ok(answer.json().unwrap_or_default())
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
    /// # use up42::{Aoi, Client, Search, serde_json::json, simulator::{Clock, Simulator}};
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
    /// [`ErrorKind::InvalidInput`] when there are no rows, or two that are the same, when a row
    /// has what the process would refuse, and when its licence is not accepted.
    pub fn batch(&self, name: impl Into<String>, rows: impl Into<ProcessRows>) -> Result<Batch> {
        let batch = || {
            let jobs = self.jobs_of(rows.into())?;
            if self.eula()? == EulaState::NotAccepted {
                return Err(Error::invalid(
                    "its licence is not accepted, and each job would be refused: accept it on the platform's web page",
                ));
            }
            Batch::of(OnProcessing::of(self), name, jobs)
        };
        batch().with_context(|| format!("process `{}`", self.id))
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({})", plain(&self.id, 200))
    }
}
