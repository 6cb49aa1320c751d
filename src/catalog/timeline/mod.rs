//! Scenes by acquisition time and cloud cover.

mod period;
mod view;

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use polars::prelude::DataFrame;

pub use period::TimelinePeriod;

use self::period::Unit;
use super::{Scene, Scenes};
use crate::frame::Frame;
use up42_core::error::{Context, Result};

/// Scenes by the day, the month or the year of their acquisition: by months, unless all are within
/// two months or over more than six years.
///
/// Periods without a scene are included, from the first to the last that has one.
#[derive(Clone, PartialEq)]
pub struct Timeline {
    periods: Vec<TimelinePeriod>,
    unit: Unit,
    undated: usize,
}

impl Scenes {
    /// Counts the scenes by acquisition time and cloud cover.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let scenes = client.catalog().search(search)?;
    /// let timeline = scenes.timeline();
    /// assert_eq!(timeline.periods().iter().map(|month| month.scenes).sum::<usize>(), scenes.len());
    /// let chart = timeline.chart();
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn timeline(&self) -> Timeline {
        let day = |scene: &Scene| Some(scene.datetime?.to_zoned(TimeZone::UTC).date());
        let mut dated: Vec<(Date, &Scene)> =
            self.iter().filter_map(|scene| Some((day(scene)?, scene))).collect();
        dated.sort_by_key(|(day, _)| *day);
        let undated = self.len() - dated.len();
        let Some((first, last)) = dated.first().zip(dated.last()).map(|(a, b)| (a.0, b.0)) else {
            return Timeline { periods: Vec::new(), unit: Unit::Month, undated };
        };
        let unit = Unit::of(first, last);
        let starts = std::iter::successors(Some(unit.start(first)), |start| unit.next(*start));
        let mut left = dated.as_slice();
        let period = |start: Date| {
            let here = left.partition_point(|(day, _)| unit.start(*day) <= start);
            let (now, later) = left.split_at(here);
            left = later;
            TimelinePeriod::new(unit, start, now)
        };
        let periods = starts.take_while(|start| *start <= last).filter_map(period).collect();
        Timeline { periods, unit, undated }
    }
}

impl Timeline {
    /// Returns the periods, the earliest first.
    pub fn periods(&self) -> &[TimelinePeriod] {
        &self.periods
    }

    /// Returns the timeline as a Polars DataFrame, one row for each period.
    ///
    /// | column | dtype | unit | null means |
    /// |---|---|---|---|
    /// | `period` | String | `2020-06-01`, `2020-06` or `2020` | never null |
    /// | `start` | Datetime(ms) | UTC | never null |
    /// | `scenes` | Int64 | | never null |
    /// | `clear` | Int64 | scenes with at most 10 % cloud cover | never null |
    /// | `partly` | Int64 | scenes with more than 10 %, at most 50 % | never null |
    /// | `cloudy` | Int64 | scenes with more than 50 % | never null |
    /// | `unknown` | Int64 | scenes without a value | never null |
    /// | `least_cloud_cover` | Float64 | % | no scene with a value |
    /// | `median_cloud_cover` | Float64 | % | no scene with a value |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let count = |count: usize| i64::try_from(count).ok();
        Frame::of(&self.periods)
            .text("period", |period| Some(&period.label))
            .instant("start", |period| Some(period.start))?
            .integer("scenes", |period| count(period.scenes))
            .integer("clear", |period| count(period.clear))
            .integer("partly", |period| count(period.partly))
            .integer("cloudy", |period| count(period.cloudy))
            .integer("unknown", |period| count(period.unknown))
            .number("least_cloud_cover", |period| period.least_cloud_cover)
            .number("median_cloud_cover", |period| period.median_cloud_cover)
            .finish()
            .context("timeline to a DataFrame")
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenes: usize = self.periods.iter().map(|period| period.scenes).sum();
        write!(f, "{scenes} scenes in {} {}s", self.periods.len(), self.unit.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scenes(days: &[(&str, Option<f64>)]) -> Scenes {
        let scene = |(nth, (day, cloud)): (usize, &(&str, Option<f64>))| {
            let item =
                json!({"id": nth.to_string(), "properties": {"datetime": day, "eo:cloud_cover": cloud}});
            Scene::read(&item, "https://host/search")
        };
        Scenes::new(days.iter().enumerate().map(scene).collect(), false)
    }

    #[test]
    fn months_without_a_scene_are_gaps() {
        let timeline = scenes(&[
            ("2020-03-31T23:59:59Z", Some(10.0)),
            ("2020-03-01", Some(51.0)),
            ("2019-11-06", Some(-1.0)),
            ("2019-11-05T23:30:00-02:00", None),
            ("2019-11-05", Some(20.0)),
            ("soon", Some(3.0)),
        ])
        .timeline();
        insta::assert_snapshot!(timeline.bundle().text, @r"
        Scenes by month (scenes, by cloud cover)
        █ clear (to 10 %)  ▒ partly (to 50 %)  ░ cloudy  · not known
        2019-11  ▒▒▒▒▒▒▒▒▒▒▒▒▒··························· 3
        2019-12  0
        2020-01  0
        2020-02  0
        2020-03  █████████████░░░░░░░░░░░░░░ 2
        1 scene without a date is not shown
        ");
        let march = &timeline.periods()[4];
        assert_eq!((march.least_cloud_cover, march.median_cloud_cover), (Some(10.0), Some(30.5)));
        assert_eq!(timeline.periods()[1].least_cloud_cover, None);
        assert_eq!(timeline.to_dataframe().unwrap().height(), 5);
        assert!(
            timeline.bundle().html.ends_with("<p><small>1 scene without a date is not shown</small></p>")
        );
    }

    #[test]
    fn the_periods_suit_the_span() {
        let summary = |first: &str, last: &str| {
            let timeline = scenes(&[(first, None), (last, None)]).timeline();
            format!("{timeline:?} from {}", timeline.periods()[0].label)
        };
        assert_eq!(summary("2020-01-30", "2020-03-01"), "2 scenes in 32 days from 2020-01-30");
        assert_eq!(summary("2020-01-30", "2020-04-20"), "2 scenes in 4 months from 2020-01");
        assert_eq!(summary("2010-01-30", "2020-04-20"), "2 scenes in 11 years from 2010");
        assert_eq!(format!("{:?}", scenes(&[]).timeline()), "0 scenes in 0 months");
        assert!(scenes(&[]).timeline().bundle().html.starts_with("<img"));
    }
}
