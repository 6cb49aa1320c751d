use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use up42_core::error::{Error, Result};

/// Price range, in credits (1 credit is 0.01 EUR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// Lowest price.
    pub min: i64,
    /// Highest price.
    pub max: i64,
}

/// Range of a run time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Shortest time.
    pub min: Duration,
    /// Longest time.
    pub max: Duration,
}

/// Price and run time of one job. The estimate is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price {
    /// Credits for the blocks and for the machines that run them.
    pub credits: Credits,
    /// Total run time of its tasks, without the time in the queue; `None` if the platform does not
    /// state it.
    pub duration: Option<Durations>,
}

impl Credits {
    /// Adds two prices.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }
}

impl Durations {
    /// Adds two times that run one after the other.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }
}

impl Price {
    /// Reads the estimate of a job with these inputs. Fails if a task is missing, because its cost
    /// would be counted as 0.
    pub(crate) fn of_job(json: &Value, inputs: &Map<String, Value>) -> Result<Self> {
        match inputs.keys().find(|task| *task != "config" && json.get(task.as_str()).is_none()) {
            Some(task) => Err(Error::response(format!("the estimate lacks task `{task}`"))),
            None => Self::read(json),
        }
    }

    /// Reads an estimate with one member per task (`docs/up42-api.md`, 6.1).
    pub(crate) fn read(json: &Value) -> Result<Self> {
        let tasks = json.as_object().filter(|tasks| !tasks.is_empty());
        let tasks = tasks.ok_or_else(|| Error::response("`data` should be an object of tasks"))?;
        let mut credits = Credits::default();
        for task in tasks.values() {
            let bound = |part: &str, end: &str| {
                let credit = task.pointer(&format!("/{part}/credit/{end}")).and_then(Value::as_f64);
                credit.ok_or_else(|| Error::response(format!("`{part}.credit.{end}` is missing")))
            };
            let both =
                |end| Ok::<_, Error>(bound("blockConsumption", end)? + bound("machineConsumption", end)?);
            credits =
                credits.plus(Credits { min: both("min")?.floor() as i64, max: both("max")?.ceil() as i64 });
        }
        let durations: Option<Vec<Durations>> = tasks.values().map(duration).collect();
        Ok(Self { credits, duration: durations.and_then(|all| all.into_iter().reduce(Durations::plus)) })
    }
}

/// Returns the run time of a task. The API does not state the unit; the values of its examples can
/// only be milliseconds (`docs/up42-api.md`, 6.1).
fn duration(task: &Value) -> Option<Durations> {
    let bound = |end: &str| {
        let milliseconds = task.pointer(&format!("/machineConsumption/duration/{end}"))?.as_f64()?;
        Duration::try_from_secs_f64(milliseconds / 1000.0).ok()
    };
    Some(Durations { min: bound("min")?, max: bound("max")? })
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.min == self.max {
            true => write!(f, "{}", self.max),
            false => write!(f, "{} to {}", self.min, self.max),
        }
    }
}

impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (duration_text(self.min), duration_text(self.max));
        if min == max { f.write_str(&max) } else { write!(f, "{min} to {max}") }
    }
}

/// Formats a time in its two largest units.
fn duration_text(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_formatted_in_their_largest_units() {
        let of = |min, max| Durations { min: Duration::from_secs(min), max: Duration::from_secs(max) };
        assert_eq!(of(8, 600).to_string(), "8 s to 10 min 00 s");
        assert_eq!(of(7260, 7260).to_string(), "2 h 01 min");
        let endless = of(0, u64::MAX);
        assert_eq!(endless.plus(endless).max, Duration::new(u64::MAX, 999_999_999));
    }

    /// The numbers are from the SDK's fixtures.
    #[test]
    fn tasks_are_summed_and_durations_are_in_milliseconds() {
        let task = json!({
            "blockConsumption": {"credit": {"min": 100, "max": 250}, "resources": {"min": 3, "max": 4, "unit": "SCENE"}},
            "machineConsumption": {"credit": {"min": 1.5, "max": 2.5}, "duration": {"min": 80930, "max": 428927}},
        });
        let price = Price::read(&json!({"s2:1": task, "tiling:1": task})).unwrap();
        assert_eq!(price.credits, Credits { min: 202, max: 506 });
        assert_eq!(price.duration.unwrap().to_string(), "2 min 42 s to 14 min 18 s");
        assert!(Price::read(&json!({})).is_err());
        let inputs = json!({"config": {"mode": "DRY_RUN"}, "s2:1": {}, "tiling:1": {}});
        let of_job = |estimate| Price::of_job(&estimate, inputs.as_object().unwrap());
        assert_eq!(of_job(json!({"s2:1": task, "tiling:1": task})).unwrap(), price);
        insta::assert_snapshot!(of_job(json!({"s2:1": task})).unwrap_err(), @"the estimate lacks task `tiling:1`");
        let mut odd = task.clone();
        odd["machineConsumption"]["duration"]["min"] = json!(-1);
        assert_eq!(Price::read(&json!({"s2:1": odd})).unwrap().duration, None);
        assert!(
            Price::read(&json!({"s2:1": {}}))
                .unwrap_err()
                .to_string()
                .contains("`blockConsumption.credit.min`")
        );
    }
}
