//! HTML of a map: a fragment for a notebook, a whole page for a file.

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;

use super::pack::{self, Pack};
use super::{Drawn, Map, Tiles, atlas, scene};
use up42_core::geo::{Detail, packed_land};
use up42_core::sanitize::sanitize;

/// Style sheet of the page before it is unpacked, and if it cannot be unpacked.
const STYLE: &str = include_str!("../../assets/viewer/page.css");

/// Largest size of the detailed coasts in a map, in bytes; those of the world are added.
const COAST: usize = 60_000;

/// Script that sends the theme of the notebook to the sandboxed frame, which cannot read it.
const THEME: &str = "(frame => {
  if (!frame) return;
  const send = () => {
    const light = document.body.dataset.jpThemeLight;
    if (light) frame.contentWindow?.postMessage({ up42Theme: light === 'true' ? 'light' : 'dark' }, '*');
  };
  frame.addEventListener('load', send);
  new MutationObserver(send).observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
})(document.currentScript?.parentElement.querySelector('iframe'));";

/// Returns a fragment for a notebook: the still picture, and the interactive map over it in a
/// sandboxed frame. If a front end removes frames, the picture remains.
pub fn inline(map: &Map, drawn: &Drawn) -> String {
    let title = sanitize(&map.title, 200);
    let fragment = html! {
        div.up42-map style="position:relative;max-width:1200px" {
            style { ".up42-map{min-height:440px}" }
            (still(drawn, &title))
            iframe title=(format!("Interactive map: {title}"))
                sandbox="allow-scripts allow-downloads allow-popups"
                allow="fullscreen; clipboard-write"
                style="position:absolute;left:0;top:0;width:100%;height:100%;border:0"
                srcdoc=(document(map, drawn, None)) {}
            script { (PreEscaped(THEME)) }
        }
        (notes(&drawn.notes))
    };
    fragment.into_string()
}

/// Returns a page with the map. `around` is the content above and below it in a file.
pub fn document(map: &Map, drawn: &Drawn, around: Option<(Markup, Markup)>) -> String {
    let title = sanitize(&map.title, 200);
    let pack = packed(map, drawn);
    // Only our own scripts may run, and nothing but tiles may be loaded, so that even unescaped
    // text from outside could do nothing.
    let tiles = map.tiles.as_ref().map(|tiles| format!(" {}", tiles.origin())).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data: blob:{tiles}",
        pack.scripts
    );
    let (above, below) = around.unzip();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body.page[above.is_some()] {
                @if let Some(above) = above { (above) }
                main id="map" {}
                @if let Some(below) = below { (below) }
                script id="pack" data-lengths=(pack.lengths) type="text/plain" { (PreEscaped(pack.text)) }
                script { (PreEscaped(pack::boot())) }
            }
        }
    };
    page.into_string()
}

pub fn still(drawn: &Drawn, title: &str) -> Markup {
    let source = source(drawn);
    let alt = format!("Map of {} scenes: {title}", drawn.scenes.len());
    html! { img alt=(alt) width="960" height="600" style="display:block;width:100%;height:auto" src=(source); }
}

/// Returns the still picture with its notes, to be shown beside other content.
pub fn small(map: &Map, drawn: &Drawn, width: usize) -> Markup {
    let alt = format!("Map: {}", sanitize(&map.title, 200));
    let style = "display:block;max-width:100%;height:auto;margin:4px 0";
    html! {
        img alt=(alt) width=(width) height=(width * 5 / 8) style=(style) src=(source(drawn));
        (notes(&drawn.notes))
    }
}

fn source(drawn: &Drawn) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&drawn.jpeg))
}

pub fn notes(notes: &[String]) -> Markup {
    html! { @for note in notes { p.up42-note { small { bdi { (sanitize(note, 400)) } } } } }
}

/// Packs the viewer and its data: a description as JSON, and the bytes that it refers to.
fn packed(map: &Map, drawn: &Drawn) -> Pack {
    let mut land = packed_land(Detail::World, [-180.0, -90.0, 180.0, 90.0]);
    let world = [0, land.len()];
    let [west, south, east, north] = drawn.bbox;
    let (width, height) = (east - west, north - south);
    let coast = |margin: f64| {
        let pad = width.max(height).max(0.05) * margin;
        let around = [west - pad, (south - pad).max(-90.0), east + pad, (north + pad).min(90.0)];
        let detail = Detail::for_span(width.max(height));
        (packed_land(detail, around), around, detail)
    };
    let local = [0.7, 0.3, 0.1].map(coast).into_iter().find(|(bytes, ..)| bytes.len() <= COAST);
    let local = local.filter(|(_, _, detail)| *detail != Detail::World).map(|(bytes, around, _)| {
        let at = land.len();
        land.extend_from_slice(&bytes);
        json!({"at": [at, bytes.len()], "bbox": around})
    });
    let mut pictures = drawn.atlas.as_ref().map(|atlas| atlas.jpeg.clone()).unwrap_or_default();
    let atlas = drawn
        .atlas
        .as_ref()
        .map(|atlas| json!({"at": [0, pictures.len()], "side": atlas::SIDE, "columns": atlas.columns}));
    let mut scenes = Vec::with_capacity(drawn.scenes.len());
    for scene in &drawn.scenes {
        scenes.push(scene.to_json(pictures.len()));
        pictures.extend_from_slice(scene.picture.as_deref().unwrap_or_default());
    }
    let aois = map.aois.iter().zip(&drawn.outlines).map(|(aoi, outline)| {
        json!({"name": aoi.name().map(|name| sanitize(name, 120)), "rings": scene::rings(outline)})
    });
    let description = json!({
        "title": sanitize(&map.title, 200),
        "about": map.about.iter().map(|(name, value)| [sanitize(name, 120), sanitize(value, 600)]).collect::<Vec<_>>(),
        "notes": drawn.notes.iter().map(|note| sanitize(note, 400)).collect::<Vec<_>>(),
        "bbox": drawn.bbox,
        "aois": aois.collect::<Vec<_>>(),
        "scenes": scenes,
        "atlas": atlas,
        "world": world,
        "local": local,
        "tiles": map.tiles.as_ref().map(Tiles::to_json),
        "snippet": map.snippet,
    });
    Pack::new(&description, &land, &pictures)
}
