//! The saved pages that the browser tests open.

use std::fs;
use std::path::Path;

use up42::Aoi;
use up42::catalog::Search;
use up42::simulator::Simulator;
use up42::view::{Map, Tiles};

use super::marked;
use crate::{client_of, dakar};

/// Returns each page with its name, `NAME.html`. Add further pages here.
fn pages() -> Vec<(&'static str, Map)> {
    vec![
        ("map", quicklooks(&dakar(), 12)),
        ("one", quicklooks(&dakar(), 1)),
        ("fiji", quicklooks(&fiji(), 8)),
        ("marked", marked::map()),
        ("tiles", quicklooks(&dakar(), 2).tiles(tiles())),
        ("earth", Map::new("Earth").aoi(&earth())),
    ]
}

pub fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, map) in pages() {
        // A changing date would change the page each time.
        let map = map.dated("2020-12-31T12:00:00Z".parse().unwrap());
        map.save_html(folder.join(format!("{name}.html"))).unwrap();
    }
}

/// Returns tiles of a server that exists only in the test.
fn tiles() -> Tiles {
    Tiles::new("http://127.0.0.1:8123/{z}/{x}/{y}.svg?key=SECRET", "© <b>Tiles</b> & co")
        .unwrap()
        .max_zoom(18)
}

fn earth() -> Aoi {
    Aoi::from_bbox([-180.0, -90.0, 180.0, 90.0]).unwrap().named("Earth")
}

/// Returns an area across the antimeridian.
fn fiji() -> Aoi {
    Aoi::from_bbox([179.9, -17.0, -179.9, -16.8]).unwrap().named("Taveuni")
}

/// Returns a map of this number of simulated scenes with their pictures: the same each time.
pub fn quicklooks(aoi: &Aoi, scenes: usize) -> Map {
    let catalog = client_of(&Simulator::start().unwrap()).catalog().without_cache();
    let search = Search::new(aoi).between("2019-01-01", "2019-12-31").limit(scenes);
    catalog.download_quicklooks(&catalog.search(search).unwrap()).unwrap().to_map(aoi)
}
