//! Information about this kernel.

use serde_json::{Value, json};

use crate::jupyter::message::PROTOCOL;

/// Returns the content of a [kernel info
/// reply](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-info).
pub fn kernel() -> Value {
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL,
        "implementation": "up42",
        "implementation_version": env!("CARGO_PKG_VERSION"),
        "language_info": {
            "name": "rust",
            "version": env!("CARGO_PKG_RUST_VERSION"),
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
            "nbconvert_exporter": "script",
        },
        "banner": concat!("Rust with up42 ", env!("CARGO_PKG_VERSION"), ", run by evcxr"),
        "help_links": [
            { "text": "UP42 API", "url": "https://docs.up42.com" },
            { "text": "Polars for Rust", "url": "https://docs.rs/polars" },
            { "text": "The Rust standard library", "url": "https://doc.rust-lang.org/std/" },
            { "text": "evcxr", "url": "https://github.com/evcxr/evcxr" },
        ],
        "debugger": false,
    })
}
