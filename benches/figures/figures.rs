use std::path::{Path, PathBuf};

/// Measured figures.
#[derive(Debug, Default)]
pub struct Figures {
    measured: Vec<(String, f64, &'static str)>,
    /// Figures below their minimum or above their maximum.
    pub missed: Vec<String>,
}

impl Figures {
    /// Prints and records a figure.
    pub fn record(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        println!("figure {name} {value:.3} {unit}");
        self.measured.push((name, value, unit));
    }

    /// Records a figure with a minimum.
    pub fn at_least(&mut self, floor: f64, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        self.record(&name, value, unit);
        if value < floor {
            self.missed.push(format!("{name} is {value:.3} {unit}, and should be at least {floor} {unit}"));
        }
    }

    /// Records a figure with a maximum.
    pub fn at_most(&mut self, ceiling: f64, name: impl Into<String>, value: f64, unit: &'static str) {
        let name = name.into();
        self.record(&name, value, unit);
        if value > ceiling {
            self.missed.push(format!("{name} is {value:.3} {unit}, and should be at most {ceiling} {unit}"));
        }
    }

    /// Writes `target/figures.json`; figures of other areas in it are kept.
    pub fn publish(&self) -> std::io::Result<PathBuf> {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("figures.json");
        let old = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut all: serde_json::Map<String, serde_json::Value> = old.unwrap_or_default();
        for (name, value, unit) in &self.measured {
            all.insert(name.clone(), serde_json::json!({"value": value, "unit": unit}));
        }
        std::fs::write(&file, serde_json::to_string_pretty(&all)? + "\n")?;
        Ok(file)
    }
}
