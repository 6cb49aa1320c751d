//! Archives of finished jobs.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::catalog::scene::Scene;
use super::catalog::shape::{Bbox, corners, ring_json};
use super::geotiff;
use super::job::Job;
use super::platform::Platform;
use super::quicklook::{View, day_of_year};
use super::reply::Reply;
use super::seeded_rng::SeededRng;

/// Longer side of a raster, in pixels.
const LARGEST_SIDE: usize = 256;

impl Platform {
    /// Returns the archive of a job, to which its signed URL leads.
    pub(super) fn job_archive(&self, id: &str) -> Option<Reply> {
        let job = self.store().jobs.iter().find(|job| job.id == id)?.clone();
        if let Some(given) = self.given_archive(&job) {
            return given.reply();
        }
        let file = self.file_cache.keep(&format!("{id}/output.tgz"), || self.packed(&job).ok())?;
        Some(Reply::file("application/gzip", file.as_ref().clone()))
    }

    /// Creates an archive of `output/data.json` and its rasters.
    fn packed(&self, job: &Job) -> std::io::Result<Vec<u8>> {
        let gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut archive = tar::Builder::new(gzip);
        let mut add = |name: String, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(job.finished.as_second().try_into().unwrap_or_default());
            archive.append_data(&mut header, name, bytes)
        };
        add("output/data.json".into(), self.data_json(job).to_string().as_bytes())?;
        for scene in job.rasters() {
            let raster = self.raster(scene, job.frame(scene)).map_err(std::io::Error::other)?;
            add(format!("output/{}", path_of(job, scene)), &raster)?;
        }
        archive.into_inner()?.finish()
    }

    /// Returns the features of a job (5.1): one for each raster, or for each scene found by a test
    /// query.
    pub(super) fn data_json(&self, job: &Job) -> Value {
        if let Some(given) = self.given_archive(job) {
            return given.data.clone();
        }
        let features: Vec<Value> = match job.dry_run {
            true => job.scenes.iter().map(Scene::feature).collect(),
            false => job.rasters().iter().map(|scene| feature(job, scene)).collect(),
        };
        json!({"type": "FeatureCollection", "features": features})
    }

    /// Returns the view of a scene that is cut to an area.
    pub(super) fn view_of(&self, scene: &Scene, area: Bbox) -> View {
        View {
            corners: corners(area),
            scene: scene.corners,
            cloud_cover: scene.cloud_cover,
            sun_elevation: scene.sun_elevation,
            sun_azimuth: scene.sun_azimuth,
            day_of_year: day_of_year(scene.at),
            key: SeededRng::of_text(self.seed, &scene.id).next(),
        }
    }

    fn raster(&self, scene: &Scene, area: Bbox) -> tiff::TiffResult<Vec<u8>> {
        let view = self.view_of(scene, area);
        let (across, down) = view.size_km();
        let native = across.max(down) * 1000.0 / scene.sensor.gsd;
        let picture = view.fitted((native as usize).clamp(16, LARGEST_SIDE));
        geotiff::encode(&picture, area, |lon, lat| scene.covers(lon, lat))
    }
}

impl Job {
    /// Returns the scenes that are delivered as rasters: none for a test query.
    fn rasters(&self) -> &[Scene] {
        if self.dry_run || self.ending != "SUCCEEDED" { &[] } else { &self.scenes }
    }
}

/// Returns the path of a raster, relative to `output/`.
fn path_of(job: &Job, scene: &Scene) -> String {
    let folder = SeededRng::of_text(0, &format!("{}/{}", job.id, scene.id)).uuid();
    format!("{folder}/{}.tif", scene.id)
}

fn feature(job: &Job, scene: &Scene) -> Value {
    let frame = job.frame(scene);
    let mut properties = scene.feature()["properties"].clone();
    properties["up42.data_path"] = path_of(job, scene).into();
    json!({
        "type": "Feature",
        "id": scene.id,
        "bbox": frame,
        "geometry": ring_json(&corners(frame)),
        "properties": properties,
    })
}
