use std::ops::RangeBounds;

use serde_json::Value;

use super::{Quicklook, QuicklookOutcome, Quicklooks};
use crate::catalog::Scene;
use up42_core::time::minute;
use up42_view::Aoi;
use up42_view::MimeBundle;
use up42_view::elements::{Cell, Column, Table};
use up42_view::map::{Layer, Map};
use up42_view::picture::thumbnail;
use up42_view::{impl_mime_bundle, impl_show};

/// Side of a thumbnail in pixels: sharp at 48 px on a high-density screen.
const THUMBNAIL: u32 = 96;
/// Code that a map copies for the ids of its scenes.
pub(in crate::catalog) const SNIPPET: &str = "scenes.select_ids([{ids}])?";

impl Quicklooks {
    /// Returns a map of the quicklooks at their locations, with the area. A scene without a picture
    /// is shown by its footprint, and the map states the reason; a scene without a footprint is
    /// only listed.
    #[doc(alias = "map_quicklooks")]
    pub fn to_map(&self, aoi: &Aoi) -> Map {
        let title = format!("{} quicklooks, {}", self.pictures(), aoi.name().unwrap_or("area of interest"));
        let mut map =
            Map::new(title).about_all(&self.origin).about("Shown", self.shown()).aoi(aoi).snippet(SNIPPET);
        // Later layers are on top: the first scene in the search's order is added last.
        for quicklook in self.iter().collect::<Vec<_>>().into_iter().rev() {
            map = map.layer(layer(&quicklook.scene, quicklook.picture()));
        }
        for quicklook in self {
            let scene = &quicklook.scene;
            // The map itself lists scenes without a footprint.
            let why = match &quicklook.outcome {
                QuicklookOutcome::Picture(_) => continue,
                QuicklookOutcome::Missing => "no quicklook".to_owned(),
                QuicklookOutcome::Failed(error) => error.to_string(),
            };
            map = map.note(format!("{}: {why}", scene.id));
        }
        map
    }

    /// Describes the scenes by number, collections and dates.
    fn shown(&self) -> String {
        let day = |at: jiff::Timestamp| minute(at).chars().take(10).collect::<String>();
        let dates = || self.iter().filter_map(|quicklook| quicklook.scene.datetime);
        let mut collections: Vec<&str> =
            self.iter().filter_map(|quicklook| quicklook.scene.collection.as_deref()).collect();
        collections.sort_unstable();
        collections.dedup();
        let count = if self.len() == 1 { "1 scene".to_owned() } else { format!("{} scenes", self.len()) };
        let mut parts = vec![count, collections.join(", ")];
        if let Some((first, last)) = dates().min().zip(dates().max()) {
            parts.push(format!("{} to {}", day(first), day(last)));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Quicklook"),
            Column::new("Scene"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud"),
            Column::new("Outcome"),
        ];
        let row = |quicklook: &Quicklook| {
            let small = quicklook.picture().and_then(|bytes| thumbnail(bytes, THUMBNAIL).ok());
            [
                small.map_or(Cell::Empty, |small| {
                    Cell::Image(small, format!("quicklook of {}", quicklook.scene.id))
                }),
                Cell::id(&quicklook.scene.id),
                quicklook.scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                quicklook.scene.cloud_cover.map_or(Cell::Empty, Cell::Percent),
                Cell::text(format!("{:?}", quicklook.outcome)),
            ]
        };
        Table::new(format!("{self:?}"), columns).list(self.iter().as_slice(), rows, "quicklooks", row)
    }
}

impl_show!(Quicklooks);

impl Quicklook {
    /// Returns the display of the picture, or of the reason why there is none.
    fn bundle(&self) -> MimeBundle {
        Quicklooks { quicklooks: vec![self.clone()], origin: Vec::new() }.gallery().bundle()
    }
}

impl_mime_bundle!(Quicklook);

/// Makes the map layer of a scene, with its picture if there is one.
pub(in crate::catalog) fn layer(scene: &Scene, picture: Option<&[u8]>) -> Layer {
    let text = |name: &str| scene.properties.get(name).and_then(Value::as_str);
    let title = text("platform").or(scene.constellation.as_deref()).unwrap_or(&scene.id);
    // The date is displayed beside the title.
    let mut layer =
        Layer::new(&scene.id).title(title).acquired(scene.datetime).cloud_cover(scene.cloud_cover);
    if let Some(collection) = &scene.collection {
        layer = layer.collection(collection);
    }
    if let Some(constellation) = &scene.constellation {
        layer = layer.constellation(constellation);
    }
    if let Some(footprint) = &scene.footprint {
        layer = layer.footprint(footprint.clone());
    }
    if let Some(picture) = picture {
        layer = layer.picture(picture);
    }
    let sun = scene.properties.get("view:sun_elevation").and_then(Value::as_f64);
    let facts = [
        ("Acquired", scene.datetime.map(|at| format!("{} UTC", minute(at)))),
        ("Cloud", scene.cloud_cover.map(|percent| format!("{percent:.0} %"))),
        ("AOI covered", scene.aoi_coverage.map(|percent| format!("{percent:.0} %"))),
        ("Resolution", scene.resolution.map(|metres| format!("{metres} m"))),
        ("Incidence", scene.incidence_angle.map(|angle| format!("{angle:.1}°"))),
        ("Collection", scene.collection.clone()),
        ("Provider", scene.provider.clone()),
        ("Sun elevation", sun.map(|angle| format!("{angle:.0}°"))),
    ];
    let known = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.fold(layer, |layer, (name, value)| layer.property(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Scenes;
    use up42_core::error::Error;
    use up42_view::elements::ROWS;

    #[test]
    fn text_lists_the_outcomes_without_the_pictures() {
        let scenes = Scenes::from_geojson("{\"id\": \"a\"}\n{\"id\": \"b\"}\n{\"id\": \"c\"}").unwrap();
        let image = image::DynamicImage::new_rgb8(20, 10);
        let outcomes = [
            QuicklookOutcome::Picture(up42_view::picture::jpeg(&image, 80).into()),
            QuicklookOutcome::Missing,
            QuicklookOutcome::Failed(Error::response("404: gone")),
        ];
        let quicklooks = scenes.iter().cloned().zip(outcomes);
        let quicklooks =
            Quicklooks::of(quicklooks.map(|(scene, outcome)| Quicklook { scene, outcome }).collect());
        let bundle = quicklooks.table(..ROWS).bundle();
        insta::assert_snapshot!(bundle.text, @r"
        1 quicklook of 3 scenes
        Scene  Acquired (UTC)  Cloud  Outcome
        ─────  ──────────────  ─────  ─────────────────
        a      –                   –  1 KB
        b      –                   –  missing
        c      –                   –  failed: 404: gone
        ");
        assert_eq!(bundle.html.matches("<img class=\"up42-thumb\" alt=\"quicklook of a\"").count(), 1);
    }
}
