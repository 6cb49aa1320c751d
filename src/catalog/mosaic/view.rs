//! Notebook display of a mosaic: a table, and a map of the scenes clipped to their parts.

use std::ops::RangeBounds;

use geo::MultiPolygon;
use image::{DynamicImage, Rgb, RgbImage};

use super::{Mosaic, MosaicPart};
use crate::catalog::Quicklooks;
use crate::catalog::quicklooks::{SNIPPET, layer};
use up42_core::time::minute;
use up42_view::elements::{Cell, Column, Table};
use up42_view::impl_show;
use up42_view::map::{Layer, Map, Placement};
use up42_view::picture;

impl Mosaic {
    /// Returns a map of the scenes, each clipped to its part of the area; uncovered ground is
    /// hatched. With quicklooks, their pictures are shown; `mosaic.to_map(None)` shows the parts
    /// only.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// # let search = Search::new(&aoi).between("2019-01-01", "2019-12-31").collections(["phr"]);
    /// let mosaic = client.catalog().search(search)?.mosaic(&aoi)?;
    /// let quicklooks = client.catalog().download_quicklooks(&mosaic.scenes())?;
    /// let map = mosaic.to_map(&quicklooks);
    /// let plain = mosaic.to_map(None);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn to_map<'a>(&self, quicklooks: impl Into<Option<&'a Quicklooks>>) -> Map {
        let quicklooks = quicklooks.into();
        let name = self.aoi.name().unwrap_or("area of interest");
        let title = format!("{} scenes over {name}, {:.1} % covered", self.parts.len(), self.percent());
        let chosen = format!("{} of {} scenes", self.parts.len(), self.considered);
        let mut map =
            Map::new(title).about_all(&self.origin).about("Chosen", chosen).aoi(&self.aoi).snippet(SNIPPET);
        if let Some(rest) = &self.uncovered {
            map = map
                .layer(hatched(rest.geometry()))
                .note(format!("hatched: {:.1} km² without a scene", rest.area_km2()));
        }
        for part in self.parts.iter().rev() {
            let found = quicklooks.and_then(|all| all.iter().find(|one| one.scene.is_same(&part.scene)));
            let image = found.and_then(|quicklook| quicklook.picture());
            let share = format!("{:.1} km², {:.1} %", part.km2, part.percent);
            let layer = layer(&part.scene, image).part(part.geometry.clone());
            map = map.layer(layer.property("Area used", share));
        }
        map
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let mut columns = vec![
            Column::new("Scene"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud"),
            Column::number("Area used").unit("km²"),
            Column::number("Share of the area"),
        ];
        if self.parts.iter().any(|part| part.price.is_some()) {
            columns.push(Column::number("Price").unit("credits"));
        }
        // Cells beyond the columns are not shown.
        let row = |part: &MosaicPart| {
            [
                Cell::id(&part.scene.id),
                part.scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                Cell::Percent(part.cloud_cover),
                Cell::Number(part.km2, 1),
                Cell::Percent(part.percent),
                part.price.map_or(Cell::Empty, |price| Cell::Number(price, 0)),
            ]
        };
        let sum = [
            Cell::text("Total"),
            Cell::Empty,
            Cell::Percent(self.cloud_cover()),
            Cell::Number(self.parts.iter().map(|part| part.km2).sum(), 1),
            Cell::Percent(self.percent()),
            self.price().map_or(Cell::Empty, |price| Cell::Number(price, 0)),
        ];
        let name = self.aoi.name().unwrap_or("the area");
        let count = match self.parts.len() {
            1 => "1 scene covers".to_owned(),
            many => format!("{many} scenes cover"),
        };
        let mut table = Table::new(format!("{count} {:.1} % of {name}", self.percent()), columns)
            .list(&self.parts, rows, "mosaic", row)
            .footer(sum);
        let cost = self.cost;
        let terms =
            [("scenes", cost.scenes), ("clouds", cost.clouds), ("days", cost.days), ("prices", cost.prices)];
        let terms: Vec<_> = terms
            .into_iter()
            .filter(|(_, cost)| *cost > 0.0)
            .map(|(what, cost)| format!("{cost:.2} for {what}"))
            .collect();
        let of = if terms.is_empty() { "" } else { ": " };
        table = table.note(format!("Cost {:.2}{of}{}", cost.total(), terms.join(", ")));
        table = table.note(match self.is_proven {
            true => format!("No choice among the {} scenes covers as much and costs less.", self.considered),
            false => format!("A good choice among {} scenes, not proven to be the best.", self.considered),
        });
        match &self.uncovered {
            Some(rest) => table.note(format!("Without a scene: {:.2} km²", rest.area_km2())),
            None => table,
        }
    }
}

impl_show!(Mosaic);

/// Makes the layer of ground without a scene: stripes over its bounding box, clipped to its
/// outline.
fn hatched(rest: &MultiPolygon) -> Layer {
    const SIDE: u32 = 384;
    let stripe = |x: u32, y: u32| match (x + y) / 24 % 2 {
        0 => Rgb([0xe6, 0x9f, 0x00]),
        _ => Rgb([0xff, 0xf4, 0xdc]),
    };
    let stripes = DynamicImage::ImageRgb8(RgbImage::from_fn(SIDE, SIDE, stripe));
    Layer::new("uncovered")
        .title("No scene")
        .footprint(rest.clone())
        .part(rest.clone())
        .picture(picture::png(&stripes))
        .placement(Placement::Bbox)
}
