//! Tests of the displays in a real browser: pages and notebooks are made here, and the tests of
//! `tests/browser` open them. `tests/browser/open.mjs` describes how to run one alone.

mod cells;
mod marked;
mod pages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use up42::Aoi;

/// Returns the folder of the pages and of the tests' output: screenshots, downloads.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser")
}

/// Returns the reason why the tests cannot run here, if there is one.
fn missing(tests: &Path) -> Option<String> {
    let chromium = std::env::var_os("CHROMIUM").map_or("/usr/bin/chromium".into(), PathBuf::from);
    if !chromium.exists() {
        return Some(format!("no browser at `{}`: set CHROMIUM to one", chromium.display()));
    }
    if !tests.join("node_modules").exists() {
        return Some(format!("run `npm ci` in `{}`", tests.display()));
    }
    let node = Command::new("node").arg("--version").output();
    node.is_err().then(|| "Node.js is missing".to_owned())
}

#[test]
fn the_tests_in_the_browser_pass() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if let Some(why) = missing(&tests) {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{why}");
        eprintln!("\nSKIPPED, ALL TESTS OF THE BROWSER: {why}\n");
        return;
    }
    let pages = folder();
    // Files of an earlier run prove nothing.
    let _ = fs::remove_dir_all(&pages);
    pages::write(&pages);
    cells::write(&pages);
    crate::untrusted::write(&pages);
    let mut files: Vec<_> = fs::read_dir(&tests).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    let ran = Command::new("node")
        .args(["--test", "--test-reporter=spec", "--test-concurrency=2"])
        .args(files)
        .env("UP42_PAGES", &pages)
        .status()
        .unwrap();
    assert!(ran.success(), "see above; the pages and screenshots are in `{}`", pages.display());
    areas_that_were_drawn_are_read(&pages.join("drawn"));
}

/// Checks the areas that `draw_area.test.mjs` copied and downloaded.
fn areas_that_were_drawn_are_read(folder: &Path) {
    let read = |name: &str| {
        let text = fs::read_to_string(folder.join(format!("{name}.geojson"))).unwrap();
        let aoi = Aoi::from_geojson(&text).unwrap();
        // The browser calculates on a sphere, with an error below 1 %.
        let reported: f64 = fs::read_to_string(folder.join(format!("{name}.km2"))).unwrap().parse().unwrap();
        assert!(
            (aoi.area_km2() / reported - 1.0).abs() < 0.01,
            "{name}: {} km², not {reported}",
            aoi.area_km2()
        );
        aoi
    };
    for name in ["rectangle", "polygon", "framed"] {
        let [west, south, east, north] = read(name).bbox().to_array();
        assert!(-18.6 < west && east < -16.5 && 13.9 < south && north < 15.9, "{name}");
    }
    let cut = read("antimeridian");
    assert_eq!(cut.geometry().0.len(), 2, "one part on each side of 180°");
    let bbox = cut.bbox();
    assert!(bbox.west > 170.0 && bbox.east < -170.0, "{bbox:?}");
    let wide = read("wide").bbox();
    assert!(wide.west < -100.0 && wide.east > 90.0, "{wide:?}");
}
