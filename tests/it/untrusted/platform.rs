//! A platform in which every text is hostile.

use std::io::Cursor;

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Map, Value, json};
use up42::Aoi;

use super::{account, processes};
use crate::server::{Server, answer, json};

/// Number of the job with an ordinary id, which has tasks.
pub const PLAIN: usize = 96;

/// Returns the square of the scene, job or place with this number, beside the other squares.
pub fn square(index: usize) -> Aoi {
    let (west, south) = (index as f64 % 6.0 * 0.02, (index / 6) as f64 * 0.02);
    Aoi::from_bbox([west, south, west + 0.018, south + 0.018]).unwrap()
}

/// Returns a scene with the string in every text field.
pub fn item(index: usize, text: &str) -> Value {
    let mut properties = Map::new();
    for name in
        ["constellation", "platform", "provider", "title", "description", "deliveryTime", "license", text]
    {
        properties.insert(name.to_owned(), text.into());
    }
    properties.insert("datetime".into(), format!("2020-01-{:02}T10:00:00Z", index % 28 + 1).into());
    properties.insert("eo:cloud_cover".into(), (index * 3).into());
    properties.insert("deep".into(), json!({text: [text, {"href": "https://h/x?Signature=hunter2"}]}));
    properties.insert("link".into(), "https://h/x?X-Amz-Signature=hunter2".into());
    let href = match index % 3 {
        0 => format!("/gone/{text}?Signature=hunter2"),
        _ => "/picture?Signature=hunter2".to_owned(),
    };
    json!({
        "type": "Feature", "id": text, "collection": text, "geometry": square(index).to_geojson(),
        "properties": properties, "links": [{"rel": text, "href": text, "title": text}],
        "assets": {text: {"href": text, "title": text}, "thumbnail": {"href": href, "title": text, "roles": [text]}},
    })
}

pub fn start() -> Server {
    let picture = picture();
    Server::start(move |request| {
        let texts = super::texts();
        let line = request.lines().next().unwrap_or_default();
        let (method, path) = line.split_once(' ').unwrap();
        let path = path.split([' ', '?']).next().unwrap();
        let number =
            || path.split('/').find_map(|part| part.strip_prefix("job-")?.parse::<usize>().ok()).unwrap_or(0);
        let text = &texts[number() % texts.len()];
        let list = |one: &dyn Fn(usize, &String) -> Value| -> Vec<Value> {
            texts.iter().enumerate().map(|(index, text)| one(index, text)).collect()
        };
        let data = |value: Value| json(json!({"error": null, "data": value}));
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let response = processes::answer(method, path, &texts);
        if let Some(response) = response.or_else(|| account::answer(method, path, body, &texts)) {
            return json(response);
        }
        match (method, path) {
            ("POST", path) if path.starts_with("/realms/") => json(json!({"access_token": "t0ken", "expires_in": 3600})),
            ("GET", "/v2/catalog/") => json(json!({"links": [
                {"rel": "search", "href": "/stac/search"}, {"rel": "queryables", "href": "/stac/queryables"},
            ]})),
            ("POST", "/stac/search") => json(json!({"features": list(&|index, text| item(index, text))})),
            ("GET", "/stac/queryables") => {
                let one = |text: &String| (text.clone(), json!({"title": text, "type": text, "enum": [text]}));
                json(json!({"properties": texts.iter().map(one).collect::<Map<_, _>>()}))
            }
            ("GET", "/v2/collections") => json(json!({"totalPages": 1, "content": list(&|index, text| json!({
                "name": text, "title": text, "description": text, "type": text, "license": text,
                "providers": [{"name": text, "roles": ["PRODUCER", "HOST"]}], "integrations": [text],
                "dataProducts": [{"id": format!("d{index}"), "name": text, "title": text, "description": text, "eulaId": format!("e{index}")}],
            }))})),
            ("GET", path) if path.starts_with("/gone/") => {
                answer(503, "", json!({"error": {"message": texts.join(" ")}}).to_string().as_bytes())
            }
            ("GET", "/picture") => answer(200, "", &picture),
            ("GET", "/projects/p") => data(json!({"name": texts[0], "description": texts[1]})),
            ("GET", "/projects/p/settings") => {
                let odd = list(&|_, text| json!({"name": text, "value": text}));
                let jobs = json!({"name": "MAX_CONCURRENT_JOBS", "value": "64", "range": {"min": 1, "max": 64}});
                data([vec![jobs], odd].concat().into())
            }
            ("GET", "/blocks") => data(list(&|_, text| json!({"id": text, "name": text, "displayName": text, "type": text})).into()),
            ("GET", "/projects/p/workflows") => data(list(&|index, text| json!({"id": format!("w{index}"), "name": text})).into()),
            ("POST", "/validate-schema/block") => data(json!({"valid": true, "errors": []})),
            ("GET", "/accounts/me/credits/history") => data(json!({"totalPages": 1, "content": list(&|index, text| json!({
                "type": text, "createdAt": text, "delta": index,
                "details": {"jobId": text, "jobName": text, text: text, "link": "https://h/x?Signature=hunter2"},
            }))})),
            ("GET", "/projects/p/jobs") if !line.contains("page=0") => data(json!([])),
            ("GET", "/projects/p/jobs") => data(list(&|index, text| json!({
                "id": format!("listed-{index}"), "name": text, "workflowName": text,
                "status": if index % 2 == 0 { "SUCCEEDED" } else { "FAILED" },
            })).into()),
            ("GET", path) if path.ends_with("/compatible-blocks") => data(json!({"blocks": list(&|_, text| json!({
                "blockId": format!("of {text}"), "name": text, "versionTag": text,
            }))})),
            ("GET", path) if path.ends_with("/outputs/quicklooks/") => data(texts.clone().into()),
            ("GET", path) if path.contains("/outputs/quicklooks/") => answer(200, "", &picture),
            ("GET", path) if path.ends_with("/outputs/data-json") => json(json!({"features": list(&|index, text| json!({
                "id": text, "geometry": square(index).to_geojson(), "properties": {text: text},
            }))})),
            ("GET", path) if path.ends_with("/tasks") => data(list(&|_, text| json!({
                "name": text, "block": {"id": text, "name": text, "version": text, "parameters": {text: {"default": text, "type": text, "enum": []}}},
            })).into()),
            ("POST", "/projects/p/estimate/job") => data(texts.iter().map(|text| (text.clone(), json!({
                "blockConsumption": {"credit": {"min": 1, "max": 2}}, "machineConsumption": {"credit": {"min": 1, "max": 2}},
            }))).collect::<serde_json::Map<_, _>>().into()),
            ("POST", path) if path.ends_with("/jobs") => create(request, &texts),
            ("GET", path) if path.ends_with("/credits") => data(json!({"creditsUsed": 7})),
            ("GET", path) if path.ends_with("/estimate") => answer(400, "", json!({"error": {"message": text}}).to_string().as_bytes()),
            ("GET", path) if path.ends_with("/tasks/") => data(json!([
                {"id": "t", "name": text, "status": text, "block": {"name": text, "version": text}},
            ])),
            ("GET", path) if path.ends_with("/logs") => answer(200, "", &[text.as_bytes(), b"\xff\xfe\x80"].concat()),
            ("GET", path) if path.ends_with("/downloads/results/") => {
                let host = request.lines().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(String::from));
                let url = format!("http://{}/archive/job-{}?Signature=hunter2", host.unwrap(), number());
                data(json!({"url": url}))
            }
            ("GET", path) if path.starts_with("/archive/") => match number() % 4 {
                3 => answer(403, "", text.as_bytes()),
                _ => answer(200, "", &archive(text)),
            },
            ("GET", path) if path.starts_with("/projects/p/jobs/job-") => {
                // Requests about its parts need a valid id.
                let id = if number() == PLAIN { format!("job-{PLAIN}") } else { text.clone() };
                data(json!({"id": id, "name": text, "status": text, "inputs": {text: {text: text}}}))
            }
            _ => answer(400, "", json!({"error": {"code": texts[3], "message": texts[4], "details": texts[5]}}).to_string().as_bytes()),
        }
    })
}

/// Creates a job that succeeds, fails, or is refused, in turn. Its number is in the name that the
/// library gives it: `batch_NUMBER_…`.
fn create(request: &str, texts: &[String]) -> Vec<u8> {
    let number = request.split('_').find_map(|part| part.parse::<usize>().ok()).unwrap_or(0);
    let text = &texts[number % texts.len()];
    let status = match number % 3 {
        0 => "SUCCEEDED",
        1 => "FAILED",
        _ => return answer(422, "", json!({"title": text, "detail": text}).to_string().as_bytes()),
    };
    json(json!({"data": {"id": format!("job-{number}"), "name": text, "status": status, "inputs": {}}}))
}

/// Returns results of a job: a `data.json` with hostile properties, and a file with an ordinary
/// name.
fn archive(text: &str) -> Vec<u8> {
    let feature = |path: &str| {
        json!({"type": "Feature", "geometry": square(0).to_geojson(), "id": text,
            "properties": {text: text, "up42.data_path": path, "link": "https://h/x?Signature=hunter2"}})
    };
    let data = json!({"features": [feature("a.tif"), feature(text)]}).to_string();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in [("output/data.json", data.as_bytes()), ("output/a.tif", b"no raster")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn picture() -> Vec<u8> {
    let image = RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 4, y as u8 * 4, 90]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}
