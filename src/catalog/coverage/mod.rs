//! Which part of an area has how many looks.

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

/// Parts of an uncovered rest that are smaller than this share of the area are what
/// rounding left between outlines.
const SLIVER: f64 = 1e-6;

/// How often scenes look at each part of an area.
///
/// A look is a footprint that lies over the place; what is cloudy there counts too. The
/// areas are geodesic (WGS 84), computed from the outlines themselves: exact to rounding
/// while area and footprints have at most 400 edges together, about a hundred scenes,
/// and to 0.01 % of the area beyond.
#[derive(Clone)]
pub struct Coverage {
    aoi: Aoi,
    looks: Vec<CoveragePart>,
    scenes: Vec<CoveringScene>,
    /// Of the scenes that have one.
    footprints: Vec<MultiPolygon>,
    /// Where the scenes come from.
    origin: Vec<(String, String)>,
}

/// The part of an area with a number of looks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CoveragePart {
    /// How many footprints lie over the part.
    pub looks: usize,
    /// Its size, in km².
    pub km2: f64,
    /// Its size, in % of the area.
    pub percent: f64,
}

/// What one scene covers.
#[derive(Clone, Debug)]
struct CoveringScene {
    id: String,
    datetime: Option<Timestamp>,
    cloud_cover: Option<f64>,
    km2: f64,
    new_km2: f64,
}

impl Scenes {
    /// Which part of the area has how many looks, and which has none.
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
        let grounds = self.iter().enumerate().filter_map(|(nth, scene)| Some((nth, scene.ground()?)));
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
    /// The parts, from no look to the most looks that any place has.
    pub fn looks(&self) -> &[CoveragePart] {
        &self.looks
    }

    /// How much of the area has at least one look, in %.
    pub fn percent(&self) -> f64 {
        self.at_least(1)
    }

    /// How much of the area has at least so many looks, in %.
    pub fn at_least(&self, looks: usize) -> f64 {
        self.looks.iter().skip(looks).map(|part| part.percent).sum()
    }

    /// The part without a look, to search again with; `None` when all is covered but for
    /// slivers of less than a millionth of the area each.
    pub fn uncovered(&self) -> Option<Aoi> {
        rest(&self.aoi, &self.footprints)
    }

    /// The parts as a Polars DataFrame, a row for each number of looks.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `looks` | Int64 | | never null |
    /// | `km2` | Float64 | km² | never null |
    /// | `percent` | Float64 | % of the area | never null |
    /// | `at_least_percent` | Float64 | % of the area with so many looks or more | never null |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.looks)
            .integer("looks", |part| i64::try_from(part.looks).ok())
            .number("km2", |part| Some(part.km2))
            .number("percent", |part| Some(part.percent))
            .number("at_least_percent", |part| Some(self.at_least(part.looks)))
            .finish()
            .context("coverage to a DataFrame")
    }

    /// What each scene adds when they are taken in their order, as a Polars DataFrame:
    /// sort the search by cloud or by time, and read how many scenes are enough.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `id` | String | | never null |
    /// | `datetime` | Datetime(ms) | UTC | not known |
    /// | `cloud_cover` | Float64 | % of the scene | not known |
    /// | `km2` | Float64 | km² of the area that the scene covers | never null |
    /// | `new_km2` | Float64 | km² that no scene before it covers | never null |
    /// | `covered_percent` | Float64 | % of the area after this scene | never null |
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
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

/// What of an area lies under none of the footprints.
pub(super) fn rest(aoi: &Aoi, footprints: &[MultiPolygon]) -> Option<Aoi> {
    let left = aoi.geometry().difference(&united(footprints));
    let least = SLIVER * aoi.area_km2();
    let parts: Vec<_> =
        left.into_iter().filter(|part| area_km2(&MultiPolygon::from(part.clone())) > least).collect();
    let rest = Aoi::from_geometry(MultiPolygon::new(parts)).ok()?;
    Some(rest.named(format!("{}, uncovered", aoi.name().unwrap_or("AOI"))))
}

/// All shapes as one, each filled even-odd; by halves, so that no shape is carried along
/// through all the others.
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
