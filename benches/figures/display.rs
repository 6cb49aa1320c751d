//! Measures the cost of a map: building it, keeping it in a notebook and viewing it. folium's map
//! of the same scenes is measured in the same run.

use std::path::Path;

use image::ImageFormat;
use up42::catalog::{Quicklooks, Scene, Search};
use up42::geo_types::{Geometry, LineString, Polygon};
use up42::view::{Layer, Map};
use up42::{Aoi, Client};

use crate::best;
use crate::browser;
use crate::catalog::folder;
use crate::figures::Figures;
use crate::folium::Folium;

/// Longest side of the pictures, in pixels.
const SIDE: u32 = 256;

pub fn measure(figures: &mut Figures) -> up42::Result<()> {
    let client = Client::simulator()?;
    let catalog = client.catalog();
    let aoi = Aoi::from_bbox([-18.5, 13.5, -16.0, 16.0])?.named("Senegal");
    let found = catalog.search(Search::new(&aoi).between("2015-01-01", "2024-12-31").limit(1000))?;
    assert_eq!(found.len(), 1000, "the simulated archive is too small for this figure");
    let quicklooks = catalog.download_quicklooks(&found)?;

    // At their original size, larger than the ones that folium gets.
    let (_, time) = best(|| Ok(quicklooks.to_map(&aoi).to_html()))?;
    figures.record("display/1000_as_found_build_s", time.as_secs_f64(), "s");

    let scenes = at_256(&quicklooks);
    let map = |count: usize| {
        let all = scenes.iter().cycle().take(count).enumerate();
        all.fold(Map::new("Senegal").aoi(&aoi), |map, (i, (scene, picture))| {
            map.layer(layer(scene, picture, i))
        })
    };
    let (hundred, time) = best(|| Ok(map(100).to_html()))?;
    figures.record("display/100_build_s", time.as_secs_f64(), "s");
    figures.at_most(1.7, "display/100_html_mb", hundred.len() as f64 / 1e6, "MB");
    let (thousand, time) = best(|| Ok(map(1000).to_html()))?;
    figures.at_most(1.0, "display/1000_build_s", time.as_secs_f64(), "s");
    figures.at_most(5.0, "display/1000_html_mb", thousand.len() as f64 / 1e6, "MB");
    let many = map(5000);
    let (many, time) = best(|| Ok(many.to_html()))?;
    figures.record("display/5000_build_s", time.as_secs_f64(), "s");
    figures.at_most(5.0, "display/5000_html_mb", many.len() as f64 / 1e6, "MB");

    let page = folder().join("marked.html");
    crate::marked::map().save_html(&page)?;
    if let Some(pixels) = browser::placement(&page) {
        figures.at_most(1.0, "display/placement_px", pixels, "px");
    }
    let Some(node) = browser::ready("benches/figures") else { return Ok(()) };
    let opened = |count: usize, zoom: bool| {
        let page = folder().join(format!("map-{count}.html"));
        map(count).save_html(&page)?;
        Ok::<_, up42::Error>(browser::opened(&node, &page, 3, zoom))
    };
    if let Some(hundred) = opened(100, false)? {
        figures.at_most(0.5, "display/100_shown_s", hundred.shown, "s");
        hundred.sharp.into_iter().for_each(|sharp| figures.record("display/100_sharp_s", sharp, "s"));
    }
    if let Some(thousand) = opened(1000, true)? {
        figures.at_most(0.7, "display/1000_shown_s", thousand.shown, "s");
        thousand.sharp.into_iter().for_each(|sharp| figures.record("display/1000_sharp_s", sharp, "s"));
        thousand
            .memory
            .into_iter()
            .for_each(|memory| figures.at_most(150.0, "display/1000_browser_mb", memory, "MB"));
        thousand
            .zoom
            .into_iter()
            .for_each(|zoom| figures.at_most(50.0, "display/1000_zoom_p95_ms", zoom, "ms"));
        figures.at_most(0.0, "display/requests", thousand.requests, "requests");
    }
    if let Some(many) = opened(5000, false)? {
        figures.at_most(2.0, "display/5000_shown_s", many.shown, "s");
        many.sharp.into_iter().for_each(|sharp| figures.record("display/5000_sharp_s", sharp, "s"));
    }
    theirs(figures, &node, &scenes)
}

macro_rules! names {
    ($run:literal) => {
        [
            concat!("folium/", $run, "_build_s"),
            concat!("folium/", $run, "_html_mb"),
            concat!("folium/", $run, "_shown_s"),
            concat!("folium/", $run, "_browser_mb"),
            concat!("folium/", $run, "_zoom_p95_ms"),
            concat!("folium/", $run, "_requests"),
        ]
    };
}

/// Names of folium's figures: build, HTML, shown, memory, zoom and requests.
type Names = [&'static str; 6];

fn theirs(figures: &mut Figures, node: &Path, scenes: &[(&Scene, Vec<u8>)]) -> up42::Result<()> {
    const RUNS: [(usize, &str, Names); 4] = [
        (100, "jpeg", names!("100_jpeg")),
        (1000, "jpeg", names!("1000_jpeg")),
        (100, "png", names!("100_png")),
        (1000, "png", names!("1000_png")),
    ];
    for (count, kind, [build, html, shown, memory, zoom, requests]) in RUNS {
        let place = folder().join(format!("folium-{count}"));
        let Some(folium) = Folium::new(&place, &scenes[..count])? else { return Ok(()) };
        let Some((page, seconds, megabytes)) = folium.page(kind) else { continue };
        figures.record(build, seconds, "s");
        figures.record(html, megabytes, "MB");
        let Some(opened) = browser::opened(node, &page, 2, count == 1000) else { continue };
        figures.record(shown, opened.shown, "s");
        opened.memory.into_iter().for_each(|value| figures.record(memory, value, "MB"));
        opened.zoom.into_iter().for_each(|value| figures.record(zoom, value, "ms"));
        figures.record(requests, opened.requests, "requests");
    }
    Ok(())
}

/// Returns the scenes that have a picture, with the picture as a 256-pixel JPEG of medium quality.
fn at_256(quicklooks: &Quicklooks) -> Vec<(&Scene, Vec<u8>)> {
    let small = |picture: &[u8]| {
        let image = image::load_from_memory(picture).expect("the simulator draws pictures");
        let mut jpeg = std::io::Cursor::new(Vec::new());
        image
            .thumbnail(SIDE, SIDE)
            .to_rgb8()
            .write_to(&mut jpeg, ImageFormat::Jpeg)
            .expect("memory takes it");
        jpeg.into_inner()
    };
    let all = quicklooks.iter().filter_map(|quicklook| Some((&quicklook.scene, quicklook.picture()?)));
    all.map(|(scene, picture)| (scene, small(picture))).collect()
}

/// Returns a scene as a layer, shifted slightly when it is repeated.
fn layer(scene: &Scene, picture: &[u8], i: usize) -> Layer {
    let layer = Layer::new(format!("{}-{i}", scene.id))
        .title(scene.constellation.clone().unwrap_or_default())
        .collection(scene.collection.clone().unwrap_or_default())
        .acquired(scene.datetime)
        .cloud_cover(scene.cloud_cover)
        .picture(picture);
    let Some(Geometry::Polygon(footprint)) = &scene.footprint else { return layer };
    let moved = (i / 1000) as f64 * 0.07;
    let ring: Vec<_> =
        footprint.exterior().coords().map(|point| (point.x + moved, point.y - moved)).collect();
    layer.footprint(Polygon::new(LineString::from(ring), Vec::new()))
}
