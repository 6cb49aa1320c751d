//! Dates as people write them, and the intervals that the APIs want.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::error::{Error, ErrorKind, Result};

/// A time interval, UTC, both ends included. An open end is `None`.
///
/// Whole days count whole: the end `2020-12-31` is its last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DateRange {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl DateRange {
    /// Reads `2018-01-01` or `2018-01-01T12:00:00Z`; without an offset it is UTC. `..` or
    /// nothing is open.
    pub(crate) fn parse(start: &str, end: &str) -> Result<Self> {
        let range = Self { start: instant(start, false)?, end: instant(end, true)? };
        match (range.start, range.end) {
            (Some(from), Some(to)) if from > to => {
                Err(Error::invalid(format!("interval `{start}` to `{end}` ends before it starts")))
            }
            _ => Ok(range),
        }
    }

    /// `start/end` as RFC 3339, the open end as `..` (STAC API, item search).
    pub(crate) fn to_interval(self) -> String {
        let told = |end: Option<Timestamp>| end.map_or("..".to_owned(), |at| at.to_string());
        format!("{}/{}", told(self.start), told(self.end))
    }

    /// Its first and its last instant.
    pub(crate) fn ends(self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.start, self.end)
    }

    /// Whether something that lasted from `first` to `last` has an instant in it.
    pub(crate) fn overlaps(self, first: Timestamp, last: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= last) && self.end.is_none_or(|end| first <= end)
    }
}

fn instant(text: &str, is_end: bool) -> Result<Option<Timestamp>> {
    let text = text.trim();
    if text.is_empty() || text == ".." {
        return Ok(None);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let wrong = |error: jiff::Error| {
        let told = format!("date `{text}`: write `2020-12-31` or `2020-12-31T23:59:59Z`");
        Error::foreign(ErrorKind::InvalidInput, error).context(told)
    };
    // A `Date` reads the day of an instant too: the time must not get lost.
    if text.len() > "2020-12-31".len() {
        return Ok(Some(utc(text.parse().map_err(wrong)?).map_err(wrong)?));
    }
    let date: Date = text.parse().map_err(wrong)?;
    let time = if is_end { date.at(23, 59, 59, 0) } else { date.at(0, 0, 0, 0) };
    Ok(Some(utc(time).map_err(wrong)?))
}

fn utc(time: DateTime) -> Result<Timestamp, jiff::Error> {
    time.to_zoned(TimeZone::UTC).map(|zoned: Zoned| zoned.timestamp())
}

/// Reads an instant as servers write it: with an offset, without one (then UTC), or
/// the day alone (then its first second).
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| utc(text.parse().ok()?).ok())
}

/// `2019-05-03 11:42`, UTC, as tables show it.
pub(crate) fn minute(at: Timestamp) -> String {
    at.to_string().get(..16).map(|text| text.replace('T', " ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_whole_and_ends_may_be_open() {
        let told = |start, end| DateRange::parse(start, end).unwrap().to_interval();
        assert_eq!(told("2018-01-01", "2020-12-31"), "2018-01-01T00:00:00Z/2020-12-31T23:59:59Z");
        assert_eq!(told("..", "2020-12-31T10:00:00Z"), "../2020-12-31T10:00:00Z");
        assert_eq!(told("2018-01-01T02:00:00+02:00", ""), "2018-01-01T00:00:00Z/..");
        assert_eq!(
            told("2020-06-01T12:00:00", "2020-06-01T13:30"),
            "2020-06-01T12:00:00Z/2020-06-01T13:30:00Z"
        );
    }

    #[test]
    fn what_lasts_overlaps_with_any_part() {
        let at = |text: &str| parse_timestamp(text).unwrap();
        let may = DateRange::parse("2020-05-01", "2020-05-31").unwrap();
        assert!(may.overlaps(at("2020-05-31T23:59:59Z"), at("2020-06-02")));
        assert!(!may.overlaps(at("2020-06-01"), at("2020-06-02")));
        assert!(DateRange::default().overlaps(at("1900-01-01"), at("1900-01-01")));
    }

    #[test]
    fn wrong_dates_are_named() {
        let told = |start, end| DateRange::parse(start, end).unwrap_err().to_string();
        assert!(told("31.12.2020", "..").starts_with("date `31.12.2020`: write `2020-12-31`"));
        assert_eq!(
            told("2021-01-01", "2020-01-01"),
            "interval `2021-01-01` to `2020-01-01` ends before it starts"
        );
    }

    #[test]
    fn servers_write_instants_in_three_ways() {
        let at = parse_timestamp("2019-05-03T11:42:01.123Z").unwrap();
        assert_eq!(minute(at), "2019-05-03 11:42");
        assert_eq!(parse_timestamp("2019-05-03T11:42:01"), parse_timestamp("2019-05-03T11:42:01Z"));
        assert_eq!(parse_timestamp("2015-07-10"), parse_timestamp("2015-07-10T00:00:00Z"));
        assert_eq!(parse_timestamp("soon"), None);
    }
}
