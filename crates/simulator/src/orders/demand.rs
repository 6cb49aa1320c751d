//! Demand of an order, and its validation.

use geo::{BooleanOps, Geometry, MultiPolygon};
use serde_json::{Map, Value, json};

use crate::catalog::query::strings;
use crate::catalog::scene::Scene;
use crate::catalog::shape::{Area, parse};
use crate::platform::Platform;
use crate::products::{Product, by_id};
use crate::reply::Reply;

/// Largest area of an order, in km².
const LARGEST: f64 = 1000.0;
const MOST_TAGS: usize = 30;

/// Valid request: one order for each of its features.
pub(super) struct Demand {
    pub product: &'static Product,
    pub name: String,
    pub params: Map<String, Value>,
    pub tags: Vec<String>,
    pub budget: Option<String>,
    pub image: Option<String>,
    pub areas: Vec<Value>,
}

/// Size of a feature in km², and its price.
pub(super) struct Offer {
    pub square_km: f64,
    pub credits: i64,
}

fn invalid(message: impl Into<String>) -> Reply {
    Reply::json(400, &json!({"title": "Bad Request", "status": 400, "schema-error": message.into()}))
        .with_header("content-type", "application/problem+json")
}

impl Demand {
    pub(super) fn of(body: &Value) -> Result<Self, Reply> {
        let id = body["dataProduct"]
            .as_str()
            .ok_or_else(|| invalid("data must contain ['dataProduct'] properties"))?;
        let product = by_id(id).ok_or_else(|| {
            Reply::problem(404, format!("Resource (DataProduct) not found with Id='{id}'."))
        })?;
        let name = body["displayName"].as_str().filter(|name| (1..=200).contains(&name.chars().count()));
        let name = name.ok_or_else(|| invalid("data.displayName must be of 1 to 200 characters"))?;
        let tags = strings(&body["tags"], "data.tags").map_err(invalid)?.unwrap_or_default();
        if tags.len() > MOST_TAGS {
            return Err(invalid(format!("data.tags must contain less than or equal to {MOST_TAGS} items")));
        }
        let params = body["params"].as_object().cloned();
        let params = params.ok_or_else(|| invalid("data must contain ['params'] properties"))?;
        check(&params, &product.schema())?;
        let features = body["featureCollection"]["features"].as_array().filter(|list| !list.is_empty());
        let features = features.ok_or_else(|| invalid("data.featureCollection must have features"))?;
        Ok(Self {
            product,
            name: name.to_owned(),
            image: params.get("id").and_then(Value::as_str).map(str::to_owned),
            params,
            tags,
            budget: body["budgetId"].as_str().map(str::to_owned),
            areas: features.iter().map(|feature| feature["geometry"].clone()).collect(),
        })
    }
}

/// Validates the params by the product's schema, with the error messages of the platform's
/// validator.
fn check(params: &Map<String, Value>, schema: &Value) -> Result<(), Reply> {
    let known = schema["properties"].as_object();
    if let Some(unknown) = params.keys().find(|name| !known.is_some_and(|known| known.contains_key(*name))) {
        return Err(invalid(format!("data.params must not contain {{'{unknown}'}} properties")));
    }
    // The area is not part of the params.
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) =
        required.filter(|name| !matches!(*name, "aoi" | "geometry")).find(|name| !params.contains_key(*name))
    {
        return Err(invalid(format!("data.params must contain ['{missing}'] properties")));
    }
    for (name, value) in params {
        let own = &schema["properties"][name];
        let referred =
            own["allOf"][0]["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
        let choices = own["enum"].as_array().or_else(|| referred?["enum"].as_array());
        if choices.is_some_and(|choices| !choices.contains(value)) {
            return Err(invalid(format!("data.params.{name} must be one of {}", json!(choices))));
        }
        let (least, most) = (own["minimum"].as_f64(), own["maximum"].as_f64());
        let number = value.as_f64();
        if number.is_some_and(|number| {
            least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most)
        }) {
            return Err(invalid(format!("data.params.{name} is out of range")));
        }
    }
    Ok(())
}

impl Platform {
    /// Returns the price of an area, or the reason why it cannot be ordered.
    pub(super) fn offer(&self, demand: &Demand, area: &Value) -> Result<Offer, String> {
        let shape = Area::of_geometry(area)?;
        let mut square_km = shape.square_km();
        if square_km > LARGEST {
            return Err(format!("the area of {square_km:.1} sqkm exceeds the largest of {LARGEST} sqkm"));
        }
        if let Some(image) = &demand.image {
            square_km = self.covered(image, demand.product.collection, area)?;
        }
        // Rounded up to hundredths of a square kilometre, and at least one credit.
        let square_km = (square_km * 100.0).ceil() / 100.0;
        Ok(Offer { square_km, credits: ((square_km * demand.product.rate).ceil() as i64).max(1) })
    }

    pub(crate) fn scene_of(&self, image: &str, collection: &str) -> Option<Scene> {
        self.catalog.archive.scene(image).filter(|scene| scene.sensor.collection == collection)
    }

    /// Returns the part of an area that an image covers, in km².
    fn covered(&self, image: &str, collection: &str, area: &Value) -> Result<f64, String> {
        let scene = self.scene_of(image, collection);
        let scene = scene.ok_or(format!("image '{image}' is not available in collection '{collection}'"))?;
        let part = match (parse(area).and_then(polygons), polygons(scene.shape())) {
            (Some(area), Some(scene)) => area.intersection(&scene),
            _ => return Err("the area must be a Polygon or a MultiPolygon".into()),
        };
        let square_km = up42_core::geo::area_km2(&part);
        match square_km > 0.0 {
            true => Ok(square_km),
            false => Err(format!("the area does not intersect with image '{image}'")),
        }
    }
}

fn polygons(shape: Geometry) -> Option<MultiPolygon> {
    match shape {
        Geometry::Polygon(polygon) => Some(polygon.into()),
        Geometry::MultiPolygon(polygons) => Some(polygons),
        _ => None,
    }
}
