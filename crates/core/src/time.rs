//! Dates as users write them, and intervals as the APIs need them.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Timestamp, Zoned};

use crate::error::{Error, ErrorKind, Result};

/// One end of a range of dates: text, or a date or an instant of jiff.
///
/// Text is a day, a month or a year (`2018-01-31`, `2018-01`, `2018`), an instant in RFC 3339
/// (`2018-01-31T12:00:00Z`), or `..` for an open end. Without an offset a time is UTC.
///
/// ```
/// # mod up42 { pub use up42_core::time; }
/// use jiff::civil::date;
/// use up42::time::DateBound;
///
/// assert_eq!(DateBound::from(date(2018, 1, 31)), DateBound::from("2018-01-31"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateBound(String);

impl From<&str> for DateBound {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for DateBound {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&String> for DateBound {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<Date> for DateBound {
    fn from(day: Date) -> Self {
        Self(day.to_string())
    }
}

impl From<DateTime> for DateBound {
    fn from(time: DateTime) -> Self {
        Self(time.to_string())
    }
}

impl From<Timestamp> for DateBound {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

impl From<Zoned> for DateBound {
    fn from(at: Zoned) -> Self {
        Self(at.timestamp().to_string())
    }
}

impl From<DateBound> for String {
    fn from(bound: DateBound) -> Self {
        bound.0
    }
}

/// Time interval in UTC, both ends included; an open end is `None`.
///
/// Days, months and years count as a whole: the end `2020-12` is the last instant of that month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateRange {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl DateRange {
    /// Parses `2018`, `2018-01`, `2018-01-01` or `2018-01-01T12:00:00Z`; without an offset the time
    /// is UTC. `..`, an empty text, and an end at the end of the year 9999 are open.
    pub fn parse(start: &str, end: &str) -> Result<Self> {
        let range = Self { start: instant(start, false)?, end: instant(end, true)? };
        match (range.start, range.end) {
            (Some(from), Some(to)) if from > to => {
                Err(Error::invalid(format!("interval `{start}` to `{end}` ends before it starts")))
            }
            _ => Ok(range),
        }
    }

    /// Returns `start/end` as RFC 3339 with microseconds, an open end as `..` (STAC API, item
    /// search). Databases store microseconds, and would round the last nanosecond of a day up to
    /// the next day.
    pub fn to_interval(self) -> String {
        self.interval(1_000)
    }

    /// Returns the interval in whole seconds, as the platform's jobs need it.
    pub fn to_interval_of_seconds(self) -> String {
        self.interval(1_000_000_000)
    }

    /// Returns the interval with both ends truncated to a multiple of `step` nanoseconds.
    fn interval(self, step: i128) -> String {
        let end_text = |end: Option<Timestamp>| end.map_or("..".to_owned(), |at| cut(at, step));
        format!("{}/{}", end_text(self.start), end_text(self.end))
    }

    /// Returns the first and the last instant.
    pub fn ends(self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.start, self.end)
    }

    /// Returns whether the period from `first` to `last` overlaps the interval.
    pub fn overlaps(self, first: Timestamp, last: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= last) && self.end.is_none_or(|end| first <= end)
    }
}

/// Returns an instant as RFC 3339, truncated to a multiple of `step` nanoseconds.
fn cut(at: Timestamp, step: i128) -> String {
    let whole = at.as_nanosecond().div_euclid(step) * step;
    Timestamp::from_nanosecond(whole).unwrap_or(at).to_string()
}

/// Returns the last microsecond of a day, month or year, as [`DateRange::to_interval`] does; `None`
/// for any other text.
pub fn last_instant(text: &str) -> Option<String> {
    let is_short = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !is_short || !matches!(text.len(), 4 | 7 | 10) {
        return None;
    }
    instant(text, true).ok()?.map(|at| cut(at, 1_000))
}

/// Returns the first instant of a date or time, or the last if `is_end`; `None` if it is open.
fn instant(text: &str, is_end: bool) -> Result<Option<Timestamp>> {
    let text = text.trim();
    if text.is_empty() || text == ".." {
        return Ok(None);
    }
    let wrong = |error: jiff::Error| {
        let message = format!("date `{text}`: write `2020-12-31`, `2020-12` or `2020-12-31T23:59:59Z`");
        Error::foreign(ErrorKind::InvalidInput, error).context(message)
    };
    let is_short = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let first_day = match text.len() {
        4 if is_short => Some(format!("{text}-01-01")),
        7 if is_short => Some(format!("{text}-01")),
        _ => None,
    };
    let pieces = Pieces::parse(first_day.as_deref().unwrap_or(text)).map_err(wrong)?;
    let (date, offset) = (pieces.date(), pieces.to_numeric_offset().unwrap_or(Offset::UTC));
    let at = match pieces.time() {
        Some(time) => date.to_datetime(time),
        None if !is_end => date.to_datetime(Time::midnight()),
        None => {
            let last_day = match text.len() {
                4 => date.last_of_year(),
                7 => date.last_of_month(),
                _ => date,
            };
            last_day.to_datetime(Time::MAX)
        }
    };
    match offset.to_timestamp(at) {
        Ok(at) => Ok(Some(at)),
        // The last days of the year 9999 are beyond `Timestamp::MAX`: the end is open.
        Err(_) if is_end && date.year() == 9999 => Ok(None),
        Err(error) => Err(wrong(error)),
    }
}

fn utc(time: DateTime) -> Result<Timestamp, jiff::Error> {
    Offset::UTC.to_timestamp(time)
}

/// Parses an instant as servers write it: with an offset, without one (then UTC), or the day alone
/// (then its first second).
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| utc(text.parse().ok()?).ok())
}

/// Returns an instant as `2019-05-03 11:42` in UTC, for tables.
pub fn minute(at: Timestamp) -> String {
    at.to_string().get(..16).map(|text| text.replace('T', " ")).unwrap_or_default()
}

/// Returns a duration in its largest unit, such as `14 h`.
pub fn format_duration(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= 1.5 * unit).unwrap_or((1.0, "s"));
    format!("{:.0} {name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_jiff_equal_their_text() {
        let ends = |start: DateBound, end: DateBound| {
            DateRange::parse(&String::from(start), &String::from(end)).unwrap().to_interval()
        };
        let day = jiff::civil::date(2020, 2, 29);
        assert_eq!(ends(day.into(), day.into()), ends("2020-02-29".into(), "2020-02-29".into()));
        let noon = day.at(12, 0, 0, 0);
        let utc = Offset::UTC.to_timestamp(noon).unwrap();
        let paris = jiff::tz::TimeZone::fixed(jiff::tz::offset(1)).to_zoned(day.at(13, 0, 0, 0)).unwrap();
        let expected = "2020-02-29T12:00:00Z/2020-02-29T12:00:00Z";
        assert_eq!(ends(noon.into(), utc.into()), expected);
        assert_eq!(ends(utc.into(), paris.into()), expected);
    }

    #[test]
    fn durations_are_formatted_in_their_largest_unit() {
        let texts = [50_400.0, 80.0, 100.0, 5_500.0, 200_000.0].map(format_duration);
        assert_eq!(texts, ["14 h", "80 s", "2 min", "2 h", "2 d"]);
    }

    #[test]
    fn an_interval_includes_whole_days_and_may_be_open() {
        let interval = |start, end| DateRange::parse(start, end).unwrap().to_interval();
        assert_eq!(interval("2018-01-01", "2020-12-31"), "2018-01-01T00:00:00Z/2020-12-31T23:59:59.999999Z");
        assert_eq!(interval("..", "2020-12-31T10:00:00Z"), "../2020-12-31T10:00:00Z");
        assert_eq!(interval("2018-01-01T02:00:00+02:00", ""), "2018-01-01T00:00:00Z/..");
        assert_eq!(
            interval("2020-06-01T12:00:00", "2020-06-01T13:30"),
            "2020-06-01T12:00:00Z/2020-06-01T13:30:00Z"
        );
    }

    #[test]
    fn an_interval_includes_whole_months_and_years() {
        let interval = |start, end| DateRange::parse(start, end).unwrap().to_interval_of_seconds();
        assert_eq!(interval("2020-12", "2020-12"), "2020-12-01T00:00:00Z/2020-12-31T23:59:59Z");
        assert_eq!(interval("2020-02", "2020-02"), "2020-02-01T00:00:00Z/2020-02-29T23:59:59Z");
        assert_eq!(interval("2019", "2020"), "2019-01-01T00:00:00Z/2020-12-31T23:59:59Z");
    }

    #[test]
    fn the_last_instant_is_that_of_a_day_a_month_or_a_year() {
        let last = |text| last_instant(text);
        assert_eq!(last("2020-05-31").as_deref(), Some("2020-05-31T23:59:59.999999Z"));
        assert_eq!(last("2020-02").as_deref(), Some("2020-02-29T23:59:59.999999Z"));
        assert_eq!(last("2020").as_deref(), Some("2020-12-31T23:59:59.999999Z"));
        for other in ["2020-05-31T00:00:00Z", "2020-13", "9999", "S2A", "----", "20200531", ""] {
            assert_eq!(last(other), None, "{other}");
        }
    }

    #[test]
    fn the_end_of_all_years_is_open() {
        let interval = |end| DateRange::parse("2020-01-01", end).unwrap().to_interval();
        for end in ["9999-12-31", "9999-12", "9999", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999+00:00"]
        {
            assert_eq!(interval(end), "2020-01-01T00:00:00Z/..", "{end}");
        }
        assert_eq!(interval("9999-12-01"), "2020-01-01T00:00:00Z/9999-12-01T23:59:59.999999Z");
        assert_eq!(DateRange::parse("0001-01-01", "").unwrap().to_interval(), "0001-01-01T00:00:00Z/..");
        assert!(DateRange::parse("9999-12-31", "").unwrap_err().to_string().starts_with("date `9999-12-31`"));
    }

    #[test]
    fn the_last_instant_of_a_day_belongs_to_it() {
        let at = |text: &str| parse_timestamp(text).unwrap();
        let day = DateRange::parse("2020-05-31", "2020-05-31").unwrap();
        for last in ["2020-05-31T23:59:59.5Z", "2020-05-31T23:59:59.9999999Z"] {
            assert!(day.overlaps(at(last), at(last)), "{last}");
        }
        assert!(!day.overlaps(at("2020-06-01T00:00:00Z"), at("2020-06-01T00:00:00Z")));
    }

    #[test]
    fn a_period_overlaps_by_any_part() {
        let at = |text: &str| parse_timestamp(text).unwrap();
        let may = DateRange::parse("2020-05-01", "2020-05-31").unwrap();
        assert!(may.overlaps(at("2020-05-31T23:59:59Z"), at("2020-06-02")));
        assert!(!may.overlaps(at("2020-06-01"), at("2020-06-02")));
        assert!(DateRange::default().overlaps(at("1900-01-01"), at("1900-01-01")));
    }

    #[test]
    fn the_error_of_a_wrong_date_contains_it() {
        let message = |start, end| DateRange::parse(start, end).unwrap_err().to_string();
        assert!(message("31.12.2020", "..").starts_with("date `31.12.2020`: write `2020-12-31`"));
        assert!(message("2020-13", "..").starts_with("date `2020-13`: write "));
        assert!(message("2020-12-31T25:00", "..").starts_with("date `2020-12-31T25:00`: write "));
        assert_eq!(
            message("2021-01-01", "2020-01-01"),
            "interval `2021-01-01` to `2020-01-01` ends before it starts"
        );
    }

    #[test]
    fn three_formats_of_instants_are_parsed() {
        let at = parse_timestamp("2019-05-03T11:42:01.123Z").unwrap();
        assert_eq!(minute(at), "2019-05-03 11:42");
        assert_eq!(parse_timestamp("2019-05-03T11:42:01"), parse_timestamp("2019-05-03T11:42:01Z"));
        assert_eq!(parse_timestamp("2015-07-10"), parse_timestamp("2015-07-10T00:00:00Z"));
        assert_eq!(parse_timestamp("soon"), None);
    }
}
