//! Raster tiles of a server, as an optional background.

use std::fmt;

use serde_json::{Value, json};

use up42_core::error::{Error, Result};
use up42_core::sanitize::sanitize;

/// Default of the largest zoom level, which most servers have. `DEEPEST` is the largest of the
/// viewer.
const MOST_ZOOM: u8 = 19;
const DEEPEST: u8 = 24;

/// Raster tiles in the Web Mercator scheme (XYZ), for [`Map::tiles`](crate::Map::tiles).
///
/// The browser of everyone who opens the map requests tiles from the server, which thus learns what
/// they view. A key in the URL is stored in the page, because the viewer needs it, but not in
/// `Debug`, errors or text.
#[derive(Clone, PartialEq, Eq)]
pub struct Tiles {
    url: String,
    attribution: String,
    max_zoom: u8,
}

impl Tiles {
    /// Returns the tiles of [OpenStreetMap](https://operations.osmfoundation.org/policies/tiles/):
    /// for interactive viewing, not for bulk downloads.
    pub fn osm() -> Self {
        Self {
            url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png".into(),
            attribution: "© OpenStreetMap contributors".into(),
            max_zoom: MOST_ZOOM,
        }
    }

    /// Makes tiles from a URL with `{z}`, `{x}` and `{y}`, and the attribution that the map shows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the URL is not `https`
    /// (`http` is allowed for this machine), lacks one of the placeholders, contains whitespace, or
    /// has a placeholder or a user name in its host.
    pub fn new(url: impl Into<String>, attribution: impl Into<String>) -> Result<Self> {
        let url = url.into();
        // The URL may contain a key, so errors show at most its host.
        let refuse = |what: &str| {
            Err(Error::invalid(format!(
                "tiles: {what}: write an address such as `https://tiles.example.com/{{z}}/{{x}}/{{y}}.png`"
            )))
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return refuse("the address has no `https://`");
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Characters without a special meaning in the content security policy of the page.
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return refuse("the address has no plain host");
        }
        if !(scheme == "https" || scheme == "http" && is_loopback(host)) {
            return refuse(&format!("`{scheme}` to `{host}` is not safe, `https` is"));
        }
        if let Some(missing) = ["{z}", "{x}", "{y}"].into_iter().find(|part| !rest.contains(part)) {
            return refuse(&format!("the address lacks `{missing}`"));
        }
        if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("the address has a blank in it");
        }
        Ok(Self { url, attribution: attribution.into(), max_zoom: MOST_ZOOM })
    }

    /// Sets the largest zoom level of the server; beyond it, its tiles are magnified. Default: 19;
    /// at most 24.
    pub fn max_zoom(mut self, zoom: u8) -> Self {
        self.max_zoom = zoom.min(DEEPEST);
        self
    }

    /// Returns scheme, host and port: the only origin from which the page may load pictures.
    pub(super) fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[start..].find(['/', '?', '#']).map_or(self.url.len(), |at| start + at);
        &self.url[..end]
    }

    pub(super) fn attribution(&self) -> String {
        sanitize(&self.attribution, 200)
    }

    /// Returns the JSON for the viewer.
    pub(super) fn to_json(&self) -> Value {
        json!({"url": self.url, "attribution": self.attribution(), "max_zoom": self.max_zoom})
    }
}

/// Returns whether the host is this machine, so that nobody else can read or change the traffic.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for Tiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tiles of {}, to zoom {}", self.origin(), self.max_zoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_tile_url_is_refused_without_printing_its_key() {
        let refused = |url: &str| Tiles::new(url, "").unwrap_err().to_string();
        insta::assert_snapshot!(refused("http://tiles.example.com/{z}/{x}/{y}.png?key=SECRET"), @"tiles: `http` to `tiles.example.com` is not safe, `https` is: write an address such as `https://tiles.example.com/{z}/{x}/{y}.png`");
        for url in [
            "tiles.example.com/{z}/{x}/{y}?key=SECRET",
            "ftp://tiles.example.com/{z}/{x}/{y}?key=SECRET",
            "https:///{z}/{x}/{y}?key=SECRET",
            "https://me:SECRET@tiles.example.com/{z}/{x}/{y}",
            "https://{s}.example.com/{z}/{x}/{y}?key=SECRET",
            "https://a.example.com;script-src */{z}/{x}/{y}?key=SECRET",
            "https://tiles.example.com/{z}/{x}.png?key=SECRET",
            "https://tiles.example.com/{z}/{x}/{y} ?key=SECRET",
            "http://localhost.example.com/{z}/{x}/{y}?key=SECRET",
            "http://127.0.0.1.example.com/{z}/{x}/{y}?key=SECRET",
        ] {
            let message = refused(url);
            assert!(message.starts_with("tiles: ") && !message.contains("SECRET"), "{message}");
        }
    }

    #[test]
    fn the_debug_output_of_tiles_contains_no_key() {
        let tiles = Tiles::new("https://tiles.example.com:8443/v1/{z}/{x}/{y}.png?key=SECRET", "©").unwrap();
        assert_eq!(
            format!("{:?}", tiles.max_zoom(99)),
            "Tiles of https://tiles.example.com:8443, to zoom 24"
        );
        for url in [
            "http://127.0.0.1:8000/{z}/{x}/{y}",
            "http://[::1]:8000/{z}/{x}/{y}",
            "http://localhost/{z}/{x}/{y}",
        ] {
            assert!(Tiles::new(url, "").is_ok(), "{url}");
        }
        assert_eq!(Tiles::osm().origin(), "https://tile.openstreetmap.org");
    }
}
