//! A page of STAC items like those of large catalogs: two dozen properties, a dozen assets, some
//! kilobytes each.

use serde_json::{Value, json};

/// Returns this many items as the text of a FeatureCollection.
pub fn page(count: usize) -> String {
    let features: Vec<_> = (0..count).map(|index| item(index).to_string()).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn item(index: usize) -> Value {
    // Spread over the Earth, dates and cloud cover without a pattern.
    let at = |step: f64| (index as f64 * step).fract();
    let (west, south) = (at(0.618_034) * 350.0 - 178.0, at(0.414_214) * 140.0 - 70.0);
    let round = |value: f64| (value * 1e6).round() / 1e6;
    let corner = |x: f64, y: f64| json!([round(west + x), round(south + y)]);
    let ring = [corner(0.1, 0.0), corner(1.4, 0.2), corner(1.3, 1.1), corner(0.0, 0.9), corner(0.1, 0.0)];
    let id =
        format!("S2A_MSIL2A_2020{:02}{:02}T113321_R080_T28PBB_{index:06}", 1 + index % 12, 1 + index % 28);
    let instant =
        format!("20{:02}-{:02}-{:02}T11:33:21.024000Z", 15 + index % 10, 1 + index % 12, 1 + index % 28);
    let share = |step: f64| round(at(step) * 100.0);
    let band = |name: &str, resolution: u32| {
        json!({
            "href": format!("https://example.com/sentinel-2/{id}/GRANULE/IMG_DATA/{id}_{name}_{resolution}m.tif"),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": format!("Band {name}, {resolution} m"), "roles": ["data"], "gsd": resolution,
            "proj:bbox": [300000.0, 1590240.0, 409800.0, 1700040.0], "proj:shape": [10980, 10980],
            "proj:transform": [10.0, 0.0, 300000.0, 0.0, -10.0, 1700040.0],
            "eo:bands": [{"name": name, "common_name": "red", "center_wavelength": 0.665, "full_width_half_max": 0.038}],
        })
    };
    let mut assets: serde_json::Map<String, Value> =
        ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12", "SCL"]
            .iter()
            .map(|name| ((*name).to_owned(), band(name, 10)))
            .collect();
    let preview = format!("https://example.com/sentinel-2/{id}/preview.jpg");
    assets.insert("thumbnail".into(), json!({"href": preview, "type": "image/jpeg", "roles": ["thumbnail"]}));
    let link = |rel: &str, path: &str| json!({"rel": rel, "type": "application/json", "href": format!("https://example.com/{path}")});
    json!({
        "type": "Feature", "stac_version": "1.0.0", "id": id, "collection": "sentinel-2-l2a",
        "stac_extensions": ["https://stac-extensions.github.io/eo/v1.0.0/schema.json"],
        "bbox": [round(west), round(south), round(west + 1.4), round(south + 1.1)],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "links": [link("collection", "collections/sentinel-2-l2a"), link("root", ""), link("self", &format!("items/{id}"))],
        "assets": assets,
        "properties": {
            "datetime": instant, "platform": "Sentinel-2A", "constellation": "Sentinel 2",
            "instruments": ["msi"], "gsd": 10, "proj:epsg": 32628, "eo:cloud_cover": share(0.732_051),
            "sat:orbit_state": "descending", "sat:relative_orbit": 80, "s2:mgrs_tile": "28PBB",
            "s2:granule_id": format!("S2A_OPER_MSI_L2A_TL_{index}"), "s2:datatake_id": "GS2A_20200601T113321",
            "s2:product_type": "S2MSI2A", "s2:processing_baseline": "02.12", "s2:generation_time": instant,
            "s2:water_percentage": share(0.236_068), "s2:vegetation_percentage": share(0.645_751),
            "s2:snow_ice_percentage": 0.0, "s2:thin_cirrus_percentage": share(0.162_278),
            "s2:cloud_shadow_percentage": share(0.316_625), "s2:nodata_pixel_percentage": share(0.605_551),
            "s2:mean_solar_zenith": share(0.872_983), "s2:mean_solar_azimuth": share(0.123_106),
            "s2:degraded_msi_data_percentage": 0.0, "view:incidence_angle": share(0.358_899) / 10.0,
        },
    })
}
