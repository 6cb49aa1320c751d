//! A server with hand-written responses, for behaviour that no platform should have.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use up42::Client;
use up42::client::{ClientBuilder, RetryPolicy};

pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that answers each request, given its head and body as text, with the result
    /// of `answer`.
    pub fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", answer)
    }

    /// Starts a server at another address of this machine.
    pub fn at(address: &str, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (requests.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { url, requests }
    }

    /// Returns the requests so far that begin with a text, such as `POST /search`.
    pub fn requests_to(&self, start: &str) -> Vec<String> {
        self.requests.lock().unwrap().iter().filter(|one| one.starts_with(start)).cloned().collect()
    }

    /// Returns a builder of clients that use this server for the login and the API.
    pub fn client(&self) -> ClientBuilder {
        let once = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
        Client::builder().account("me", "hunter2").api_url(&self.url).auth_url(&self.url).retry(once)
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        text += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    text += &String::from_utf8_lossy(&body);
    seen.lock().unwrap().push(text.clone());
    // A client that has read enough may have disconnected.
    let _ = reader.get_mut().write_all(&answer(&text));
}

/// Returns a response with a status, headers and a body.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = if headers.contains("Content-Length") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n{headers}{length}\r\n");
    [head.as_bytes(), body].concat()
}

pub fn json(value: Value) -> Vec<u8> {
    answer(200, "Content-Type: application/json\r\n", value.to_string().as_bytes())
}
