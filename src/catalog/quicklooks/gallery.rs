use std::fmt;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use image::{DynamicImage, GenericImage, Rgb, RgbImage};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Quicklook, QuicklookOutcome, Quicklooks};
use up42_core::error::{Context, Result};
use up42_core::file;
use up42_core::parallel::{cores, in_parallel};
use up42_core::sanitize::sanitize;
use up42_core::time::minute;
use up42_view::MimeBundle;
use up42_view::elements::STYLE;
use up42_view::impl_mime_bundle;
use up42_view::picture::{decode, fitted, photo, shrunk};

/// Largest number of pictures of a gallery, since a notebook's page keeps them all.
const MOST: usize = 500;
/// Largest HTML in bytes, as for a map, and largest picture in it: sharp at its width.
const BUDGET: usize = 5_000_000;
const PICTURE: usize = 30_000;
/// Width of a picture on the page, in pixels; twice that on a high-density screen.
const WIDTH: u32 = 192;
/// Contact sheet: columns, rows, and the side of a picture in pixels.
const SHEET: (u32, u32, u32) = (6, 4, 160);

/// Gallery of quicklooks in the order of the search, each with its date, cloud cover and id.
///
/// It is displayed as a cell's last value. It requests nothing from the network and is readable
/// without styles and scripts; where HTML is not supported, it is one picture.
#[derive(Clone)]
pub struct Gallery {
    title: String,
    figures: Vec<Figure>,
    left_out: usize,
}

/// Scene of a gallery.
#[derive(Clone)]
struct Figure {
    /// JPEG or PNG to embed, and the picture for the contact sheet.
    picture: Option<(Vec<u8>, DynamicImage)>,
    id: String,
    /// Date and cloud cover.
    facts: String,
    /// Reason why there is no picture.
    why: Option<String>,
}

impl Quicklooks {
    /// Returns a gallery of the quicklooks. A scene without a picture is shown with the reason.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::catalog::Search;
    /// # let client = Client::simulator()?;
    /// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
    /// # let scenes = client.catalog().search(Search::new(&aoi).limit(3))?;
    /// let gallery = client.catalog().download_quicklooks(&scenes)?.gallery();
    /// assert_eq!(gallery.to_html().matches("<img").count(), 3);
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn gallery(&self) -> Gallery {
        let shown: Vec<&Quicklook> = self.iter().take(MOST).collect();
        // Base64 adds a third, and each figure has a caption.
        let most = (BUDGET / shown.len().max(1) * 3 / 4).saturating_sub(500).min(PICTURE);
        let figures = in_parallel(&shown, cores(), |quicklook| Figure::of(quicklook, most));
        Gallery { title: format!("{self:?}"), figures, left_out: self.len() - shown.len() }
    }
}

impl Figure {
    fn of(quicklook: &Quicklook, most: usize) -> Self {
        let scene = &quicklook.scene;
        let mut facts = vec![scene.datetime.map_or_else(|| "no date".to_owned(), minute)];
        facts.extend(scene.cloud_cover.map(|percent| format!("{percent:.0} % cloud")));
        let (picture, why) = match &quicklook.outcome {
            QuicklookOutcome::Picture(bytes) => match decode(bytes) {
                Ok(image) => {
                    let fitting = fitted(bytes, &image, most)
                        .map(|fitting| (fitting, shrunk(&image, SHEET.2).into_owned()));
                    let why = fitting.is_none().then(|| "the picture does not fit the page".to_owned());
                    (fitting, why)
                }
                Err(error) => (None, Some(error.to_string())),
            },
            QuicklookOutcome::Missing => (None, Some("no quicklook".to_owned())),
            QuicklookOutcome::Failed(error) => (None, Some(error.to_string())),
        };
        Self {
            picture,
            id: sanitize(&scene.id, 120),
            facts: facts.join(" · "),
            why: why.map(|why| sanitize(&why, 200)),
        }
    }

    fn to_html(&self) -> Markup {
        html! {
            figure {
                @if let Some((bytes, _)) = &self.picture {
                    @let kind = if bytes.starts_with(b"\x89PNG") { "png" } else { "jpeg" };
                    img width=(WIDTH) alt=(format!("quicklook of {}", self.id))
                        src=(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(bytes)));
                }
                figcaption {
                    (self.facts) br;
                    code { bdi { (self.id) } }
                    @if let Some(why) = &self.why { br; "✕ " bdi { (why) } }
                }
            }
        }
    }
}

impl Gallery {
    /// Returns the gallery as an HTML page.
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { (sanitize(&self.title, 200)) } }
                body { (self.inline()) }
            }
        };
        page.into_string()
    }

    /// Writes the gallery as an HTML page.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be written.
    pub fn save_html(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::write(path, self.to_html().as_bytes()).with_context(|| format!("write `{}`", path.display()))
    }

    pub(super) fn bundle(&self) -> MimeBundle {
        MimeBundle { html: self.inline().into_string(), jpeg: self.sheet(), text: self.to_text() }
    }

    fn inline(&self) -> Markup {
        html! {
            div.up42 {
                style { (PreEscaped(STYLE)) (PreEscaped(include_str!("gallery.css"))) }
                p { b { (sanitize(&self.title, 200)) } }
                div.up42-gallery { @for figure in &self.figures { (figure.to_html()) } }
                @if self.left_out > 0 { p.up42-note { (self.more()) } }
            }
        }
    }

    fn more(&self) -> String {
        format!("… and {} more: select fewer scenes", self.left_out)
    }

    /// Returns the first pictures as one contact sheet; `None` if there is no picture.
    fn sheet(&self) -> Option<Vec<u8>> {
        let (columns, rows, side) = SHEET;
        let images: Vec<_> =
            self.figures.iter().filter_map(|figure| Some(&figure.picture.as_ref()?.1)).collect();
        let shown = &images[..images.len().min((columns * rows) as usize)];
        let (wide, high) = ((shown.len() as u32).min(columns), (shown.len() as u32).div_ceil(columns));
        if shown.is_empty() {
            return None;
        }
        let mut sheet = RgbImage::from_pixel(wide * (side + 4), high * (side + 4), Rgb([34, 38, 42]));
        for (image, index) in shown.iter().zip(0u32..) {
            // Centred in its field.
            let (x, y) = (index % columns * (side + 4), index / columns * (side + 4));
            let inset = |length: u32| (side + 4).saturating_sub(length) / 2;
            let _ = sheet.copy_from(&image.to_rgb8(), x + inset(image.width()), y + inset(image.height()));
        }
        Some(photo(&DynamicImage::ImageRgb8(sheet), 80))
    }

    fn to_text(&self) -> String {
        let line = |figure: &Figure| {
            let why = figure.why.as_ref().map_or_else(String::new, |why| format!("  ✕ {why}"));
            format!("{}  {}{why}\n", figure.facts, figure.id)
        };
        let lines: String = self.figures.iter().take(50).map(line).collect();
        let left = self.left_out + self.figures.len().saturating_sub(50);
        let more = if left > 0 { format!("… and {left} more\n") } else { String::new() };
        format!("{}\n{lines}{more}", sanitize(&self.title, 200))
    }
}

impl_mime_bundle!(Gallery);

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery of {}", self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Scenes;
    use up42_core::error::Error;

    fn quicklooks(count: usize) -> Quicklooks {
        let item = |index: usize| {
            format!(
                r#"{{"id": "<b>{index}", "properties": {{"datetime": "2020-06-01T11:34:00Z", "eo:cloud_cover": 7}}}}"#
            )
        };
        let scenes = Scenes::from_geojson(&(0..count).map(item).collect::<String>()).unwrap();
        let image = DynamicImage::ImageRgb8(RgbImage::from_fn(300, 200, |x, y| {
            Rgb([x as u8, y as u8, (x * y) as u8])
        }));
        let picture: std::sync::Arc<[u8]> = photo(&image, 80).into();
        let outcome = |index: usize| match index {
            1 => QuicklookOutcome::Missing,
            2 => QuicklookOutcome::Failed(Error::response("<script>")),
            3 => QuicklookOutcome::Picture(b"\xff\xd8 broken"[..].into()),
            _ => QuicklookOutcome::Picture(picture.clone()),
        };
        let scenes = scenes.iter().cloned().enumerate();
        Quicklooks::of(scenes.map(|(index, scene)| Quicklook { scene, outcome: outcome(index) }).collect())
    }

    #[test]
    fn each_scene_has_a_picture_or_a_reason() {
        let gallery = quicklooks(5).gallery();
        let html = gallery.to_html();
        assert_eq!((html.matches("<figure>").count(), html.matches("<img").count()), (5, 2));
        assert!(!html.contains("<script") && !html.contains("<b>0"), "{html}");
        let text = gallery.to_text();
        assert!(text.starts_with("3 quicklooks of 5 scenes\n2020-06-01 11:34 · 7 % cloud  <b>0\n"), "{text}");
        assert!(text.contains("<b>1  ✕ no quicklook\n") && text.contains("<b>2  ✕ <script>\n"), "{text}");
        let sheet = decode(&gallery.sheet().unwrap()).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (2 * 164, 164));
    }

    #[test]
    fn many_pictures_are_within_the_limit_of_bytes() {
        let gallery = quicklooks(600).gallery();
        let html = gallery.to_html();
        assert!(html.len() < BUDGET && html.contains("… and 100 more"), "{}", html.len());
        assert!(html.matches("<img").count() > 400);
        assert_eq!(quicklooks(0).gallery().sheet(), None);
    }
}
