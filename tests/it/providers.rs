//! Tests that compare UP42's catalogs, which hold the same archive.

use serde_json::{Value, json};
use up42::catalog::{Catalog, Op, Scenes, Search, SortBy};
use up42::simulator::Simulator;
use up42::{Aoi, Client};

use crate::{client_of, dakar};

fn ids(scenes: &Scenes) -> Vec<&str> {
    scenes.iter().map(|scene| scene.id.as_str()).collect()
}

/// Returns the classic catalog, with a project's login.
fn classic(simulator: &Simulator) -> Catalog {
    let builder = Client::builder().simulator(simulator.clone());
    builder.project(Simulator::PROJECT_ID, Simulator::PROJECT_API_KEY).build().unwrap().catalog()
}

#[test]
fn hosts_and_the_stac_api_find_the_same_scenes() {
    let simulator = Simulator::start().unwrap();
    let catalog = client_of(&simulator).catalog();
    let search = Search::new(dakar())
        .between("2017-01-01", "2020-12-31")
        .collections(["phr", "spot", "sentinel-2"])
        .max_cloud_cover(30.0)
        .resolution(..=1.5)
        .sort_by(SortBy::CloudCover)
        .limit(400);
    let (stac, hosts) = (catalog.search(&search).unwrap(), catalog.hosts().search(&search).unwrap());
    assert!(stac.len() > 10);
    assert_eq!(ids(&hosts), ids(&stac));
    let all = search.clone().collections([""; 0]).max_cloud_cover(5.0);
    assert_eq!(ids(&catalog.hosts().search(&all).unwrap()), ids(&catalog.search(&all).unwrap()));
    let requests: Vec<_> = simulator
        .requests()
        .into_iter()
        .filter(|request| request.path.starts_with("/catalog/hosts"))
        .collect();
    let of = |host: &str| requests.iter().filter(|request| request.path.contains(host)).count();
    assert!(of("/oneatlas/") >= 1 && of("/sentinel/") >= 1, "{requests:?}");
    let one = catalog.host("oneatlas").search(search.clone().collections(["spot"])).unwrap();
    assert!(!one.is_empty() && one.iter().all(|scene| scene.collection.as_deref() == Some("spot")));
    let error = catalog.host("nobody").search(&search).unwrap_err().to_string();
    assert!(error.contains("422: Host nobody is unknown"), "{error}");
}

#[test]
fn every_provider_searches_parts_across_the_antimeridian() {
    let simulator = Simulator::start().unwrap();
    let account = client_of(&simulator).catalog();
    let project = classic(&simulator);
    let islands: Vec<Value> = (0..20)
        .map(|nth| f64::from(nth) * 0.4 + 176.03)
        .map(|west| if west > 180.0 { west - 360.0 } else { west })
        .map(|west| Aoi::from_bbox([west, -18.0, west + 0.05, -17.9]).unwrap().to_geojson())
        .map(|geometry| json!({"type": "Feature", "properties": {}, "geometry": geometry}))
        .collect();
    let islands = json!({"type": "FeatureCollection", "features": islands}).to_string();
    for area in [Aoi::from_bbox([179.0, -18.0, -179.0, -16.0]).unwrap(), Aoi::from_geojson(&islands).unwrap()]
    {
        let search = Search::new(area).between("2020-01-01", "2020-02-29").limit(2000);
        let first = account.search(search.clone().collections(["sentinel-2"])).unwrap();
        let open = Catalog::stac(simulator.stac_url()).unwrap();
        assert!(first.len() > 10);
        assert_eq!(ids(&open.search(search.clone().collections(["sentinel-2"])).unwrap()), ids(&first));
        let hosts = account.hosts().search(search.clone().collections(["sentinel-2"])).unwrap();
        assert_eq!(ids(&hosts), ids(&first));
        let classic = project.search(search.sensors(["s2-l1c"])).unwrap();
        assert_eq!(ids(&classic), ids(&first));
    }
}

#[test]
fn sensors_are_data_blocks_of_the_classic_catalog() {
    let simulator = Simulator::start().unwrap();
    let project = classic(&simulator);
    let search = || Search::new(dakar()).between("2017-01-01", "2020-12-31").limit(500);
    let spot = project.search(search().sensors(["spot"]).delivery_times(["MINUTES"])).unwrap();
    assert!(spot.len() > 3 && spot.iter().all(|scene| scene.constellation.as_deref() == Some("SPOT")));
    let fine =
        project.search(search().resolution(..1.0).usage_types(["ANALYTICS"]).sort_by(SortBy::Resolution));
    let fine = fine.unwrap();
    assert!(fine.len() > 3 && fine.iter().all(|scene| scene.resolution.unwrap() < 1.0));
    let error = project.search(search().sensors(["landsat"])).unwrap_err();
    insta::assert_snapshot!(error, @"search the catalog: sensors: no data block is named like `landsat`: there is `oneatlas-pleiades-aoiclipped`, `oneatlas-pleiades-display-aoiclipped`, `oneatlas-pleiades-neo-aoiclipped`");
}

#[test]
fn an_unknown_collection_is_an_error_with_suggestions() {
    let client = Client::simulator().unwrap();
    let search = Search::new(dakar()).collections(["phr", "sentinel2"]).between("2019-01-01", "2019-12-31");
    let expected =
        "search the catalog: there is no collection `sentinel2`: did you mean `sentinel-2`, `pneo`, `phr`?";
    assert_eq!(client.catalog().search(&search).unwrap_err().to_string(), expected);
    assert_eq!(client.catalog().hosts().search(&search).unwrap_err().to_string(), expected);
    // A name in capitals means the same collection, and an empty result is not an error.
    let none = search.collections(["PHR"]).filter("platform", Op::Eq, "nobody");
    assert!(client.catalog().search(none).unwrap().is_empty());
}

#[test]
fn unsupported_criteria_of_a_catalog_are_errors() {
    let client = Client::simulator().unwrap();
    let message = |catalog: Catalog, search: Search| catalog.search(search).unwrap_err().to_string();
    insta::assert_snapshot!(message(client.catalog(), Search::new(dakar()).sensors(["spot"])), @"search the catalog: UP42's STAC API knows no sensors: use `collections`, or a filter on `platform`");
    insta::assert_snapshot!(message(client.catalog(), Search::new(dakar()).usage_types(["DATA"])), @"search the catalog: UP42's STAC API knows no usage types: leave them out");
    insta::assert_snapshot!(client.catalog().hosts().queryables().unwrap_err(), @"list the queryables: this catalog is not a STAC API: log in with an account, or use `Catalog::stac`");
}
