//! Pack: the viewer and its data as one text in the page.
//!
//! Style, script, description and land are deflated together; the pictures follow unchanged (a JPEG
//! does not compress); all of it is encoded in base64. A short boot script unpacks it in the
//! browser.

use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use flate2::{Compression, write::DeflateEncoder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::script;

/// Boot script, which unpacks the rest.
const BOOT: &str = include_str!("../../assets/viewer/boot.js");
const STYLE: &str = include_str!("../../assets/viewer/viewer.css");

/// Data for the boot script.
#[derive(Debug)]
pub struct Pack {
    /// Bytes of the pack, in base64.
    pub text: String,
    /// Number of deflated bytes, then the inflated length of each part, separated by spaces.
    pub lengths: String,
    /// Scripts that may run, as hashes for the content security policy.
    pub scripts: String,
}

impl Pack {
    /// Makes a pack. `description` refers to `land` and `pictures` by offset and length.
    pub fn new(description: &Value, land: &[u8], pictures: &[u8]) -> Self {
        let script = script::joined(!description["tiles"].is_null());
        let (boot, style) = (boot(), script::bare_style(STYLE));
        let description = description.to_string();
        let parts = [style.as_bytes(), script.as_bytes(), description.as_bytes(), land];
        let mut bytes = deflated(&parts);
        let lengths = [bytes.len()].into_iter().chain(parts.map(<[u8]>::len));
        let lengths = lengths.map(|length| length.to_string()).collect::<Vec<_>>().join(" ");
        bytes.extend_from_slice(pictures);
        let scripts = format!("'{}' '{}'", hash(&boot), hash(&script));
        Self { text: BASE64_STANDARD.encode(bytes), lengths, scripts }
    }
}

/// Returns the boot script as it is in the page.
pub fn boot() -> String {
    script::bare(BOOT)
}

/// Deflates parts. The same parts give the same bytes, since a raw stream has neither time nor
/// name.
fn deflated(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::best());
    for part in parts {
        out.write_all(part).expect("a vector takes what is written");
    }
    out.finish().expect("a vector takes what is written")
}

fn hash(script: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(script.as_bytes())))
}

/// Returns the parts of the pack in a page or in a frame's attribute: style, script, description,
/// land, pictures.
#[cfg(test)]
pub fn parts(page: &str) -> Vec<Vec<u8>> {
    use std::io::Read;
    let page = page.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<");
    let element = page.split("id=\"pack\"").nth(1).unwrap();
    let lengths = element.split('"').nth(1).unwrap();
    let text = element.split('>').nth(1).unwrap().split('<').next().unwrap();
    let bytes = BASE64_STANDARD.decode(text).unwrap();
    let lengths: Vec<usize> = lengths.split(' ').map(|length| length.parse().unwrap()).collect();
    let (deflated, pictures) = bytes.split_at(lengths[0]);
    let mut inflated = Vec::new();
    flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut inflated).unwrap();
    let mut rest = &inflated[..];
    let mut parts: Vec<Vec<u8>> =
        lengths[1..].iter().map(|&length| rest.split_off(..length).unwrap().to_vec()).collect();
    parts.push(pictures.to_vec());
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packed_parts_are_unpacked_again() {
        let description = json!({"title": "</script>\u{2028}"});
        let pack = Pack::new(&description, &[1, 2, 3], &[4, 5]);
        let page = format!("<script id=\"pack\" data-lengths=\"{}\">{}</script>", pack.lengths, pack.text);
        let parts = parts(&page);
        assert_eq!(parts[0], script::bare_style(STYLE).as_bytes());
        assert_eq!(parts[1], script::joined(false).as_bytes());
        assert_eq!(serde_json::from_slice::<Value>(&parts[2]).unwrap(), description);
        assert_eq!((&parts[3][..], &parts[4][..]), (&[1, 2, 3][..], &[4, 5][..]));
    }

    #[test]
    fn the_viewer_is_within_its_limit_of_size() {
        for (tiles, most) in [(false, 29 * 1024), (true, 31 * 1024)] {
            let (style, script) = (script::bare_style(STYLE), script::joined(tiles));
            let embedded = deflated(&[style.as_bytes(), script.as_bytes()]).len().div_ceil(3) * 4;
            assert!(embedded < most, "{embedded} bytes, tiles {tiles}");
        }
    }

    #[test]
    fn the_script_contains_no_end_tag() {
        assert!(!boot().contains("</") && !boot().contains("<!--"));
    }
}
