//! Cloud cover over the area itself, estimated from quicklooks.
//!
//! The catalog states the cloud cover of the whole scene. In a quicklook, clouds are pixels that
//! are bright in all colours. The brightest pixels are classified as cloud, as many as the catalog
//! states, and those over the area are counted. The value of the whole scene thus sets the
//! threshold, and a bright desert in a clear scene stays clear.

mod estimate;

use std::fmt;
use std::ops::RangeBounds;

use geo::{BoundingRect, MultiPolygon};
use polars::prelude::DataFrame;

use self::estimate::estimate;
use super::{Quicklook, QuicklookOutcome, Quicklooks, Scene};
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::geo::{continuous_near, covered_percent};
use up42_core::impl_list;
use up42_core::parallel::{cores, in_parallel};
use up42_core::time::minute;
use up42_view::Aoi;
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;
use up42_view::map::Pixels;
use up42_view::picture::decode;

/// Cloud cover over the area in each of several quicklooks: an estimate, not a measurement.
///
/// The brightest pixels of a quicklook are classified as cloud, as many as the catalog's value for
/// the whole scene states (by a fixed brightness if there is no value), and those over the area are
/// counted. Pixels are located by the rule that places the quicklook on the map. The estimate is
/// `None`, with a note, if
///
/// - a slightly different threshold (5 % of the scale) would change the estimate by more than 25 %
///   of the area, as over snow, ice and haze,
/// - the brightest pixels are too dark to be cloud,
/// - fewer than 25 pixels show the area.
///
/// Not detected are cirrus and cloud shadow, single fields of snow in a scene without a value, and
/// errors of the catalog's value.
#[derive(Clone)]
pub struct AoiClouds {
    clouds: Vec<AoiCloud>,
}

/// Cloud cover over the area in one quicklook.
#[derive(Clone)]
#[non_exhaustive]
pub struct AoiCloud {
    /// Scene of the quicklook.
    pub scene: Scene,
    /// Estimated cloud cover of the part of the area that the scene shows, in %.
    pub percent: Option<f64>,
    /// Share of the area that the scene shows, in %; `None` without a footprint.
    pub aoi_coverage: Option<f64>,
    /// Reason why there is no estimate, or a limitation of the estimate.
    pub note: Option<String>,
}

impl_list!(AoiClouds(clouds: AoiCloud), "Returns an iterator over the estimates, in the order of the quicklooks.");

impl Quicklooks {
    /// Estimates the cloud cover over the area from the pixels of the quicklooks; see
    /// [`AoiClouds`].
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::{MosaicOptions, Search};
    /// # let client = Client::simulator()?;
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let scenes = client.catalog().search(search)?;
    /// let clouds = client.catalog().download_quicklooks(&scenes)?.aoi_clouds(&aoi);
    /// assert_eq!(clouds.to_dataframe()?.height(), scenes.len());
    /// // The mosaic can go by it.
    /// let mosaic = scenes.mosaic_with(&aoi, MosaicOptions::new().clouds(clouds.percents()))?;
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn aoi_clouds(&self, aoi: &Aoi) -> AoiClouds {
        let quicklooks: Vec<&Quicklook> = self.iter().collect();
        AoiClouds { clouds: in_parallel(&quicklooks, cores(), |quicklook| estimate_one(quicklook, aoi)) }
    }
}

fn estimate_one(quicklook: &Quicklook, aoi: &Aoi) -> AoiCloud {
    let (percent, note) = match pixels(quicklook, aoi) {
        Ok(pixels) => estimate(&pixels, quicklook.scene.cloud_cover),
        Err(why) => (None, Some(why)),
    };
    let scene = quicklook.scene.clone();
    let aoi_coverage = scene.footprint.as_ref().and_then(|shape| covered_percent(aoi.geometry(), shape));
    AoiCloud { scene, percent, aoi_coverage, note }
}

fn pixels(quicklook: &Quicklook, aoi: &Aoi) -> Result<Pixels, String> {
    let bytes = match &quicklook.outcome {
        QuicklookOutcome::Picture(bytes) => bytes,
        QuicklookOutcome::Missing => return Err("no quicklook".into()),
        QuicklookOutcome::Failed(_) => return Err("the quicklook could not be downloaded".into()),
    };
    let near = |shape: &MultiPolygon| Some(shape.bounding_rect()?.center().x);
    let footprint = quicklook.scene.footprint_polygons().ok_or("no footprint")?;
    let footprint = continuous_near(&footprint, None);
    let area = continuous_near(aoi.geometry(), near(&footprint));
    let image = decode(bytes).map_err(|error| format!("the quicklook cannot be read: {error}"))?;
    Pixels::of(&image, &footprint, &area).ok_or_else(|| "the quicklook has no place".into())
}

impl AoiClouds {
    /// Returns the estimates by the ids of the scenes, in %, without scenes that have none; for
    /// [`MosaicOptions::clouds`](crate::catalog::MosaicOptions::clouds).
    pub fn percents(&self) -> Vec<(String, f64)> {
        self.iter().filter_map(|one| Some((one.scene.id.clone(), one.percent?))).collect()
    }

    /// Returns the estimates as a Polars DataFrame, one row for each quicklook.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `id` | String | | never null |
    /// | `collection` | String | | missing |
    /// | `datetime` | Datetime(ms) | UTC | unknown |
    /// | `cloud_cover` | Float64 | % of the whole scene, from the catalog | unknown |
    /// | `aoi_cloud_cover` | Float64 | % of what the scene shows of the area, estimated | no estimate: see `note` |
    /// | `aoi_coverage` | Float64 | % of the area that the scene shows | no footprint |
    /// | `note` | String | | no note |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.clouds)
            .text("id", |one| Some(&one.scene.id))
            .text("collection", |one| one.scene.collection.as_deref())
            .instant("datetime", |one| one.scene.datetime)?
            .number("cloud_cover", |one| one.scene.cloud_cover)
            .number("aoi_cloud_cover", |one| one.percent)
            .number("aoi_coverage", |one| one.aoi_coverage)
            .text("note", |one| one.note.as_deref())
            .finish()
            .context("clouds over the area to a DataFrame")
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Scene"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud, whole scene"),
            Column::number("Cloud, AOI (estimate)"),
            Column::number("AOI covered"),
            Column::new("Note"),
        ];
        let row = |one: &AoiCloud| {
            [
                Cell::id(&one.scene.id),
                one.scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                one.scene.cloud_cover.map_or(Cell::Empty, Cell::Percent),
                one.percent.map_or(Cell::Empty, Cell::Percent),
                one.aoi_coverage.map_or(Cell::Empty, Cell::Percent),
                one.note.clone().into(),
            ]
        };
        Table::new(format!("{self:?}"), columns)
            .list(&self.clouds, rows, "clouds", row)
            .note("Estimated from the pixels of the quicklooks over the area.")
    }
}

impl_show!(AoiClouds);

impl fmt::Debug for AoiClouds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.percents().len();
        write!(f, "Cloud over the area in {known} of {} quicklooks", self.len())
    }
}

impl fmt::Debug for AoiCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent {
            Some(percent) => write!(f, "{:?}: {percent:.0} % of the area", self.scene),
            None => write!(f, "{:?}: {}", self.scene, self.note.as_deref().unwrap_or("not known")),
        }
    }
}
