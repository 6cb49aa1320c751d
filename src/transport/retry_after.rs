//! Pause that a server asks for (`Retry-After`).

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::connection::header;

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, which is compared with the server's
/// `Date` if there is one, else with `now`. A date in the past gives 0.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = header(headers, RETRY_AFTER.as_str())?;
    // Some servers write fractions of a second.
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let now = header(headers, DATE.as_str()).and_then(|date| http_date(&date, now)).unwrap_or(now);
    let wait = http_date(&value, now)?.duration_since(now);
    Some(wait.try_into().unwrap_or(Duration::ZERO))
}

/// Parses a date in one of the three forms of HTTP (RFC 9110, 5.6.7).
fn http_date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(date) = rfc2822::parse(text) {
        return Some(date.timestamp());
    }
    let utc = |date: DateTime| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    if let Ok(date) = DateTime::strptime("%A, %d-%b-%y %H:%M:%S GMT", text) {
        // A year of two digits is at most 50 years in the future.
        let is_far = date.year() > now.to_zoned(TimeZone::UTC).year() + 50;
        return utc(if is_far { date.with().year(date.year() - 100).build().ok()? } else { date });
    }
    utc(DateTime::strptime("%a %b %e %H:%M:%S %Y", text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(fields: &[(&'static str, &str)]) -> Option<u64> {
        let fields = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let now = "1994-11-06T08:49:00Z".parse().unwrap();
        retry_after(&HeaderMap::from_iter(fields), now).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        for (value, seconds) in [
            ("0", Some(0)),
            ("60", Some(60)),
            (" 1.5 ", Some(1)),
            // The three forms, from the example in RFC 9110, 5.6.7.
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(37)),
            ("Sun Nov  6 08:49:37 1994", Some(37)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
        ] {
            assert_eq!(wait(&[("retry-after", value)]), seconds, "{value}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_date_is_measured_by_the_clock_of_the_server() {
        let (date, value) = ("Sun, 06 Nov 2044 08:49:37 GMT", "Sun, 06 Nov 2044 08:50:37 GMT");
        assert_eq!(wait(&[("retry-after", value), ("date", date)]), Some(60));
    }
}
