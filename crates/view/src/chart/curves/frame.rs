//! Line charts from the columns of a frame.

use std::collections::BTreeMap;

use jiff::Timestamp;
use polars::prelude::{Column, DataFrame, DataType, TimeUnit};

use super::{Curve, Curves};
use crate::chart::Chart;
use up42_core::error::{Context, Error, Result};
use up42_core::time::parse_timestamp;

/// Largest number of lines in one chart.
const MOST: usize = 2_000;

impl Chart {
    /// Makes a line chart of values over time from two columns of a frame: one line for each value
    /// of the column `by`, or a single line without it. Up to seven lines have a colour each; with
    /// more, their median is highlighted. Rows without a time or a finite value are left out.
    ///
    /// ```
    /// # mod up42 { pub use up42_view::{self as view, *}; pub use {geo_types, jiff, polars}; }
    /// use up42::polars::df;
    /// use up42::view::Chart;
    ///
    /// let frame = df!(
    ///     "day" => ["2019-06-01", "2020-06-01", "2019-06-01", "2020-06-01"],
    ///     "ndvi" => [0.41, 0.38, 0.22, 0.27],
    ///     "place" => ["Dakar", "Dakar", "Thiès", "Thiès"]
    /// )?;
    /// let chart = Chart::time_series(&frame, "day", "ndvi", "place")?.titled("Vegetation");
    /// # assert!(chart.to_svg().contains("Thiès"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a column is missing, if
    /// `time` holds neither dates nor strings that can be read as dates, if `value` is not numeric,
    /// or if there are more than 2,000 lines.
    pub fn time_series<'a>(
        frame: &DataFrame,
        time: &str,
        value: &str,
        by: impl Into<Option<&'a str>>,
    ) -> Result<Self> {
        let by = by.into();
        let read = || -> Result<Curves> {
            let times = moments(column(frame, time)?)?;
            let values = numbers(column(frame, value)?)?;
            let groups = by.map(|by| column(frame, by)).transpose()?;
            let groups = groups.map(|groups| groups.cast(&DataType::String)).transpose()?;
            let groups = groups.as_ref().map(|groups| groups.str()).transpose()?;
            let mut lines: BTreeMap<&str, Vec<(Timestamp, f64)>> = BTreeMap::new();
            for (row, point) in times.into_iter().zip(values).enumerate() {
                let (Some(at), Some(value)) = point else { continue };
                let name = groups.map_or(Some("all"), |groups| groups.get(row));
                lines.entry(name.unwrap_or("none")).or_default().push((at, value));
            }
            if lines.len() > MOST {
                return Err(Error::invalid(format!(
                    "{} lines are too many for a chart: at most {MOST}",
                    lines.len()
                )));
            }
            let curve = |(name, mut points): (&str, Vec<(Timestamp, f64)>)| {
                points.sort_by_key(|point| point.0);
                Curve { name: name.to_owned(), points }
            };
            Ok(Curves { curves: lines.into_iter().map(curve).collect(), ..Curves::default() })
        };
        let curves = read().context("chart of a time series")?;
        let unit = by.map_or_else(|| value.to_owned(), |by| format!("{value} by {by}"));
        Ok(Self::curves(format!("{value} over time"), unit, curves))
    }
}

fn column<'a>(frame: &'a DataFrame, name: &str) -> Result<&'a Column> {
    frame.column(name).map_err(|_| {
        let names: Vec<_> = frame.columns().iter().map(|column| column.name().as_str()).take(40).collect();
        Error::invalid(format!("there is no column `{name}`, only `{}`", names.join("`, `")))
    })
}

fn moments(column: &Column) -> Result<Vec<Option<Timestamp>>> {
    let error = || {
        let (name, dtype) = (column.name(), column.dtype());
        Error::invalid(format!(
            "column `{name}` is {dtype}: a time is a Datetime, a Date or a text such as `2020-06-01`"
        ))
    };
    if let DataType::String = column.dtype() {
        let texts = column.str()?;
        return texts.iter().map(|text| text.map(|text| moment(text, column.name())).transpose()).collect();
    }
    if !matches!(column.dtype(), DataType::Datetime(..) | DataType::Date) {
        return Err(error());
    }
    let counts = column.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?.cast(&DataType::Int64)?;
    Ok(counts.i64()?.iter().map(|count| Timestamp::from_millisecond(count?).ok()).collect())
}

fn moment(text: &str, column: &str) -> Result<Timestamp> {
    let not_a_time = || {
        Error::invalid(format!(
            "column `{column}`: `{text}` is no time, such as `2020-06-01` or `2020-06-01T12:00:00Z`"
        ))
    };
    parse_timestamp(text).ok_or_else(not_a_time)
}

fn numbers(column: &Column) -> Result<Vec<Option<f64>>> {
    if !column.dtype().is_primitive_numeric() {
        let (name, dtype) = (column.name(), column.dtype());
        return Err(Error::invalid(format!("column `{name}` is {dtype}, and a chart needs numbers")));
    }
    let values = column.cast(&DataType::Float64)?;
    Ok(values.f64()?.iter().map(|value| value.filter(|value| value.is_finite())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{NamedFrom, Series, df};

    #[test]
    fn each_group_is_a_line_sorted_by_time() {
        let frame = df!(
            "at" => [Some("2020-06-01"), Some("2019-06-01T12:00:00Z"), None, Some("2019-06-02")],
            "n" => [3i32, 1, 9, 2], "place" => [Some("b"), Some("b"), Some("b"), None]
        );
        let frame = frame.unwrap();
        let chart = Chart::time_series(&frame, "at", "n", "place").unwrap();
        insta::assert_snapshot!(chart.to_text(), @r"
        n over time (n by place)
        b     ▃                                              █  3
        none  ▆                                                 2
        2019-06-01 12:00 to 2020-06-01 00:00 UTC, the last value on the right
        ");
        let dates = Series::new("day".into(), [18_262i32, 18_263]).cast(&DataType::Date).unwrap();
        let days =
            DataFrame::new(2, vec![dates.into(), Series::new("v".into(), [f64::NAN, 2.0]).into()]).unwrap();
        assert!(Chart::time_series(&days, "day", "v", None).unwrap().to_text().contains("2020-01-02 00:00"));
    }

    #[test]
    fn the_error_of_an_unsuitable_column_names_it() {
        let frame = df!("at" => ["soon"], "n" => [1.0]).unwrap();
        let message = |time, value| Chart::time_series(&frame, time, value, None).unwrap_err().to_string();
        assert_eq!(message("when", "n"), "chart of a time series: there is no column `when`, only `at`, `n`");
        let wanted = "a time is a Datetime, a Date or a text such as `2020-06-01`";
        assert_eq!(message("n", "n"), format!("chart of a time series: column `n` is f64: {wanted}"));
        assert_eq!(
            message("at", "n"),
            "chart of a time series: column `at`: `soon` is no time, such as `2020-06-01` or `2020-06-01T12:00:00Z`"
        );
        let days = df!("at" => ["2020-06-01"], "n" => ["much"]).unwrap();
        let error = Chart::time_series(&days, "at", "n", None).unwrap_err().to_string();
        assert_eq!(error, "chart of a time series: column `n` is str, and a chart needs numbers");
    }
}
