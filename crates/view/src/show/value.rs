//! Formatting of the values of a Polars column.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, Column, DataType, Series, TimeUnit};

use crate::elements::{Cell, grouped};
use up42_core::sanitize::sanitize;

/// Longest text of a cell, in characters.
const LONGEST: usize = 100;
/// Significant digits of a column of floats.
const DIGITS: i32 = 6;
/// Number of list elements shown.
const MEMBERS: usize = 3;

/// Formatted cells of a column.
pub struct Values {
    pub is_number: bool,
    pub cells: Vec<Cell>,
}

impl Values {
    pub fn of(column: &Column) -> Self {
        let values: Vec<AnyValue> =
            (0..column.len()).map(|row| column.get(row).unwrap_or(AnyValue::Null)).collect();
        let style = Style::of(&values);
        let is_number =
            column.dtype().is_primitive_numeric() || matches!(column.dtype(), DataType::Duration(_));
        Self { is_number, cells: values.iter().map(|value| style.cell(value)).collect() }
    }
}

/// Format shared by the values of a column.
#[derive(Default)]
struct Style {
    /// Number of decimals of the floats.
    decimals: usize,
    /// `strftime` format of the datetimes.
    time: &'static str,
}

impl Style {
    fn of(values: &[AnyValue]) -> Self {
        let floats = || values.iter().filter_map(float).filter(|value| value.is_finite());
        let largest = floats().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let whole = if largest >= 1.0 { largest.log10().floor() as i32 + 1 } else { 0 };
        let most = usize::try_from(DIGITS - whole).unwrap_or(0);
        let needed = floats().map(|value| decimals(value, most)).max().unwrap_or(0);
        let parts =
            || values.iter().filter_map(moment).map(|(at, _)| at.as_nanosecond().rem_euclid(60_000_000_000));
        let time = match (parts().all(|part| part == 0), parts().all(|part| part % 1_000_000_000 == 0)) {
            (true, _) => "%Y-%m-%d %H:%M",
            (false, true) => "%Y-%m-%d %H:%M:%S",
            (false, false) => "%Y-%m-%d %H:%M:%S%.3f",
        };
        Self { decimals: needed, time }
    }

    fn cell(&self, value: &AnyValue) -> Cell {
        if let Some(figure) = float(value) {
            return Cell::Figure(figure, self.float(figure));
        }
        match value {
            AnyValue::Null => Cell::Empty,
            AnyValue::Date(_) | AnyValue::Datetime(..) | AnyValue::DatetimeOwned(..) => {
                Cell::time(self.text(value))
            }
            AnyValue::Duration(count, unit) => Cell::Figure(seconds(*count, *unit), self.text(value)),
            _ => match value.extract::<f64>().filter(|_| value.is_integer()) {
                Some(figure) => Cell::Figure(figure, value.to_string()),
                None => Cell::text(self.text(value)),
            },
        }
    }

    fn text(&self, value: &AnyValue) -> String {
        if let Some(figure) = float(value) {
            return self.float(figure);
        }
        if let Some((at, zone)) = moment(value) {
            return self.moment(at, zone);
        }
        match value {
            AnyValue::Null => "–".to_owned(),
            AnyValue::String("") => "\"\"".to_owned(),
            AnyValue::String(text) => sanitize(text, LONGEST),
            AnyValue::Binary(bytes) => size(bytes.len()),
            AnyValue::BinaryOwned(bytes) => size(bytes.len()),
            AnyValue::List(members) => list(members),
            AnyValue::Date(days) => date(*days),
            AnyValue::Duration(count, unit) => duration(*count, *unit),
            // Outside the range of the calendar; Polars panics when it formats such a value.
            AnyValue::Datetime(count, unit, _) | AnyValue::DatetimeOwned(count, unit, _) => {
                format!("{count} {unit}")
            }
            other => sanitize(&other.to_string(), LONGEST),
        }
    }

    fn float(&self, value: f64) -> String {
        let is_large = value.abs() >= 1e15;
        let is_lost = value != 0.0 && value.abs() < 0.5 * 10f64.powi(-(self.decimals as i32));
        match value.is_finite() && (is_large || is_lost) {
            true => format!("{value:.2e}"),
            // Adding 0.0 turns -0 into 0.
            false => format!("{:.*}", self.decimals, value + 0.0),
        }
    }

    fn moment(&self, at: Timestamp, zone: Option<&str>) -> String {
        let known = match zone {
            None | Some("UTC") => Some(TimeZone::UTC),
            Some(name) => TimeZone::get(name).ok(),
        };
        // If the machine does not know the time zone, the time is shown in UTC with a `Z`.
        let mark = if known.is_none() { "Z" } else { "" };
        format!("{}{mark}", at.to_zoned(known.unwrap_or(TimeZone::UTC)).strftime(self.time))
    }
}

fn float(value: &AnyValue) -> Option<f64> {
    match value {
        AnyValue::Float32(value) => value.to_string().parse().ok(),
        AnyValue::Float64(value) => Some(*value),
        _ => None,
    }
}

/// Returns the number of decimals needed to write the value, at most `most`.
fn decimals(value: f64, most: usize) -> usize {
    let text = format!("{value:.most$}");
    text.trim_end_matches('0').split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn moment<'a>(value: &'a AnyValue) -> Option<(Timestamp, Option<&'a str>)> {
    let (count, unit, zone) = match value {
        AnyValue::Datetime(count, unit, zone) => (*count, unit, zone.map(|zone| zone.as_str())),
        AnyValue::DatetimeOwned(count, unit, zone) => (*count, unit, zone.as_ref().map(|zone| zone.as_str())),
        _ => return None,
    };
    let at = match unit {
        TimeUnit::Milliseconds => Timestamp::from_millisecond(count),
        TimeUnit::Microseconds => Timestamp::from_microsecond(count),
        TimeUnit::Nanoseconds => Timestamp::from_nanosecond(count.into()),
    };
    Some((at.ok()?, zone))
}

fn date(days: i32) -> String {
    match Timestamp::from_second(i64::from(days) * 86_400) {
        Ok(at) => at.to_zoned(TimeZone::UTC).date().to_string(),
        Err(_) => format!("day {days}"),
    }
}

fn seconds(count: i64, unit: TimeUnit) -> f64 {
    let each = match unit {
        TimeUnit::Milliseconds => 1e3,
        TimeUnit::Microseconds => 1e6,
        TimeUnit::Nanoseconds => 1e9,
    };
    count as f64 / each
}

/// Formats a duration as `1d 2h 3m 4.5s`, without the parts that are 0.
fn duration(count: i64, unit: TimeUnit) -> String {
    let total = seconds(count, unit);
    let whole = total.abs().trunc() as u64;
    let rest = (whole % 60) as f64 + total.abs().fract();
    let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m")];
    let mut texts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if rest > 0.0 || texts.is_empty() {
        texts.push(format!("{}s", (rest * 1e9).round() / 1e9));
    }
    format!("{}{}", if total < 0.0 { "-" } else { "" }, texts.join(" "))
}

fn size(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..10_000 => format!("{} bytes", grouped(bytes as f64, 0)),
        _ => format!("{} KB", grouped(bytes as f64 / 1000.0, 0)),
    }
}

/// Formats a list as `[1, 2, 3, … 17 more]`.
fn list(members: &Series) -> String {
    let shown: Vec<AnyValue> = members.iter().take(MEMBERS).collect();
    let style = Style::of(&shown);
    let mut texts: Vec<_> = shown.iter().map(|member| sanitize(&style.text(member), 30)).collect();
    if members.len() > MEMBERS {
        texts.push(format!("… {} more", grouped((members.len() - MEMBERS) as f64, 0)));
    }
    format!("[{}]", texts.join(", "))
}
