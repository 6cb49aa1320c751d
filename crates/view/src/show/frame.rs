use std::ops::RangeBounds;

use polars::prelude::{DataFrame, Series};

use super::Show;
use super::value::Values;
use crate::elements::{Cell, Column, Table, Window, counted};

/// Largest number of columns in one table.
const MOST: usize = 200;

impl Show for DataFrame {
    fn show_rows(&self, rows: impl RangeBounds<usize>) {
        table(self, rows, "df").bundle().print();
    }
}

impl Show for Series {
    fn show_rows(&self, rows: impl RangeBounds<usize>) {
        table(&self.clone().into_frame(), rows, "series").bundle().print();
    }
}

pub fn table(frame: &DataFrame, rows: impl RangeBounds<usize>, name: &str) -> Table {
    let (height, width) = frame.shape();
    let window = Window::new(rows, height, name);
    let rows = window.rows();
    let part = frame.slice(i64::try_from(rows.start).unwrap_or(i64::MAX), rows.len());
    let values: Vec<Values> = part.columns().iter().take(MOST).map(Values::of).collect();
    let columns = part.columns().iter().zip(&values).map(|(column, values)| {
        let head = if values.is_number { Column::number } else { Column::new };
        head(column.name().as_str()).kind(column.dtype().to_string())
    });
    let lines = (0..rows.len()).map(|row| -> Vec<Cell> {
        values.iter().map(|column| column.cells.get(row).cloned().unwrap_or_default()).collect()
    });
    let caption = format!("{} × {}", counted(height, "row"), counted(width, "column"));
    let table = Table::new(caption, columns).rows(lines).window(window);
    match part.columns().get(MOST) {
        Some(next) => table.note(format!(
            "The first {MOST} columns. Others by their names: {name}.select([{:?}])?.show()",
            next.name().as_str()
        )),
        None => table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    use crate::elements::ROWS;

    fn text(frame: &DataFrame) -> String {
        table(frame, ..ROWS, "df").bundle().text
    }

    #[test]
    fn a_time_outside_the_calendar_is_shown_as_a_number() {
        for (unit, name) in
            [(TimeUnit::Milliseconds, "ms"), (TimeUnit::Microseconds, "μs"), (TimeUnit::Nanoseconds, "ns")]
        {
            let times = Series::new("time".into(), [i64::MAX, i64::MIN + 1]);
            let times = times.cast(&DataType::Datetime(unit, None)).unwrap();
            let list = Series::new("list".into(), [times.clone(), times.clone()]);
            let shown = text(&DataFrame::new(2, vec![times.into(), list.into()]).unwrap());
            // 2^63 - 1 ns is in the year 2262.
            let expected = match unit {
                TimeUnit::Nanoseconds => "2262-04-11".to_owned(),
                _ => format!("{} {name}", i64::MAX),
            };
            assert!(shown.contains(&expected), "{shown}");
        }
    }

    #[test]
    fn columns_of_every_type_are_shown() {
        let day = |dtype| Series::new("x".into(), [Some(18_414i64), None]).cast(&dtype).unwrap();
        let mut days = day(DataType::Int32).cast(&DataType::Date).unwrap();
        let millis = Int64Chunked::new("at".into(), [Some(1_591_011_240_000), None]);
        let zoned = millis.into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_series();
        let mut lasted = Series::new("lasted".into(), [Some(93_784_500i64), None]);
        lasted = lasted.cast(&DataType::Duration(TimeUnit::Milliseconds)).unwrap();
        days.rename("day".into());
        let lists: ListChunked =
            [Some(Series::new("".into(), [1.5f64, 2.25, 3.0, 4.0])), None].into_iter().collect();
        let frame = DataFrame::new(
            2,
            vec![
                Series::new("id".into(), [Some("S2A_1"), Some("")]).into_column(),
                Series::new("cloud".into(), [Some(12.345_678_9), None]).into_column(),
                Series::new("sum".into(), [Some(1_234_567i64), None]).into_column(),
                Series::new("clear".into(), [Some(true), None]).into_column(),
                days.into_column(),
                zoned.into_column(),
                lasted.into_column(),
                lists.with_name("bands".into()).into_column(),
                Series::new("geometry".into(), [Some(&b"\x01\x03\0"[..]), None]).into_column(),
            ],
        )
        .unwrap();
        insta::assert_snapshot!(text(&frame), @r#"
        2 rows × 9 columns
        id       cloud      sum  clear  day         at                        lasted  bands                         geometry
        str        f64      i64  bool   date        datetime[ms, UTC]   duration[ms]  list[f64]                     binary
        ─────  ───────  ───────  ─────  ──────────  ─────────────────  ─────────────  ────────────────────────────  ────────
        S2A_1  12.3457  1234567  true   2020-06-01  2020-06-01 11:34   1d 2h 3m 4.5s  [1.50, 2.25, 3.00, … 1 more]  3 bytes
        ""           –        –  –      –           –                              –  –                             –
        "#);
    }

    #[test]
    fn floats_have_at_most_six_digits() {
        let frame = df!(
            "round" => [1.0, 250.0], "percent" => [7.5, 99.25], "lon" => [-17.444_061_2, 2.5],
            "tiny" => [1.5e-9, 0.25], "huge" => [1.0e300, f64::NAN], "ends" => [f64::INFINITY, -0.0],
            "single" => [0.1f32, 2.7]
        );
        insta::assert_snapshot!(text(&frame.unwrap()), @r"
        2 rows × 7 columns
        round  percent       lon     tiny      huge  ends  single
          f64      f64       f64      f64       f64   f64     f32
        ─────  ───────  ────────  ───────  ────────  ────  ──────
            1     7.50  -17.4441  1.50e-9  1.00e300   inf     0.1
          250    99.25    2.5000     0.25       NaN     0     2.7
        ");
    }

    #[test]
    fn a_long_frame_names_the_call_for_the_next_rows() {
        let frame = df!("n" => (0..120i64).collect::<Vec<_>>()).unwrap();
        assert!(text(&frame).ends_with("49\n… and 70 more: df.show_rows(50..100)\n"));
        let rest = table(&frame, 100.., "df").bundle().text;
        assert!(rest.starts_with("120 rows × 1 column, rows 100..120 of 120\n"), "{rest}");
        assert!(rest.ends_with("\n119\n"), "{rest}");
    }

    #[test]
    fn a_wide_frame_lists_the_columns_left_out_in_text() {
        let columns = (0..210).map(|index| Series::new(format!("column {index}").into(), [index]).into());
        let frame = DataFrame::new(1, columns.collect()).unwrap();
        let bundle = table(&frame, .., "df").bundle();
        let lines: Vec<_> = bundle.text.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 120), "{}", bundle.text);
        assert!(lines[5].starts_with("No room for 188 columns: column 12, column 13, "), "{}", bundle.text);
        assert_eq!(
            lines[6],
            r#"The first 200 columns. Others by their names: df.select(["column 200"])?.show()"#
        );
        assert_eq!(bundle.html.matches("<th ").count(), 200);
    }

    #[test]
    fn an_empty_frame_is_a_table() {
        insta::assert_snapshot!(text(&DataFrame::empty()), @"0 rows × 0 columns");
        let frame = df!("a" => Vec::<i32>::new()).unwrap();
        insta::assert_snapshot!(text(&frame), @r"
        0 rows × 1 column
          a
        i32
        ───
        ");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_gives_valid_html(name in "\\PC*", value in proptest::prelude::any::<String>()) {
            let frame = DataFrame::new(1, vec![Series::new(name.into(), [value.as_str()]).into()]).unwrap();
            let bundle = table(&frame, .., "df").bundle();
            let body = bundle.html.split("</style>").nth(1).unwrap();
            for tag in ["<div class=\"up42-scroll\">", "<table", "</table", "<th ", "</th>", "<td", "</td", "<bdi"] {
                let once = if tag == "<bdi" { 3 } else { 1 };
                prop_assert_eq!(body.matches(tag).count(), once, "{}", tag);
            }
            prop_assert!(!body.contains("<script") && bundle.text.lines().count() == 5, "{}", bundle.text);
        }
    }
}
