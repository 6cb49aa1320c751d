use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::exception;
use super::processes::Process;
use crate::LedgerEntry;
use crate::distribution::Distribution;
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::seeded_rng::SeededRng;
use crate::store::stamp;

/// Smallest and largest time in the queue, in seconds.
const QUEUE: (f64, f64) = (1.0, 4.0);
/// Smallest and largest run time, in seconds.
const RUN: (f64, f64) = (5.0, 40.0);

/// Job whose status times are determined when it is created; only dismissing it changes that.
#[derive(Clone, Debug)]
pub(crate) struct OgcJob {
    pub id: String,
    pub process: &'static str,
    pub inputs: Map<String, Value>,
    pub key: u64,
    created: Timestamp,
    started: Timestamp,
    finished: Timestamp,
    /// Time from which the list contains it, by the steady clock.
    pub listed: Timestamp,
    pub fails: bool,
    dismissed: Option<Timestamp>,
    /// Whether its results are one document.
    pub is_document: bool,
}

impl OgcJob {
    pub(super) fn new(
        process: &'static Process,
        inputs: Map<String, Value>,
        now: Timestamp,
        listed: Timestamp,
        rng: &mut SeededRng,
        run_times: Option<Distribution>,
    ) -> Self {
        let later = |at: Timestamp, seconds: f64| {
            at.checked_add(Duration::from_secs_f64(seconds)).unwrap_or(Timestamp::MAX)
        };
        let started = later(now, rng.between(QUEUE.0, QUEUE.1));
        let runs = match run_times {
            Some(times) => times.draw(rng),
            None => rng.between(RUN.0, RUN.1),
        };
        Self {
            id: rng.uuid().to_string(),
            process: process.id,
            inputs,
            key: 0,
            created: now,
            started,
            finished: later(started, runs),
            listed,
            fails: false,
            dismissed: None,
            is_document: false,
        }
    }

    pub(super) fn hang(&mut self) {
        self.finished = Timestamp::MAX;
    }

    pub(super) fn dismiss(&mut self, now: Timestamp) {
        if now < self.finished {
            self.dismissed.get_or_insert(now);
        }
    }

    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match self.dismissed {
            Some(_) => "dismissed",
            None if now < self.started => "accepted",
            None if now < self.finished => "running",
            None if self.fails => "failed",
            None => "successful",
        }
    }

    /// Returns `statusInfo`; the inputs are an addition to the standard.
    pub(super) fn json(&self, platform: &Platform) -> Value {
        let now = platform.clock.now();
        let status = self.status(now);
        let past = |at: Timestamp| (at <= now).then(|| stamp(at));
        let length = self.finished.duration_since(self.started).as_secs_f64().max(0.001);
        let gone = now.duration_since(self.started).as_secs_f64() / length;
        let mut json = json!({
            "processID": self.process,
            "type": "process",
            "jobID": self.id,
            "status": status,
            "message": match status {
                "failed" => "the process failed on its inputs",
                "dismissed" => "dismissed by its user",
                _ => "all is well",
            },
            "created": stamp(self.created),
            "started": past(self.started),
            "finished": past(self.dismissed.unwrap_or(self.finished)),
            "updated": stamp(self.created),
            "progress": (gone.clamp(0.0, 1.0) * 100.0) as u8,
            "links": [{
                "rel": "http://www.opengis.net/def/rel/ogc/1.0/results",
                "href": platform.ogc_url(&format!("/jobs/{}/results", self.id)),
            }],
        });
        if !platform.ogc_hides_inputs {
            json["inputs"] = Value::Object(self.inputs.clone());
        }
        json
    }

    pub(crate) fn ledger_entry(&self, now: Timestamp) -> LedgerEntry {
        LedgerEntry {
            id: self.id.clone(),
            name: None,
            inputs: Value::Object(self.inputs.clone()),
            mode: "DEFAULT".to_owned(),
            status: self.status(now).to_owned(),
            credits: 0,
            foreign: false,
        }
    }

    pub(super) fn results(&self, platform: &Platform) -> Answer {
        match self.status(platform.clock.now()) {
            "successful" | "failed" => self.outcome(platform),
            _ => Err(exception(404, "result-not-ready", "the job has no results yet")),
        }
    }

    /// Returns the result or the error.
    pub(super) fn outcome(&self, platform: &Platform) -> Answer {
        if self.fails {
            return Err(exception(500, "NoApplicableCode", "the process failed on its inputs"));
        }
        let numbers = |name: &str| -> Vec<f64> {
            self.inputs[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
        };
        Ok(match self.process {
            "hello-world" => {
                let words = ["name", "message"].map(|name| self.inputs.get(name).and_then(Value::as_str));
                let [name, message] = words.map(Option::unwrap_or_default);
                let echo = format!("Hello {name}! {message}").trim().to_owned();
                match self.is_document {
                    true => Reply::json(200, &json!({"echo": echo})),
                    false => Reply::text(echo),
                }
            }
            "grid" => {
                let href = platform.ogc_url(&format!("/files/{}/grid.geojson", self.id));
                let count = self.grid()["features"].as_array().map_or(0, Vec::len);
                let grid = json!({"href": href, "type": "application/geo+json"});
                Reply::json(200, &json!({"grid": grid, "count": count}))
            }
            _ => {
                let [from, to] = ["from", "to"].map(numbers);
                let sides: f64 = from.iter().zip(&to).map(|(a, b)| (a - b).powi(2)).sum();
                Reply::json(200, &json!({"degrees": sides.sqrt()}))
            }
        })
    }

    /// Returns the bounding box divided into cells, with equal numbers of rows and columns.
    pub(super) fn grid(&self) -> Value {
        let sides: Vec<f64> = self
            .inputs
            .get("bbox")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        let &[west, south, east, north] = sides.as_slice() else { return json!({"features": []}) };
        let count = self.inputs.get("cells").and_then(Value::as_u64).unwrap_or(4).clamp(1, 50);
        let at = |from: f64, to: f64, place: u64| from + (to - from) * place as f64 / count as f64;
        let cell = |number: u64| {
            let (column, row) = (number % count, number / count);
            let [w, e] = [at(west, east, column), at(west, east, column + 1)];
            let [s, n] = [at(south, north, row), at(south, north, row + 1)];
            let ring = json!([[[w, s], [e, s], [e, n], [w, n], [w, s]]]);
            let geometry = json!({"type": "Polygon", "coordinates": ring});
            json!({"type": "Feature", "id": number, "geometry": geometry, "properties": {"row": row, "column": column}})
        };
        json!({"type": "FeatureCollection", "features": (0..count * count).map(cell).collect::<Vec<_>>()})
    }
}
