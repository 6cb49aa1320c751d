//! Processes of the hostile platform and of a hostile OGC server at the same address: their
//! responses, and their displays.

use serde_json::{Value, json};
use up42::Client;
use up42::processes::{ProcessServer, ProcessingFilter};
use up42::view::Show;

use super::show::shown;

const URL: &str = "https://h/x?X-Amz-Signature=hunter2";
const CLASS: &str = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core";

/// Returns the response, if the request is about processes.
pub fn answer(method: &str, path: &str, texts: &[String]) -> Option<Value> {
    let parts: Vec<&str> = path.split('/').skip(1).filter(|part| !part.is_empty()).collect();
    let text = &texts[path.len() % texts.len()];
    let list = |one: &dyn Fn(usize, &String) -> Value| -> Vec<Value> {
        texts.iter().enumerate().map(|(index, text)| one(index, text)).collect()
    };
    Some(match (method, parts.as_slice()) {
        ("GET", ["ogc"]) => json!({"title": texts[0], "conformsTo": [CLASS], "links": [{"href": URL}]}),
        ("GET", ["ogc", "processes"]) => json!({"processes": list(&|_, text| described(text, texts))}),
        ("GET", ["ogc" | "v2", "processes", id] | ["v2", "processing", "processes", id]) => {
            described(id, texts)
        }
        ("POST", ["ogc", "processes", _, "execution"]) => {
            json!({"jobID": format!("{}", uuid(path)), "status": "failed", "message": text})
        }
        ("GET", ["ogc", "jobs"]) => json!({"jobs": list(&|index, text| {
            json!({"jobID": format!("o-{index}"), "processID": text, "status": text, "message": URL})
        })}),
        ("GET", ["ogc", "jobs", id]) => {
            json!({"jobID": id, "status": "failed", "message": format!("{text} {URL}")})
        }
        ("POST", ["v2", "processing", "processes", _, "cost"]) => json!({"totalCredits": 7}),
        ("POST", ["v2", "processing", "processes", _, "execution"]) => job(0, text),
        ("GET", ["v2", "processing", "jobs"]) => json!({"jobs": list(&job), "links": []}),
        ("GET", ["v2", "processing", "jobs", _]) => job(1, text),
        _ => return None,
    })
}

fn uuid(path: &str) -> String {
    format!("u-{}", path.len())
}

fn job(index: usize, text: &String) -> Value {
    let status = ["released", "invalid", "rejected", text][index % 4];
    json!({"jobID": format!("v-{index}"), "processID": text, "status": status, "created": text,
        "definition": {"inputs": {"title": text, "item": URL}},
        "results": {"errors": [{"name": text, "message": URL}]}})
}

fn described(id: &str, texts: &[String]) -> Value {
    let input = |text: &String| {
        json!({"title": text, "description": text, "minOccurs": 0,
            "schema": {"type": text, "enum": [text, URL], "default": text}})
    };
    let inputs: serde_json::Map<String, Value> =
        texts.iter().map(|text| (text.clone(), input(text))).collect();
    json!({
        "id": id, "title": texts[1], "description": format!("{} {URL}", texts[2]), "version": texts[3],
        "jobControlOptions": ["async-execute"], "inputs": inputs, "outputs": {texts[4].clone(): {"title": texts[5]}},
        "additionalParameters": {"parameters": [{"name": "price", "value": [{"credits": 1, "unit": texts[6]}]}]},
    })
}

pub fn show(client: &Client, url: &str, texts: &[String]) {
    let server: ProcessServer = client.process_server(format!("{url}/ogc")).unwrap();
    shown("ogc-server");
    display!(server);
    shown("ogc-processes");
    display!(server.processes().unwrap());
    let process = server.process("x").unwrap();
    shown("ogc-process");
    display!(process);
    shown("ogc-inputs");
    display!(process.inputs());
    shown("ogc-inputs-frame");
    frame!(process.inputs().to_dataframe().unwrap());
    for (index, input) in process.inputs().iter().enumerate() {
        shown(&format!("ogc-input-{index}"));
        display!(input);
    }
    let process = client.process("x").unwrap();
    shown("process");
    display!(process);
    let rows: Vec<Value> = texts.iter().map(|text| json!({text.as_str(): text})).collect();
    shown("process-estimate");
    display!(process.estimate(rows.clone()).unwrap());
    shown("process-jobs");
    display!(process.jobs(ProcessingFilter::new()).unwrap());
}
