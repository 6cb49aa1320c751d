//! Coverage: the parts of an area by the number of footprints over them.

mod view;

use std::fmt;

use geo::{BooleanOps, MultiPolygon};
use jiff::Timestamp;
use polars::prelude::DataFrame;

use super::Scenes;
use crate::frame::Frame;
use up42_core::error::{Context, Result};
use up42_core::geo::{OverlapRows, area_km2};
use up42_view::Aoi;

/// Share of the area below which a part of the uncovered rest is a rounding error between outlines.
const SLIVER: f64 = 1e-6;

/// Number of looks at each part of an area.
///
/// A look is a footprint over a place, clouds included. The areas are geodesic (WGS 84), computed
/// from the outlines: exact to rounding while area and footprints have at most 400 edges together
/// (about a hundred scenes), and to 0.01 % of the area beyond.
#[derive(Clone)]
pub struct Coverage {
    aoi: Aoi,
    looks: Vec<CoveragePart>,
    scenes: Vec<CoveringScene>,
    /// Footprints of the scenes that have one.
    footprints: Vec<MultiPolygon>,
    /// Catalog and search that the scenes come from.
    origin: Vec<(String, String)>,
}

/// Part of an area with the same number of looks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CoveragePart {
    /// Number of footprints over the part.
    pub looks: usize,
    /// Size, in km².
    pub km2: f64,
    /// Size, in % of the area.
    pub percent: f64,
}

/// Area that one scene covers.
#[derive(Clone, Debug)]
struct CoveringScene {
    id: String,
    datetime: Option<Timestamp>,
    cloud_cover: Option<f64>,
    km2: f64,
    new_km2: f64,
}

impl Scenes {
    /// Measures the parts of the area by their number of looks, parts without one included.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let coverage = client.catalog().search(search)?.coverage(&aoi);
    /// let sum: f64 = coverage.looks().iter().map(|part| part.percent).sum();
    /// assert!((sum - 100.0).abs() < 1e-9);
    /// let rest = coverage.uncovered().map_or(0.0, |rest| rest.area_km2());
    /// assert!((rest - coverage.looks()[0].km2).abs() < 0.01);
    /// # Ok::<(), up42::Error>(())
    /// ```
    #[doc(alias = "plot_coverage")]
    pub fn coverage(&self, aoi: &Aoi) -> Coverage {
        let mut scenes: Vec<CoveringScene> = self
            .iter()
            .map(|scene| CoveringScene {
                id: scene.id.clone(),
                datetime: scene.datetime,
                cloud_cover: scene.cloud_cover,
                km2: 0.0,
                new_km2: 0.0,
            })
            .collect();
        let grounds =
            self.iter().enumerate().filter_map(|(nth, scene)| Some((nth, scene.footprint_polygons()?)));
        let (index, footprints): (Vec<usize>, Vec<MultiPolygon>) = grounds.unzip();
        let mut sizes = vec![0.0];
        OverlapRows::new(aoi.geometry(), &footprints).each(|piece| {
            let looks = piece.over.len();
            sizes.resize(sizes.len().max(looks + 1), 0.0);
            sizes[looks] += piece.km2;
            for &over in piece.over {
                scenes[index[over as usize]].km2 += piece.km2;
            }
            if let Some(&first) = piece.over.first() {
                scenes[index[first as usize]].new_km2 += piece.km2;
            }
        });
        let whole: f64 = sizes.iter().sum();
        let part = |(looks, km2): (usize, f64)| CoveragePart { looks, km2, percent: 100.0 * km2 / whole };
        let looks = sizes.into_iter().enumerate().map(part).collect();
        Coverage { aoi: aoi.clone(), looks, scenes, footprints, origin: self.origin().to_vec() }
    }
}

impl Coverage {
    /// Returns the parts, from no look to the largest number of looks.
    pub fn looks(&self) -> &[CoveragePart] {
        &self.looks
    }

    /// Returns the share of the area with at least one look, in %.
    pub fn percent(&self) -> f64 {
        self.at_least(1)
    }

    /// Returns the share of the area with at least `looks` looks, in %.
    pub fn at_least(&self, looks: usize) -> f64 {
        self.looks.iter().skip(looks).map(|part| part.percent).sum()
    }

    /// Returns the part without a look, to search again with; `None` if all is covered except
    /// slivers of less than a millionth of the area each.
    pub fn uncovered(&self) -> Option<Aoi> {
        rest(&self.aoi, &self.footprints)
    }

    /// Returns the parts as a Polars DataFrame, one row for each number of looks.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `looks` | Int64 | | never null |
    /// | `km2` | Float64 | km² | never null |
    /// | `percent` | Float64 | % of the area | never null |
    /// | `at_least_percent` | Float64 | % of the area with at least this many looks | never null |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.looks)
            .integer("looks", |part| i64::try_from(part.looks).ok())
            .number("km2", |part| Some(part.km2))
            .number("percent", |part| Some(part.percent))
            .number("at_least_percent", |part| Some(self.at_least(part.looks)))
            .finish()
            .context("coverage to a DataFrame")
    }

    /// Returns the area that each scene adds, in the order of the scenes, as a Polars DataFrame.
    /// Sort the search by cloud cover or by time to see how many scenes suffice.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `id` | String | | never null |
    /// | `datetime` | Datetime(ms) | UTC | unknown |
    /// | `cloud_cover` | Float64 | % of the scene | unknown |
    /// | `km2` | Float64 | km² of the area that the scene covers | never null |
    /// | `new_km2` | Float64 | km² that no scene before it covers | never null |
    /// | `covered_percent` | Float64 | % of the area after this scene | never null |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn by_scene(&self) -> Result<DataFrame> {
        let whole: f64 = self.looks.iter().map(|part| part.km2).sum();
        let covered = self.scenes.iter().scan(0.0, |so_far, scene| {
            *so_far += scene.new_km2;
            Some(100.0 * *so_far / whole)
        });
        let rows: Vec<(&CoveringScene, f64)> = self.scenes.iter().zip(covered).collect();
        Frame::of(&rows)
            .text("id", |row| Some(&row.0.id))
            .instant("datetime", |row| row.0.datetime)?
            .number("cloud_cover", |row| row.0.cloud_cover)
            .number("km2", |row| Some(row.0.km2))
            .number("new_km2", |row| Some(row.0.new_km2))
            .number("covered_percent", |row| Some(row.1))
            .finish()
            .context("coverage by scene to a DataFrame")
    }
}

/// Returns the part of an area under none of the footprints.
pub(super) fn rest(aoi: &Aoi, footprints: &[MultiPolygon]) -> Option<Aoi> {
    let left = aoi.geometry().difference(&united(footprints));
    let least = SLIVER * aoi.area_km2();
    let parts: Vec<_> =
        left.into_iter().filter(|part| area_km2(&MultiPolygon::from(part.clone())) > least).collect();
    let rest = Aoi::from_geometry(MultiPolygon::new(parts)).ok()?;
    Some(rest.named(format!("{}, uncovered", aoi.name().unwrap_or("AOI"))))
}

/// Returns the union of all shapes, each filled by the even-odd rule. The list is halved
/// recursively, so that no shape is merged with all others one by one.
fn united(shapes: &[MultiPolygon]) -> MultiPolygon {
    match shapes {
        [] => MultiPolygon::new(Vec::new()),
        [one] => one.clone(),
        many => {
            let (some, others) = many.split_at(many.len() / 2);
            united(some).union(&united(others))
        }
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.looks.len() - 1;
        write!(f, "{:.1} % covered by {} scenes, up to {most} looks", self.percent(), self.scenes.len())
    }
}
