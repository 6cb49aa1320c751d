//! Charts: SVG in HTML, a JPEG for front ends without HTML, and text in a terminal. They do not
//! access the network.
//!
//! The layout of a chart is the same for SVG and pixels: both implement `Pen`. The same chart gives
//! the same bytes.

mod axis;
mod bars;
mod curves;
mod gantt;
mod paper;
mod pen;
mod scale;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{Markup, html};

use self::bars::Bars;
pub use self::bars::Series;
pub use self::curves::{Curve, Curves};
pub use self::gantt::{Gantt, Span, peak_overlap};
use self::pen::Pen;
use crate::impl_mime_bundle;
use crate::{MimeBundle, picture};
use up42_core::error::{Context, Error, Result};
use up42_core::file;
use up42_core::sanitize::sanitize;

/// Bar chart, timeline of jobs or line chart, shown in the notebook or saved to a file.
///
/// ```
/// # mod up42 { pub use up42_view::{self as view, *}; pub use polars; }
/// use up42::polars::df;
/// use up42::view::Chart;
///
/// let frame = df!("day" => ["2019-06-01", "2020-06-01"], "ndvi" => [0.41, 0.38])?;
/// let chart = Chart::time_series(&frame, "day", "ndvi", None)?.titled("Vegetation");
/// let folder = tempfile::tempdir()?;
/// chart.save(folder.path().join("vegetation.svg"))?;
/// chart.save(folder.path().join("vegetation.png"))?;
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Chart {
    title: String,
    /// Unit of the values.
    unit: String,
    figure: Figure,
}

/// Content below the title.
#[derive(Clone, PartialEq)]
enum Figure {
    Bars(Bars),
    Gantt(Gantt),
    Curves(Curves),
}

impl Chart {
    /// Makes a bar chart with one bar per label.
    #[doc(hidden)]
    pub fn new(
        title: impl Into<String>,
        unit: impl Into<String>,
        labels: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let labels = labels.into_iter().map(Into::into).collect();
        Self::of(title, unit, Figure::Bars(Bars { labels, series: Vec::new() }))
    }

    /// Stacks a series of bars on the previous ones.
    #[doc(hidden)]
    pub fn series(mut self, series: Series) -> Self {
        if let Figure::Bars(bars) = &mut self.figure {
            bars.series.push(series);
        }
        self
    }

    /// Makes a timeline of jobs.
    #[doc(hidden)]
    pub fn gantt(title: impl Into<String>, unit: impl Into<String>, gantt: Gantt) -> Self {
        Self::of(title, unit, Figure::Gantt(gantt))
    }

    /// Makes a line chart of values over time.
    #[doc(hidden)]
    pub fn curves(title: impl Into<String>, unit: impl Into<String>, curves: Curves) -> Self {
        Self::of(title, unit, Figure::Curves(curves))
    }

    fn of(title: impl Into<String>, unit: impl Into<String>, figure: Figure) -> Self {
        Self { title: title.into(), unit: unit.into(), figure }
    }

    /// Sets the title.
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Returns the chart as an SVG document.
    pub fn to_svg(&self) -> String {
        pen::svg(self.size(), |pen| self.draw(pen))
    }

    /// Saves the chart as SVG, or as a picture 1,520 pixels wide, by the extension of the path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the extension is not `.svg`,
    /// `.png`, `.jpg` or `.jpeg`; [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be
    /// written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let context = || format!("save chart `{}`", path.display());
        let bytes = match picture::extension(path).as_str() {
            "svg" => Some(self.to_svg().into_bytes()),
            _ => picture::for_file(&self.image(), path),
        };
        let bytes = bytes.ok_or_else(|| Error::invalid("a chart ends in .svg, .png, .jpg or .jpeg"));
        file::write(path, &bytes.with_context(context)?).with_context(context)
    }

    #[doc(hidden)]
    pub fn bundle(&self) -> MimeBundle {
        MimeBundle {
            html: self.to_html().into_string(),
            jpeg: Some(picture::jpeg(
                &self.image(),
                if matches!(self.figure, Figure::Gantt(_)) { 50 } else { 85 },
            )),
            text: self.to_text(),
        }
    }

    /// Returns an `<img>` with the SVG, because some front ends remove inline SVG. The background
    /// is white, because a picture cannot follow the theme of the page. Tooltips are elements over
    /// the picture.
    #[doc(hidden)]
    pub fn to_html(&self) -> Markup {
        let source = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(self.to_svg()));
        let (width, height) = self.size();
        let alt = format!("Chart: {}", sanitize(&self.title, 200));
        let image = |style: &str| {
            let style = format!("display:block;max-width:100%;height:auto{style}");
            html! { img alt=(alt) width=(width) height=(height) style=(style) src=(source); }
        };
        let Figure::Gantt(gantt) = &self.figure else { return image(";margin:4px 0 10px") };
        let sheet = format!("position:relative;width:{width}px;max-width:100%;margin:4px 0 10px");
        html! { div style=(sheet) { (image("")) (gantt.hints()) } }
    }

    /// Returns the chart as text for a terminal.
    #[doc(hidden)]
    pub fn to_text(&self) -> String {
        let head = format!("{} ({})\n", sanitize(&self.title, 200), sanitize(&self.unit, 80));
        head + &match &self.figure {
            Figure::Bars(bars) => bars.to_text(),
            Figure::Gantt(gantt) => gantt.to_text(),
            Figure::Curves(curves) => curves.to_text(),
        }
    }

    #[doc(hidden)]
    pub fn image(&self) -> image::DynamicImage {
        pen::raster(self.size(), |pen| self.draw(pen))
    }

    /// Returns width and height in pixels.
    fn size(&self) -> (u32, u32) {
        let height = match &self.figure {
            Figure::Bars(_) => bars::HEIGHT,
            Figure::Gantt(gantt) => gantt.height(),
            Figure::Curves(curves) => curves.height(),
        };
        (paper::WIDTH as u32, height as u32)
    }

    fn draw(&self, pen: &mut dyn Pen) {
        match &self.figure {
            Figure::Bars(bars) => bars::draw(self, bars, pen),
            Figure::Gantt(gantt) => gantt::draw(self, gantt, pen),
            Figure::Curves(curves) => curves::draw(self, curves, pen),
        }
    }
}

impl_mime_bundle!(Chart);

impl fmt::Debug for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, what) = match &self.figure {
            Figure::Bars(bars) => (bars.labels.len(), "bars"),
            Figure::Gantt(gantt) => (gantt.spans.len(), "rows"),
            Figure::Curves(curves) => (curves.curves.len(), "lines"),
        };
        write!(f, "Chart {}: {count} {what}", sanitize(&self.title, 200))
    }
}
