//! Tests that no output contains a secret.

use up42::Client;
use up42::catalog::Search;
use up42::simulator::{Fault, Simulator};

use crate::dakar;

#[test]
fn debug_output_and_errors_contain_no_secret() {
    let simulator = Simulator::start().unwrap();
    let builder = Client::builder().simulator(simulator.clone()).account("me", "hunter2");
    let mut output = format!("{builder:?} {builder:#?}");
    let client = builder.build().unwrap();
    output += &format!("{client:?} {client:#?} {simulator:?}");
    output += &client.balance().unwrap_err().to_string();
    let client = Client::builder().simulator(simulator.clone()).build().unwrap();
    let scenes = client.catalog().search(Search::new(dakar()).limit(2)).unwrap();
    simulator.inject(Fault::expired_url().always());
    let quicklooks = client.catalog().download_quicklooks(&scenes).unwrap();
    output += &quicklooks.iter().map(|one| format!("{:?}", one.outcome)).collect::<String>();
    assert!(output.contains("failed"), "{output}");
    for secret in [
        "hunter2",
        Simulator::PASSWORD,
        Simulator::PROJECT_API_KEY,
        "Signature",
        "ignature=",
        "eyJ",
        "Expires=",
    ] {
        assert!(!output.contains(secret), "{secret} in {output}");
    }
}

/// Texts that no notebook may contain: keys, logins, tokens, signed URLs, and licence texts.
const HIDDEN: [&str; 17] = [
    Simulator::PASSWORD,
    Simulator::PROJECT_API_KEY,
    "Signature=",
    "X-Amz-",
    "X-Goog-",
    "GoogleAccessId",
    "Expires=",
    "sig=",
    "access_token",
    "refresh_token",
    "Bearer ",
    "\"eyJ",
    "download-url",
    "response-content-disposition",
    "BEGIN PRIVATE KEY",
    "END USER LICENCE",
    "END USER LICENSE",
];

#[test]
fn notebooks_contain_no_secret_signed_url_or_licence() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for folder in ["notebooks", "tests/notebooks", "examples"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else { continue };
        for path in files.map(|file| file.unwrap().path()) {
            if path.extension().is_none_or(|end| end != "ipynb") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for hidden in HIDDEN {
                assert!(!text.contains(hidden), "`{hidden}` in {}", path.display());
            }
            if folder == "notebooks" {
                assert!(!text.contains("\"execution_count\": null"), "{} was not executed", path.display());
            }
            checked += 1;
        }
    }
    assert!(checked >= 4, "{checked} notebooks");
}
