//! Processes of the OGC server.

use serde_json::{Map, Value, json};

pub(super) struct Process {
    pub id: &'static str,
    title: &'static str,
    description: &'static str,
    pub is_async: bool,
}

pub(super) const PROCESSES: [Process; 3] = [
    Process { id: "hello-world", title: "Hello world", description: "Greets a person", is_async: true },
    Process {
        id: "grid",
        title: "Grid of an area",
        description: "Cuts a box into cells: the grid by reference, and how many cells it has",
        is_async: true,
    },
    Process {
        id: "distance",
        title: "Distance",
        description: "The distance of two places, while one waits",
        is_async: false,
    },
];

impl Process {
    pub(super) fn summary(&self) -> Value {
        let modes: &[&str] =
            if self.is_async { &["async-execute", "sync-execute"] } else { &["sync-execute"] };
        json!({
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "version": "1.0.0",
            "jobControlOptions": modes,
            "outputTransmission": ["value", "reference"],
        })
    }

    pub(super) fn description(&self) -> Value {
        let mut json = self.summary();
        let place = json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2});
        let text = |title: &str, least: u32| json!({"title": title, "schema": {"type": "string"}, "minOccurs": least});
        (json["inputs"], json["outputs"]) = match self.id {
            "hello-world" => (
                json!({"name": text("Whom to greet", 1), "message": text("What else to say", 0)}),
                json!({"echo": {"title": "The greeting", "schema": {"type": "string"}}}),
            ),
            "grid" => (
                json!({
                    "bbox": {
                        "title": "West, south, east, north, in degrees",
                        "schema": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
                    },
                    "cells": {
                        "title": "Cells across", "minOccurs": 0,
                        "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 4},
                    },
                }),
                json!({
                    "grid": {
                        "title": "The cells",
                        "schema": {"type": "object", "contentMediaType": "application/geo+json"},
                    },
                    "count": {"title": "How many", "schema": {"type": "integer"}},
                }),
            ),
            _ => (
                json!({"from": {"schema": place.clone()}, "to": {"schema": place}}),
                json!({"degrees": {"schema": {"type": "number"}}}),
            ),
        };
        json
    }

    /// Fails if inputs are not valid; the error is the reason.
    pub(super) fn check(&self, inputs: &Map<String, Value>) -> Result<(), String> {
        let described = self.description();
        let known = described["inputs"].as_object().cloned().unwrap_or_default();
        if let Some(name) = inputs.keys().find(|name| !known.contains_key(*name)) {
            return Err(format!("the process has no input {name}"));
        }
        for (name, input) in &known {
            match inputs.get(name) {
                None if input["minOccurs"] != 0 => return Err(format!("input {name} is missing")),
                Some(value) => {
                    let fits = match input["schema"]["type"].as_str() {
                        Some("string") => value.is_string(),
                        Some("integer") => value.is_u64(),
                        _ => value.is_array(),
                    };
                    if !fits {
                        return Err(format!("input {name} has the wrong type"));
                    }
                }
                None => {}
            }
        }
        Ok(())
    }
}
