use std::fmt;

use geo_types::{Geometry, MultiPolygon};
use serde_json::{Map, Value, json};

use crate::client::{Client, items, required};
use crate::transport::Request;
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::geo::{area_km2, geometry_from_json, geometry_to_json};
use up42_core::hash::hex;
use up42_core::sanitize::sanitize;

/// Largest number of characters in a name (`docs/up42-api.md`, 10.2 a).
pub(super) const NAME: usize = 200;
/// Parameter with the order's name, which tasking products have. It does not affect what is
/// delivered.
pub(super) const DISPLAY_NAME: &str = "displayName";

/// Order before it is placed: a data product, an area, and usually a scene.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderItem {
    /// Label that distinguishes it from the other orders of the plan: scene and place.
    pub label: String,
    /// The data product's id.
    pub product_id: String,
    /// The scene's id in the catalog.
    pub scene_id: Option<String>,
    /// Area of the order.
    pub area: MultiPolygon,
    /// Parameters of the data product, the scene's id included.
    pub params: Map<String, Value>,
    /// Id of the budget that pays for the order.
    pub budget_id: Option<String>,
    /// Tags of the order.
    pub tags: Vec<String>,
}

impl OrderItem {
    /// Returns the size of the area, in km².
    pub fn area_km2(&self) -> f64 {
        area_km2(&self.area)
    }

    fn geometry(&self) -> Value {
        match self.area.0.as_slice() {
            [one] => geometry_to_json(&Geometry::Polygon(one.clone())),
            _ => geometry_to_json(&Geometry::MultiPolygon(self.area.clone())),
        }
    }

    /// Returns the hash of the inputs that decide what is delivered: equal for equal images.
    pub(crate) fn key(&self) -> String {
        let mut params: Vec<_> = self.params.iter().filter(|(name, _)| *name != DISPLAY_NAME).collect();
        params.sort_by_key(|(name, _)| *name);
        hex(json!([self.product_id, params, self.geometry()]).to_string(), 8)
    }

    /// Returns whether one request may contain both: they differ only in their areas.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.product_id == other.product_id
            && self.params == other.params
            && self.budget_id == other.budget_id
            && self.tags == other.tags
    }

    /// Returns the body of a request for items that [fit](Self::fits) (`docs/up42-api.md`, 10.2 a).
    pub(super) fn body(list: &[&Self], name: &str) -> Value {
        let Some(first) = list.first() else { return Value::Null };
        let feature =
            |item: &&Self| json!({"type": "Feature", "properties": {}, "geometry": item.geometry()});
        let features: Vec<Value> = list.iter().map(feature).collect();
        let mut body = json!({
            "dataProduct": first.product_id,
            "displayName": name.chars().take(NAME).collect::<String>(),
            "params": first.params,
            "featureCollection": {"type": "FeatureCollection", "features": features},
        });
        if !first.tags.is_empty() {
            body["tags"] = json!(first.tags);
        }
        if let Some(budget) = &first.budget_id {
            body["budgetId"] = budget.as_str().into();
        }
        body
    }

    /// Places the order under a name and returns its id. The request is sent once: after an error
    /// of kind [`Network`](ErrorKind::Network), [`Server`](ErrorKind::Server) or
    /// [`Response`](ErrorKind::Response), the order may exist.
    pub(crate) fn place(&self, client: &Client, name: &str) -> Result<String> {
        let request = Request::post(client.url("/v2/orders"), Self::body(&[self], name))
            .query("workspaceId", client.workspace().map_err(Error::unsent)?.id)
            .mark_charging();
        let mut answers = answers(client.json(request)?, 1, |result| required(result, "id"))?;
        answers.pop().unwrap_or_else(|| Err(silent()))
    }
}

/// Returns the platform's answer to each of `count` features. The response contains every index in
/// one of two lists (`docs/up42-api.md`, 10.2 a and b).
pub(super) fn answers<T>(
    mut json: Value,
    count: usize,
    read: impl Fn(&Value) -> Result<T>,
) -> Result<Vec<Result<T>>> {
    let mut list = |name: &str| match json.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => items(list, name),
    };
    let (results, errors) = (list("results")?, list("errors")?);
    let mut answers: Vec<Option<Result<T>>> = (0..count).map(|_| None).collect();
    let place =
        |one: &Value| one.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    for one in &errors {
        if let Some(answer) = place(one).and_then(|index| answers.get_mut(index)) {
            *answer = Some(Err(refusal(one)));
        }
    }
    // An accepted order counts, even if the errors contain it too.
    for one in &results {
        if let Some(answer) = place(one).and_then(|index| answers.get_mut(index)) {
            *answer = Some(read(one));
        }
    }
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(silent()))).collect())
}

/// Returns the error of one refused feature.
fn refusal(json: &Value) -> Error {
    let reason = json.get("message").and_then(Value::as_str).unwrap_or("refused without a reason");
    let details = json.get("details").filter(|details| !details.is_null()).map(|details| match details {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let message = match details.filter(|details| details != reason) {
        Some(details) => format!("{reason}: {details}"),
        None => reason.to_owned(),
    };
    let kind =
        if message.to_lowercase().contains("credits") { ErrorKind::Credits } else { ErrorKind::InvalidInput };
    Error::new(kind, message)
}

fn silent() -> Error {
    Error::response("the answer has neither the order nor a reason against it")
}

impl OrderItem {
    /// Returns the item as JSON, for the journal.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let json = json!({
            "dataProduct": self.product_id,
            "scene": self.scene_id,
            "area": self.geometry(),
            "params": self.params,
            "budgetId": self.budget_id,
            "tags": self.tags,
        });
        json.as_object().cloned().unwrap_or_default()
    }

    /// Parses the result of [`to_json`](Self::to_json).
    pub(crate) fn read(label: &str, json: &Map<String, Value>) -> Result<Self> {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let tags = json.get("tags").and_then(Value::as_array).into_iter().flatten();
        let missing = |name: &str| Error::invalid(format!("`{name}` of the order is missing"));
        let area = match geometry_from_json(json.get("area").ok_or_else(|| missing("area"))?)? {
            Geometry::Polygon(one) => MultiPolygon(vec![one]),
            Geometry::MultiPolygon(many) => many,
            _ => return Err(missing("area")),
        };
        Ok(Self {
            label: label.to_owned(),
            product_id: text("dataProduct").ok_or_else(|| missing("dataProduct"))?,
            scene_id: text("scene"),
            area,
            params: json.get("params").and_then(Value::as_object).cloned().unwrap_or_default(),
            budget_id: text("budgetId"),
            tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }
}

impl fmt::Debug for OrderItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.1} km²", sanitize(&self.label, 200), self.area_km2())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcomes(json: Value, count: usize) -> Vec<String> {
        let answers = answers(json, count, |one| required(one, "id")).unwrap();
        answers.into_iter().map(|answer| answer.unwrap_or_else(|error| error.to_string())).collect()
    }

    #[test]
    fn answers_are_assigned_to_items_by_index() {
        let json = json!({
            "results": [{"index": 2, "id": "c"}, {"index": 0, "id": "a"}],
            "errors": [{"index": 1, "message": "too large", "details": {"most": 9}}, {"index": 7, "message": "whose?"}],
        });
        assert_eq!(
            outcomes(json, 4),
            [
                "a",
                r#"too large: {"most":9}"#,
                "c",
                "the answer has neither the order nor a reason against it"
            ]
        );
        assert_eq!(outcomes(json!({}), 1), ["the answer has neither the order nor a reason against it"]);
        assert!(answers(json!({"results": 7}), 1, |_| Ok(())).is_err());
    }

    #[test]
    fn missing_credits_have_their_own_error_kind() {
        let json = json!({"errors": [{"index": 0, "message": "Insufficient credits", "details": null}]});
        let error = answers(json, 1, |_| Ok(())).unwrap().pop().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Credits, "Insufficient credits"));
    }

    proptest! {
        #[test]
        fn every_item_has_exactly_one_answer(
            results in prop::collection::vec(0..9usize, 0..9),
            errors in prop::collection::vec(0..9usize, 0..9),
            count in 0..9usize,
        ) {
            let json = json!({
                "results": results.iter().map(|index| json!({"index": index, "id": index.to_string()})).collect::<Vec<_>>(),
                "errors": errors.iter().map(|index| json!({"index": index, "message": "no"})).collect::<Vec<_>>(),
            });
            let outcomes = outcomes(json, count);
            prop_assert_eq!(outcomes.len(), count);
            for (index, outcome) in outcomes.iter().enumerate() {
                match (results.contains(&index), errors.contains(&index)) {
                    (true, _) => prop_assert_eq!(outcome, &index.to_string()),
                    (false, true) => prop_assert_eq!(outcome, "no"),
                    (false, false) => prop_assert_eq!(outcome, "the answer has neither the order nor a reason against it"),
                }
            }
        }
    }
}
