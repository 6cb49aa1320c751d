//! Tests of whole maps.

use geo::{LineString, Polygon};
use image::{DynamicImage, RgbImage};
use jiff::Timestamp;

use super::*;
use crate::picture;
use up42_core::error::ErrorKind;

fn picture_of(seed: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(256, 256, |x, y| {
        let wave = |a: u32, b: u32| (((x * a + y * b + seed * 40) / 7) % 160 + 60) as u8;
        image::Rgb([wave(1, 2), wave(2, 1), wave(1, 1)])
    });
    picture::jpeg(&DynamicImage::ImageRgb8(image), 80)
}

fn scene(i: u32, name: &str) -> Layer {
    let (lon, lat) = (-17.4 + f64::from(i % 5) * 0.1, 14.7 + f64::from(i / 5) * 0.1);
    let ring = vec![[lon, lat + 0.1], [lon + 0.1, lat + 0.08], [lon + 0.08, lat - 0.02], [lon - 0.02, lat]];
    Layer::new(format!("{name}-{i}"))
        .title(name)
        .collection("phr")
        .acquired("2020-06-01T11:34:02Z".parse::<Timestamp>().unwrap())
        .cloud_cover(12.0)
        .footprint(Polygon::new(LineString::from(ring), vec![]))
        .picture(picture_of(i))
        .property("Sensor", name)
}

fn dakar() -> Map {
    let aoi = Aoi::from_bbox([-17.5, 14.65, -17.2, 14.9]).unwrap().named("Dakar");
    (0..4).fold(Map::new("Dakar").aoi(&aoi), |map, i| map.layer(scene(i, "PHR 1A")))
}

#[test]
fn a_bundle_contains_html_jpeg_and_text() {
    let bundle = dakar().bundle();
    assert!(bundle.html.contains("<iframe") && bundle.html.contains("data:image/jpeg;base64,"));
    let still = picture::decode(&bundle.jpeg.unwrap()).unwrap();
    assert_eq!((still.width(), still.height()), (960, 600));
    insta::assert_snapshot!(bundle.text, @r"
    Dakar
      AOI Dakar: 893.4 km²
      PHR 1A  2020-06-01 11:34  12 % cloud
      PHR 1A  2020-06-01 11:34  12 % cloud
      PHR 1A  2020-06-01 11:34  12 % cloud
      PHR 1A  2020-06-01 11:34  12 % cloud
    ");
}

#[test]
fn the_same_map_gives_the_same_bytes() {
    assert_eq!(dakar().bundle(), dakar().bundle());
}

#[test]
fn hostile_names_are_escaped() {
    let hostile =
        "</script><script>alert(1)</script><!-- \" ' & \u{202e}EVCXR_END_CONTENT\n\u{2028}".repeat(100);
    let layer = scene(0, &hostile).collection(&hostile).constellation(&hostile).property(&hostile, &hostile);
    let aoi = Aoi::from_bbox([-17.5, 14.65, -17.2, 14.9]).unwrap().named(&hostile);
    let map = Map::new(&hostile).about(&hostile, &hostile).aoi(&aoi).layer(layer).note(&hostile);
    let drawn = map.draw(true);
    for page in [html::inline(&map, &drawn), map.page(&drawn)] {
        for mark in ["<script>alert", "\u{202e}", "\u{2028}", "EVCXR_"] {
            assert!(!page.contains(mark), "{mark:?}");
        }
    }
    let page = map.page(&drawn);
    assert_eq!(page.matches("</script").count(), 2, "pack and boot");
    let data: serde_json::Value = serde_json::from_slice(&pack::parts(&page)[2]).unwrap();
    assert!(data["scenes"][0]["id"].as_str().unwrap().starts_with("</script>"), "the id is kept whole");
}

#[test]
fn a_layer_that_cannot_be_shown_has_a_note() {
    let map = dakar()
        .layer(scene(7, "broken").picture(b"<html>502</html>"))
        .layer(Layer { footprint: None, ..scene(8, "nowhere") })
        .layer(Layer { picture: None, ..scene(9, "bare") });
    let drawn = map.draw(true);
    assert_eq!(
        drawn.notes,
        [
            "1 scene has no footprint and is not on the map: nowhere-8",
            "1 picture could not be read: broken-7 (neither a JPEG nor a PNG)"
        ]
    );
    assert_eq!(drawn.scenes.len(), 6);
    assert!(Map::new("empty").bundle().html.contains("<iframe"));
}

#[test]
fn saved_files_are_complete() {
    let folder = tempfile::tempdir().unwrap();
    dakar().save_html(folder.path().join("map.html")).unwrap();
    let page = std::fs::read_to_string(folder.path().join("map.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    assert!(!page.contains("http:") && !page.contains("https:"), "nothing to fetch");
    dakar().save_image(folder.path().join("map.PNG")).unwrap();
    assert!(std::fs::read(folder.path().join("map.PNG")).unwrap().starts_with(b"\x89PNG"));
    let error = dakar().save_image(folder.path().join("map.gif")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = dakar().save_html(folder.path().join("no/map.html")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no parts are left");
}

#[test]
fn a_map_across_the_antimeridian_is_as_wide_as_its_area() {
    let fiji = Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap();
    let ring = vec![[-179.5, -17.0], [-179.0, -17.0], [-179.0, -17.5], [-179.5, -17.5]];
    let layer = Layer::new("PHR").footprint(Polygon::new(LineString::from(ring), vec![]));
    let map = Map::new("Fiji").aoi(&fiji).layer(layer);
    assert_eq!(map.draw(false).bbox, [177.0, -19.0, 182.0, -16.0]);
}

#[test]
fn the_placement_of_the_map_overrides_that_of_layers() {
    let quad = |map: Map| map.draw(false).scenes[0].georeference.clone().unwrap().quad;
    let corners = quad(Map::new("x").layer(scene(0, "PHR")));
    let boxed = quad(Map::new("x").layer(scene(0, "PHR").placement(Placement::Bbox)));
    assert!(corners[0][1] != corners[1][1] && boxed[0][1] == boxed[1][1], "{corners:?} {boxed:?}");
    assert_eq!(quad(Map::new("x").layer(scene(0, "PHR")).placement(Placement::Bbox)), boxed);
    let both = Map::new("x").layer(scene(0, "PHR").placement(Placement::Bbox)).placement(Placement::Corners);
    assert_eq!(quad(both), corners);
}

#[test]
fn the_packed_description_contains_no_secret_and_no_marker() {
    let hostile = "EVCXR_BEGIN_CONTENT https://me:hunter2@h/a?X-Amz-Signature=hunter2#access_token=hunter2";
    let layer = scene(0, hostile).collection(hostile).constellation(hostile).property(hostile, hostile);
    let layer = Layer { id: "a".into(), ..layer };
    let aoi = Aoi::from_bbox([-17.5, 14.65, -17.2, 14.9]).unwrap().named(hostile);
    let map = Map::new(hostile).about(hostile, hostile).aoi(&aoi).layer(layer).note(hostile);
    let drawn = map.draw(true);
    for page in [html::inline(&map, &drawn), map.page(&drawn)] {
        let description = String::from_utf8(pack::parts(&page)[2].clone()).unwrap();
        assert!(description.matches("https://h/a?…").count() >= 9, "{description}");
        for text in [&description, &page] {
            assert!(!text.contains("hunter2") && !text.contains("EVCXR_"), "{text}");
        }
    }
}

#[test]
fn the_first_of_many_notes_are_shown() {
    let map = (0..500).fold(dakar(), |map, i| map.note(format!("scene-{i}: no quicklook")));
    let drawn = map.layer(scene(7, "broken").picture(b"<html>502</html>")).draw(true);
    assert_eq!(
        drawn.notes[7..],
        [
            "scene-7: no quicklook",
            "and 492 more",
            "1 picture could not be read: broken-7 (neither a JPEG nor a PNG)",
        ]
    );
}
