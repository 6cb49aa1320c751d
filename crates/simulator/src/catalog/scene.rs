//! Scene of the generated archive.

use geo::{Coord, Geometry, LineString, Polygon};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::sensor::Sensor;
use super::shape::{Bbox, ring_json};
use super::stac_root::StacRoot;

#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub id: String,
    pub sensor: &'static Sensor,
    pub platform: &'static str,
    /// Time of acquisition in milliseconds since 1970.
    pub at: i64,
    /// Upper left, upper right, lower right, lower left corner of the image.
    pub corners: [[f64; 2]; 4],
    /// Cloud cover in % of the footprint.
    pub cloud_cover: f64,
    /// Elevation of the sun; all angles are in degrees.
    pub sun_elevation: f64,
    pub sun_azimuth: f64,
    pub off_nadir: f64,
    pub incidence: f64,
    pub view_azimuth: f64,
}

impl Scene {
    pub(crate) fn bbox(&self) -> Bbox {
        let mut bbox = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for [lon, lat] in self.corners {
            bbox = [bbox[0].min(lon), bbox[1].min(lat), bbox[2].max(lon), bbox[3].max(lat)];
        }
        bbox
    }

    pub(crate) fn shape(&self) -> Geometry {
        let ring = self.corners.iter().map(|[lon, lat]| Coord { x: *lon, y: *lat }).collect();
        Geometry::Polygon(Polygon::new(LineString(ring), Vec::new()))
    }

    /// Returns whether a position is inside the footprint.
    pub(crate) fn covers(&self, lon: f64, lat: f64) -> bool {
        (0..4).all(|side| {
            let ([x0, y0], [x1, y1]) = (self.corners[side], self.corners[(side + 1) % 4]);
            // The corners are in clockwise order: the inside is to the right.
            (x1 - x0) * (lat - y0) <= (y1 - y0) * (lon - x0)
        })
    }

    pub(crate) fn time(&self) -> String {
        let time = Timestamp::from_millisecond(self.at).unwrap_or_default();
        format!("{time:.3}")
    }

    /// Returns a property by its STAC name.
    pub(crate) fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "collection" => json!(self.sensor.collection),
            "datetime" => json!(self.time()),
            "eo:cloud_cover" => json!(self.cloud_cover),
            "gsd" => json!(self.sensor.gsd),
            "platform" => json!(self.platform),
            "constellation" => json!(self.sensor.constellation),
            "view:incidence_angle" => json!(self.incidence),
            "view:off_nadir" => json!(self.off_nadir),
            "view:azimuth" => json!(self.view_azimuth),
            "view:sun_elevation" => json!(self.sun_elevation),
            "view:sun_azimuth" => json!(self.sun_azimuth),
            _ => return None,
        })
    }

    /// Returns the scene as a STAC item.
    pub(crate) fn item(&self, root: &StacRoot) -> Value {
        let sensor = self.sensor;
        json!({
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": [
                "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
                "https://stac-extensions.github.io/view/v1.0.0/schema.json",
                "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
            ],
            "id": self.id,
            "collection": sensor.collection,
            "bbox": self.bbox(),
            "geometry": ring_json(&self.corners),
            "properties": {
                "datetime": self.time(),
                "created": self.time(),
                "constellation": sensor.constellation,
                "platform": self.platform,
                "instruments": [sensor.instrument],
                "gsd": sensor.gsd,
                "eo:cloud_cover": self.cloud_cover,
                "sat:orbit_state": "descending",
                "view:incidence_angle": self.incidence,
                "view:off_nadir": self.off_nadir,
                "view:azimuth": self.view_azimuth,
                "view:sun_azimuth": self.sun_azimuth,
                "view:sun_elevation": self.sun_elevation,
            },
            "links": root.item_links(sensor.collection, &self.id),
            "assets": root.image_assets(sensor.collection, &self.id, &["thumbnail", "quicklook"]),
        })
    }

    /// Returns the scene as a feature of the classic catalog and the hosts.
    pub(crate) fn feature(&self) -> Value {
        let sensor = self.sensor;
        json!({
            "type": "Feature",
            "id": self.id,
            "bbox": self.bbox(),
            "geometry": ring_json(&self.corners),
            "properties": {
                "id": self.id,
                "sceneId": self.id,
                "acquisitionDate": self.time(),
                "datetime": self.time(),
                "constellation": sensor.constellation,
                "collection": sensor.collection,
                "providerName": sensor.host,
                "producer": sensor.producer,
                "blockNames": super::classic::block_names(sensor),
                "cloudCoverage": self.cloud_cover,
                "resolution": sensor.gsd,
                "deliveryTime": "MINUTES",
                "up42:usageType": ["DATA", "ANALYTICS"],
                "providerProperties": {
                    "platform": self.platform,
                    "incidenceAngle": self.incidence,
                    "azimuthAngle": self.view_azimuth,
                    "illuminationElevationAngle": self.sun_elevation,
                    "illuminationAzimuthAngle": self.sun_azimuth,
                },
            },
        })
    }
}
