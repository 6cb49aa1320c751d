use std::ops::RangeBounds;

use serde_json::Value;

use super::{Scene, Scenes};
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, Column, Table, counted};
use up42_view::{impl_mime_bundle, impl_show};

impl Scenes {
    fn table(&self, rows: impl RangeBounds<usize>) -> Table {
        let columns = [
            Column::new("Scene"),
            Column::new("Acquired (UTC)"),
            Column::number("Cloud"),
            Column::number("AOI covered"),
            Column::number("Resolution").unit("m"),
            Column::new("Collection"),
        ];
        let row = |scene: &Scene| {
            [
                Cell::id(&scene.id),
                scene.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))),
                scene.cloud_cover.map_or(Cell::Empty, Cell::Percent),
                scene.aoi_coverage.map_or(Cell::Empty, Cell::Percent),
                scene.resolution.map_or(Cell::Empty, |metres| Cell::Number(metres, decimals(metres))),
                scene.collection.clone().into(),
            ]
        };
        let mut table =
            Table::new(counted(self.len(), "scene"), columns).list(&self.scenes, rows, "scenes", row);
        if let Some(note) = self.note() {
            table = table.note(note);
        } else if self.has_more() {
            table = table.note("The catalog has more: raise the search's limit to see them.");
        }
        for scene in self.iter().filter(|scene| scene.note.is_some()).take(10) {
            table = table.note(format!("{}: {}", scene.id, scene.note.as_deref().unwrap_or_default()));
        }
        table
    }
}

impl_show!(Scenes);

/// Largest number of properties on a scene's card.
const PROPERTIES: usize = 60;

impl Scene {
    fn bundle(&self) -> MimeBundle {
        self.card().bundle()
    }

    fn card(&self) -> Card {
        let mut card = Card::new(&self.id)
            .fact("Acquired (UTC)", self.datetime.map_or(Cell::Empty, |at| Cell::time(minute(at))))
            .fact("Cloud", self.cloud_cover.map_or(Cell::Empty, Cell::Percent));
        if let Some(percent) = self.aoi_coverage {
            card = card.fact("AOI covered", Cell::Percent(percent));
        }
        card = card
            .fact(
                "Resolution, m",
                self.resolution.map_or(Cell::Empty, |metres| Cell::Number(metres, decimals(metres))),
            )
            .fact("Collection", self.collection.clone())
            .fact("Provider", self.provider.clone());
        for (name, value) in self.properties.iter().take(PROPERTIES) {
            card = card.fact(
                name,
                match value {
                    Value::Null => Cell::Empty,
                    Value::String(text) => Cell::text(text),
                    other => Cell::text(other.to_string()),
                },
            );
        }
        let left_out = self.properties.len().saturating_sub(PROPERTIES);
        if left_out > 0 {
            card = card.note(format!("… and {left_out} more: scene.properties"));
        }
        self.note.iter().fold(card, |card, note| card.note(note))
    }
}

impl_mime_bundle!(Scene);

/// Returns the decimals of a resolution: half a metre needs one, ten metres need none.
fn decimals(metres: f64) -> usize {
    usize::from(metres.fract() != 0.0) + usize::from((metres * 10.0).fract().abs() > 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use up42_view::elements::ROWS;

    #[test]
    fn scenes_and_a_scene_are_shown_as_text() {
        let item = r#"{"id": "S2A_1", "collection": "sentinel-2", "properties": {"datetime": "2020-06-01T11:34:00Z",
            "eo:cloud_cover": 7.4, "gsd": 10, "empty": null, "bands": ["B02"]}}"#;
        let scenes = Scenes::from_geojson(&format!("{item}\n{{\"id\": \"odd\"}}")).unwrap();
        insta::assert_snapshot!(scenes.table(..ROWS).bundle().text, @r"
        2 scenes
        Scene  Acquired (UTC)    Cloud  AOI covered  Resolution (m)  Collection
        ─────  ────────────────  ─────  ───────────  ──────────────  ──────────
        S2A_1  2020-06-01 11:34  7.4 %            –              10  sentinel-2
        odd    –                     –            –               –  –
        S2A_1: no footprint
        odd: no footprint; no acquisition date
        ");
        insta::assert_snapshot!(scenes.get("S2A_1").unwrap().card().bundle().text, @r#"
        S2A_1
          Acquired (UTC)  2020-06-01 11:34
          Cloud           7.4 %
          Resolution, m   10
          Collection      sentinel-2
          Provider        –
          datetime        2020-06-01T11:34:00Z
          eo:cloud_cover  7.4
          gsd             10
          empty           –
          bands           ["B02"]
          no footprint
        "#);
    }
}
