use std::ops::RangeBounds;

use maud::{PreEscaped, html};

use crate::Aoi;
use crate::MimeBundle;
use crate::elements::{Card, Cell, Column, ROWS, Table, counted};
use crate::impl_mime_bundle;
use crate::map::Map;
use crate::show::TableRow;
use up42_core::geo::{AoiFeature, Bbox, area_km2};
use up42_core::sanitize::sanitize;

/// Largest number of features with separate outlines; above it, only their union is outlined.
const MOST_FEATURES: usize = 100;

impl Aoi {
    fn bundle(&self) -> MimeBundle {
        let name = self.name().unwrap_or("Area of interest");
        let [lon, lat] = self.centroid();
        let area = self.area_km2();
        let decimals = if area < 10.0 { 3 } else { 1 };
        let features = match self.features() {
            [_] => Cell::Number(1.0, 0),
            many => Cell::text(listed(many.iter().map(|feature| feature.name.as_deref()), many.len())),
        };
        let card = Card::new(name)
            .fact("Area, km²", Cell::Number(area, decimals))
            .fact("Features", features)
            .fact("West, south, east, north", Cell::id(rounded(&self.bbox().to_array())))
            .fact("Centre", Cell::id(rounded(&[lon, lat])));
        let card = self.note().into_iter().fold(card, |card, note| card.note(note)).bundle();
        let mut map = Map::new(name);
        match self.features().len() {
            2..=MOST_FEATURES => map.aois.extend(self.iter()),
            _ => map = map.aoi(self),
        }
        let map = map.bundle();
        let features = match self.features() {
            [_] => MimeBundle::default(),
            many => AoiFeature::table(many, ..ROWS).bundle(),
        };
        let page = html! {
            (PreEscaped(card.html))
            div style="max-width:720px" { (PreEscaped(map.html)) }
            (PreEscaped(features.html))
        };
        MimeBundle { html: page.into_string(), jpeg: map.jpeg, text: card.text + &features.text }
    }
}

impl_mime_bundle!(Aoi);

impl TableRow for AoiFeature {
    fn table(features: &[Self], rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Feature"),
            Column::number("Area").unit("km²"),
            Column::number("West"),
            Column::number("South"),
            Column::number("East"),
            Column::number("North"),
        ];
        let row = |feature: &AoiFeature| {
            let km2 = area_km2(&feature.geometry);
            let mut cells =
                vec![feature.name.clone().into(), Cell::Number(km2, if km2 < 10.0 { 3 } else { 1 })];
            let bbox = Bbox::around(&feature.geometry).map(Bbox::to_array);
            cells.extend(bbox.into_iter().flatten().map(|degrees| Cell::Number(degrees, 4)));
            cells
        };
        Table::new(counted(features.len(), "feature"), columns).list(features, rows, "aoi.features()", row)
    }
}

/// Formats the number of features and the first names: `3: Dakar 1, Dakar 2, Dakar 3`.
fn listed<'a>(names: impl Iterator<Item = Option<&'a str>>, count: usize) -> String {
    let names: Vec<String> = names.flatten().take(3).map(|name| sanitize(name, 40)).collect();
    let more = if names.len() < count && !names.is_empty() { ", …" } else { "" };
    let mark = if names.is_empty() { "" } else { ": " };
    format!("{count}{mark}{}{more}", names.join(", "))
}

/// Formats degrees to about 1 m (5 decimals), in the form that `Aoi::from_bbox` takes.
fn rounded(degrees: &[f64]) -> String {
    // Adding 0.0 turns -0 into 0.
    let text = |value: &f64| ((value * 1e5).round() / 1e5 + 0.0).to_string();
    let degrees: Vec<_> = degrees.iter().map(text).collect();
    degrees.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::pack;

    #[test]
    fn an_area_shows_its_facts_and_a_map() {
        let dakar = Aoi::example("Dakar").unwrap();
        let bundle = dakar.split(60.0).unwrap().bundle();
        insta::assert_snapshot!(bundle.text, @r"
        Dakar
          Area, km²                 157.3
          Features                  3: Dakar 1, Dakar 2, Dakar 3
          West, south, east, north  -17.54, 14.65, -17.42, 14.76
          Centre                    -17.48, 14.705
        3 features
        Feature  Area (km²)      West    South      East    North
        ───────  ──────────  ────────  ───────  ────────  ───────
        Dakar 1        52.4  −17.5400  14.6500  −17.5000  14.7600
        Dakar 2        52.4  −17.5000  14.6500  −17.4200  14.7050
        Dakar 3        52.4  −17.5000  14.7050  −17.4200  14.7600
        ");
        assert!(bundle.jpeg.is_some_and(|jpeg| jpeg.starts_with(&[0xff, 0xd8])));
        assert!(bundle.html.contains("<img alt=") && bundle.html.contains("sandbox="));
        let description = String::from_utf8(pack::parts(&bundle.html)[2].clone()).unwrap();
        assert_eq!(description.matches("\"name\":\"Dakar ").count(), 3, "each piece has its outline");
        insta::assert_snapshot!(Aoi::from_bbox([177.0, -19.0, -178.0, -16.0]).unwrap().bundle().text, @r"
        Area of interest
          Area, km²                 176,284.1
          Features                  1
          West, south, east, north  177, -19, -178, -16
          Centre                    179.5, -17.5
        ");
    }

    #[test]
    fn a_repaired_area_has_a_note() {
        let bow_tie = Aoi::from_wkt("POLYGON ((0 0, 3 3, 3 0, 0 1, 0 0))").unwrap().named("field");
        insta::assert_snapshot!(bow_tie.bundle().text, @r"
        field
          Area, km²                 46,146.6
          Features                  1
          West, south, east, north  0, 0, 3, 3
          Centre                    2.05, 1.18333
          feature 0: its edges crossed or touched each other: repaired, as `ST_MakeValid` does
        ");
    }

    #[test]
    fn degrees_have_no_negative_zero() {
        assert_eq!(rounded(&[-1e-7, 0.1 + 0.2]), "0, 0.3");
    }

    #[test]
    fn names_from_files_are_escaped_in_html_and_text() {
        let hostile = "</script><img src=x onerror=alert(1)>\nEVCXR_BEGIN_CONTENT text/html\n";
        let aoi = Aoi::example("Berlin").unwrap().named(hostile).split(2.0).unwrap();
        let bundle = aoi.bundle();
        assert!(!bundle.html.contains("<img src=x") && !bundle.text.contains("\nEVCXR_"), "{}", bundle.text);
    }
}
