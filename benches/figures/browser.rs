//! Measures the cost of a page in Chromium, by `measure.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Measurements of one opening of a page.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Seconds from the navigation until every visible scene is painted with its picture.
    pub shown: f64,
    /// Seconds until nothing becomes sharper; `None` for pages that are not ours.
    pub sharp: Option<f64>,
    /// Memory of the page's process, in MB; `None` where the system does not report it.
    pub memory: Option<f64>,
    /// 95th percentile of frame durations during a zoom, in ms.
    pub zoom: Option<f64>,
    pub requests: f64,
}

/// Returns a folder of scripts after installing its packages; `None`, with a message, where they
/// cannot be installed.
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

/// Opens a page this many times, each in its own browser. Returns the fastest opening, with the
/// lowest memory and zoom values of all, and prints the median; `None` if the page was never shown.
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
    let output = command.output().ok()?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let Some(shown) = json["shown"].as_f64() else {
        eprintln!("{}: {} {}", page.display(), json, String::from_utf8_lossy(&output.stderr));
        return None;
    };
    let [sharp, memory, zoom] = ["sharp", "memory", "zoom_p95"].map(|name| json[name].as_f64());
    Some(Opened { shown, sharp, memory, zoom, requests: json["requests"].as_f64().unwrap_or_default() })
}

/// Returns by how many pixels a picture is misplaced, at most, as measured by the browser's test.
pub fn placement(page: &Path) -> Option<f64> {
    let tests = ready("tests/browser")?;
    let output = Command::new("node")
        .args(["--test", "--test-reporter=tap"])
        .arg(tests.join("placement.test.mjs"))
        .env("UP42_PAGES", page.parent()?)
        .output()
        .ok()?;
    let output = String::from_utf8_lossy(&output.stdout);
    let found = output.lines().find_map(|line| line.split_once("display/placement_px ")?.1.parse().ok());
    if found.is_none() {
        eprintln!("{output}");
    }
    found
}
