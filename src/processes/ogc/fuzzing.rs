//! Fuzz target for documents of OGC API - Processes servers, for [`fuzzing`](crate::fuzzing).

use std::env;
use std::path::Path;

use serde_json::{Value, json};

use super::stored_response::StoredResponse;
use super::{OgcProcess, ProcessServer, job, results};
use crate::client::{Client, Endpoint};
use crate::processes::Processes;
use crate::transport::Response;

thread_local! {
    /// Server that is never requested.
    static SERVER: ProcessServer = {
        let endpoint = Endpoint::from("https://processes.example/");
        let client = Client::open_with(&endpoint, env::temp_dir()).unwrap();
        ProcessServer { client, url: "https://processes.example".into(), title: None }
    };
}

/// Parses the bytes as each kind of document, and as results of a process: the first line is the
/// media type, the rest the body.
pub(crate) fn ogc(bytes: &[u8], _: &Path) {
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        let _ = job::read(&json);
        assert!(!format!("{:?}", Processes::read(&[json.clone(), json.clone()], false)).is_empty());
        if let Ok(process) = SERVER.with(|server| OgcProcess::read(server, &json)) {
            let inputs = process.inputs();
            assert_eq!(inputs.to_dataframe().unwrap().height(), inputs.len());
            let _ = inputs.check([("one".to_owned(), json.as_object().unwrap())]);
        }
    }
    let _ = StoredResponse::read(bytes);
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let content_type = String::from_utf8_lossy(&bytes[..end]).trim().to_owned();
    for outputs in [json!({}), json!({"echo": {}}), json!({"echo": {}, "raster": {}})] {
        let process = json!({"id": "a", "outputs": outputs});
        let process = SERVER.with(|server| OgcProcess::read(server, &process)).unwrap();
        let response = Response {
            status: 200,
            content_type: Some(content_type.clone()),
            location: None,
            body: bytes[end + 1..].to_vec(),
            is_secret: false,
        };
        let _ = results::of_answer(&process, response);
    }
}
