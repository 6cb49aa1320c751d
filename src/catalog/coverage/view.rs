//! Notebook display of a coverage: a small map, a chart and a table.

use geo::{BoundingRect, MultiPolygon};
use image::{DynamicImage, Rgba, RgbaImage};

use super::Coverage;
use up42_core::geo::{OverlapRows, continuous_near};
use up42_view::chart::{Chart, Series};
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_mime_bundle;
use up42_view::map::{Layer, Map, Placement};
use up42_view::picture::canvas::Rgb;
use up42_view::{MimeBundle, picture};

/// Colours from no look to [`FOLDED`] and more: orange for none, then darker and darker blue, which
/// are distinguishable with any colour vision.
const COLOURS: [Rgb; FOLDED + 1] = [
    [0xe6, 0x9f, 0x00],
    [0xd2, 0xe3, 0xf3],
    [0x9a, 0xc8, 0xe1],
    [0x52, 0x9d, 0xcc],
    [0x1c, 0x6c, 0xb1],
    [0x08, 0x30, 0x6b],
];

/// Number of looks from which parts are merged.
const FOLDED: usize = 5;

/// Longer side of the picture of the parts, in pixels.
const SIDE: usize = 900;

impl Coverage {
    /// Returns a map of the parts, coloured by their number of looks.
    pub fn to_map(&self) -> Map {
        let name = self.aoi.name().unwrap_or("area of interest");
        let legend = "orange: no look; blue, the darker the more: 1, 2, 3, 4, 5 and more looks";
        let map = Map::new(format!("Looks at {name}")).about_all(&self.origin).aoi(&self.aoi).note(legend);
        let layer = self.picture().map(|image| {
            Layer::new("looks")
                .title(format!("{:.1} % covered", self.percent()))
                .footprint(self.aoi.geometry().clone())
                .picture(picture::png(&image))
                .placement(Placement::Bbox)
        });
        layer.into_iter().fold(map, Map::layer)
    }

    /// Returns a chart of the share of the area by number of looks.
    pub fn chart(&self) -> Chart {
        let parts = self.folded();
        let labels = parts.iter().map(|(label, ..)| label.clone());
        let values = parts.iter().map(|part| part.2).collect();
        let colours = COLOURS.to_vec();
        Chart::new("Looks at the area", "% of the area, by number of looks", labels).series(Series {
            name: "area".into(),
            colours,
            values,
        })
    }

    fn bundle(&self) -> MimeBundle {
        let (table, chart) = (self.table().bundle(), self.chart());
        let (still, map) = self.to_map().small(480);
        let html = format!("{}{}{}", still.into_string(), chart.to_html().into_string(), table.html);
        let jpeg = match picture::decode(&map) {
            Ok(map) => picture::jpeg(&picture::stacked(&map, &chart.image()), 80),
            Err(_) => map,
        };
        MimeBundle { html, jpeg: Some(jpeg), text: format!("{}\n{}", table.text, chart.to_text()) }
    }

    fn table(&self) -> Table {
        let columns = [Column::new("Looks"), Column::number("Area").unit("km²"), Column::number("Share")];
        let rows = self.folded();
        let name = self.aoi.name().unwrap_or("the area");
        let caption = format!("{:.1} % of {name} covered by {}", self.percent(), scenes(self.scenes.len()));
        let mut table =
            Table::new(caption, columns).rows(rows.into_iter().map(|(label, km2, percent)| {
                [Cell::text(label), Cell::Number(km2, 1), Cell::Percent(percent)]
            }));
        let nowhere = self.scenes.len() - self.footprints.len();
        if nowhere > 0 {
            table = table.note(format!("{} without a footprint counted nowhere", scenes(nowhere)));
        }
        table
    }

    /// Returns the label, km² and % of each number of looks, with [`FOLDED`] and more merged.
    fn folded(&self) -> Vec<(String, f64, f64)> {
        let (single, many) = self.looks.split_at(self.looks.len().min(FOLDED));
        let mut parts: Vec<_> =
            single.iter().map(|part| (part.looks.to_string(), part.km2, part.percent)).collect();
        if !many.is_empty() {
            let sum = |size: fn(&super::CoveragePart) -> f64| many.iter().map(size).sum();
            parts.push((format!("{FOLDED} or more"), sum(|part| part.km2), sum(|part| part.percent)));
        }
        parts
    }

    /// Returns a picture of the parts over the area's bounding box, transparent outside the area.
    fn picture(&self) -> Option<DynamicImage> {
        let area = continuous_near(self.aoi.geometry(), None);
        let around = area.bounding_rect()?;
        let shapes: Vec<MultiPolygon> =
            self.footprints.iter().map(|shape| continuous_near(shape, Some(around.center().x))).collect();
        let (wide, high) = (around.width(), around.height());
        let pixels = |degrees: f64| ((SIDE as f64 * degrees / wide.max(high)) as u32).max(8);
        let mut image = RgbaImage::new(pixels(wide), pixels(high));
        let width = f64::from(image.width());
        let column = |lon: f64| ((lon - around.min().x) / wide * width).round().clamp(0.0, width) as u32;
        OverlapRows::of_picture(image.height() as usize, &area, &shapes).each(|piece| {
            let [r, g, b] = COLOURS[piece.over.len().min(FOLDED)];
            for x in column(piece.west)..column(piece.east) {
                image.put_pixel(x, piece.row as u32, Rgba([r, g, b, 255]));
            }
        });
        Some(DynamicImage::ImageRgba8(image))
    }
}

impl_mime_bundle!(Coverage);

fn scenes(count: usize) -> String {
    if count == 1 { "1 scene".to_owned() } else { format!("{count} scenes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Scenes;
    use up42_view::Aoi;

    #[test]
    fn every_mime_type_has_the_parts_and_the_chart() {
        let aoi = Aoi::from_bbox([10.0, 0.0, 12.0, 1.0]).unwrap().named("Here");
        let item = r#"{"id": "a", "geometry": {"type": "Polygon", "coordinates": [[[10, -1], [11, -1], [11, 2], [10, 2], [10, -1]]]}}"#;
        let scenes = Scenes::from_geojson(&format!("{item}\n{item}\n{{\"id\": \"nowhere\"}}")).unwrap();
        let bundle = scenes.coverage(&aoi).bundle();
        insta::assert_snapshot!(bundle.text, @r"
        50.0 % of Here covered by 3 scenes
        Looks  Area (km²)  Share
        ─────  ──────────  ─────
        0        12,308.5   50 %
        1             0.0    0 %
        2        12,308.5   50 %
        1 scene without a footprint counted nowhere

        Looks at the area (% of the area, by number of looks)
        0  ████████████████████████████████████████ 50
        1  0
        2  ████████████████████████████████████████ 50
        ");
        let picture = picture::decode(&bundle.jpeg.unwrap()).unwrap();
        assert_eq!((picture.width(), picture.height()), (960, 1005));
        assert_eq!(bundle.html.matches("<img ").count(), 2);
    }
}
