//! Data products of each collection (`docs/up42-api.md`, 9).

use serde_json::{Value, json};

use super::eulas;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::seeded_rng::SeededRng;

/// Data product.
#[derive(Debug)]
pub(super) struct Product {
    pub collection: &'static str,
    pub name: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// Credits per square kilometre.
    pub rate: f64,
    /// Name of its licence.
    pub eula: Option<&'static str>,
    /// Whether the panchromatic band is delivered as a second image.
    pub bundle: bool,
    /// Whether the image has yet to be acquired.
    pub tasking: bool,
}

/// Collection of the tasking products.
pub(super) const TASKING: &str = "phr-tasking";

pub(super) static PRODUCTS: [Product; 8] = [
    archive(
        "phr",
        "display",
        "Display",
        "Sharpened and stretched for the eye, 8 bits",
        2.5,
        Some("oneatlas"),
        false,
    ),
    archive(
        "phr",
        "analytic",
        "Analytic",
        "Reflectance, and the panchromatic band apart, 12 bits",
        3.0,
        Some("oneatlas"),
        true,
    ),
    archive(
        "pneo",
        "display",
        "Display",
        "Sharpened and stretched for the eye, 8 bits",
        6.0,
        Some("pneo"),
        false,
    ),
    archive(
        "spot",
        "display",
        "Display",
        "Sharpened and stretched for the eye, 8 bits",
        1.0,
        Some("oneatlas"),
        false,
    ),
    archive(
        "spot",
        "analytic",
        "Analytic",
        "Reflectance, and the panchromatic band apart, 12 bits",
        1.2,
        Some("oneatlas"),
        true,
    ),
    archive("sentinel-2", "level-1c", "Level 1C", "All bands, as they were taken", 0.05, None, false),
    archive("sentinel-2", "level-2a", "Level 2A", "All bands, at the ground", 0.05, None, false),
    Product {
        collection: TASKING,
        name: "standard",
        title: "Standard",
        description: "A new image within the dates",
        rate: 8.0,
        eula: Some("tasking"),
        bundle: false,
        tasking: true,
    },
];

const fn archive(
    collection: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    rate: f64,
    eula: Option<&'static str>,
    bundle: bool,
) -> Product {
    Product { collection, name, title, description, rate, eula, bundle, tasking: false }
}

/// Returns the product with an id.
pub(super) fn by_id(id: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.id() == id)
}

impl Product {
    /// Returns its id, which depends on its names alone.
    pub(super) fn id(&self) -> String {
        SeededRng::of_text(0, &format!("product {}/{}", self.collection, self.name)).uuid().to_string()
    }

    /// Returns the product as in the list of collections.
    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "id": self.id(),
            "eulaId": self.eula.map(eulas::id_of),
        })
    }

    /// Returns the schema of an order's `params` (9.3).
    pub(super) fn schema(&self) -> Value {
        let (properties, required) = if self.tasking { tasking() } else { of_scene(self) };
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": format!("{} {}", self.collection, self.name),
            "type": "object",
            "additionalProperties": false,
            "required": required,
            "properties": properties,
            "definitions": {
                "Polygon": {"title": "Polygon", "type": "object", "required": ["type", "coordinates"]},
                "GeometricProcessing": {
                    "title": "GeometricProcessing",
                    "description": "How the image is brought to the ground",
                    "enum": ["ortho", "primary"],
                    "type": "string",
                },
                "AcquisitionMode": {"enum": ["mono", "stereo"], "type": "string"},
            },
        })
    }
}

fn of_scene(product: &Product) -> (Value, Value) {
    let bits = if product.bundle { "12bits" } else { "8bits" };
    let properties = json!({
        "id": {"title": "Id", "type": "string", "description": "The scene's id in the catalog"},
        "aoi": {"title": "Aoi", "allOf": [{"$ref": "#/definitions/Polygon"}], "description": "The area"},
        "geometricProcessing": {"allOf": [{"$ref": "#/definitions/GeometricProcessing"}], "default": "ortho"},
        "projection": {
            "title": "Projection",
            "type": "string",
            "description": "The coordinate system, as an EPSG code",
            "default": "4326",
        },
        "pixelCoding": {"title": "Pixel coding", "enum": ["8bits", "12bits"], "type": "string", "default": bits},
        "licenseSeats": {
            "title": "Seats",
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "description": "How many people may use it",
            "default": 1,
        },
    });
    (properties, json!(["id", "aoi"]))
}

fn tasking() -> (Value, Value) {
    let properties = json!({
        "displayName": {"title": "Name", "type": "string", "description": "Name of the order"},
        "geometry": {"title": "Geometry", "allOf": [{"$ref": "#/definitions/Polygon"}], "description": "The area"},
        "acquisitionStart": {
            "title": "Start",
            "type": "string",
            "format": "date-time",
            "description": "The first instant at which the image may be taken",
        },
        "acquisitionEnd": {
            "title": "End",
            "type": "string",
            "format": "date-time",
            "description": "The last instant at which the image may be taken",
        },
        "acquisitionMode": {"allOf": [{"$ref": "#/definitions/AcquisitionMode"}], "default": "mono"},
        "maxCloudCover": {
            "title": "Cloud",
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 100}, {"type": "null"}],
            "description": "The largest cloud cover, in %",
            "default": 10,
        },
        "maxIncidenceAngle": {"title": "Angle", "type": "number", "minimum": 0, "maximum": 53, "default": 30},
        "extraDescription": {"title": "Remarks", "type": "string", "description": "For those who plan it"},
    });
    (properties, json!(["displayName", "geometry", "acquisitionStart", "acquisitionEnd"]))
}

impl Platform {
    /// Handles a request for the schema of an order (9.3).
    pub(super) fn order_schema(&self, id: &str) -> Answer {
        let product = by_id(id);
        let product = product.ok_or_else(|| {
            Reply::problem(404, format!("Resource (DataProduct) not found with Id='{id}'."))
        })?;
        Ok(Reply::json(200, &product.schema()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_product_has_an_id_of_its_own() {
        let ids: HashSet<_> = PRODUCTS.iter().map(Product::id).collect();
        assert_eq!(ids.len(), PRODUCTS.len());
        assert!(
            PRODUCTS.iter().all(|product| by_id(&product.id()).is_some_and(|one| one.name == product.name))
        );
    }
}
