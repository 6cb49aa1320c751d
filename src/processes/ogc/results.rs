//! Results of a job (1.0, 7.13): values, and files by reference.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::multipart::{Part, boundary, parts};
use super::{OgcProcess, ProcessOutput};
use crate::batch::{Content, Delivery, ResultFile};
use crate::transport::{Request, Response, Secret};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::file::name::portable;
use up42_core::redact;

/// Name of a result without an output name.
const RESULT: &str = "result";

/// Returns the results at a URL.
pub(super) fn delivery(process: &OgcProcess, url: &str) -> Result<Delivery> {
    let binary = single_output(process).filter(|output| output.is_binary());
    if let Some((name, media)) = binary.and_then(|one| Some((&one.name, one.media_type.as_deref()?))) {
        // The file may be large: it is downloaded to the disk later, not into memory here.
        let mut found = Found::default();
        found.add(name, Some(media), at(url), json!({}));
        return Ok(found.delivery());
    }
    of_answer(process, process.server().send(Request::get(url))?)
}

/// Reads the results in a response.
pub(super) fn of_answer(process: &OgcProcess, answer: Response) -> Result<Delivery> {
    let name = single_output(process).map_or(RESULT, |output| output.name.as_str());
    let kind = answer.content_type.clone().unwrap_or_default();
    let mut found = Found::default();
    if let Some(boundary) = boundary(&kind) {
        parts(&answer.body, boundary)?.into_iter().try_for_each(|part| found.part(process, name, part))?;
        return Ok(found.delivery());
    }
    match answer.json() {
        Ok(document) if kind.is_empty() || is_json(&kind) => found.document(process, name, &document)?,
        _ => found.add(name, Some(&kind), Content::Here(answer.body), json!({})),
    }
    Ok(found.delivery())
}

/// Returns the output of a process with exactly one.
fn single_output(process: &OgcProcess) -> Option<&ProcessOutput> {
    match process.outputs() {
        [one] => Some(one),
        _ => None,
    }
}

#[derive(Default)]
struct Found {
    features: Vec<Value>,
    files: Vec<ResultFile>,
}

impl Found {
    fn delivery(self) -> Delivery {
        Delivery::Files { features: self.features, files: self.files, may_grow: false }
    }

    /// Reads a document with the outputs by name; any other document is a single result.
    fn document(&mut self, process: &OgcProcess, name: &str, document: &Value) -> Result<()> {
        let outputs = process.outputs();
        let is_known = |name: &String| outputs.iter().any(|output| output.name == *name);
        match document {
            Value::Object(members) if members.keys().any(is_known) => {
                members.iter().try_for_each(|(name, value)| self.value(process, name, value))
            }
            _ => self.value(process, name, document),
        }
    }

    /// Reads one part of a multipart response; a part without an output name gets a number.
    fn part(&mut self, process: &OgcProcess, name: &str, part: Part) -> Result<()> {
        let name = part.name.unwrap_or_else(|| match self.files.len() {
            0 => name.to_owned(),
            number => format!("{name}_{number}"),
        });
        let kind = part.content_type.as_deref();
        if let Some(url) = part.location.filter(|_| part.body.is_empty()) {
            self.add_named(&name, kind, &process.server().resolve(&url)?);
            return Ok(());
        }
        let bytes = if part.is_base64 { decoded(part.body)? } else { part.body.to_vec() };
        match serde_json::from_slice(&bytes) {
            Ok(value) if kind.is_some_and(is_json) => self.value(process, &name, &value)?,
            _ => self.add(&name, kind, Content::Here(bytes), json!({})),
        }
        Ok(())
    }

    fn value(&mut self, process: &OgcProcess, name: &str, value: &Value) -> Result<()> {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let media = text("mediaType")
            .or_else(|| text("type"))
            .or_else(|| value.pointer("/format/mediaType")?.as_str());
        match value {
            Value::Array(values)
                if !values.is_empty() && values.iter().all(|one| one.get("href").is_some()) =>
            {
                let each = values.iter().enumerate();
                return each
                    .into_iter()
                    .try_for_each(|(n, one)| self.value(process, &format!("{name}_{n}"), one));
            }
            Value::Object(_) if text("href").is_some() => {
                let url = process.server().resolve(text("href").unwrap_or_default())?;
                self.add_named(name, media, &url);
            }
            Value::Object(members) if media.is_some() && members.contains_key("value") => {
                let inner = &value["value"];
                let bytes = match (inner, text("encoding")) {
                    (Value::String(text), Some("base64")) => decoded(text.as_bytes())?,
                    (Value::String(text), _) => text.clone().into_bytes(),
                    (json, _) => json.to_string().into_bytes(),
                };
                self.add(name, media, Content::Here(bytes), json!({}));
            }
            Value::String(text) => {
                self.add(
                    name,
                    Some("text/plain"),
                    Content::Here(text.clone().into_bytes()),
                    json!({"value": text}),
                );
            }
            json => {
                let properties =
                    if json.is_object() || json.is_array() { json!({}) } else { json!({"value": json}) };
                let bytes = json.to_string().into_bytes();
                self.add(name, Some("application/json"), Content::Here(bytes), properties);
                if let (Some(feature), true) = (self.features.last_mut(), text("type") == Some("Feature")) {
                    feature["geometry"] = json["geometry"].clone();
                }
            }
        }
        Ok(())
    }

    /// Adds a referenced file, with the suffix of its URL.
    fn add_named(&mut self, name: &str, media: Option<&str>, url: &str) {
        let parsed = url::Url::parse(url).ok();
        let file = parsed.as_ref().and_then(|url| url.path_segments()?.next_back());
        let end = file.and_then(|file| file.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
        let end = end.filter(|end| end.len() <= 5 && end.chars().all(|one| one.is_ascii_alphanumeric()));
        let content = at(url);
        match end {
            Some(end) => self.push(name, &end, media, content, json!({})),
            None => self.add(name, media, content, json!({})),
        }
    }

    fn add(&mut self, name: &str, media: Option<&str>, content: Content, more: Value) {
        self.push(name, ending(media.unwrap_or_default()), media, content, more);
    }

    fn push(&mut self, name: &str, end: &str, media: Option<&str>, content: Content, more: Value) {
        // Names come from outside: secrets are removed before characters are replaced, because they
        // would not be recognized afterwards. Two names may become the same.
        let name = &*redact::data(name);
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' };
        let stem: String = name.chars().take(80).map(plain).collect();
        let mut file = portable(&format!("{stem}.{end}"));
        let is_taken = |file: &str| {
            file.eq_ignore_ascii_case("data.json")
                || self.files.iter().any(|one| one.name.eq_ignore_ascii_case(file))
        };
        let mut number = self.files.len();
        while is_taken(&file) {
            file = portable(&format!("{stem}-{number}.{end}"));
            number += 1;
        }
        let mut properties = json!({"output": name, "media_type": media, "up42.data_path": file});
        if let (Some(all), Value::Object(more)) = (properties.as_object_mut(), more) {
            all.extend(more);
        }
        self.features.push(json!({"type": "Feature", "geometry": null, "properties": properties}));
        self.files.push(ResultFile { name: file, content });
    }
}

/// Decodes base64, with or without line breaks.
fn decoded(text: &[u8]) -> Result<Vec<u8>> {
    let letters: Vec<u8> = text.iter().copied().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let decoded = BASE64_STANDARD.decode(letters);
    decoded.map_err(|error| Error::foreign(ErrorKind::Response, error)).context("a result in base64")
}

/// Creates content at a URL that needs no signing: public, with a key in the URL, or on the server.
fn at(url: &str) -> Content {
    let url = url.to_owned();
    Content::At(Box::new(move || Ok(Secret::new(&url))))
}

fn is_json(media: &str) -> bool {
    media.to_ascii_lowercase().contains("json")
}

/// Returns the file name suffix of a media type.
fn ending(media: &str) -> &'static str {
    match media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/geo+json" => "geojson",
        kind if kind.contains("json") => "json",
        "image/tiff" | "image/geotiff" => "tif",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "text/csv" => "csv",
        "text/html" => "html",
        kind if kind.contains("xml") => "xml",
        kind if kind.starts_with("text/") => "txt",
        "application/zip" => "zip",
        "application/x-netcdf" | "application/netcdf" => "nc",
        "application/geopackage+sqlite3" => "gpkg",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_contain_no_secret() {
        let mut found = Found::default();
        for name in ["https://me:hunter2@h/a?sig=hunter2", "token=hunter2", "Bearer hunter2hunter2", "value"]
        {
            found.push(name, "tif", None, Content::Here(Vec::new()), json!({}));
        }
        let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
        let debug = format!("{names:?} {:?}", found.features);
        assert!(!debug.contains("hunter2") && names[3] == "value.tif", "{debug}");
    }
}
