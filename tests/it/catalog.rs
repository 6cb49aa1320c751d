use std::collections::HashSet;

use polars::prelude::*;
use up42::catalog::{QuicklookOutcome, Scenes, Search, SortBy};
use up42::simulator::{Fault, Simulator};
use up42::{Aoi, Client, polars};

use crate::{client_of, dakar};

fn ids(scenes: &Scenes) -> Vec<&str> {
    scenes.iter().map(|scene| scene.id.as_str()).collect()
}

fn pleiades() -> Search {
    Search::new(dakar()).between("2018-01-01", "2020-12-31").collections(["phr"]).limit(1000)
}

#[test]
fn filters_and_order_of_a_search_are_applied() {
    let client = Client::simulator().unwrap();
    let search = pleiades().max_cloud_cover(20.0).sort_by(SortBy::CloudCover);
    let scenes = client.catalog().search(&search).unwrap();
    assert!(scenes.len() > 3, "{scenes:?}");
    let clouds: Vec<f64> = scenes.iter().map(|scene| scene.cloud_cover.unwrap()).collect();
    assert!(clouds.is_sorted() && clouds.iter().all(|percent| *percent <= 20.0), "{clouds:?}");
    for scene in &scenes {
        let day = scene.datetime.unwrap().to_string();
        assert!(("2018-01-01".."2021-01-01").contains(&day.as_str()), "{day}");
        assert_eq!(scene.collection.as_deref(), Some("phr"));
        assert!(scene.aoi_coverage.unwrap() > 0.0);
    }
    assert_eq!(
        ids(&client.catalog().search(&search).unwrap()),
        ids(&scenes),
        "the same search, the same rows"
    );
}

#[test]
fn pages_are_followed_and_each_scene_is_returned_once() {
    let client = Client::simulator().unwrap();
    let search = || Search::new(dakar()).between("2018-01-01", "2020-12-31").limit(1000);
    let all = client.catalog().search(search()).unwrap();
    assert!(all.len() > 100, "more than a page: {all:?}");
    assert!(!all.has_more());
    assert_eq!(ids(&all).into_iter().collect::<HashSet<_>>().len(), all.len());
    let few = client.catalog().search(search().limit(7)).unwrap();
    assert!(few.has_more());
    assert_eq!(ids(&few), ids(&all)[..7]);
}

#[test]
fn the_classic_search_finds_scenes_too() {
    let simulator = Simulator::start().unwrap();
    let client = Client::builder()
        .simulator(simulator.clone())
        .project(Simulator::PROJECT_ID, Simulator::PROJECT_API_KEY)
        .build()
        .unwrap();
    let search = Search::new(dakar())
        .between("2018-01-01", "2020-12-31")
        .collections(["oneatlas-pleiades-aoiclipped"])
        .max_cloud_cover(20.0)
        .sort_by(SortBy::CloudCover);
    let scenes = client.catalog().search(search.clone().limit(2000)).unwrap();
    let stac = client_of(&simulator).catalog().search(pleiades().max_cloud_cover(20.0)).unwrap();
    let sorted = |scenes: &Scenes| {
        let mut all: Vec<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&scenes), sorted(&stac), "both catalogs hold the same archive");
    let quicklooks =
        client.catalog().download_quicklooks(&client.catalog().search(search.limit(3)).unwrap()).unwrap();
    assert_eq!(quicklooks.pictures(), 3);
}

#[test]
fn scenes_are_selected_by_a_frame() {
    let client = Client::simulator().unwrap();
    let scenes = client.catalog().search(pleiades().limit(40)).unwrap();
    let frame = scenes.to_dataframe().unwrap();
    assert_eq!(frame.height(), scenes.len());
    insta::assert_snapshot!(
        frame.schema().iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect::<Vec<_>>().join("\n"), @r"
        id: str
        collection: str
        provider: str
        constellation: str
        datetime: datetime[ms]
        cloud_cover: f64
        resolution: f64
        incidence_angle: f64
        delivery_time: str
        aoi_coverage: f64
        west: f64
        south: f64
        east: f64
        north: f64
        geometry: binary
        quicklook: bool
        note: str
        created: datetime[ms]
        eo:cloud_cover: f64
        gsd: f64
        instruments: str
        platform: str
        sat:orbit_state: str
        view:azimuth: f64
        view:incidence_angle: f64
        view:off_nadir: f64
        view:sun_azimuth: f64
        view:sun_elevation: f64
        ");
    let clear = frame
        .lazy()
        .filter(col("cloud_cover").lt(lit(30.0)))
        .sort(["id"], Default::default())
        .collect()
        .unwrap();
    let picked = scenes.select(&clear).unwrap();
    let wanted: Vec<&str> = clear.column("id").unwrap().str().unwrap().iter().flatten().collect();
    assert_eq!(ids(&picked), wanted);
    let error = scenes.select(&df!("id" => ["nobody"]).unwrap()).unwrap_err();
    assert!(error.to_string().contains("`nobody` is not one of these "), "{error}");
    assert!(scenes.select(&df!("name" => ["x"]).unwrap()).is_err());
}

#[test]
fn each_quicklook_has_its_own_outcome() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let scenes = client.catalog().search(pleiades().limit(5)).unwrap();
    simulator.inject(Fault::server_error(404).on(format!("{}/assets", scenes.iter().nth(1).unwrap().id)));
    simulator.inject(Fault::server_error(403).on(format!("{}/assets", scenes.iter().nth(3).unwrap().id)));
    let quicklooks = client.catalog().download_quicklooks(&scenes).unwrap();
    let outcomes: Vec<_> = quicklooks
        .iter()
        .map(|one| match &one.outcome {
            QuicklookOutcome::Picture(_) => "picture",
            QuicklookOutcome::Missing => "missing",
            _ => "failed",
        })
        .collect();
    assert_eq!(outcomes, ["picture", "missing", "picture", "failed", "picture"]);
    let order: Vec<_> = quicklooks.iter().map(|one| one.scene.id.as_str()).collect();
    assert_eq!(order, ids(&scenes));
    let html = quicklooks.to_map(&dakar()).to_html();
    assert!(html.contains(&format!("{}: no quicklook", scenes.iter().nth(1).unwrap().id)));
}

#[test]
fn the_token_is_not_sent_to_the_storage() {
    let simulator = Simulator::start().unwrap();
    let client = client_of(&simulator);
    let scenes = client.catalog().search(pleiades().limit(3)).unwrap();
    // The storage answers 400 to a request with a bearer token.
    assert_eq!(client.catalog().download_quicklooks(&scenes).unwrap().pictures(), 3);
    assert!(
        simulator.requests().iter().filter(|request| request.storage).all(|request| request.status == 200)
    );
}

#[test]
fn an_area_across_the_antimeridian_is_searched_on_both_sides() {
    let client = Client::simulator().unwrap();
    let fiji = Aoi::from_bbox([179.0, -18.0, -179.0, -16.0]).unwrap();
    let scenes = client.catalog().search(Search::new(&fiji).between("2020-01-01", "2020-03-31")).unwrap();
    let frame = scenes.to_dataframe().unwrap();
    let column = |name: &str| frame.column(name).unwrap().f64().unwrap().iter().flatten().collect::<Vec<_>>();
    let (west, east) = (column("west"), column("east"));
    assert!(west.iter().any(|west| *west > 178.0) && east.iter().any(|east| *east < -178.0));
    for (west, east) in west.into_iter().zip(east) {
        assert!((east - west).rem_euclid(360.0) < 10.0, "a scene is narrow: {west} to {east}");
    }
    assert!(scenes.iter().all(|scene| scene.aoi_coverage.unwrap() > 0.0));
}
