//! Processes for items in the storage.

use serde_json::{Map, Value, json};

use crate::eulas;

/// Process of the platform.
pub(super) struct Process {
    pub id: &'static str,
    title: &'static str,
    description: &'static str,
    /// Names of the inputs that are items.
    items: &'static [&'static str],
    /// Name of the licence.
    pub eula: &'static str,
    /// Credits per square kilometre.
    pub rate: f64,
}

/// Returns a process with a single item.
const fn single(id: &'static str, title: &'static str, description: &'static str, rate: f64) -> Process {
    Process { id, title, description, items: &["item"], eula: "oneatlas", rate }
}

/// Returns a process that compares an item with another.
const fn pair(id: &'static str, title: &'static str, description: &'static str, rate: f64) -> Process {
    Process { items: &["sourceItem", "referenceItem"], ..single(id, title, description, rate) }
}

pub(super) static PROCESSES: [Process; 16] = [
    pair("detection-change-simularity", "Change detection", "Finds what differs between two images", 3.0),
    single("upsampling-ns", "Upsampling", "Twice the resolution", 2.0),
    single("pansharpening", "Pansharpening", "Colours at the resolution of the panchromatic band", 1.0),
    pair("coregistration-simularity", "Co-registration", "Lays one image upon another", 1.0),
    Process { eula: "pneo", ..single("detection-trees-spacept", "Tree detection", "Finds trees", 5.0) },
    single("detection-buildings-spacept", "Building detection", "Finds buildings", 4.0),
    single("detection-shadows-spacept", "Shadow detection", "Finds shadows", 3.0),
    single("detection-ships-airbus", "Ship detection", "Finds ships", 3.0),
    single("detection-wind-turbines-airbus", "Wind turbine detection", "Finds wind turbines", 3.0),
    single("detection-storage-tanks-airbus", "Storage tank detection", "Finds storage tanks", 3.0),
    single("detection-trucks-oi", "Truck detection", "Finds trucks", 3.0),
    single("detection-cars-oi", "Car detection", "Finds cars", 3.0),
    single("detection-aircraft-oi", "Aircraft detection", "Finds aircraft", 3.0),
    single("upsampling-ns-sentinel", "Upsampling of Sentinel-2", "Four times the resolution", 0.1),
    single("true-color-conversion", "True colour conversion", "Colours as the eye sees them", 0.5),
    single("orthorectification-intermap", "Orthorectification", "Brings the image to the ground", 1.0),
];

impl Process {
    pub(super) fn summary(&self) -> Value {
        json!({"id": self.id, "title": self.title, "description": self.description, "version": "1.0.0",
            "jobControlOptions": ["async-execute"]})
    }

    /// Returns the description (13.1).
    pub(super) fn json(&self) -> Value {
        let mut inputs = Map::new();
        inputs.insert(
            "title".into(),
            json!({"title": "What the results are called", "schema": {"type": "string"}}),
        );
        for name in self.items {
            let schema = json!({"type": "string"});
            inputs.insert((*name).into(), json!({"title": "STAC item of the storage", "schema": schema}));
        }
        if self.id == "detection-change-simularity" {
            let schema = json!({"type": "integer", "minimum": 1, "maximum": 5, "default": 2});
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

    /// Returns the schema's error for inputs that are not valid.
    pub(super) fn schema_error(&self, inputs: &Value) -> Option<String> {
        let Some(inputs) = inputs.as_object() else {
            return Some("data must contain ['inputs'] properties".into());
        };
        let needed = ["title"].iter().chain(self.items);
        for name in needed {
            match inputs.get(*name) {
                None => return Some(format!("data.inputs must contain ['{name}'] properties")),
                Some(Value::String(_)) => {}
                Some(_) => return Some(format!("data.inputs.{name} has the wrong type")),
            }
        }
        let level = inputs.get("sensitivity").filter(|_| self.id == "detection-change-simularity");
        let is_wrong =
            level.is_some_and(|level| !level.as_i64().is_some_and(|level| (1..=5).contains(&level)));
        is_wrong.then(|| "data.inputs.sensitivity must be an integer from 1 to 5".into())
    }

    /// Returns the URLs of the items in the inputs.
    pub(super) fn items(&self, inputs: &Value) -> Vec<String> {
        self.items.iter().filter_map(|name| inputs[*name].as_str().map(str::to_owned)).collect()
    }
}
