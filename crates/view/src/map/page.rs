//! Saved page: the map with its title, date and provenance, and its scenes as a table. It is
//! readable without scripts, and is printed with the still picture instead of the map.

use jiff::Timestamp;
use maud::{Markup, html};

use super::layer::Layer;
use super::{Drawn, Map, html};
use up42_core::sanitize::sanitize;
use up42_core::time::minute;

/// Largest number of scenes listed.
const LISTED: usize = 500;

impl Map {
    pub(super) fn page(&self, drawn: &Drawn) -> String {
        let title = sanitize(&self.title, 200);
        let date = format!("{} UTC", minute(self.dated.unwrap_or_else(Timestamp::now)));
        let above = html! {
            header {
                h1 { bdi { (title) } }
                p { (date) " · " (counted(drawn.scenes.len(), "scene")) }
            }
        };
        let below = html! {
            div.still { (html::still(drawn, &title)) }
            (html::notes(&drawn.notes))
            section { h2 { "About this map" } (self.provenance(&date)) }
            @if !self.layers.is_empty() { section { h2 { "Scenes" } (self.listed()) } }
            footer { (self.attribution()) }
        };
        html::document(self, drawn, Some((above, below)))
    }

    fn provenance(&self, date: &str) -> Markup {
        let made = format!("up42 {}, {date}", env!("CARGO_PKG_VERSION"));
        let row = |name: &str, value: &str| {
            html! { dt { bdi { (sanitize(name, 120)) } } dd { bdi { (sanitize(value, 600)) } } }
        };
        let is_given = |name: &str| self.about.iter().any(|(known, _)| known == name);
        html! {
            dl {
                @for (name, value) in &self.about { (row(name, value)) }
                @if !is_given("Area") {
                    @for aoi in self.aois.iter().take(20) {
                        (row("Area", &format!("{}, {:.1} km²", aoi.name().unwrap_or("unnamed"), aoi.area_km2())))
                    }
                }
                (row("Made with", &made))
            }
        }
    }

    /// Returns a table of the scenes, from the top of the map down.
    fn listed(&self) -> Markup {
        let row = |(number, layer): (usize, &Layer)| {
            html! {
                tr {
                    td.number { (number + 1) }
                    td { bdi { (sanitize(layer.title_or_id(), 120)) } }
                    td.id { bdi { (sanitize(&layer.id, 200)) } }
                    td { bdi { (sanitize(&layer.collection, 120)) } }
                    td.time { (layer.acquired.map(minute).unwrap_or_default()) }
                    td.number { @if let Some(cloud) = layer.cloud_cover { (format!("{cloud:.0} %")) } }
                }
            }
        };
        html! {
            div.wide {
                table {
                    thead { tr {
                        th.number { "#" } th { "Scene" } th { "Id" } th { "Collection" } th { "Acquired (UTC)" }
                        th.number { "Cloud" }
                    } }
                    tbody { @for scene in self.layers.iter().rev().take(LISTED).enumerate() { (row(scene)) } }
                }
            }
            @if self.layers.len() > LISTED { p { "… and " (counted(self.layers.len() - LISTED, "more scene")) } }
        }
    }

    fn attribution(&self) -> Markup {
        html! {
            p {
                "Coasts and borders: Natural Earth."
                @if let Some(tiles) = &self.tiles { " Tiles, where online: " bdi { (tiles.attribution()) } "." }
            }
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::Tiles;

    fn map() -> Map {
        let layers = (0..LISTED + 2).map(|i| Layer::new(format!("id-{i}")).title("<b>PHR</b>"));
        let map = Map::new("Dakar").about("Catalog", "a <i>STAC</i> API");
        layers.fold(map, Map::layer).dated("2020-12-31T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_saved_page_contains_date_source_and_ids() {
        let map = map();
        let drawn = map.draw(true);
        let page = map.page(&drawn);
        for text in ["2020-12-31 12:00 UTC", "a &lt;i&gt;STAC&lt;/i&gt; API", "id-501", "… and 2 more scenes"]
        {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.contains("&lt;b&gt;PHR") && !page.contains("<b>PHR"));
        assert!(page.contains(concat!("up42 ", env!("CARGO_PKG_VERSION"))));
        assert_eq!(page, map.page(&drawn), "the date is the one that was set");
    }

    #[test]
    fn a_page_allows_requests_to_its_tile_server_only() {
        let page = |map: Map| map.page(&map.draw(true));
        assert!(page(Map::new("Dakar")).contains("img-src data: blob:\""));
        let tiles =
            Tiles::new("https://tiles.example.com:8443/{z}/{x}/{y}?key=SECRET", "© <Example>").unwrap();
        let tiled = Map::new("Dakar").tiles(tiles);
        assert!(!tiled.text(&[]).contains("SECRET") && !format!("{tiled:?}").contains("SECRET"));
        let tiled = page(tiled);
        assert!(tiled.contains("img-src data: blob: https://tiles.example.com:8443\""));
        assert!(tiled.contains("© &lt;Example&gt;"));
    }
}
