//! Charts that need no network and no font: an SVG where pictures may be shown, a JPEG
//! where HTML may not, and bars of letters in a terminal.
//!
//! A chart is laid out once and drawn by a [`Pen`](pen::Pen): plotters writes the SVG,
//! our own canvas the pixels. The same chart gives the same bytes.

mod draw;
mod pen;
mod text;

use std::fmt;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{Markup, html};

use crate::display::canvas::Rgb;
use crate::display::{Bundle, file, picture};
use crate::error::{Context, Error, Result};
use crate::plain::plain;

/// Stacked bars over months, classes or the like: shown in the notebook, or saved.
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
    /// What the bars' heights are.
    unit: String,
    /// What stands under the bars.
    labels: Vec<String>,
    series: Vec<Series>,
}

/// What one colour of the stacks stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Of its bars, from the first on; the last one is that of the rest.
    pub(crate) colours: Vec<Rgb>,
    /// A height for each label.
    pub(crate) values: Vec<f64>,
}

impl Chart {
    pub(crate) fn new(
        title: impl Into<String>,
        unit: impl Into<String>,
        labels: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let labels = labels.into_iter().map(Into::into).collect();
        Self { title: title.into(), unit: unit.into(), labels, series: Vec::new() }
    }

    /// Puts bars on top of those before.
    pub(crate) fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The chart as an SVG document.
    pub fn to_svg(&self) -> String {
        pen::svg(draw::SIZE, |pen| draw::chart(self, pen))
    }

    /// Saves the chart as SVG, or as a picture of 1520 × 640 pixels, by the path's
    /// extension.
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
            jpeg: Some(picture::jpeg(&self.image(), 85)),
            text: self.to_text(),
        }
    }

    /// An `<img>` around the SVG: front ends that take inline SVG out leave it. The
    /// chart stands on white paper, because a picture does not see the page's theme.
    pub(crate) fn to_html(&self) -> Markup {
        let source = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(self.to_svg()));
        let (width, height) = draw::SIZE;
        let style = "display:block;max-width:100%;height:auto;margin:4px 0 10px";
        let told = format!("Chart: {}", plain(&self.title, 200));
        html! { img alt=(told) width=(width) height=(height) style=(style) src=(source); }
    }

    pub(crate) fn image(&self) -> image::DynamicImage {
        pen::raster(draw::SIZE, |pen| draw::chart(self, pen))
    }
}

impl Series {
    fn colour(&self, bar: usize) -> Rgb {
        self.colours.get(bar).or(self.colours.last()).copied().unwrap_or_default()
    }

    /// The height of a bar; what is no height is none.
    fn value(&self, bar: usize) -> f64 {
        self.values.get(bar).copied().filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
    }
}

impl fmt::Debug for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chart {}: {} bars", plain(&self.title, 200), self.labels.len())
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
        assert!(bundle.html.starts_with("<img alt=\"Chart: Scenes a month\""), "{}", bundle.html);
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
        chart.labels[0] = hostile.into();
        chart.series[0].name = hostile.into();
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
