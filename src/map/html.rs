//! The pages around a map: inline for a notebook, whole for a file.

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Drawn, Map, scene};
use crate::display::json_for_script;
use crate::geo::{Detail, packed_land};
use crate::plain::plain;

const VIEWER: &str = include_str!("../../assets/viewer.js");
const STYLE: &str = include_str!("../../assets/viewer.css");

/// Most bytes of coast that a map brings along besides the world's.
const COAST: usize = 60_000;

/// Tells the map the notebook's theme, which a sandboxed frame cannot see.
const THEME: &str = "(frame => {
  if (!frame) return;
  const tell = () => {
    const light = document.body.dataset.jpThemeLight;
    if (light) frame.contentWindow?.postMessage({ up42Theme: light === 'true' ? 'light' : 'dark' }, '*');
  };
  frame.addEventListener('load', tell);
  new MutationObserver(tell).observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
})(document.currentScript?.parentElement.querySelector('iframe'));";

/// A fragment for the notebook: the still picture, and the interactive map in a
/// sandboxed frame over it. Where frames are taken out the picture is left.
pub(super) fn inline(map: &Map, drawn: &Drawn) -> String {
    let title = plain(&map.title, 200);
    let fragment = html! {
        div.up42-map style="position:relative;max-width:1200px" {
            style { ".up42-map{min-height:440px}" }
            (still(drawn, &title))
            iframe title=(format!("Interactive map: {title}"))
                sandbox="allow-scripts allow-downloads allow-popups"
                allow="fullscreen; clipboard-write"
                style="position:absolute;left:0;top:0;width:100%;height:100%;border:0"
                srcdoc=(document(map, drawn, false)) {}
            script { (PreEscaped(THEME)) }
        }
        (notes(&drawn.notes))
    };
    fragment.into_string()
}

/// A page for a file.
pub(super) fn page(map: &Map, drawn: &Drawn) -> String {
    document(map, drawn, true)
}

/// Our script without its comments and the blanks between its marks: the reader
/// of a notebook's file has enough to scroll. Lines stay, so that an error still
/// names one, and nothing inside quotes is touched.
fn compact(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_comment = false;
    for line in source.lines().map(str::trim) {
        in_comment |= line.starts_with("/**");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            squeeze(line.split(" // ").next().unwrap_or(line), &mut out);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

fn squeeze(line: &str, out: &mut String) {
    const MARKS: &str = "{}()[];,<>=+-*/%&|!?:";
    let mut quote = None;
    let mut before = '\n';
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied().unwrap_or('\n');
        match quote {
            Some(open) if letter == open && before != '\\' => quote = None,
            None if matches!(letter, '\'' | '"' | '`') => quote = Some(letter),
            // `a - -b` must not become `a--b`.
            None if letter == ' '
                && (MARKS.contains(before) || MARKS.contains(after))
                && !(before == after && "+-".contains(before)) =>
            {
                continue;
            }
            _ => {}
        }
        out.push(letter);
        before = letter;
    }
}

fn document(map: &Map, drawn: &Drawn, whole: bool) -> String {
    let title = plain(&map.title, 200);
    let (data, pack) = data(map, drawn);
    // Only our own script may run, and nothing may be fetched: text from outside
    // that got past every escape would still do nothing.
    let script = compact(VIEWER);
    let digest = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:"
    );
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
            body {
                @if whole { (paper(map, drawn, &title)) }
                main id="map" {}
                script id="data" type="application/json" { (PreEscaped(data)) }
                script id="pack" type="text/plain" { (PreEscaped(BASE64_STANDARD.encode(pack))) }
                script { (PreEscaped(script)) }
            }
        }
    };
    page.into_string()
}

/// What is printed, and what is seen without scripts.
fn paper(map: &Map, drawn: &Drawn, title: &str) -> Markup {
    html! {
        article.paper {
            h1 { bdi { (title) } }
            @if let Some(subtitle) = &map.subtitle { p { bdi { (plain(subtitle, 400)) } } }
            (still(drawn, title))
            (notes(&drawn.notes))
            p { small { "Coasts and borders: Natural Earth" } }
        }
    }
}

fn still(drawn: &Drawn, title: &str) -> Markup {
    let source = source(drawn);
    let told = format!("Map of {} scenes: {title}", drawn.scenes.len());
    html! { img alt=(told) width="960" height="600" style="display:block;width:100%;height:auto" src=(source); }
}

/// The still picture beside other things, with what is to be known about it.
pub(super) fn small(map: &Map, drawn: &Drawn, width: usize) -> Markup {
    let told = format!("Map: {}", plain(&map.title, 200));
    let style = "display:block;max-width:100%;height:auto;margin:4px 0";
    html! {
        img alt=(told) width=(width) height=(width * 5 / 8) style=(style) src=(source(drawn));
        (notes(&drawn.notes))
    }
}

fn source(drawn: &Drawn) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&drawn.jpeg))
}

fn notes(notes: &[String]) -> Markup {
    html! { @for note in notes { p.up42-note { small { bdi { (plain(note, 400)) } } } } }
}

/// The viewer's data: a description as JSON, and the bytes that it points into.
fn data(map: &Map, drawn: &Drawn) -> (String, Vec<u8>) {
    let mut pack = packed_land(Detail::World, [-180.0, -90.0, 180.0, 90.0]);
    let world = [0, pack.len()];
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
        let at = pack.len();
        pack.extend_from_slice(&bytes);
        json!({"at": [at, bytes.len()], "bbox": around})
    });
    let mut scenes = Vec::with_capacity(drawn.scenes.len());
    for scene in &drawn.scenes {
        scenes.push(scene.to_json(pack.len()));
        pack.extend_from_slice(scene.picture.as_deref().unwrap_or_default());
    }
    let aois = map.aois.iter().zip(&drawn.outlines).map(|(aoi, outline)| {
        json!({"name": aoi.name().map(|name| plain(name, 120)), "rings": scene::rings(outline)})
    });
    let description = json!({
        "title": plain(&map.title, 200),
        "subtitle": map.subtitle.as_deref().map(|subtitle| plain(subtitle, 400)),
        "bbox": drawn.bbox,
        "aois": aois.collect::<Vec<_>>(),
        "scenes": scenes,
        "world": world,
        "local": local,
    });
    (json_for_script(&description), pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_shrinks_and_keeps_what_is_quoted() {
        let source = "// a\n/** b\n *  c */\nconst x = `a + ${b - c}`, y = 1 - -1; // d\n\n  f('a , b');\n";
        assert_eq!(compact(source), "const x=`a + ${b - c}`,y=1- -1;\nf('a , b');\n");
        let script = compact(VIEWER);
        assert!(script.len() < 29_000, "{}", script.len());
        assert!(!script.contains("</script") && !script.contains("<!--") && !VIEWER.contains("*/ "));
    }
}
