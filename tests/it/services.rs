//! The services that run jobs, and a batch on each of them, to test all of them in the same way.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use up42::batch::Batch;
use up42::catalog::Search;
use up42::jobs::{GeometryOperation, ParallelParameters};
use up42::orders::OrderPlan;
use up42::serde_json::{Value, json};
use up42::simulator::{LedgerEntry, Simulator};
use up42::{Aoi, Client};

/// Variable that gives another program the name of the service.
pub const SERVICE: &str = "UP42_TEST_SERVICE";
/// Longest wait for an event. It only ends a test that would otherwise hang.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// Title of the order whose image is processed.
const SOURCE: &str = "the source";

/// Service that runs the jobs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Workflow of a project.
    Workflow,
    /// Process of UP42's current platform.
    Processing,
    /// Orders of a data product.
    Orders,
    /// Process of an OGC server.
    Ogc,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 4] = [Self::Workflow, Self::Processing, Self::Orders, Self::Ogc];

    /// Returns the service's name in arguments and figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Processing => "processing",
            Self::Orders => "orders",
            Self::Ogc => "ogc",
        }
    }

    /// Returns the service with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Returns the service in the environment of this program, set by
    /// [`environment`](Self::environment).
    pub fn from_env() -> Self {
        let name = std::env::var(SERVICE).ok();
        name.and_then(|name| Self::named(&name)).expect("the service is given")
    }

    /// Sets the variables with which another program finds the platform.
    pub fn environment(self, program: &mut Command, simulator: &Simulator, folder: &Path) {
        // A project's key suffices for a workflow; the other services need an account.
        match self {
            Self::Workflow => program
                .env("UP42_PROJECT_API_KEY", Simulator::PROJECT_API_KEY)
                .env_remove("UP42_USERNAME")
                .env_remove("UP42_PASSWORD"),
            _ => program.env("UP42_USERNAME", Simulator::USERNAME).env("UP42_PASSWORD", Simulator::PASSWORD),
        };
        program
            .env(SERVICE, self.name())
            .env("UP42_API_URL", simulator.api_url())
            .env("UP42_AUTH_URL", simulator.auth_url())
            .env("UP42_PROJECT_ID", Simulator::PROJECT_ID)
            .current_dir(folder);
    }

    /// Returns the jobs that the simulator has.
    pub fn ledger(self, simulator: &Simulator) -> Vec<LedgerEntry> {
        match self {
            Self::Workflow => simulator.ledger(),
            Self::Processing => simulator.processing_ledger(),
            Self::Orders => simulator.orders(),
            Self::Ogc => simulator.ogc_ledger(),
        }
    }

    /// Buys the image that processing jobs need.
    pub fn prepare(self, client: &Client) -> up42::Result<()> {
        if self == Self::Processing {
            let place = Aoi::from_bbox([-17.46, 14.70, -17.45, 14.71])?;
            let scenes = client.catalog().search(Search::new(&place).collections(["phr"]).limit(1))?;
            let order =
                scenes.order(&client.data_product("phr/display")?).aoi(&place).name(SOURCE).place()?;
            if let Some(simulator) = client.as_simulator() {
                simulator.clock().advance(Duration::from_secs(3600));
            }
            order.wait(PATIENCE)?;
        }
        Ok(())
    }

    /// Returns a batch with this number of jobs.
    pub fn batch(self, client: &Client, name: &str, jobs: usize) -> up42::Result<Batch> {
        match self {
            Self::Workflow => of_a_workflow(client, name, jobs),
            Self::Processing => of_a_process(client, name, jobs),
            Self::Orders => of_orders(client, name, jobs),
            Self::Ogc => of_an_ogc_process(client, name, jobs),
        }
    }
}

fn of_a_process(client: &Client, name: &str, jobs: usize) -> up42::Result<Batch> {
    let items = client.storage().items()?;
    // The results of processing are in the storage too.
    let source = items.iter().find(|item| item.title.as_ref().is_some_and(|title| title.starts_with(SOURCE)));
    let source = source.expect("it was ordered").url()?;
    let weights = |number| json!([{"band": "red", "weight": number}]);
    let row =
        |number| json!({"title": format!("job {number}"), "item": source, "greyWeights": weights(number)});
    client.process("pansharpening")?.batch(name, (0..jobs).map(row).collect::<Vec<Value>>())
}

fn of_orders(client: &Client, name: &str, jobs: usize) -> up42::Result<Batch> {
    parts(client, jobs)?.batch(name)
}

/// Returns a plan that orders parts of a scene.
pub fn parts(client: &Client, count: usize) -> up42::Result<OrderPlan> {
    let whole = Aoi::from_bbox([-17.46, 14.70, -17.45, 14.71])?;
    let search = Search::new(&whole).collections(["phr"]).limit(50);
    let scenes = client.catalog().search(search)?;
    let scene = scenes.iter().find(|scene| scene.aoi_coverage.is_some_and(|share| share > 99.0));
    let scene = scene.expect("one of them lies over it");
    Ok(scene.order(&client.data_product("phr/display")?).aoi(&fields(count, [-17.46, 14.70], 0.01)?))
}

/// Returns this number of squares side by side in a square with this corner and width, in degrees.
fn fields(count: usize, [west, south]: [f64; 2], width: f64) -> up42::Result<Aoi> {
    let side = (count as f64).sqrt().ceil() as usize;
    let step = width / side as f64;
    let feature = |number: usize| {
        let (column, row) = ((number % side) as f64, (number / side) as f64);
        let (west, south) = (column * step + west, row * step + south);
        let (east, north) = (west + 0.8 * step, south + 0.8 * step);
        let ring = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
        let properties = json!({"name": format!("part {number}")});
        json!({"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": ring}})
    };
    let features: Vec<Value> = (0..count).map(feature).collect();
    Aoi::from_geojson(&json!({"type": "FeatureCollection", "features": features}).to_string())
}

fn of_an_ogc_process(client: &Client, name: &str, jobs: usize) -> up42::Result<Batch> {
    let url = std::env::var("UP42_API_URL").or_else(|_| {
        client
            .as_simulator()
            .map(|simulator| simulator.api_url().to_owned())
            .ok_or(std::env::VarError::NotPresent)
    });
    let server = client.process_server(format!("{}/ogc", url.expect("the server is known")))?;
    let row = |number| json!({"name": format!("place {number}")});
    server.process("hello-world")?.batch(name, (0..jobs).map(row).collect::<Vec<Value>>())
}

fn of_a_workflow(client: &Client, name: &str, jobs: usize) -> up42::Result<Batch> {
    let workflow = client.project()?.workflow(name)?;
    if workflow.tasks()?.is_empty() {
        workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    }
    let parameters = ParallelParameters::new()
        .geometries(&fields(jobs, [-10.0, 40.0], 0.3)?)
        .interval_dates([("2019-01-01", "2019-12-31")])
        .geometry_operation(GeometryOperation::Bbox);
    workflow.batch(name, workflow.construct_parameters_parallel(parameters)?)
}
