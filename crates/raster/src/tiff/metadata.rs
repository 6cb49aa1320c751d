//! Metadata of GDAL: items of bands in XML, and the nodata value.

use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesStart, Event};
use up42_core::Result;

use super::directory::{Directory, Reader};
use super::tags;
use crate::band::Color;

/// Items of the tags GDAL_METADATA and GDAL_NODATA.
#[derive(Debug, Default)]
pub struct Metadata {
    items: Vec<Item>,
    pub nodata: Option<f64>,
}

#[derive(Debug)]
struct Item {
    band: Option<usize>,
    role: String,
    value: String,
}

impl Metadata {
    pub fn read(reader: &Reader, directory: &Directory) -> Result<Self> {
        let text = |tag| directory.entries.get(&tag).map(|entry| reader.text(entry)).transpose();
        let nodata = text(tags::GDAL_NODATA)?.and_then(|text| number(&text));
        let items = text(tags::GDAL_METADATA)?.map(|text| items(&text)).unwrap_or_default();
        Ok(Self { items, nodata })
    }

    /// Returns the value of an item of a band, such as `description` or `scale`.
    pub fn of_band(&self, band: usize, role: &str) -> Option<&str> {
        let item = self.items.iter().find(|item| item.band == Some(band) && item.role == role)?;
        Some(&item.value)
    }

    pub fn number_of_band(&self, band: usize, role: &str) -> Option<f64> {
        number(self.of_band(band, role)?)
    }

    pub fn color_of_band(&self, band: usize) -> Option<Color> {
        Some(match self.of_band(band, "colorinterp")?.to_ascii_lowercase().as_str() {
            "gray" | "grey" => Color::Gray,
            "palette" => Color::Palette,
            "red" => Color::Red,
            "green" => Color::Green,
            "blue" => Color::Blue,
            "alpha" => Color::Alpha,
            _ => Color::Undefined,
        })
    }
}

/// Parses a number as GDAL writes it: `nan`, `inf` and spaces are allowed.
fn number(text: &str) -> Option<f64> {
    text.trim().trim_start_matches('+').parse().ok()
}

/// Returns the items with a role up to the first error: metadata are no reason to refuse a raster.
fn items(text: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let mut events = XmlReader::from_str(text);
    let mut open: Option<Item> = None;
    loop {
        match events.read_event() {
            Ok(Event::Start(start)) if start.name().as_ref() == b"Item" => open = item(&start),
            Ok(Event::Text(text)) => {
                if let (Some(item), Ok(text)) = (&mut open, text.decode()) {
                    item.value.push_str(&text);
                }
            }
            Ok(Event::GeneralRef(entity)) => {
                let resolved = match entity.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    _ => {
                        let name = entity.decode().unwrap_or_default();
                        quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned)
                    }
                };
                if let (Some(item), Some(text)) = (&mut open, resolved) {
                    item.value.push_str(&text);
                }
            }
            Ok(Event::End(_)) => found.extend(open.take().map(unescaped)),
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// GDAL escapes values before it writes them as XML, which escapes them again.
fn unescaped(item: Item) -> Item {
    let value = quick_xml::escape::unescape(&item.value).map(|value| value.into_owned());
    Item { value: value.unwrap_or(item.value), ..item }
}

fn item(start: &BytesStart) -> Option<Item> {
    let attribute = |name: &str| {
        let attribute = start.try_get_attribute(name).ok()??;
        Some(String::from_utf8_lossy(&attribute.value).into_owned())
    };
    let role = attribute("role")?.to_ascii_lowercase();
    Some(Item { band: attribute("sample").and_then(|band| band.parse().ok()), role, value: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_bands_are_found_by_role() {
        let items = items(
            r#"<GDALMetadata><Item name="X">1</Item>
               <Item name="DESCRIPTION" sample="1" role="description">near &amp;lt;infrared&amp;gt; &#233;</Item>
               <Item name="SCALE" sample="1" role="scale">0.0001</Item>
               <Item name="COLORINTERP" sample="0" role="colorinterp">Blue</Item></GDALMetadata>"#,
        );
        let metadata = Metadata { items, nodata: None };
        assert_eq!(metadata.of_band(1, "description"), Some("near <infrared> é"));
        assert_eq!(metadata.number_of_band(1, "scale"), Some(0.0001));
        assert_eq!(metadata.color_of_band(0), Some(Color::Blue));
        assert_eq!(metadata.of_band(0, "description"), None);
        assert_eq!([" 1 ", "nan", "-inf", "x"].map(|text| number(text).is_some()), [true, true, true, false]);
    }
}
