//! What a page costs in Chromium, by `measure.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What one opening of a page told.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// From the navigation until every scene in sight is painted with its picture, in seconds.
    pub shown: f64,
    /// The same, until nothing becomes sharper; absent for pages that are not ours.
    pub sharp: Option<f64>,
    /// Of the page's process, in MB; absent where the system does not tell.
    pub memory: Option<f64>,
    /// The 95th percentile of frames while it is zoomed, in ms.
    pub zoom: Option<f64>,
    pub requests: f64,
}

/// A folder of scripts, once its packages are there; `None`, and a word, where they
/// cannot be had.
pub fn ready(folder: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let has_packages = || {
        let install = Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status();
        install.is_ok_and(|status| status.success())
    };
    if folder.join("node_modules/playwright-core").exists() || has_packages() {
        return Some(folder);
    }
    eprintln!("nothing is measured in a browser: `npm ci` in {} failed", folder.display());
    None
}

/// Opens a page so many times, each in a browser of its own. The one that was shown first
/// is given, and the others are told; `None` when it never was.
pub fn opened(folder: &Path, page: &Path, times: usize, zoom: bool) -> Option<Opened> {
    let mut all: Vec<Opened> = (0..times).map_while(|_| once(folder, page, zoom)).collect();
    all.sort_by(|a, b| a.shown.total_cmp(&b.shown));
    let median = all.get(all.len() / 2)?.shown;
    let name = page.file_name().unwrap_or_default().to_string_lossy();
    let best = all[0];
    eprintln!("{name}: {best:?}; {} times, median {median:.3} s", all.len());
    let least = |figure: fn(&Opened) -> Option<f64>| all.iter().filter_map(figure).min_by(f64::total_cmp);
    Some(Opened { zoom: least(|one| one.zoom), memory: least(|one| one.memory), ..best })
}

fn once(folder: &Path, page: &Path, zoom: bool) -> Option<Opened> {
    let mut command = Command::new("node");
    command.arg(folder.join("measure.mjs")).arg(page).args(zoom.then_some("zoom"));
    let told = command.output().ok()?;
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).ok()?;
    let Some(shown) = json["shown"].as_f64() else {
        eprintln!("{}: {} {}", page.display(), json, String::from_utf8_lossy(&told.stderr));
        return None;
    };
    let [sharp, memory, zoom] = ["sharp", "memory", "zoom_p95"].map(|name| json[name].as_f64());
    Some(Opened { shown, sharp, memory, zoom, requests: json["requests"].as_f64().unwrap_or_default() })
}

/// How many pixels off a picture is painted, at most, as the test of the browser finds it.
pub fn placement(page: &Path) -> Option<f64> {
    let tests = ready("tests/browser")?;
    let told = Command::new("node")
        .args(["--test", "--test-reporter=tap"])
        .arg(tests.join("placement.test.mjs"))
        .env("UP42_PAGES", page.parent()?)
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let found = told.lines().find_map(|line| line.split_once("display/placement_px ")?.1.parse().ok());
    if found.is_none() {
        eprintln!("{told}");
    }
    found
}
