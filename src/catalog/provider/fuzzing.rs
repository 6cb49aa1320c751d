//! Documents of STAC APIs, for [`fuzzing`](crate::fuzzing).

use std::path::Path;
use std::str;

use serde_json::Value;

use super::paging::{follow, read_page};
use super::scan::measure;
use super::{Collection, Collections, Queryables, Stac};
use crate::catalog::{Scene, Scenes};
use crate::transport::Request;
use up42_view::Aoi;

/// URL of the documents.
const URL: &str = "https://stac.example/v1/";

/// Reads a document as scenes, and as each document of a STAC API.
pub(crate) fn stac(bytes: &[u8], folder: &Path) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(scenes) = Scenes::from_geojson(text) {
        check_round_trip(&scenes, folder);
    }
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(stac) = Stac::read(&json, URL) {
        assert!(!stac.offers.to_string().is_empty());
    }
    if let Ok(queryables) = Queryables::read(&json) {
        assert_eq!(queryables.to_dataframe().unwrap().height(), queryables.len());
    }
    if let Some(collection) = Collection::read(&json) {
        let one = Collections::from_iter([collection]);
        assert_eq!(one.to_dataframe().unwrap().height(), 1);
    }
    if let Ok(page) = read_page(json, "features", &Request::get(URL), follow) {
        let area = Aoi::from_bbox([13.3, 52.5, 13.4, 52.6]).unwrap();
        for item in page.items {
            measure(Scene::read(&item, URL), &area);
        }
    }
}

fn check_round_trip(scenes: &Scenes, folder: &Path) {
    assert_eq!(scenes.to_dataframe().unwrap().height(), scenes.len());
    assert!(!format!("{scenes:?}").is_empty());
    // A larger list takes longer to write, and tests nothing more.
    if scenes.is_empty() || scenes.len() > 20 {
        return;
    }
    let path = folder.join("scenes.parquet");
    scenes.to_geoparquet(&path).unwrap();
    let again = Scenes::read_geoparquet(&path).unwrap();
    let ids = |scenes: &Scenes| {
        let mut ids: Vec<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&again), ids(scenes));
}
