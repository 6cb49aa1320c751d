//! Storage: a second origin with signed URLs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use url::form_urlencoded::Serializer;

use super::blocks;
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Routes, get};

/// Lifetime of a signed URL.
const LIFE: Duration = Duration::from_secs(300);
/// Largest number of cached files, which can be generated again with the same bytes.
const CACHED_FILES: usize = 400;

/// Files of the storage.
static FILES: LazyLock<Routes> = LazyLock::new(|| {
    Routes::new([
        get("/images/{collection}/{id}/{key}", |platform, _, [_, id, key]| {
            platform.picture(id, key).ok_or_else(no_such_key)
        }),
        get("/jobs/{id}/output.tgz", |platform, _, [id]| platform.job_archive(id).ok_or_else(no_such_key)),
        get("/jobs/{id}/output.zip", |platform, _, [id]| platform.job_archive(id).ok_or_else(no_such_key)),
        get("/assets/{id}/{file}", |platform, _, [id, _]| platform.asset_file(id).ok_or_else(no_such_key)),
        get("/coverage/{file}", |_, _, [file]| blocks::coverage(file).ok_or_else(no_such_key)),
    ])
});

/// Cache of generated files.
#[derive(Default)]
pub(super) struct FileCache(Mutex<HashMap<String, Arc<Vec<u8>>>>);

impl FileCache {
    /// Returns the file of this name, and generates it if necessary.
    pub(super) fn keep(&self, name: &str, make: impl FnOnce() -> Option<Vec<u8>>) -> Option<Arc<Vec<u8>>> {
        let lock = || self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(file) = lock().get(name) {
            return Some(Arc::clone(file));
        }
        // Generated without the lock, so that other files are available meanwhile.
        let file = Arc::new(make()?);
        let mut files = lock();
        if files.len() >= CACHED_FILES {
            files.clear();
        }
        files.insert(name.to_string(), Arc::clone(&file));
        Some(file)
    }
}

impl Platform {
    /// Returns a URL that gives access to a file of the storage for a limited time, without a
    /// login. The file's extension is in the path or else in its name, since clients join the two.
    pub(super) fn signed_url(&self, path: &str, file_name: &str) -> String {
        let expires = self.clock.steady().checked_add(LIFE).map(|at| at.as_second()).unwrap_or(i64::MAX);
        let signature = self.signer.signature(&format!("{path}?{expires}"));
        let query = Serializer::new(String::new())
            .append_pair("GoogleAccessId", "storage@simulator.iam.gserviceaccount.com")
            .append_pair("Expires", &expires.to_string())
            .append_pair("Signature", &signature)
            .append_pair("response-content-disposition", &disposition(path, file_name))
            .finish();
        format!("{}{path}?{query}", self.storage_url)
    }

    pub(super) fn storage(&self, request: &Request) -> Answer {
        if request.authorization.is_some() {
            let message = "Only one auth mechanism allowed: the URL is signed already";
            return Err(Reply::xml(400, "InvalidArgument", message));
        }
        let expires =
            request.query("Expires").and_then(|second| second.parse::<i64>().ok()).unwrap_or_default();
        let signature = self.signer.signature(&format!("{}?{expires}", request.path));
        if request.query("Signature") != Some(signature.as_str()) {
            let message = "The request signature we calculated does not match the signature you provided.";
            return Err(Reply::xml(403, "SignatureDoesNotMatch", message));
        }
        if self.clock.steady().as_second() >= expires {
            return Err(expired());
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Err(Reply::xml(405, "MethodNotAllowed", "The specified method is not allowed."));
        }
        let reply = FILES.answer("GET", self, request).unwrap_or_else(|| Err(no_such_key()))?;
        let reply = match request.query("response-content-disposition") {
            Some(disposition) => reply.with_header("content-disposition", disposition),
            None => reply,
        };
        Ok(ranged(reply, request))
    }
}

/// Returns the header with the file name of a download. The name is quoted only if necessary, since
/// old clients take quotes for a part of the name.
fn disposition(path: &str, file_name: &str) -> String {
    let name = match Path::new(path).extension() {
        Some(_) => file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem),
        None => file_name,
    };
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    match is_plain {
        true => format!("attachment; filename={name}"),
        false => format!("attachment; filename=\"{name}\""),
    }
}

fn no_such_key() -> Reply {
    Reply::xml(404, "NoSuchKey", "The specified key does not exist.")
}

/// Returns the storage's 403 for an expired URL.
pub(super) fn expired() -> Reply {
    Reply::xml(403, "ExpiredToken", "The provided token has expired.")
}

/// Returns the requested range of a file.
fn ranged(reply: Reply, request: &Request) -> Reply {
    let size = reply.body.len();
    let etag = format!("\"{:016x}\"", fingerprint(&reply.body));
    let unchanged = request.if_range.as_ref().is_none_or(|known| *known == etag);
    let reply = reply.with_header("accept-ranges", "bytes").with_header("etag", etag);
    let Some(range) = request.range.as_deref().filter(|_| unchanged) else { return reply };
    let Some((first, last)) = parse_range(range, size) else {
        return Reply::xml(416, "InvalidRange", "The requested range cannot be satisfied.")
            .with_header("content-range", format!("bytes */{size}"));
    };
    let body = reply.body[first..=last].to_vec();
    let content_range = format!("bytes {first}-{last}/{size}");
    Reply { body, ..reply }.with_status(206).with_header("content-range", content_range)
}

/// Parses the first and the last byte of `bytes=5-`, `bytes=5-9` or `bytes=-5`.
fn parse_range(range: &str, size: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", tail) => (size.saturating_sub(tail.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last && first < size).then_some((first, last))
}

fn fingerprint(bytes: &[u8]) -> u64 {
    // End and length suffice to distinguish two files of one name.
    let tail = &bytes[bytes.len().saturating_sub(64)..];
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    tail.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_of_a_signed_url_has_one_extension() {
        assert_eq!(disposition("/assets/1/x.tif", "x.tif"), "attachment; filename=x");
        assert_eq!(disposition("/images/phr/1/quicklook", "1.jpg"), "attachment; filename=1.jpg");
        assert_eq!(disposition("/images/a b", "a b.jpg"), "attachment; filename=\"a b.jpg\"");
    }

    #[test]
    fn ranges_are_parsed_as_in_http() {
        assert_eq!(parse_range("bytes=5-", 10), Some((5, 9)));
        assert_eq!(parse_range("bytes=5-99", 10), Some((5, 9)));
        assert_eq!(parse_range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(parse_range("bytes=10-", 10), None);
        assert_eq!(parse_range("bytes=0-", 0), None);
    }
}
