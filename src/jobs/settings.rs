use std::fmt;

use serde_json::{Value, json};

use super::{Project, required};
use crate::client::{data, items};
use crate::transport::Request;
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;

/// Changes of a project's settings; settings that are not given stay unchanged.
///
/// ```
/// # use up42::Client;
/// # use up42::jobs::Settings;
/// # let client = Client::simulator()?;
/// let project = client.project()?;
/// let settings = project.update_settings(Settings::new().max_concurrent_jobs(5))?;
/// assert_eq!(settings.max_concurrent_jobs(), Some(5));
/// # Ok::<(), up42::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Largest number of unfinished jobs of the project at a time.
    pub max_concurrent_jobs: Option<u32>,
    /// Largest area of a job, in km².
    pub max_aoi_size: Option<u32>,
    /// Largest number of images of a job.
    pub max_images: Option<u32>,
}

/// Settings of a project on the platform, with their allowed ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectSettings {
    settings: Vec<Setting>,
}

/// Setting of a project (`docs/up42-api.md`, 2.2).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// Name on the platform, such as `MAX_CONCURRENT_JOBS`.
    pub name: String,
    /// Value; the platform sends it as text.
    pub value: String,
    /// Smallest and largest value that the platform accepts.
    pub range: Option<(i64, i64)>,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", sanitize(&self.name, 120), sanitize(&self.value, 120))
    }
}

const JOBS: &str = "MAX_CONCURRENT_JOBS";
const AREA: &str = "JOB_QUERY_MAX_AOI_SIZE";
const IMAGES: &str = "JOB_QUERY_LIMIT_PARAMETER_MAX_VALUE";

impl Settings {
    /// Creates an empty set of changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the largest number of unfinished jobs of the project at a time.
    pub fn max_concurrent_jobs(mut self, jobs: u32) -> Self {
        self.max_concurrent_jobs = Some(jobs);
        self
    }

    /// Sets the largest area of a job, in km².
    pub fn max_aoi_size(mut self, km2: u32) -> Self {
        self.max_aoi_size = Some(km2);
        self
    }

    /// Sets the largest number of images of a job.
    pub fn max_images(mut self, images: u32) -> Self {
        self.max_images = Some(images);
        self
    }
}

impl ProjectSettings {
    pub(super) fn read(json: Value) -> Result<Self> {
        let setting = |json: &Value| {
            let value = json
                .get("value")
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let bound = |pointer| json.pointer(pointer).and_then(Value::as_i64);
            Ok(Setting {
                name: required(json, "name")?,
                value: value.unwrap_or_default(),
                range: bound("/range/min").zip(bound("/range/max")),
            })
        };
        let settings = items(data(json)?, "data")?.iter().map(setting).collect::<Result<_>>()?;
        Ok(Self { settings })
    }

    /// Returns the settings, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Setting> {
        self.settings.iter()
    }

    /// Returns the setting with this name, such as `MAX_CONCURRENT_JOBS`.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&Setting> {
        self.iter().find(|setting| setting.name == name.as_ref())
    }

    /// Returns the largest number of unfinished jobs of the project at a time.
    pub fn max_concurrent_jobs(&self) -> Option<u32> {
        self.get(JOBS)?.number()
    }

    /// Returns the largest area of a job, in km².
    pub fn max_aoi_size(&self) -> Option<u32> {
        self.area()?.number()
    }

    /// Returns the largest number of images of a job.
    pub fn max_images(&self) -> Option<u32> {
        self.images()?.number()
    }

    pub(super) fn area(&self) -> Option<&Setting> {
        // Some servers use a shorter name (`docs/up42-api.md`, 2).
        self.get(AREA).or_else(|| self.get("MAX_AOI_SIZE"))
    }

    pub(super) fn images(&self) -> Option<&Setting> {
        self.get(IMAGES)
    }
}

impl Setting {
    pub(super) fn number(&self) -> Option<u32> {
        self.value.trim().parse().ok()
    }

    /// Returns a message if the value is out of the setting's range.
    fn refuses(&self, value: u32) -> Option<String> {
        let (min, max) = self.range.filter(|(min, max)| !(*min..=*max).contains(&value.into()))?;
        Some(format!("`{}` must be {min} to {max}, not {value}", self.name))
    }
}

impl Project {
    /// Returns the project's settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the project does not exist.
    pub fn settings(&self) -> Result<ProjectSettings> {
        let path = self.path("/settings");
        self.client().get(&path).and_then(ProjectSettings::read).context("read the project's settings")
    }

    /// Changes the given settings; the others stay unchanged. Returns all settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if a value is out of range; the message names the setting and
    /// its range.
    #[doc(alias = "update_project_settings")]
    pub fn update_settings(&self, settings: impl Into<Settings>) -> Result<ProjectSettings> {
        let Settings { max_concurrent_jobs, max_aoi_size, max_images } = settings.into();
        let given = [(JOBS, max_concurrent_jobs), (AREA, max_aoi_size), (IMAGES, max_images)];
        let changes: Vec<Value> = given
            .iter()
            .filter_map(|(name, value)| Some(json!({"name": name, "value": value.as_ref()?.to_string()})))
            .collect();
        if changes.is_empty() {
            return Err(Error::invalid("no setting is given: name at least one to change"));
        }
        let request = Request::put(self.client().url(&self.path("/settings")), Value::Array(changes));
        let done = self.client().json(request).and_then(ProjectSettings::read);
        done.map_err(|error| self.explained(error, &given)).context("update the project's settings")
    }

    /// Adds the name of the rejected setting to the error: the platform states only its position in
    /// the request.
    fn explained(&self, error: Error, given: &[(&str, Option<u32>)]) -> Error {
        if error.kind() != ErrorKind::InvalidInput {
            return error;
        }
        let Ok(known) = self.settings() else { return error };
        let refused = given.iter().filter_map(|(name, value)| match known.get(name) {
            Some(setting) => setting.refuses((*value)?),
            None => value.map(|_| format!("the project has no setting `{name}`")),
        });
        match refused.collect::<Vec<_>>().join(", ") {
            reasons if reasons.is_empty() => error,
            reasons => error.context(reasons),
        }
    }
}
