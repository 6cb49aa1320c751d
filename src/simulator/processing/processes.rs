//! What can be done with what is in the storage.

use serde_json::{Map, Value, json};

use crate::simulator::eulas;

/// A process of the platform.
pub(super) struct Process {
    pub id: &'static str,
    title: &'static str,
    description: &'static str,
    /// The names of its inputs that are items.
    items: &'static [&'static str],
    /// The licence.
    pub eula: &'static str,
    /// Credits for each square kilometre.
    pub rate: f64,
}

pub(super) static PROCESSES: [Process; 5] = [
    Process {
        id: "detection-change-simularity",
        title: "Change detection",
        description: "Finds what has changed from the first image to the last",
        items: &["items"],
        eula: "oneatlas",
        rate: 3.0,
    },
    Process {
        id: "upsampling-ns",
        title: "Upsampling",
        description: "Twice the resolution",
        items: &["item"],
        eula: "oneatlas",
        rate: 2.0,
    },
    Process {
        id: "pansharpening",
        title: "Pansharpening",
        description: "Colours at the resolution of the panchromatic band",
        items: &["item"],
        eula: "oneatlas",
        rate: 1.0,
    },
    Process {
        id: "coregistration-simularity",
        title: "Co-registration",
        description: "Lays one image upon another",
        items: &["sourceItem", "referenceItem"],
        eula: "oneatlas",
        rate: 1.0,
    },
    Process {
        id: "detection-trees-spacept",
        title: "Tree detection",
        description: "Finds trees",
        items: &["item"],
        eula: "pneo",
        rate: 5.0,
    },
];

impl Process {
    pub(super) fn summary(&self) -> Value {
        json!({"id": self.id, "title": self.title, "description": self.description, "version": "1.0.0",
            "jobControlOptions": ["async-execute"]})
    }

    /// 13.1
    pub(super) fn json(&self) -> Value {
        let mut inputs = Map::new();
        inputs.insert(
            "title".into(),
            json!({"title": "What the results are called", "schema": {"type": "string"}}),
        );
        for name in self.items {
            let schema = match *name {
                "items" => json!({"type": "array", "items": {"type": "string"}, "minItems": 2}),
                _ => json!({"type": "string"}),
            };
            inputs.insert((*name).into(), json!({"title": "STAC items of the storage", "schema": schema}));
        }
        if self.id == "detection-change-simularity" {
            let schema = json!({"type": "integer", "minimum": 1, "maximum": 5, "default": 3});
            inputs.insert(
                "sensitivity".into(),
                json!({"title": "How much counts", "schema": schema, "minOccurs": 0}),
            );
        }
        if self.id == "pansharpening" {
            let schema = json!({"type": "array"});
            inputs.insert(
                "greyWeights".into(),
                json!({"title": "Weights of the bands", "schema": schema, "minOccurs": 0}),
            );
        }
        let mut json = self.summary();
        json["inputs"] = Value::Object(inputs);
        json["additionalParameters"] = json!({"parameters": [
            {"name": "eula-id", "value": [eulas::id_of(self.eula)]},
            {"name": "price", "value": [{"credits": self.rate, "unit": "SQ_KM"}]},
        ]});
        json
    }

    /// Why the schema refuses inputs.
    pub(super) fn schema_error(&self, inputs: &Value) -> Option<String> {
        let Some(inputs) = inputs.as_object() else {
            return Some("data must contain ['inputs'] properties".into());
        };
        let needed = ["title"].iter().chain(self.items);
        for name in needed {
            match inputs.get(*name) {
                None => return Some(format!("data.inputs must contain ['{name}'] properties")),
                Some(Value::Array(_)) if *name == "items" => {}
                Some(Value::String(_)) if *name != "items" => {}
                Some(_) => return Some(format!("data.inputs.{name} has the wrong type")),
            }
        }
        let level = inputs.get("sensitivity").filter(|_| self.id == "detection-change-simularity");
        let is_wrong =
            level.is_some_and(|level| !level.as_i64().is_some_and(|level| (1..=5).contains(&level)));
        is_wrong.then(|| "data.inputs.sensitivity must be an integer from 1 to 5".into())
    }

    /// The items that are to be worked on.
    pub(super) fn items(&self, inputs: &Value) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let each = |name: &&str| match &inputs[*name] {
            Value::Array(list) => list.iter().filter_map(text).collect::<Vec<_>>(),
            one => text(one).into_iter().collect(),
        };
        self.items.iter().flat_map(each).collect()
    }
}
