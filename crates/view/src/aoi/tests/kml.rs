use crate::Aoi;

use proptest::prelude::*;

const RING: &str = "<LinearRing><coordinates>0,0,5 2,0,5 2,2,5\n 0,2,5 0,0,5</coordinates></LinearRing>";
const HOLE: &str =
    "<LinearRing><coordinates>0.5,0.5 1.5,0.5 1.5,1.5 0.5,1.5 0.5,0.5</coordinates></LinearRing>";

#[test]
fn placemarks_are_found_at_every_depth() {
    let polygon = format!(
        "<Polygon><outerBoundaryIs>{RING}</outerBoundaryIs><innerBoundaryIs>{HOLE}</innerBoundaryIs></Polygon>"
    );
    let many = format!(
        "<Placemark><name>A &amp; B</name><MultiGeometry>{polygon}<Point><coordinates></coordinates></Point></MultiGeometry></Placemark>"
    );
    let text = format!("<kml><Document><name>no</name><Folder>{many}</Folder>{many}</Document></kml>");
    let aoi = Aoi::from_kml(&text).unwrap();
    assert_eq!(aoi.features().len(), 2);
    assert_eq!(aoi.features()[0].name.as_deref(), Some("A & B"));
    let bare = Aoi::from_kml(&polygon).unwrap();
    assert_eq!(bare.geometry().0[0].interiors().len(), 1);
    assert!((bare.area_km2() / aoi.area_km2() - 1.0).abs() < 1e-6);
}

#[test]
fn names_are_read_through_entities_comments_and_cdata() {
    let name = |text: &str| {
        let text = format!(
            "<?xml version='1.0'?><!DOCTYPE kml><k:kml xmlns:k='k' x='>'><k:Placemark><k:name>{text}</k:name>\
             <k:description/><k:Polygon><k:outerBoundaryIs>{RING}</k:outerBoundaryIs></k:Polygon></k:Placemark></k:kml>"
        );
        Aoi::from_kml(&text).unwrap().features()[0].name.clone().unwrap()
    };
    assert_eq!(name(" 1 &amp; &#x32;&unknown;<!-- <b> --><![CDATA[<i>&amp;]]> "), "1 & 2&unknown;<i>&amp;");
    assert_eq!(name("Fields & meadows &#0; & more"), "Fields & meadows &#0; & more");
}

#[test]
fn errors_describe_the_invalid_input() {
    let message = |text: &str| Aoi::from_kml(text).unwrap_err().to_string();
    insta::assert_snapshot!(message("<gpx></gpx>"), @"not KML: there is no `kml` element");
    insta::assert_snapshot!(message("<kml><Placemark><Polygon>"), @"not KML: the text ends inside a placemark");
    insta::assert_snapshot!(message("<kml><Placemark><name>a</nam"), @"not KML: syntax error: tag not closed: `>` not found before end of input");
    insta::assert_snapshot!(message("<kml><Placemark></kml>"), @"not KML: ill-formed document: expected `</Placemark>`, but `</kml>` was found");
    let wrong = "<Placemark><name>x</name><Polygon><outerBoundaryIs><LinearRing><coordinates>1 2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>";
    insta::assert_snapshot!(message(wrong), @"feature 0 (`x`): position `1` needs a longitude and a latitude");
    insta::assert_snapshot!(message("<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></kml>"), @"there is no polygon: an AOI needs a Polygon or a MultiPolygon");
}

fn boundary(coordinates: &str) -> Result<Aoi, String> {
    let ring = format!("<LinearRing><coordinates>{coordinates}</coordinates></LinearRing>");
    let polygon = format!("<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>");
    Aoi::from_kml(&polygon).map_err(|error| error.to_string())
}

/// GDAL 3.12.4 reads the first five in the same way, and refuses or misreads the others.
#[test]
fn mixed_separators_of_coordinates_are_read() {
    let square = Aoi::from_wkt("POLYGON((0 5,3 5,3 7,0 7,0 5))").unwrap();
    for coordinates in [
        "0,5,0 3,5,0 3,7,0 0,7,0 0,5,0",
        "0, 5, 0 3, 5, 0 3, 7, 0 0, 7, 0 0, 5, 0",
        "0 ,5 3 ,5 3 ,7 0 ,7 0 ,5",
        "0,5,0,3,5,0,3,7,0,0,7,0,0,5,0",
        "0,5,0, 3,5,0, 3,7,0, 0,7,0, 0,5,0,",
        "0,5,3,5,3,7,0,7,0,5",
        "0,5, 3,5, 3,7, 0,7, 0,5,",
        "0,5,3,5 , 3,7,0,7 0,5",
    ] {
        let aoi = boundary(coordinates).unwrap_or_else(|message| panic!("{coordinates}: {message}"));
        assert_eq!(aoi.geometry(), square.geometry(), "{coordinates}");
    }
    let error = |coordinates: &str| boundary(coordinates).unwrap_err();
    insta::assert_snapshot!(error("0,5,3,5,3,7,0,7"), @"geometry: commas stand between its positions, where blanks belong: write `lon,lat lon,lat`");
    insta::assert_snapshot!(error("0,,5 3,5 3,7"), @"geometry: position `0,,5` needs a longitude and a latitude");
    insta::assert_snapshot!(error("0 5 3 5 3 7 0 5"), @"geometry: position `0` needs a longitude and a latitude");
}

#[test]
fn an_overlay_is_read_as_its_box() {
    let overlay = |sides: &str| {
        let text =
            format!("<kml><GroundOverlay><name>o</name><LatLonBox>{sides}</LatLonBox></GroundOverlay></kml>");
        Aoi::from_kml(&text).map_err(|error| error.to_string())
    };
    let fiji = overlay(
        "<north>-16</north><south>-19</south><east>-178</east><west>177</west><rotation>0</rotation>",
    );
    assert_eq!(fiji.unwrap().bbox().to_array(), [177.0, -19.0, -178.0, -16.0]);
    let error = |sides: &str| overlay(sides).unwrap_err();
    let sides = "<north>1</north><south>0</south><east>1</east><west>0</west>";
    insta::assert_snapshot!(error(&format!("{sides}<rotation>30</rotation>")), @"feature 0 (`o`): LatLonBox: it is rotated by 30°: write its corners as a `gx:LatLonQuad`");
    insta::assert_snapshot!(error("<north>1</north><east>1</east><west>0</west>"), @"feature 0 (`o`): LatLonBox: its south is ``, not a number of degrees");
    insta::assert_snapshot!(error("<north>0</north><south>1</south><east>1</east><west>0</west>"), @"feature 0 (`o`): LatLonBox: bbox `0, 1, 1, 0` is empty: give west, south, east, north, with west < east and south < north");
}

#[test]
fn elements_may_be_nested_deep() {
    let nested = |tag: &str| format!("<{tag}>").repeat(20_000) + &format!("</{tag}>").repeat(20_000);
    for tag in ["a", "coordinates", "outerBoundaryIs", "Polygon", "name"] {
        let text = format!("<kml><Placemark>{}</Placemark></kml>", nested(tag));
        let message = Aoi::from_kml(&text).unwrap_err().to_string();
        assert_eq!(message, "there is no polygon: an AOI needs a Polygon or a MultiPolygon", "{tag}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[<>/&;!?\\[\\]\\-a\"' é]{0,60}") {
        let _ = (Aoi::from_kml(&text), Aoi::from_kml(&format!("<kml><Placemark>{text}</Placemark></kml>")));
    }

    #[test]
    fn a_truncated_document_is_refused_or_read_up_to_the_cut(share in 0.0..1.0f64) {
        let one = format!("<Placemark><Polygon><outerBoundaryIs>{RING}</outerBoundaryIs></Polygon></Placemark>");
        let whole = format!("<kml><Document>{}</Document></kml>", one.repeat(3));
        let cut = &whole[..(share * whole.len() as f64) as usize];
        if let Ok(aoi) = Aoi::from_kml(cut) {
            prop_assert_eq!(aoi.features().len(), cut.matches("</Placemark>").count());
        }
    }
}
