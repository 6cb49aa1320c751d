use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::catalog::Scene;

/// Largest cloud cover of clear and of partly cloudy scenes, in %.
const CLEAR: f64 = 10.0;
const PARTLY: f64 = 50.0;

/// Days and months from which the periods of a timeline become longer.
const DAYS: i32 = 62;
const MONTHS: i32 = 72;

/// Day, month or year in UTC, with the number of its scenes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimelinePeriod {
    /// Label, such as `2020-06-01`, `2020-06` or `2020`.
    pub label: String,
    /// First instant.
    pub start: Timestamp,
    /// Number of scenes acquired in the period.
    pub scenes: usize,
    /// Number of scenes with at most 10 % cloud cover.
    pub clear: usize,
    /// Number of scenes with more than 10 % and at most 50 %.
    pub partly: usize,
    /// Number of scenes with more than 50 %.
    pub cloudy: usize,
    /// Number of scenes without a value.
    pub unknown: usize,
    /// Smallest cloud cover, in %.
    pub least_cloud_cover: Option<f64>,
    /// Median cloud cover, in %.
    pub median_cloud_cover: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Month,
    Year,
}

impl Unit {
    pub(super) fn of(first: Date, last: Date) -> Self {
        let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
        let days = first.until(last).map_or(i32::MAX, |span| span.get_days());
        match months(last) - months(first) {
            _ if days < DAYS => Self::Day,
            span if span < MONTHS => Self::Month,
            _ => Self::Year,
        }
    }

    /// Returns the first day of the period that contains a day.
    pub(super) fn start(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Month => day.first_of_month(),
            Self::Year => day.first_of_year(),
        }
    }

    pub(super) fn next(self, start: Date) -> Option<Date> {
        let span = match self {
            Self::Day => 1.day(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
        };
        start.checked_add(span).ok()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl TimelinePeriod {
    /// Makes a period; `None` if its start is outside the range of timestamps.
    pub(super) fn new(unit: Unit, start: Date, scenes: &[(Date, &Scene)]) -> Option<Self> {
        let letters = match unit {
            Unit::Day => 10,
            Unit::Month => 7,
            Unit::Year => 4,
        };
        let day = start.to_string();
        let clouds = scenes.iter().filter_map(|(_, scene)| scene.cloud_cover);
        // A value below 0, such as Landsat's -1, means unknown.
        let mut clouds: Vec<f64> = clouds.filter(|percent| *percent >= 0.0).collect();
        clouds.sort_by(f64::total_cmp);
        let up_to = |most: f64| clouds.partition_point(|percent| *percent <= most);
        let (clear, partly) = (up_to(CLEAR), up_to(PARTLY));
        let middle = clouds.len() / 2;
        let median = match clouds.len() % 2 {
            0 => clouds.get(middle).map(|upper| (upper + clouds[middle - 1]) / 2.0),
            _ => clouds.get(middle).copied(),
        };
        Some(Self {
            // A year before 0 has a sign and two more digits.
            label: day.get(..day.len().saturating_sub(10 - letters)).unwrap_or(&day).to_owned(),
            start: start.to_zoned(TimeZone::UTC).ok()?.timestamp(),
            scenes: scenes.len(),
            clear,
            partly: partly - clear,
            cloudy: clouds.len() - partly,
            unknown: scenes.len() - clouds.len(),
            least_cloud_cover: clouds.first().copied(),
            median_cloud_cover: median,
        })
    }
}
