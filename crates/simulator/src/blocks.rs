//! Blocks of workflows (`docs/up42-api.md`, 3.10 to 3.14).

use serde_json::{Map, Value, json};

use super::catalog::LARGEST_LATITUDE;
use super::catalog::shape::{corners, ring_json};
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get, post};
use super::seeded_rng::SeededRng;

/// Source of data or processing step.
#[derive(Debug)]
pub(super) struct Block {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub version: &'static str,
    /// Whether there is a newer version.
    is_old: bool,
    /// Format of its output, which the next block must accept.
    gives: &'static str,
    /// Credits per square kilometre and scene.
    pub price: f64,
    /// Credits per hour of its machine.
    pub machine: f64,
    /// Parameters of a processing block: name, type, default.
    own: &'static [(&'static str, &'static str, &'static str)],
}

/// Name of a task, and its block.
pub(super) type NamedBlock = (String, &'static Block);

/// Type of a block.
#[derive(Debug)]
pub(super) enum Kind {
    /// Delivers scenes of this collection.
    Data { collection: &'static str },
    /// Processes the output of the task before it.
    Processing,
}

const fn data(name: &'static str, title: &'static str, collection: &'static str, price: f64) -> Block {
    Block {
        name,
        title,
        kind: Kind::Data { collection },
        version: "2.6.0",
        is_old: false,
        gives: RASTER,
        price,
        machine: 8.0,
        own: &[],
    }
}

type Own = &'static [(&'static str, &'static str, &'static str)];

const fn processing(name: &'static str, title: &'static str, price: f64, machine: f64, own: Own) -> Block {
    Block {
        name,
        title,
        kind: Kind::Processing,
        version: "1.3.0",
        is_old: false,
        gives: RASTER,
        price,
        machine,
        own,
    }
}

/// Values that a manifest may state as a block's input and output.
const CAPABILITIES: [&str; 2] = ["raster", "vector"];
/// Input format of every processing block.
const RASTER: &str = "GTiff";

impl Block {
    const fn old(self, version: &'static str) -> Self {
        Self { version, is_old: true, ..self }
    }

    const fn gives(self, gives: &'static str) -> Self {
        Self { gives, ..self }
    }
}

const TILING: Own = &[
    ("nodata", "number", "null"),
    ("tile_width", "number", "768"),
    ("tile_height", "number", "768"),
    ("required_bands", "array", "[]"),
];

/// Blocks; a newer version follows the older ones.
static BLOCKS: [Block; 28] = [
    data("oneatlas-pleiades-aoiclipped", "Pléiades Reflectance (Streaming)", "phr", 400.0),
    data("oneatlas-pleiades-display-aoiclipped", "Pléiades Display (Streaming)", "phr", 400.0),
    data("oneatlas-pleiades-neo-aoiclipped", "Pléiades Neo (Streaming)", "pneo", 600.0),
    data("oneatlas-spot-aoiclipped", "SPOT 6/7 Reflectance (Streaming)", "spot", 150.0),
    data("oneatlas-spot-display-aoiclipped", "SPOT 6/7 Display (Streaming)", "spot", 150.0),
    data("sobloo-s2-l1c-aoiclipped", "Sentinel-2 Level-1C (GeoTIFF)", "sentinel-2", 1.0).old("2.5.1"),
    data("sobloo-s2-l1c-aoiclipped", "Sentinel-2 Level-1C (GeoTIFF)", "sentinel-2", 1.0),
    data("sobloo-s2-l1c-fullscene", "Sentinel-2 Level-1C (SAFE)", "sentinel-2", 1.0).gives("SAFE"),
    data("sentinelhub-s2-aoiclipped", "Sentinel-2 L1C MSI (AOI clipped)", "sentinel-2", 2.0),
    data("oneatlas-pleiades-fullscene", "Pléiades Reflectance (Download)", "phr", 400.0).gives("DIMAP"),
    data("oneatlas-pleiades-display", "Pléiades Display (Download)", "phr", 400.0),
    data("oneatlas-spot-fullscene", "SPOT 6/7 Reflectance (Download)", "spot", 150.0).gives("DIMAP"),
    data("oneatlas-spot-display", "SPOT 6/7 Display (Download)", "spot", 150.0),
    data("sobloo-s1-grd-fullscene", "Sentinel-1 L1 GRD (SAFE)", "sentinel-1", 1.0).gives("SAFE"),
    data("sobloo-s1-grd-aoiclipped", "Sentinel-1 L1 GRD (GeoTIFF)", "sentinel-1", 1.0),
    data("sobloo-s1-slc-fullscene", "Sentinel-1 L1 SLC (SAFE)", "sentinel-1", 1.0).gives("SAFE"),
    data("sobloo-s3", "Sentinel-3 (SAFE)", "sentinel-3", 1.0).gives("SAFE"),
    data("sobloo-s5p", "Sentinel-5P (NetCDF)", "sentinel-5p", 1.0).gives("NetCDF"),
    data("sentinelhub-s2", "Sentinel-2 Level 2 (BOA) AOI clipped", "sentinel-2", 2.0),
    data("esa-s2-l2a-gtiff", "Sentinel-2 Level-2A (GeoTIFF)", "sentinel-2", 2.0),
    data("esa-s2-l2a-gtiff-visual", "Sentinel-2 Level-2A, visual (GeoTIFF)", "sentinel-2", 2.0),
    processing("tiling", "Raster Tiling", 0.0, 4.0, TILING).old("1.2.1"),
    processing("tiling", "Raster Tiling", 0.0, 4.0, TILING),
    processing("sharpening", "Sharpening Filter", 0.2, 8.0, &[("strength", "string", "\"medium\"")]),
    processing("pansharpen", "Pansharpening", 0.5, 38.0, &[("method", "string", "\"SFIM\"")]),
    processing("ndvi", "NDVI", 0.1, 8.0, &[("output_original_raster", "boolean", "false")]),
    processing("superresolution", "Super-Resolution", 5.0, 152.0, &[("model", "string", "\"SPOT\"")]),
    processing("zonal-statistics", "Zonal Statistics", 0.1, 8.0, &[("stats", "array", "[\"min\", \"max\"]")])
        .gives("GeoJSON"),
];

pub(super) fn all() -> &'static [Block] {
    &BLOCKS
}

pub(super) fn by_id(id: &str) -> Option<&'static Block> {
    BLOCKS.iter().find(|block| block.id() == id)
}

/// Returns the tasks in the body of a request.
pub(super) fn named_in(tasks: &Value) -> Result<Vec<NamedBlock>, Reply> {
    let tasks = tasks.as_array().filter(|tasks| !tasks.is_empty());
    let tasks = tasks.ok_or_else(|| Reply::refused(400, 400, "Field \"tasks\" must not be empty"))?;
    let named = tasks.iter().map(|task| {
        let id = task["blockId"].as_str().unwrap_or_default();
        let name = task["name"].as_str().unwrap_or_default();
        Ok((name.to_string(), by_id(id).ok_or_else(|| unknown(id))?))
    });
    named.collect()
}

impl Block {
    /// Returns the block's id, which is the same on every platform, whatever its seed.
    pub(super) fn id(&self) -> String {
        let version = if self.is_old { format!("@{}", self.version) } else { String::new() };
        SeededRng::of_text(0, &format!("{}{version}", self.name)).uuid().to_string()
    }

    /// Returns whether a task of this block can follow one of `parent`.
    pub(super) fn follows(&self, parent: &Block) -> bool {
        !self.is_data() && parent.gives == RASTER
    }

    pub(super) fn is_data(&self) -> bool {
        self.collection().is_some()
    }

    /// Returns the collection of a data block.
    pub(super) fn collection(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Data { collection } => Some(collection),
            Kind::Processing => None,
        }
    }

    /// Returns the parameters that a job may set, with their defaults.
    pub(super) fn parameters(&self) -> Value {
        if !self.is_data() {
            let own = self.own.iter().map(|(name, kind, default)| {
                let default: Value = serde_json::from_str(default).unwrap_or_default();
                let parameter =
                    json!({"type": kind, "default": default, "required": false, "description": name});
                (name.to_string(), parameter)
            });
            return Value::Object(own.collect::<Map<_, _>>());
        }
        let optional = |kind: &str, default: Value, description: &str| json!({"type": kind, "default": default, "required": false, "description": description});
        json!({
            "ids": optional("array", Value::Null, "Ids of scenes; takes precedence over all other conditions"),
            "bbox": optional("array", Value::Null, "West, south, east, north in WGS 84"),
            "intersects": optional("geometry", Value::Null, "GeoJSON geometry that scenes must touch"),
            "contains": optional("geometry", Value::Null, "GeoJSON geometry that scenes must hold"),
            "time": optional("dateRange", json!("2018-01-01T00:00:00+00:00/2020-12-31T23:59:59+00:00"), "Interval"),
            "time_series": optional("array", Value::Null, "Intervals, each searched by itself"),
            "limit": {
                "type": "number", "default": 1, "minimum": 1, "required": false,
                "description": "Largest number of scenes",
            },
            "max_cloud_cover": optional("number", json!(100), "In percent"),
            "zoom_level": optional("number", json!(17), "Zoom level of the tiles"),
            "asset_ids": optional("array", Value::Null, "Ids of assets in the storage"),
            "order_ids": optional("array", Value::Null, "Ids of finished orders"),
        })
    }

    /// Returns the manifest, as in tasks and in the list of blocks.
    pub(super) fn json(&self) -> Value {
        let capability = |format| json!({"up42_standard": {"dtype": "uint8", "format": format, "bands": ["red", "green", "blue", "nir"]}});
        json!({
            "id": self.id(),
            "name": self.name,
            "displayName": self.title,
            "description": self.title,
            "parameters": self.parameters(),
            "type": if self.is_data() { "DATA" } else { "PROCESSING" },
            "isDryRunSupported": self.is_data(),
            "version": self.version,
            "inputCapabilities": if self.is_data() { json!([]) } else { json!([capability(RASTER)]) },
            "outputCapabilities": [capability(self.gives)],
            "provider": "UP42 simulator",
            "tags": ["imagery"],
            "isPublic": true,
        })
    }
}

/// Returns the endpoints of blocks.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/blocks", |platform, _, []| platform.blocks()),
        get("/marketplace/blocks", |platform, _, []| platform.blocks()),
        get("/blocks/{id}", |platform, _, [id]| platform.block(id)),
        get("/blocks/{id}/coverage", |platform, _, [id]| platform.block_coverage(id)),
        post("/validate-schema/block", |platform, request, []| platform.validate_block(request)),
    ]
}

impl Platform {
    /// Handles a request for the list of blocks (3.10), also without a token (3.13).
    fn blocks(&self) -> Answer {
        Ok(Reply::data(BLOCKS.iter().map(Block::json).collect::<Vec<_>>()))
    }

    /// Handles `GET /blocks/{id}` (3.11).
    fn block(&self, id: &str) -> Answer {
        let block = by_id(id).ok_or_else(|| unknown(id))?;
        Ok(Reply::data(block.json()))
    }

    /// Handles a request for a block's coverage (3.12), which is a file of the storage.
    fn block_coverage(&self, id: &str) -> Answer {
        let block = by_id(id).filter(|block| block.is_data()).ok_or_else(|| unknown(id))?;
        let name = format!("{}.geojson", block.name);
        Ok(Reply::data(json!({"url": self.signed_url(&format!("/coverage/{name}"), &name)})))
    }

    /// Handles the validation of a manifest (3.14); only the fields that every manifest has are
    /// checked.
    fn validate_block(&self, request: &Request) -> Answer {
        let manifest = request.json()?;
        let invalid = |what: &str| {
            let message =
                format!("validateBlockSchema.block: Invalid JSON for 'BLOCK' schema version '1': {what}");
            Reply::refused(400, 400, message)
        };
        let text = |name: &str| manifest[name].as_str().filter(|text| !text.is_empty());
        for name in ["name", "type", "display_name"] {
            text(name).ok_or_else(|| invalid(&format!("required key [{name}] not found")))?;
        }
        let kind = text("type").unwrap_or_default();
        if !["data", "processing"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            return Err(invalid(&format!("{kind} is not a valid enum value")));
        }
        for name in ["input_capabilities", "output_capabilities"] {
            let mut types = manifest[name].as_object().into_iter().flat_map(Map::keys);
            if let Some(unknown) = types.find(|kind| !CAPABILITIES.contains(&kind.as_str())) {
                return Err(invalid(&format!("{name}: extraneous key [{unknown}] is not permitted")));
            }
        }
        Ok(Reply::data(json!({"valid": true, "errors": []})))
    }
}

/// Returns the file of 3.12: all of the Earth that the satellites can see.
pub(super) fn coverage(file: &str) -> Option<Reply> {
    let name = file.strip_suffix(".geojson")?;
    let block = BLOCKS.iter().find(|block| block.is_data() && block.name == name)?;
    let seen = ring_json(&corners([-180.0, -LARGEST_LATITUDE, 180.0, LARGEST_LATITUDE]));
    let feature = json!({"type": "Feature", "geometry": seen, "properties": {"name": block.name}});
    let body = json!({"type": "FeatureCollection", "features": [feature]});
    Some(Reply::json(200, &body).with_header("content-type", "application/geo+json"))
}

pub(super) fn unknown(id: &str) -> Reply {
    Reply::refused(404, 404, format!("Block not found with id {id}"))
}

/// Serializes a block as its id.
pub(crate) mod as_id {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    use super::{Block, by_id};

    pub(crate) fn serialize<S: Serializer>(block: &&'static Block, to: S) -> Result<S::Ok, S::Error> {
        block.id().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Block, D::Error> {
        let id = String::deserialize(from)?;
        by_id(&id).ok_or_else(|| D::Error::custom("there is no such block"))
    }
}
