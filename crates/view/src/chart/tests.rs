use super::*;
use up42_core::error::ErrorKind;

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
    for text in ["Scenes a month", "2020-02", "clear", "cloudy", ">15<"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
}

#[test]
fn counts_have_integer_labels() {
    let of = |values: [f64; 2]| {
        let series = Series { name: "x".into(), colours: vec![], values: values.to_vec() };
        Chart::new("", "", ["a", "b"]).series(series).to_svg()
    };
    let fraction = |svg: &str| -> Option<String> {
        let texts = svg.split("</text>").filter_map(|text| text.rsplit('>').next());
        texts.filter(|text| text.contains('.') && text.parse::<f64>().is_ok()).map(str::to_owned).next()
    };
    for highest in [1.0, 2.0, 3.0, 4.0, 12.0] {
        let svg = of([highest, 0.0]);
        assert_eq!(fraction(&svg), None, "{highest}");
        assert!(svg.contains(">0<") && svg.contains(">1<") == (highest < 5.0), "{highest}: {svg}");
    }
    assert!(fraction(&of([0.8, 0.25])).is_some());
}

#[test]
fn labels_do_not_exceed_the_edges() {
    for count in 1..=80 {
        let svg = Chart::new("", "", vec!["2020-06-01"; count]).to_svg();
        let labels = svg.split("<text ").filter(|text| text.contains("2020-06-01"));
        let places: Vec<i32> = labels.map(|text| text.split('"').nth(1).unwrap().parse().unwrap()).collect();
        let half = pen::width("2020-06-01", 12) / 2;
        assert!(
            !places.is_empty() && places.iter().all(|x| (half..=760 - half).contains(x)),
            "{count}: {places:?}"
        );
    }
}

#[test]
fn external_text_is_escaped() {
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
fn empty_and_invalid_values_are_drawn() {
    let odd = Series { name: "x".into(), colours: vec![], values: vec![f64::NAN, -3.0, f64::INFINITY] };
    for chart in [Chart::new("", "", [""; 0]), Chart::new("", "", ["a", "b", "c", "d"]).series(odd)] {
        assert!(chart.to_svg().ends_with("</svg>\n"));
        chart.bundle();
    }
}

#[test]
fn the_file_extension_decides_the_format() {
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
