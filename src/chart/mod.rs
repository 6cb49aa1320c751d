//! Charts that need no network and no font: an SVG where pictures may be shown, a JPEG
//! where HTML may not, and bars of letters in a terminal.
//!
//! A chart is laid out once and drawn by a [`Pen`](pen::Pen): plotters writes the SVG,
//! our own canvas the pixels. The same chart gives the same bytes.

mod axis;
mod bars;
mod curves;
mod gantt;
mod paper;
mod pen;
mod scale;

use std::fmt;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{Markup, html};

pub(crate) use self::axis::lasted;
use self::bars::Bars;
pub(crate) use self::bars::Series;
pub(crate) use self::curves::{Curve, Curves};
pub(crate) use self::gantt::{Gantt, Span, at_once};
use self::pen::Pen;
use crate::display::{Bundle, file, picture};
use crate::error::{Context, Error, Result};
use crate::plain::plain;

/// Bars over months or classes, jobs over time, or lines: shown in the notebook, or saved.
///
/// ```
/// # use up42::{Aoi, Client, Search};
/// # let client = Client::simulator()?;
/// # let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;
/// let scenes = client.catalog().search(Search::new(&aoi))?;
/// let folder = tempfile::tempdir()?;
/// scenes.timeline().chart().save(folder.path().join("timeline.svg"))?;
/// scenes.coverage(&aoi).chart().save(folder.path().join("coverage.png"))?;
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Chart {
    title: String,
    /// What the figures are.
    unit: String,
    figure: Figure,
}

/// What is drawn under the title.
#[derive(Clone, PartialEq)]
enum Figure {
    Bars(Bars),
    Gantt(Gantt),
    Curves(Curves),
}

impl Chart {
    /// Bars, one for each label.
    pub(crate) fn new(
        title: impl Into<String>,
        unit: impl Into<String>,
        labels: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let labels = labels.into_iter().map(Into::into).collect();
        Self::of(title, unit, Figure::Bars(Bars { labels, series: Vec::new() }))
    }

    /// Puts bars on top of those before.
    pub(crate) fn series(mut self, series: Series) -> Self {
        if let Figure::Bars(bars) = &mut self.figure {
            bars.series.push(series);
        }
        self
    }

    /// What lasted from when to when.
    pub(crate) fn gantt(title: impl Into<String>, unit: impl Into<String>, gantt: Gantt) -> Self {
        Self::of(title, unit, Figure::Gantt(gantt))
    }

    /// Values over time.
    pub(crate) fn curves(title: impl Into<String>, unit: impl Into<String>, curves: Curves) -> Self {
        Self::of(title, unit, Figure::Curves(curves))
    }

    fn of(title: impl Into<String>, unit: impl Into<String>, figure: Figure) -> Self {
        Self { title: title.into(), unit: unit.into(), figure }
    }

    /// Gives it another title.
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The chart as an SVG document.
    pub fn to_svg(&self) -> String {
        pen::svg(self.size(), |pen| self.draw(pen))
    }

    /// Saves the chart as SVG, or as a picture 1520 pixels wide, by the path's extension.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for another extension
    /// than `.svg`, `.png`, `.jpg` or `.jpeg`, [`ErrorKind::Io`](crate::ErrorKind::Io)
    /// when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let told = || format!("save chart `{}`", path.display());
        let bytes = match file::extension(path).as_str() {
            "svg" => Some(self.to_svg().into_bytes()),
            _ => file::encoded(&self.image(), path),
        };
        let bytes = bytes.ok_or_else(|| Error::invalid("a chart ends in .svg, .png, .jpg or .jpeg"));
        file::write(path, &bytes.with_context(told)?).with_context(told)
    }

    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        self.bundle().print();
    }

    pub(crate) fn bundle(&self) -> Bundle {
        Bundle {
            html: self.to_html().into_string(),
            jpeg: Some(picture::jpeg(
                &self.image(),
                if matches!(self.figure, Figure::Gantt(_)) { 50 } else { 85 },
            )),
            text: self.to_text(),
        }
    }

    /// An `<img>` around the SVG: front ends that take inline SVG out leave it. The
    /// chart stands on white paper, because a picture does not see the page's theme. What
    /// is told of a part under the pointer lies over the picture.
    pub(crate) fn to_html(&self) -> Markup {
        let source = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(self.to_svg()));
        let (width, height) = self.size();
        let told = format!("Chart: {}", plain(&self.title, 200));
        let image = |style: &str| {
            let style = format!("display:block;max-width:100%;height:auto{style}");
            html! { img alt=(told) width=(width) height=(height) style=(style) src=(source); }
        };
        let Figure::Gantt(gantt) = &self.figure else { return image(";margin:4px 0 10px") };
        let sheet = format!("position:relative;width:{width}px;max-width:100%;margin:4px 0 10px");
        html! { div style=(sheet) { (image("")) (gantt.hints()) } }
    }

    /// The chart for a terminal.
    pub(crate) fn to_text(&self) -> String {
        let head = format!("{} ({})\n", plain(&self.title, 200), plain(&self.unit, 80));
        head + &match &self.figure {
            Figure::Bars(bars) => bars.to_text(),
            Figure::Gantt(gantt) => gantt.to_text(),
            Figure::Curves(curves) => curves.to_text(),
        }
    }

    pub(crate) fn image(&self) -> image::DynamicImage {
        pen::raster(self.size(), |pen| self.draw(pen))
    }

    /// Width and height in pixels.
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

impl fmt::Debug for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, what) = match &self.figure {
            Figure::Bars(bars) => (bars.labels.len(), "bars"),
            Figure::Gantt(gantt) => (gantt.spans.len(), "rows"),
            Figure::Curves(curves) => (curves.curves.len(), "lines"),
        };
        write!(f, "Chart {}: {count} {what}", plain(&self.title, 200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn chart() -> Chart {
        let series = |name: &str, grey: u8, values: [f64; 3]| Series {
            name: name.into(),
            colours: vec![[grey; 3]],
            values: values.to_vec(),
        };
        Chart::new("Scenes a month", "scenes", ["2020-01", "2020-02", "2020-03"])
            .series(series("clear", 40, [3.0, 0.0, 12.0]))
            .series(series("cloudy", 200, [1.0, 0.0, 4.0]))
    }

    #[test]
    fn a_terminal_gets_bars_of_letters() {
        insta::assert_snapshot!(chart().to_text(), @r"
        Scenes a month (scenes)
        █ clear  ▒ cloudy
        2020-01  ████████▒▒ 4
        2020-02  0
        2020-03  ██████████████████████████████▒▒▒▒▒▒▒▒▒▒ 16
        ");
    }

    #[test]
    fn a_bundle_has_three_forms_and_the_same_bytes_each_time() {
        let bundle = chart().bundle();
        assert_eq!(bundle, chart().bundle());
        assert!(bundle.html.contains("<img alt=\"Chart: Scenes a month\""), "{}", bundle.html);
        let picture = picture::decode(&bundle.jpeg.unwrap()).unwrap();
        assert_eq!((picture.width(), picture.height()), (1520, 640));
        let svg = chart().to_svg();
        for told in ["Scenes a month", "2020-02", "clear", "cloudy", ">\n15\n<"] {
            assert!(svg.contains(told), "{told} in {svg}");
        }
    }

    #[test]
    fn what_is_counted_has_whole_figures() {
        let of = |values: [f64; 2]| {
            let series = Series { name: "x".into(), colours: vec![], values: values.to_vec() };
            Chart::new("", "", ["a", "b"]).series(series).to_svg()
        };
        let is_figure = |line: &&str| line.contains('.') && line.parse::<f64>().is_ok();
        for highest in [1.0, 2.0, 3.0, 4.0, 12.0] {
            let svg = of([highest, 0.0]);
            assert_eq!(svg.lines().find(is_figure), None, "{highest}");
            assert!(
                svg.contains(">\n0\n<") && svg.contains(">\n1\n<") == (highest < 5.0),
                "{highest}: {svg}"
            );
        }
        assert!(of([0.8, 0.25]).lines().any(|line| is_figure(&line)));
    }

    #[test]
    fn no_label_runs_over_the_edge() {
        for count in 1..=80 {
            let svg = Chart::new("", "", vec!["2020-06-01"; count]).to_svg();
            let labels = svg.split("<text ").filter(|text| text.contains("2020-06-01"));
            let places: Vec<i32> =
                labels.map(|text| text.split('"').nth(1).unwrap().parse().unwrap()).collect();
            let half = pen::width("2020-06-01", 12) / 2;
            assert!(
                !places.is_empty() && places.iter().all(|x| (half..=760 - half).contains(x)),
                "{count}: {places:?}"
            );
        }
    }

    #[test]
    fn text_from_outside_stays_inert() {
        let hostile = "<script>alert(1)</script>\"'&\u{202e}EVCXR_END_CONTENT";
        let mut chart = chart();
        chart.title = hostile.into();
        let Figure::Bars(bars) = &mut chart.figure else { panic!("bars") };
        bars.labels[0] = hostile.into();
        bars.series[0].name = hostile.into();
        let svg = chart.to_svg();
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}'), "{svg}");
        assert!(!chart.bundle().html.contains("<script"));
        assert!(!chart.to_text().contains("EVCXR_"));
    }

    #[test]
    fn a_chart_of_nothing_and_of_odd_figures_is_still_one() {
        let odd = Series { name: "x".into(), colours: vec![], values: vec![f64::NAN, -3.0, f64::INFINITY] };
        for chart in [Chart::new("", "", [""; 0]), Chart::new("", "", ["a", "b", "c", "d"]).series(odd)] {
            assert!(chart.to_svg().ends_with("</svg>\n"));
            chart.bundle();
        }
    }

    #[test]
    fn a_chart_is_saved_by_its_extension() {
        let folder = tempfile::tempdir().unwrap();
        let saved = |name: &str| {
            chart().save(folder.path().join(name))?;
            Ok::<_, Error>(std::fs::read(folder.path().join(name)).unwrap())
        };
        assert!(saved("a.svg").unwrap().starts_with(b"<svg"));
        assert!(saved("a.PNG").unwrap().starts_with(b"\x89PNG"));
        assert!(saved("a.jpg").unwrap().starts_with(&[0xff, 0xd8]));
        let error = saved("a.gif").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().ends_with("a.gif`: a chart ends in .svg, .png, .jpg or .jpeg"), "{error}");
    }
}
