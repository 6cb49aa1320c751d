//! Builds a map of the same scenes with folium, by `folium_map.py`.

use std::path::{Path, PathBuf};
use std::process::Command;

use up42::catalog::Scene;
use up42::geo_types::Geometry;

use crate::catalog::python;

pub struct Folium {
    python: PathBuf,
    folder: PathBuf,
}

impl Folium {
    /// Writes the scenes and their pictures to a folder that the Python script reads.
    pub fn new(folder: &Path, scenes: &[(&Scene, Vec<u8>)]) -> up42::Result<Option<Self>> {
        let Some(python) = python("folium") else { return Ok(None) };
        std::fs::create_dir_all(folder)?;
        let mut list = Vec::with_capacity(scenes.len());
        for (i, (scene, picture)) in scenes.iter().enumerate() {
            let Some(Geometry::Polygon(footprint)) = &scene.footprint else { continue };
            let ring: Vec<_> = footprint.exterior().coords().map(|point| [point.x, point.y]).collect();
            let edge = |axis: usize, most: bool| {
                let values = ring.iter().map(|point| point[axis]);
                if most { values.fold(f64::MIN, f64::max) } else { values.fold(f64::MAX, f64::min) }
            };
            let bbox = [edge(0, false), edge(1, false), edge(0, true), edge(1, true)];
            let name = format!("{i}.jpg");
            std::fs::write(folder.join(&name), picture)?;
            list.push(serde_json::json!({"id": scene.id, "picture": name, "bbox": bbox, "ring": ring}));
        }
        std::fs::write(folder.join("scenes.json"), serde_json::json!(list).to_string())?;
        Ok(Some(Self { python, folder: folder.to_path_buf() }))
    }

    /// Returns folium's page, its duration in seconds and its size in MB.
    pub fn page(&self, kind: &str) -> Option<(PathBuf, f64, f64)> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/figures/folium_map.py");
        let page = self.folder.join(format!("folium-{kind}.html"));
        let output =
            Command::new(&self.python).arg(script).arg(&self.folder).arg(kind).arg(&page).output().ok()?;
        let Ok(seconds) = String::from_utf8_lossy(&output.stdout).trim().parse() else {
            eprintln!("folium: {}", String::from_utf8_lossy(&output.stderr));
            return None;
        };
        let megabytes = page.metadata().ok()?.len() as f64 / 1e6;
        Some((page, seconds, megabytes))
    }
}
