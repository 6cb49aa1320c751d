//! Content codings of responses (RFC 9110, 8.4). A request without `Accept-Encoding` allows all of
//! them (12.5.3), so a server may use one that was not requested.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::request::LARGEST;
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Bytes that the Brotli decoder reads at a time.
const BUFFER: usize = 4096;

/// Removes the codings of a `Content-Encoding` header from a body, the last one first.
///
/// # Errors
///
/// `Response` for an unknown coding, for bytes that are not in that coding, and if more than
/// `largest` bytes result: a few compressed bytes can decode to gigabytes.
pub(super) fn decode(mut body: Vec<u8>, codings: &str, largest: usize) -> Result<Vec<u8>> {
    for coding in codings.rsplit(',').map(str::trim).filter(|coding| !coding.is_empty()) {
        if body.is_empty() {
            break;
        }
        body = match coding.to_ascii_lowercase().as_str() {
            "identity" => body,
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(&*body), coding, largest)?,
            "deflate" if is_zlib(&body) => read(ZlibDecoder::new(&*body), coding, largest)?,
            // Some servers omit the zlib wrapper.
            "deflate" => read(DeflateDecoder::new(&*body), coding, largest)?,
            "br" => read(Decompressor::new(&*body, BUFFER), coding, largest)?,
            _ => {
                return Err(Error::response(format!(
                    "the answer is encoded as `{coding}`: only gzip, deflate and br can be read"
                )));
            }
        };
    }
    Ok(body)
}

fn read(decoder: impl Read, coding: &str, largest: usize) -> Result<Vec<u8>> {
    let mut decoded = Vec::new();
    let broken = |error: io::Error| Error::foreign(ErrorKind::Response, error);
    let read = decoder.take((largest as u64).saturating_add(1)).read_to_end(&mut decoded).map_err(broken);
    read.with_context(|| format!("the answer is not the `{coding}` that it says it is"))?;
    if decoded.len() > largest { Err(too_large(largest)) } else { Ok(decoded) }
}

/// Returns whether the bytes begin with a zlib header: method deflate, and a number divisible by 31
/// (RFC 1950, 2.2).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0)
}

/// Returns the error for a response with more bytes than are read. It suggests a smaller request at
/// the general limit only: a response with a smaller limit, such as a picture, cannot be reduced
/// that way.
pub(super) fn too_large(largest: usize) -> Error {
    let remedy = match largest >= LARGEST {
        true => {
            ", the most that is read at once: ask for less, such as a smaller area, a shorter time or fewer results"
        }
        false => "",
    };
    Error::response(format!("the answer is larger than {} MB{remedy}", largest / 1_000_000))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// `{"features": []}`, as Python's `brotli.compress` 1.2.0 writes it.
    const BROTLI: [u8; 20] = [
        0x8b, 0x07, 0x80, 0x7b, 0x22, 0x66, 0x65, 0x61, 0x74, 0x75, 0x72, 0x65, 0x73, 0x22, 0x3a, 0x20, 0x5b,
        0x5d, 0x7d, 0x03,
    ];
    const TEXT: &[u8] = br#"{"features": []}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_content_coding_is_decoded() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(TEXT).unwrap();
        let deflate = deflate.finish().unwrap();
        let (first, second) = TEXT.split_at(5);
        let members = [gzip(first), gzip(second)].concat();
        for (codings, body) in [
            ("gzip", gzip(TEXT)),
            ("X-GZip", members),
            ("deflate", zlib),
            ("deflate", deflate),
            ("br", BROTLI.to_vec()),
            ("br, identity, gzip", gzip(&BROTLI)),
            ("", TEXT.to_vec()),
        ] {
            assert_eq!(decode(body, codings, 1000).unwrap(), TEXT, "{codings}");
        }
        assert_eq!(decode(Vec::new(), "gzip", 1000).unwrap(), b"", "an answer without a body");
    }

    #[test]
    fn a_decompression_bomb_and_a_wrong_coding_are_refused() {
        let bomb = gzip(&vec![0; 50_000_000]);
        assert!(bomb.len() < 100_000);
        let message =
            |body: Vec<u8>, codings: &str| decode(body, codings, 2_000_000).unwrap_err().to_string();
        insta::assert_snapshot!(message(bomb.clone(), "gzip"), @"the answer is larger than 2 MB");
        assert_eq!(message(gzip(&bomb), "gzip, gzip"), too_large(2_000_000).to_string());
        assert_eq!(
            message(TEXT.to_vec(), "zstd"),
            "the answer is encoded as `zstd`: only gzip, deflate and br can be read"
        );
        for coding in ["gzip", "deflate", "br"] {
            let error = message(TEXT.to_vec(), coding);
            assert!(error.starts_with("the answer is not the `"), "{error}");
        }
        let mut cut = gzip(TEXT);
        cut.truncate(20);
        assert!(message(cut, "gzip").starts_with("the answer is not the `gzip`"));
    }
}
