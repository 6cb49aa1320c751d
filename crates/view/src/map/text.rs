use super::Map;
use up42_core::sanitize::sanitize;
use up42_core::time::minute;

/// Largest number of layers listed.
const SHOWN: usize = 20;

impl Map {
    /// Returns the map as text for a terminal: areas, layers and notes.
    pub(super) fn text(&self, notes: &[String]) -> String {
        let mut text = sanitize(&self.title, 200);
        text.push('\n');
        for (name, value) in &self.about {
            text.push_str(&format!("  {}: {}\n", sanitize(name, 80), sanitize(value, 400)));
        }
        for aoi in &self.aois {
            text.push_str(&format!(
                "  AOI {}: {:.1} km²\n",
                sanitize(aoi.name().unwrap_or("area"), 80),
                aoi.area_km2()
            ));
        }
        for layer in self.layers.iter().rev().take(SHOWN) {
            text.push_str(&format!("  {}", sanitize(layer.title_or_id(), 80)));
            if let Some(moment) = layer.acquired {
                text.push_str(&format!("  {}", minute(moment)));
            }
            if let Some(cloud) = layer.cloud_cover {
                text.push_str(&format!("  {cloud:.0} % cloud"));
            }
            text.push('\n');
        }
        if self.layers.len() > SHOWN {
            text.push_str(&format!("  … and {} more\n", self.layers.len() - SHOWN));
        }
        for note in notes {
            text.push_str(&format!("  {}\n", sanitize(note, 400)));
        }
        text
    }
}
