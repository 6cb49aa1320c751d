//! Text on pictures: shaped by cosmic-text, drawn from glyph outlines.
//!
//! An embedded subset of Noto Sans has Latin, Greek and Cyrillic letters, so that pictures with
//! these are the same on every machine. Other scripts are drawn with the fonts of the system, which
//! are looked up when a text needs them.

use std::sync::{Arc, Mutex, PoisonError};

use cosmic_text::ttf_parser::{GlyphId, OutlineBuilder};
use cosmic_text::{Attrs, Buffer, Family, FontSystem, LayoutRun, Metrics, Shaping, fontdb};
use tiny_skia::{Path, PathBuilder};
use up42_core::sanitize::sanitize;

/// Noto Sans Regular, a subset (`assets/noto-sans/README.md`).
const FONT: &[u8] = include_bytes!("../../assets/noto-sans/NotoSans-subset.ttf");
const FAMILY: &str = "Noto Sans";

/// Height of capitals in Noto Sans, as a share of the font size.
pub const CAPITALS: f64 = 0.714;

/// Longest text that is drawn, in characters: more than fits on a picture.
const LONGEST: usize = 200;

static FONTS: Mutex<Option<Fonts>> = Mutex::new(None);

/// The embedded font, and the system's fonts once a text has needed them.
struct Fonts {
    embedded: FontSystem,
    system: Option<FontSystem>,
}

impl Fonts {
    fn new() -> Self {
        Self { embedded: FontSystem::new_with_locale_and_db("en".into(), database()), system: None }
    }

    /// Shapes a text with the embedded font, or with the system's fonts if that lacks a glyph.
    fn line(&mut self, text: &str, size: f32) -> Line {
        let line = shape(&mut self.embedded, text, size);
        if line.missing == 0 {
            return line;
        }
        let system = self.system.get_or_insert_with(|| {
            let mut database = database();
            database.load_system_fonts();
            FontSystem::new_with_locale_and_db("en".into(), database)
        });
        shape(system, text, size)
    }
}

fn database() -> fontdb::Database {
    let mut database = fontdb::Database::new();
    database.load_font_source(fontdb::Source::Binary(Arc::new(FONT)));
    database.set_sans_serif_family(FAMILY);
    database
}

/// A shaped line of text, its baseline starting at the origin.
#[derive(Default)]
struct Line {
    outline: PathBuilder,
    width: f32,
    glyphs: usize,
    /// Number of glyphs that no font has.
    missing: usize,
}

fn shape(fonts: &mut FontSystem, text: &str, size: f32) -> Line {
    let mut buffer = Buffer::new(fonts, Metrics::new(size, size));
    buffer.set_size(fonts, None, None);
    buffer.set_text(fonts, text, &Attrs::new().family(Family::Name(FAMILY)), Shaping::Advanced);
    buffer.shape_until_scroll(fonts, false);
    let mut line = Line::default();
    for run in buffer.layout_runs() {
        line.add(fonts, &run);
    }
    line
}

impl Line {
    fn add(&mut self, fonts: &mut FontSystem, run: &LayoutRun<'_>) {
        // A right-to-left line is aligned to the right of a width that is not given.
        let left = run.glyphs.iter().map(|glyph| glyph.x).fold(f32::INFINITY, f32::min);
        for glyph in run.glyphs {
            self.missing += usize::from(glyph.glyph_id == 0);
            let Some(font) = fonts.get_font(glyph.font_id) else { continue };
            let face = font.rustybuzz();
            let scale = glyph.font_size / f32::from(face.units_per_em() as u16).max(1.0);
            let x = glyph.x - left + glyph.x_offset * glyph.font_size;
            let y = -(glyph.y + glyph.y_offset * glyph.font_size);
            let mut outline = Outline { path: &mut self.outline, scale, origin: [x, y] };
            face.outline_glyph(GlyphId(glyph.glyph_id), &mut outline);
            self.glyphs += 1;
            self.width = self.width.max(glyph.x - left + glyph.w);
        }
    }
}

/// Converts the outline of a glyph, whose y axis points up, to pixels.
struct Outline<'a> {
    path: &'a mut PathBuilder,
    scale: f32,
    origin: [f32; 2],
}

impl Outline<'_> {
    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        [self.origin[0] + x * self.scale, self.origin[1] - y * self.scale]
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ([x1, y1], [x, y]) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ([x1, y1], [x2, y2], [x, y]) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

fn line(text: &str, height: f64) -> Line {
    // Noto Sans has no minus sign, but the dash of the same width.
    let text = &text.replace('\u{2212}', "\u{2013}");
    let mut fonts = FONTS.lock().unwrap_or_else(PoisonError::into_inner);
    fonts.get_or_insert_with(Fonts::new).line(text, (height / CAPITALS) as f32)
}

/// Returns the outlines of a text whose capitals are `height` pixels tall, its baseline starting at
/// the origin; `None` if there is nothing to draw.
pub fn outline(text: &str, height: f64) -> Option<Path> {
    line(text, height).outline.finish()
}

/// Returns the width in pixels of a text whose capitals are `height` pixels tall.
pub fn width(text: &str, height: f64) -> f64 {
    f64::from(line(text, height).width)
}

/// Returns the beginning of a text, sanitized; `None` if it is blank, or if the fonts of this machine
/// lack more than a quarter of its glyphs.
pub fn drawable(text: &str) -> Option<String> {
    let text = sanitize(text, LONGEST);
    let line = line(text.trim(), 10.0);
    (line.glyphs > 0 && line.missing * 4 <= line.glyphs).then(|| text.trim().to_owned())
}

/// Cuts a text, whose capitals are `height` pixels tall, to at most `most` pixels, with an ellipsis.
pub fn shortened(text: &str, height: f64, most: f64) -> String {
    if width(text, height) <= most {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |length: usize| format!("{}…", letters[..length].iter().collect::<String>().trim_end());
    // The width grows with the length: bisect.
    let (mut fits, mut beyond) = (0, letters.len());
    while beyond - fits > 1 {
        let length = (fits + beyond) / 2;
        match width(&cut(length), height) <= most {
            true => fits = length,
            false => beyond = length,
        }
    }
    cut(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_font_has_latin_greek_and_cyrillic() {
        let mut fonts = Fonts::new();
        for text in
            ["Dakar, 12.3 % – 4 km²", "Đà Nẵng, Thủ Đức", "Αθήνα", "Київ, Санкт-Петербург", "Łódź · Ærø"]
        {
            let line = fonts.line(text, 14.0);
            assert_eq!((line.missing, fonts.system.is_some()), (0, false), "{text}");
            assert!(line.width > 20.0 && line.outline.finish().is_some(), "{text}");
        }
    }

    #[test]
    fn letters_are_joined_and_run_from_the_right_in_arabic() {
        let Some(text) = drawable("داكار") else {
            return eprintln!("skipped: no font has Arabic letters");
        };
        let together = width(&text, 14.0);
        let apart: f64 = text.chars().map(|letter| width(&letter.to_string(), 14.0)).sum();
        assert!(together < 0.95 * apart, "{together} of {apart}");
    }

    #[test]
    fn texts_without_glyphs_are_not_drawn() {
        assert_eq!(drawable("Dakar\n2"), Some("Dakar 2".to_owned()));
        // Of a private use area no font has glyphs.
        assert_eq!(drawable("\u{f8ff0}\u{f8ff1}\u{f8ff2}"), None);
        assert_eq!((drawable(""), drawable(" \t ")), (None, None));
        assert!(drawable(&"long ".repeat(1000)).unwrap().chars().count() <= LONGEST);
    }

    #[test]
    fn separators_and_overrides_of_direction_are_not_drawn() {
        for text in ["Dakar\u{2029}داكار", "Dakar\u{2028}2", "\u{202e}Dakar", "Da\u{2067}kar\u{2069}"] {
            let text = drawable(text).unwrap();
            assert!(
                text.starts_with("Da") && !text.contains(['\u{2028}', '\u{2029}', '\u{202e}']),
                "{text:?}"
            );
            assert!(outline(&text, 20.0).is_some());
        }
    }

    #[test]
    fn long_texts_are_cut_to_the_pixel() {
        assert_eq!(shortened("Dakar", 10.0, 500.0), "Dakar");
        let text = "12 quicklooks of the peninsula";
        let short = shortened(text, 10.0, 90.0);
        assert!(short.ends_with('…') && width(&short, 10.0) <= 90.0 && short.len() > 8, "{short}");
        assert_eq!(shortened(text, 10.0, 0.0), "…");
    }
}
