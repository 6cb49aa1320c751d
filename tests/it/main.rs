//! Tests of the library against the simulator and against real servers.

mod account;
mod aoi;
mod batches;
mod browser;
mod catalog;
mod certificates;
mod clouds;
mod coverage;
mod crash;
mod deliveries;
mod dry_runs;
mod errors;
mod geoparquet;
mod jobs;
mod known_weaknesses;
mod limits;
mod logins;
mod malformed_responses;
mod mosaic;
mod ogc;
mod orders;
mod parameters;
mod pgstac;
mod processing;
mod project_jobs;
mod projects;
mod providers;
mod public_catalogs;
mod purchases;
mod pygeoapi;
mod python;
mod quicklooks;
mod rasters;
mod results;
mod rustac;
mod scenes;
mod sdk;
mod secrets;
mod server;
mod stac;
mod storage;
mod synchronous_processes;
mod tasking;
mod test_catalog;
mod untrusted;
mod wait;

use up42::simulator::{Clock, Simulator};
use up42::{Aoi, Client};

/// Returns a client of a simulator with its own login.
fn client_of(simulator: &Simulator) -> Client {
    Client::builder().simulator(simulator.clone()).build().unwrap()
}

/// Starts a simulator on which a minute takes a tenth of a second.
fn fast() -> (Simulator, Client) {
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).start().unwrap();
    let client = client_of(&simulator);
    (simulator, client)
}

fn harbour() -> Aoi {
    Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72]).unwrap().named("Dakar")
}

fn dakar() -> Aoi {
    Aoi::read(concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks/data/dakar.geojson")).unwrap()
}

fn airports() -> Aoi {
    Aoi::read(concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks/data/airports.geojson")).unwrap()
}
