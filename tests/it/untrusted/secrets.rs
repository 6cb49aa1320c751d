//! Tests with secrets in every text that a server sends, and checks of all output of the library:
//! displays, logs and files.

use std::fmt::{Debug, Write as _};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::DeflateDecoder;
use sha2::{Digest, Sha256};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};
use up42::catalog::Scenes;
use up42::polars::prelude::{AnyValue, DataFrame};
use up42::simulator::{Clock, Simulator};
use up42::view::ToMimeBundle;
use up42::{Client, ErrorKind};

use crate::server::{Server, answer};

/// Variable with the folder in which the process that shows all values records what it does not
/// print.
const FOLDER: &str = "UP42_TEST_SECRETS";
/// Number of characters of a secret that count as a leak.
const LEAK: usize = 8;

/// Texts with a secret in place of each `{}`.
const FORMS: [&str; 49] = [
    // Amazon S3, signatures 4 and 2; CloudFront with and without a policy.
    "https://b.s3.amazonaws.com/a.tif?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F20200101%2Feu&X-Amz-Expires=300&X-Amz-Signature={}",
    "https://b.s3.amazonaws.com/a.tif?AWSAccessKeyId={}&Expires=1&Signature={}",
    "https://d1.cloudfront.net/a.tif?Expires=1&Signature={}&Key-Pair-Id={}",
    "https://d1.cloudfront.net/a.tif?Policy={}&Signature={}&Key-Pair-Id={}",
    // Google, signatures 4 and 2.
    "https://storage.googleapis.com/b/a.tif?X-Goog-Algorithm=GOOG4&X-Goog-Credential={}&X-Goog-Signature={}",
    "https://storage.googleapis.com/b/a.tif?GoogleAccessId={}&Expires=1&Signature={}",
    // Azure, and Planetary Computer.
    "https://a.blob.core.windows.net/b/a.tif?sv=2021&st=2020&se=2021&sr=b&sp=r&sig={}",
    "https://landsateuwest.blob.core.windows.net/a.tif?st=1&skoid={}&sktid={}&sig={}",
    // Tencent, Huawei, Alibaba.
    "https://b.cos.eu.myqcloud.com/a.tif?q-sign-algorithm=sha1&q-ak={}&q-header-list=host&q-signature={}",
    "https://b.obs.eu.myhuaweicloud.com/a.tif?AccessKeyId={}&Expires=1&Signature={}",
    "https://b.obs.eu.myhuaweicloud.com/a.tif?X-Obs-Credential={}&x-obs-security-token={}&X-Obs-Signature={}",
    "https://b.oss-eu.aliyuncs.com/a.tif?OSSAccessKeyId={}&Expires=1&Signature={}",
    "https://b.oss-eu.aliyuncs.com/a.tif?x-oss-credential={}&x-oss-signature={}",
    // Akamai, Cloudinary, nginx, and Google's CDN.
    "https://a.akamaized.net/a.tif?hdnts=exp=1~acl=/*~hmac={}",
    "https://a.akamaized.net/hdnts=exp=1~acl=*~hmac={}/a.tif",
    "https://a.akamaized.net/a.tif?__token__=exp=1~hmac={}",
    "https://res.cloudinary.com/me/image/s--{}--/a.jpg",
    "https://h.example/secure/{}/2147483647/a.tif",
    "https://cdn.example/URLPrefix=aHR0&Expires=1&KeyName=k&Signature={}/a.tif",
    // Tokens and keys of services.
    "https://gitlab.example/a.tif?private_token={}",
    "https://h.example/a.tif?access_token={}",
    "https://h.example/cb#access_token={}&token_type=bearer",
    "https://h.example/a.tif?oauth_token={}&sign={}&auth_token={}&secret_key={}&ticket={}",
    "https://h.example/items?f=json&limit=10&token=next:{}",
    "https://h.example/a.tif;jsessionid={}",
    // A login in the URL.
    "https://me:{}@h.example:8443/a.tif",
    "//me:{}@h.example/a.tif",
    "https%3A%2F%2Fme%3A{}%40h.example%2Fa.tif",
    // In another text, and encoded.
    r#"{"href":"https:\/\/h.example\/a.tif?sig={}"}"#,
    r#"{\"href\":\"https:\\\/\\\/h.example\\\/a.tif?sig={}\"}"#,
    r"https://h.example/a.tif?a=1\u0026sig={}",
    "url=https%3A%2F%2Fh.example%2Fa.tif%3Fsig%3D{}",
    "https%253A%252F%252Fh.example%252Fa.tif%253Fsig%253D{}",
    "https://h.example/a.tif?a=1&amp;sig={}",
    "https:&#x2F;&#x2F;h.example/a.tif?sig={}",
    "https://cache.example/https://h.example/a.tif?sig={}",
    "/a.tif?sig={}",
    // Headers and words.
    "Authorization: Bearer {}",
    "refused: Basic {}==",
    "X-Api-Key: {}",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
    r#"{"access_token": "{}", "expires_in": 300}"#,
    "password={} for the server",
    "pwd={} for the server",
    "pass: {}",
    "DB_PASS={}",
    r#"{"passwd": "{}", "n": 1}"#,
    "key: {}",
    "Cookie: session={}; other={}",
];

/// Returns random letters and digits that occur nowhere else.
fn secret(number: usize) -> String {
    let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let hash = Sha256::digest(format!("secret {number}"));
    hash.iter().take(28).map(|byte| char::from(letters[usize::from(*byte) % letters.len()])).collect()
}

fn form(number: usize) -> String {
    FORMS[number].replace("{}", &secret(number))
}

/// Returns the strings that the platform puts into each field.
pub fn texts() -> Vec<String> {
    (0..FORMS.len()).map(form).collect()
}

/// Returns the folder of the recorded texts, if this is the process of the secrets test.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Records a text.
pub fn keep(content: &str) {
    static FILE: Mutex<Option<File>> = Mutex::new(None);
    let Some(folder) = folder() else { return };
    let mut file = FILE.lock().unwrap();
    let file = file.get_or_insert_with(|| File::create(folder.join("values.txt")).unwrap());
    writeln!(file, "{content}").unwrap();
}

/// Records the `Debug` output of a value.
pub fn record(value: &impl Debug) {
    if folder().is_some() {
        keep(&format!("{value:?}\n{value:#?}"));
    }
}

/// Records all cells of a frame.
pub fn record_frame(frame: &DataFrame) {
    let text = |cell: AnyValue<'_>| match cell {
        AnyValue::String(text) => keep(text),
        other => keep(&other.to_string()),
    };
    for column in frame.columns() {
        keep(column.name());
        column.as_materialized_series().iter().for_each(text);
    }
}

/// Records a page, and the scenes through a file.
pub fn save(scenes: &Scenes, page: &str) {
    let Some(folder) = folder() else { return };
    keep(page);
    let path = folder.join("scenes.parquet");
    scenes.to_geoparquet(&path).unwrap();
    for scene in Scenes::read_geoparquet(&path).unwrap().iter() {
        keep(&format!("{:?} {:?} {:?}", scene.id, scene.properties, scene.assets()));
        keep(&format!("{scene:#?} {:?}", scene.note));
    }
    record_frame(&up42::catalog::scan_geoparquet(&path).unwrap().collect().unwrap());
}

/// Subscriber that records all log messages.
pub struct Log;

impl Log {
    pub fn start() {
        if folder().is_some() {
            tracing::subscriber::set_global_default(Self).unwrap();
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut line = String::from("log: ");
        span.record(&mut Line(&mut line));
        keep(&line);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut line = String::from("log: ");
        values.record(&mut Line(&mut line));
        keep(&line);
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = format!("log: {}", event.metadata().target());
        event.record(&mut Line(&mut line));
        keep(&line);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

/// Returns the text with the pages in it unpacked: they are deflated and base64-encoded.
fn unpacked(text: &str) -> String {
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let runs = text.split(|letter| !is_base64(letter)).filter(|run| run.len() > 400);
    let mut out = Vec::new();
    for run in runs {
        let Ok(bytes) = BASE64_STANDARD.decode(run) else { continue };
        let _ = DeflateDecoder::new(&bytes[..]).read_to_end(&mut out);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns a message for each secret that a text contains, with its place.
fn leaks(place: &str, text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let leak = |number: usize| {
        let secret = secret(number)[..LEAK].to_lowercase();
        let at = lower.find(&secret)?;
        let around: String =
            lower[..at].chars().rev().take(90).collect::<Vec<_>>().into_iter().rev().collect();
        Some(format!("{place}: {} as …{around:?}{secret}", FORMS[number]))
    };
    (0..FORMS.len()).filter_map(leak).collect()
}

/// Lists all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns the content of an SQLite file without the inputs that jobs are sent with.
fn rows(path: &Path) -> String {
    let file = rusqlite::Connection::open(path).unwrap();
    let texts = |query: &str| -> Vec<String> {
        let mut query = file.prepare(query).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    let mut all = String::new();
    for table in texts("SELECT name FROM sqlite_master WHERE type = 'table'") {
        for column in texts(&format!("SELECT name FROM pragma_table_info('{table}') WHERE name <> 'inputs'"))
        {
            all += &texts(&format!("SELECT coalesce(quote(\"{column}\"), '') FROM {table}")).join("\n");
        }
    }
    all
}

#[test]
fn printed_values_contain_no_secret_of_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let printed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "untrusted::show::print", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let mut found = Vec::new();
    let printed = [printed.stdout, printed.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let values = fs::read_to_string(folder.path().join("values.txt")).unwrap();
    for page in [&printed[0], &values] {
        let page = unpacked(page);
        assert!(page.contains("h.example/a.tif"), "the pages were unpacked");
        found.extend(leaks("page", &page));
    }
    found.extend(leaks("output", &printed[0]));
    found.extend(leaks("stderr", &printed[1]));
    assert!(values.contains("https://h.example/a.tif"));
    assert!(values.contains("log: up42") && values.contains("try again"), "nothing was logged");
    let mut journals = 0;
    for path in files(folder.path()) {
        let is_journal = path.extension().is_some_and(|kind| kind != "lock")
            && path.to_string_lossy().contains("journals");
        let text = match is_journal {
            true => rows(&path),
            false => String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned(),
        };
        found.extend(leaks(&path.display().to_string(), &text));
        journals += usize::from(is_journal);
        #[cfg(unix)]
        if is_journal {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
    assert!(journals >= 2, "{journals} journals");
    assert!(found.is_empty(), "{} secrets:\n{}", found.len(), found.join("\n"));
}

#[test]
fn errors_contain_no_secret_of_a_server() {
    let mut found = Vec::new();
    for number in 0..FORMS.len() {
        let text = form(number);
        let server = Server::start(move |request| {
            let refuse = |body: serde_json::Value| {
                answer(400, &format!("X-Request-Id: {text}\r\n"), body.to_string().as_bytes())
            };
            match request.split(' ').nth(1).unwrap_or_default() {
                path if path.starts_with("/realms") => {
                    answer(200, "", br#"{"access_token": "t", "expires_in": 300}"#)
                }
                "/v2/budgets" => refuse(serde_json::json!({"title": text, "detail": text, "code": text})),
                "/v2/budgets/settings" | "/v2/collections" => answer(200, "", text.as_bytes()),
                "/v2/orders?size=100" => answer(302, &format!("Location: ftp://{text}\r\n"), b""),
                _ => refuse(serde_json::json!({"error": {"code": text, "message": text, "details": [text]}})),
            }
        });
        let client = server.client().build().unwrap();
        let errors = [
            client.balance().unwrap_err(),
            client.budgets().unwrap_err(),
            client.collections().unwrap_err(),
            client.orders(up42::orders::OrderFilter::new()).unwrap_err(),
            client.workspace().unwrap_err(),
        ];
        for error in errors {
            let server_error = error.server_error();
            let parts =
                server_error.map(|one| format!("{:?} {:?} {:?}", one.code, one.message, one.request_id));
            found.extend(leaks("error", &format!("{error} {error:?} {error:#?} {server_error:?} {parts:?}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn errors_contain_no_login_of_a_url() {
    let (user, secret) = ("somebody", secret(0));
    let href = format!("http://{user}:{secret}@127.0.0.1:9/a.jpg");
    let item = serde_json::json!({"id": "a", "assets": {"thumbnail": {"href": href}},
        "geometry": {"type": "Point", "coordinates": [0, 0]}, "properties": {"datetime": "2020-01-01T00:00:00Z"}});
    let scenes = Scenes::from_geojson(&item.to_string()).unwrap();
    let server = Server::start(|_| answer(200, "", br#"{"access_token": "t", "expires_in": 300}"#));
    let catalog = server.client().build().unwrap().catalog().without_cache();
    let quicklooks = catalog.download_quicklooks(&scenes).unwrap();
    let up42::catalog::QuicklookOutcome::Failed(error) = &quicklooks.iter().next().unwrap().outcome else {
        panic!("nobody listens there")
    };
    assert_eq!(error.kind(), ErrorKind::Network);
    let page = quicklooks.to_map(&super::platform::square(0)).to_html();
    let printed_values = format!("{error} {error:?} {:?} {page} {}", quicklooks, unpacked(&page));
    assert!(printed_values.contains("cannot connect to `127.0.0.1:9`"), "{error}");
    assert!(!printed_values.contains(&secret) && !printed_values.contains(user), "{error}");
}

/// Checks that items of real archives are not changed.
#[test]
fn real_items_are_unchanged() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/items");
    if !data.is_dir() {
        assert!(std::env::var_os("UP42_REQUIRE_DATA").is_none(), "{} is missing", data.display());
        eprintln!("skipped: {} is missing", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for path in files(&data).iter().filter(|path| path.extension().is_some_and(|kind| kind == "ndjson")) {
        let scenes = Scenes::read(path).unwrap();
        let file = folder.path().join("a.parquet");
        scenes.to_geoparquet(&file).unwrap();
        for (before, after) in scenes.iter().zip(Scenes::read_geoparquet(&file).unwrap().iter()) {
            assert_eq!(before.assets(), after.assets(), "{}", path.display());
            checked += before.assets().len();
        }
    }
    assert!(checked > 1_000, "{checked} assets");
}

#[test]
fn a_signed_url_as_an_input_is_stored_privately() {
    let (simulator, folder) =
        (Simulator::builder().clock(Clock::speed(600.0)).start().unwrap(), tempfile::tempdir().unwrap());
    let client = Client::builder().simulator(simulator.clone()).batches(folder.path()).build().unwrap();
    let batch = || {
        let row = serde_json::json!({"name": form(0)});
        client
            .process_server(simulator.ogc_url())
            .unwrap()
            .process("hello-world")
            .unwrap()
            .batch("signed", vec![row])
    };
    let printed_values = format!("{:?}", batch().unwrap());
    let jobs = batch().unwrap().quiet().run().unwrap();
    let record = jobs.iter().next().unwrap();
    let shown = [jobs.to_mime_bundle(), record.to_mime_bundle(), client.batches().unwrap().to_mime_bundle()];
    let printed_values =
        format!("{printed_values} {jobs:?} {record:?} {shown:?} {:?}", client.batches().unwrap());
    assert!(leaks("values", &printed_values).is_empty(), "{:?}", leaks("values", &printed_values));
    let journal = folder.path().join("signed.sqlite");
    let text = String::from_utf8_lossy(&fs::read(&journal).unwrap()).into_owned();
    assert!(text.contains(&secret(0)), "jobs that are sent again need it");
    assert!(leaks("journal", &rows(&journal)).is_empty());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // SQLite creates its own files beside the journal.
        let writer = rusqlite::Connection::open(&journal).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO request VALUES ('nothing')").unwrap();
        let mut found = files(folder.path());
        found.retain(|path| path.to_string_lossy().contains(".sqlite"));
        assert!(found.len() > 1, "{found:?}");
        for path in found {
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
        }
        writer.execute_batch("ROLLBACK").unwrap();
    }
    assert_eq!(batch().unwrap().quiet().run().unwrap().succeeded(), 1);
    assert_eq!(simulator.ogc_ledger().len(), 1, "the batch went on");
}
