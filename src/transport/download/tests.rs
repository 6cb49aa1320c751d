use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;
use crate::transport::{Settings, Worker};

/// Storage server that sends these responses one after another and records the `Range` and
/// `If-Range` headers of the requests.
struct Storage {
    url: String,
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Storage {
    fn of(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut answers: VecDeque<String> = answers.iter().map(|answer| answer.to_string()).collect();
        let ranges: Arc<Mutex<Vec<String>>> = Arc::default();
        let received = ranges.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let header = |name: &str| {
                    lines.iter().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
                };
                let range = ["range:", "if-range:"].iter().filter_map(|name| header(name));
                received.lock().unwrap().push(range.collect::<Vec<_>>().join(" "));
                let Some(answer) = answers.pop_front() else { break };
                let (head, body) = answer.split_once("\n\n").unwrap();
                let head = head.replace('\n', "\r\n");
                let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read(&mut [0]);
            }
        });
        Self { url, ranges }
    }

    fn fetch(&self, path: &Path) -> Result<()> {
        self.fetch_to(path, DownloadProgress::default())
    }

    fn fetch_to(&self, path: &Path, incoming: DownloadProgress) -> Result<()> {
        let worker = Worker::start(Connection::new(Settings::test(&self.url)).unwrap()).unwrap();
        worker.download(Request::get(&self.url), path.to_owned(), incoming).map(drop)
    }

    fn ranges(&self) -> Vec<String> {
        self.ranges.lock().unwrap().clone()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Response with four of ten bytes, after which the connection ends.
const BROKEN: &str = "200 OK\nContent-Length: 10\nETag: \"a\"\n\n0123";

#[test]
fn the_rest_of_an_unchanged_file_is_requested() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let storage = Storage::of(&[
        BROKEN,
        "206 Partial\nContent-Length: 6\nContent-Range: bytes 4-9/10\nETag: \"a\"\n\n456789",
    ]);
    let incoming = DownloadProgress::default();
    let error = storage.fetch_to(&path, incoming.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert_eq!((incoming.counts().arrived, incoming.counts().fetched), (0, 4), "it counts when it goes on");
    storage.fetch_to(&path, incoming.clone()).unwrap();
    assert_eq!(
        (fs::read_to_string(&path).unwrap(), storage.ranges()[1].as_str()),
        ("0123456789".into(), "bytes=4- \"a\"")
    );
    assert_eq!((incoming.counts().arrived, incoming.counts().fetched), (10, 10));
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn parts_of_different_files_are_not_joined() {
    let whole = "200 OK\nContent-Length: 3\nETag: \"b\"\n\nnew";
    let cases: [&[&str]; 6] = [
        // The server does not support ranges, or the file has changed.
        &[BROKEN, whole],
        // The part is longer than the present file.
        &[BROKEN, "416 Range\nContent-Length: 0\nContent-Range: bytes */3\n\n", whole],
        // The server ignores `If-Range`.
        &[BROKEN, "206 P\nContent-Length: 6\nContent-Range: bytes 4-9/10\nETag: \"b\"\n\n456789", whole],
        &[BROKEN, "206 P\nContent-Length: 7\nContent-Range: bytes 4-10/11\n\n456789X", whole],
        // The server ignores `Range`.
        &[BROKEN, "206 P\nContent-Length: 10\nContent-Range: bytes 0-9/10\nETag: \"a\"\n\n0123456789", whole],
        // There is no strong validator for the part.
        &["200 OK\nContent-Length: 10\nETag: W/\"a\"\n\n0123", whole],
    ];
    for answers in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let storage = Storage::of(answers);
        storage.fetch(&path).unwrap_err();
        storage.fetch(&path).unwrap_or_else(|error| panic!("{answers:?}: {error}"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new", "{answers:?}");
        let last = storage.ranges().pop().unwrap();
        assert!(last.is_empty() == (answers.len() == 3 || answers[0].contains("W/")), "{answers:?}: {last}");
        assert_eq!(names(folder.path()), ["file"]);
    }
}

#[test]
fn a_complete_part_is_verified_by_its_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(folder.path().join("file.part"), "0123456789").unwrap();
    fs::write(folder.path().join("file.part.about"), "\"a\"\n10\n").unwrap();
    let storage = Storage::of(&["206 P\nContent-Length: 1\nContent-Range: bytes 9-9/10\nETag: \"a\"\n\n9"]);
    storage.fetch(&path).unwrap();
    assert_eq!(
        (fs::read_to_string(&path).unwrap(), storage.ranges()[0].as_str()),
        ("0123456789".into(), "bytes=9- \"a\"")
    );
}

#[test]
fn a_part_longer_than_its_file_is_downloaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(folder.path().join("file.part"), "0123456789XX").unwrap();
    fs::write(folder.path().join("file.part.about"), "\"a\"\n10\n").unwrap();
    let storage = Storage::of(&["200 OK\nContent-Length: 10\nETag: \"a\"\n\n0123456789"]);
    storage.fetch(&path).unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap(), storage.ranges()[0].as_str()), ("0123456789".into(), ""));
}

#[test]
fn a_part_changed_by_another_program_is_not_used() {
    // On a file system without locks: the other program writes while half of the file is there.
    for (other, is_whole) in [("XXX", true), ("XXXXXXXX", false)] {
        let folder = tempfile::tempdir().unwrap();
        let (path, part) = (folder.path().join("file"), folder.path().join("file.part"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"a\"\r\n\r\n01234").unwrap();
            while fs::metadata(&part).map_or(0, |file| file.len()) < 5 {
                std::thread::yield_now();
            }
            File::options().append(true).open(&part).unwrap().write_all(other.as_bytes()).unwrap();
            stream.write_all(b"56789").unwrap();
        });
        let first = Storage { url, ranges: Arc::default() };
        match first.fetch(&path) {
            Ok(()) => assert!(is_whole),
            Err(error) => {
                assert!(!is_whole && error.to_string().contains("there are 13 bytes of 10"), "{error}")
            }
        }
        if !is_whole {
            let again = Storage::of(&["200 OK\nContent-Length: 10\nETag: \"a\"\n\n0123456789"]);
            again.fetch(&path).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123456789", "{other}");
    }
}

#[test]
fn the_lock_of_a_part_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/file");
    let first = Part::of(&path).lock(&path, || ()).unwrap();
    let (sender, messages) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let path = &path;
        scope.spawn(move || {
            let _lock = Part::of(path).lock(path, || sender.send("waits").unwrap()).unwrap();
            sender.send(if path.exists() { "finds the file" } else { "finds nothing" }).unwrap();
        });
        assert_eq!(messages.recv().unwrap(), "waits");
        fs::write(path, "whole").unwrap();
        drop(first);
        assert_eq!(messages.recv().unwrap(), "finds the file");
    });
    assert_eq!(names(&folder.path().join("new")), ["file"]);
}

#[test]
fn a_file_larger_than_the_free_space_is_not_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let storage = Storage::of(&["200 OK\nContent-Length: 10\nETag: \"a\"\n\n0123456789"]);
    let error = storage.fetch_to(&path, DownloadProgress::with_free(100_000_019)).unwrap_err();
    assert!(error.kind() == ErrorKind::Io && error.to_string().contains("100 MB are needed"), "{error}");
    assert!(names(folder.path()).is_empty());
}
