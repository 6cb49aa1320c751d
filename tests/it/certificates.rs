//! Tests of servers whose certificate the system does not trust, as behind a proxy that inspects
//! all connections.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use up42::catalog::Catalog;

use crate::server;

/// Certificate authority, and its certificate for `localhost`: made for these tests, valid until
/// 2120.
const AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBNTCB3aADAgECAhQqSY5IkfEH0hY/2Df5RzXRtZyMpjAKBggqhkjOPQQDAjAQ
MQ4wDAYDVQQDDAVUZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAw
MFowEDEOMAwGA1UEAwwFVGVzdHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATO
XAUDO/03yCo4qzN0ac7TXm9upiyVqHx4WcPOBim03wW0fn8o/xRdvqGNXjp1dtT4
PcJ4Kj+srlnTqlboV9MqoxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMC
A0cAMEQCIHgSLJEUZebiCmyfEvxgubk2jaQMcRA3uUr08/wl+sxyAiAeCWjTMTtv
NpCQQCbqDK/1zhN947zLNlw8GuS8NIm/3w==
-----END CERTIFICATE-----
";
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBTjCB9KADAgECAhQlQZZiPWD+8FyQY2pMtc6lPy5+WjAKBggqhkjOPQQDAjAQ
MQ4wDAYDVQQDDAVUZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAw
MFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAE8it/aD3ZQwlWGExbPHUuvyLsqKxHs2VnABpDWNBonLfMttAFwkqJPAgtadAE
iALmJU6T7rgScuC/RMX5fPJxDqMmMCQwDAYDVR0TAQH/BAIwADAUBgNVHREEDTAL
gglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSQAwRgIhANCX/XLeKADo60BHz1KasmFo
ql09ckqWh/k7NE0UAlFdAiEA1WtZWArFN2itR4LuYsc7as1eOn3xfRWhDOwsoCjN
QfA=
-----END CERTIFICATE-----
";
const KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcb+KJpN3qdYC8lMs
h3iGlAQ4AF8TiEfBN/CPQHKQbvKhRANCAATyK39oPdlDCVYYTFs8dS6/IuyorEez
ZWcAGkNY0Gict8y20AXCSok8CC1p0ASIAuYlTpPuuBJy4L9Exfl88nEO
-----END PRIVATE KEY-----
";

/// Starts a STAC API behind TLS. Returns its URL and the number of connections.
fn secured() -> (String, Arc<AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            let page = server::json(json!({"links": [{"rel": "search", "href": "search"}]}));
            let answered = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(&page));
            if answered.is_ok() {
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (url, connections)
}

#[test]
fn an_unknown_authority_is_an_error_with_a_remedy_without_retries() {
    let (url, connections) = secured();
    let error = Catalog::stac(&url).unwrap_err().to_string();
    let reason = error.split(": GET /: ").nth(1).unwrap_or(&error);
    assert!(reason.starts_with("the certificate of `localhost"), "{error}");
    assert!(
        reason.ends_with("name the file of its certificate in REQUESTS_CA_BUNDLE or SSL_CERT_FILE"),
        "{error}"
    );
    assert_eq!(connections.load(Ordering::Relaxed), 1, "the next attempt would fail as well");
}

/// Opens the server from a separate process: variables are read when a client is created.
fn opened(url: &str, variable: &str, value: &str) -> Result<(), String> {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "certificates::visitor", "--ignored", "--nocapture"]);
    program.env_remove("REQUESTS_CA_BUNDLE").env_remove("CURL_CA_BUNDLE");
    let done = program.env("UP42_TEST_URL", url).env(variable, value).output().unwrap();
    let output = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if done.status.success() { Ok(()) } else { Err(output.into_owned()) }
}

#[test]
#[ignore = "the program that opens a catalog"]
fn visitor() {
    if let Ok(url) = std::env::var("UP42_TEST_URL") {
        Catalog::stac(url).unwrap();
    }
}

#[test]
fn trusted_certificates_are_read_from_the_environment() {
    let (url, _) = secured();
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("authority.pem");
    std::fs::write(&bundle, format!("# of the company\n{AUTHORITY}")).unwrap();
    let (file, folder_of_it) = (bundle.to_str().unwrap(), folder.path().to_str().unwrap());
    for (variable, value) in
        [("REQUESTS_CA_BUNDLE", file), ("REQUESTS_CA_BUNDLE", folder_of_it), ("CURL_CA_BUNDLE", file)]
    {
        assert_eq!(opened(&url, variable, value), Ok(()), "{variable}");
    }
    let unknown = opened(&url, "CURL_CA_BUNDLE", "").unwrap_err();
    assert!(unknown.contains("the certificate of"), "{unknown}");
    let missing = opened(&url, "REQUESTS_CA_BUNDLE", "/no/such.pem").unwrap_err();
    assert!(missing.contains("certificates `/no/such.pem` (REQUESTS_CA_BUNDLE): "), "{missing}");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    let output = opened(&url, "REQUESTS_CA_BUNDLE", empty.to_str().unwrap()).unwrap_err();
    assert!(output.contains("there is no certificate in PEM"), "{output}");
}
