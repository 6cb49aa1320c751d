//! Tests of the byte budget of maps and of the notes about it.

use geo::{LineString, Polygon};
use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};

use super::pack::parts;
use super::{Layer, Map, html};
use crate::picture;

fn busy(side: u32, seed: u32) -> RgbImage {
    let mut state = seed * 7919 + 1;
    RgbImage::from_fn(side, side, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 28) as u8;
        Rgb([(x * 2 + seed) as u8 / 2 + noise, (y + seed * 3) as u8 / 2 + noise, 90 + noise])
    })
}

fn layer(i: u32, picture: Vec<u8>) -> Layer {
    let (lon, lat) = (f64::from(i % 60) * 0.05, f64::from(i / 60) * 0.05);
    let ring = vec![[lon, lat + 0.1], [lon + 0.1, lat + 0.08], [lon + 0.08, lat - 0.02], [lon - 0.02, lat]];
    let footprint = Polygon::new(LineString::from(ring), vec![]);
    Layer::new(format!("scene-{i}")).cloud_cover(f64::from(i % 100)).footprint(footprint).picture(picture)
}

/// Returns a map of `count` layers with eight different pictures.
fn map(count: u32, side: u32) -> Map {
    let pictures: Vec<_> =
        (0..8).map(|seed| picture::jpeg(&DynamicImage::ImageRgb8(busy(side, seed)), 90)).collect();
    (0..count).fold(Map::new("many"), |map, i| map.layer(layer(i, pictures[i as usize % 8].clone())))
}

#[test]
fn the_page_is_within_max_bytes() {
    for (count, side, budget) in [(12, 256, 600_000), (300, 64, 900_000), (3_000, 24, 1_500_000)] {
        let map = map(count, side).max_bytes(budget);
        let drawn = map.draw(true);
        let html = html::inline(&map, &drawn);
        assert!(html.len() <= budget, "{count}: {} of {budget}", html.len());
        assert!(html.len() > budget / 2, "{count}: {} of {budget} only", html.len());
        assert_eq!(drawn.scenes.iter().filter(|scene| scene.thumb.is_some()).count(), count as usize);
    }
}

#[test]
fn originals_are_embedded_if_they_fit() {
    let drawn = map(12, 100).draw(true);
    let original = picture::jpeg(&DynamicImage::ImageRgb8(busy(100, 3)), 90);
    assert_eq!(drawn.scenes[3].picture.as_ref(), Some(&original));
    assert!(drawn.notes.is_empty(), "{:?}", drawn.notes);
}

#[test]
fn a_small_max_bytes_adds_a_note() {
    let notes = |budget: usize| map(40, 200).max_bytes(budget).draw(true).notes.join("\n");
    assert!(notes(5_000_000).is_empty());
    // The exact size depends on the size of the viewer.
    let smaller = notes(600_000);
    assert!(smaller.starts_with("pictures are made smaller, down to 1"), "{smaller}");
    assert!(
        smaller.ends_with(" pixels, to keep to the map's limit of 0.6 MB (`.max_bytes(…)`)"),
        "{smaller}"
    );
    let thumbnails = notes(400_000);
    let start = "shown by thumbnails only, to keep to the map's limit of 0.4 MB (`.max_bytes(…)`): ";
    assert!(thumbnails.starts_with(start) && thumbnails.ends_with(" of 40 pictures"), "{thumbnails}");
    insta::assert_snapshot!(notes(10_000), @"40 pictures did not fit into the map's limit of 0.01 MB (`.max_bytes(…)`): scene-39, scene-38, scene-37 and 37 more");
    let drawn = map(40, 200).max_bytes(10_000).draw(true);
    assert!(drawn.scenes.iter().all(|scene| scene.picture.is_none() && scene.thumb.is_none()));
}

#[test]
fn the_output_does_not_depend_on_the_threads() {
    let map = map(100, 64).max_bytes(550_000);
    let first = map.to_html();
    assert!((0..3).all(|_| map.to_html() == first));
}

#[test]
fn the_page_contains_the_offsets_of_its_pictures() {
    let map = map(5, 64);
    let page = map.page(&map.draw(true));
    let parts = parts(&page);
    let (description, pictures) = (&parts[2], &parts[4]);
    let description: serde_json::Value = serde_json::from_slice(description).unwrap();
    let slice = |at: &serde_json::Value| {
        let [at, length] = [0, 1].map(|i| at[i].as_u64().unwrap() as usize);
        picture::decode(&pictures[at..at + length]).unwrap()
    };
    let atlas = slice(&description["atlas"]["at"]);
    assert_eq!((atlas.width(), atlas.height()), (144, 96));
    for scene in description["scenes"].as_array().unwrap() {
        assert_eq!(slice(&scene["picture"]).width(), 64);
        assert_eq!(scene["corners"].as_array().unwrap().len(), 4);
        assert!(scene["thumb"].as_u64().unwrap() < 5);
    }
}

#[test]
fn transparent_pictures_stay_transparent() {
    let holes = RgbaImage::from_fn(300, 300, |x, y| Rgba([200, 80, y as u8, if x > 150 { 255 } else { 0 }]));
    let holes = picture::png(&DynamicImage::ImageRgba8(holes));
    let drawn = map(2, 64).layer(layer(2, holes)).draw(true);
    let [below, _, above] = &drawn.scenes[..] else { panic!("three scenes") };
    let shown = picture::decode(above.picture.as_ref().unwrap()).unwrap().to_rgba8();
    assert_eq!((shown.get_pixel(10, 10).0[3], shown.get_pixel(290, 10).0[3]), (0, 255));
    assert_eq!((above.thumb, below.thumb.is_some()), (None, true), "a JPEG would fill the holes");
}

#[test]
fn broken_pictures_do_not_affect_others() {
    let whole = picture::jpeg(&DynamicImage::ImageRgb8(busy(100, 1)), 90);
    let cut = whole[..whole.len() / 2].to_vec();
    let hidden = [&whole[..], b"<script>alert(1)</script>"].concat();
    let mut huge = picture::png(&DynamicImage::new_rgb8(8, 8));
    huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    let pictures = [whole.clone(), cut, hidden, huge, Vec::new(), b"\xff\xd8\xff".to_vec()];
    let drawn = (0..).zip(pictures).fold(Map::new("x"), |map, (i, one)| map.layer(layer(i, one))).draw(true);
    assert_eq!(drawn.scenes[0].picture.as_ref(), Some(&whole));
    let cut = drawn.scenes[1].picture.as_ref().unwrap();
    assert!(cut.ends_with(&[0xff, 0xd9]), "what broke off is written anew");
    assert_eq!(drawn.scenes[2].picture.as_ref(), Some(&whole), "nothing stands behind the end");
    assert!(drawn.scenes[3..].iter().all(|scene| scene.picture.is_none() && scene.thumb.is_none()));
    assert_eq!(drawn.notes.len(), 1);
    assert!(drawn.notes[0].starts_with("3 pictures could not be read: scene-5 ("), "{:?}", drawn.notes);
}

#[test]
fn an_outline_of_many_corners_is_simplified() {
    let point = |i: u32| {
        let angle = f64::from(i) / 10_000.0 * std::f64::consts::TAU;
        [10.0 + angle.cos() * (1.0 + 1e-4 * f64::from(i % 7)), 50.0 + angle.sin()]
    };
    let ring: Vec<_> = (0..10_000).map(point).collect();
    let map =
        Map::new("x").layer(Layer::new("round").footprint(Polygon::new(LineString::from(ring), vec![])));
    let drawn = map.draw(true);
    let rings = drawn.scenes[0].to_json(0)["rings"].clone();
    let count = rings[0].as_array().unwrap().len();
    assert!((30..500).contains(&count), "{count}");
}
