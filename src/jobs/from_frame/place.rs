use polars::prelude::AnyValue;

use super::cell;
use crate::jobs::limits::bbox;
use up42_core::geo::wkb;
use up42_core::limits::ReadBudget;
use up42_view::Aoi;

/// Reads an area: WKB, WKT or GeoJSON, or west, south, east, north; WGS 84.
pub(super) fn place(cell: &AnyValue) -> Result<Option<Aoi>, String> {
    let of_bytes = |bytes: &[u8]| wkb::read(bytes, &ReadBudget::default()).and_then(Aoi::from_geometry);
    let place = match cell {
        AnyValue::Null => return Ok(None),
        AnyValue::Binary(bytes) => of_bytes(bytes),
        AnyValue::BinaryOwned(bytes) => of_bytes(bytes),
        AnyValue::List(sides) => bbox(sides.iter().map(|side| side.extract())),
        AnyValue::String(_) | AnyValue::StringOwned(_) => {
            let text = cell::text(cell).unwrap_or_default();
            match text.trim_start_matches(|c: char| c.is_whitespace() || c == '[').chars().next() {
                None => return Ok(None),
                Some('0'..='9' | '-') => of_sides(&text),
                Some('{') => Aoi::from_geojson(&text),
                Some(_) => Aoi::from_wkt(&text),
            }
        }
        _ => return Err(format!("a {} is no place: give WKB, WKT or GeoJSON", cell.dtype())),
    };
    place.map(Some).map_err(|error| error.to_string())
}

/// Reads four numbers, separated by commas or spaces.
fn of_sides(text: &str) -> crate::Result<Aoi> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "[]".contains(c));
    let number = |side: &str| side.trim().parse().ok();
    match text.contains(',') {
        true => bbox(text.split(',').map(number)),
        false => bbox(text.split_whitespace().map(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::cell::tests::list;
    use super::*;

    #[test]
    fn a_place_is_read_from_wkt_geojson_wkb_and_numbers() {
        let dakar = Aoi::from_bbox([-17.5, 14.68, -17.46, 14.72]).unwrap();
        let wkt = "POLYGON ((-17.5 14.68, -17.46 14.68, -17.46 14.72, -17.5 14.72, -17.5 14.68))";
        let (json, bytes) = (dakar.to_geojson().to_string(), wkb::write(&dakar.geometry().clone().into()));
        for cell in [
            AnyValue::String(wkt),
            AnyValue::String(&json),
            AnyValue::Binary(&bytes),
            AnyValue::String("-17.5, 14.68, -17.46, 14.72"),
            AnyValue::String("[-17.5,14.68,-17.46,14.72]"),
            list([-17.5, 14.68, -17.46, 14.72]),
        ] {
            assert_eq!(place(&cell).unwrap().unwrap().bbox(), dakar.bbox(), "{cell}");
        }
        assert_eq!(place(&AnyValue::String(" ")), Ok(None));
        insta::assert_snapshot!(place(&AnyValue::String("1, 2, 3")).unwrap_err(), @"a bbox is four numbers: west, south, east, north");
        insta::assert_snapshot!(place(&AnyValue::Int64(5)).unwrap_err(), @"a i64 is no place: give WKB, WKT or GeoJSON");
        insta::assert_snapshot!(place(&AnyValue::Binary(b"\x01")).unwrap_err(), @"not WKB: it ends early");
    }

    #[test]
    fn a_box_has_exactly_four_numbers() {
        for text in ["-17.50, 14.68, x, -17.46, 14.72", "1, 2, , 3, 4", "1 2 3 4 5", "1,2,3,4,"] {
            assert!(place(&AnyValue::String(text)).unwrap_err().starts_with("a bbox is four"), "{text}");
        }
        let gap = list([None, Some(-17.5), Some(14.68), Some(-17.46), Some(14.72)]);
        assert!(place(&gap).unwrap_err().starts_with("a bbox is four"));
        assert!(place(&AnyValue::String("1 2 3 4")).is_ok());
    }
}
