use polars::prelude::{DataFrame, TimeUnit};
use serde_json::Value;

use super::{ResultFeature, Results};
use crate::frame::{Frame, properties};
use up42_core::error::{Context, Result};
use up42_core::geo::{geometry_from_json, wkb};

impl Results {
    /// Returns the results as a Polars DataFrame, one row per result.
    ///
    /// | column | dtype | unit | null means | source |
    /// |---|---|---|---|---|
    /// | `job` | String | | never null | the job's id |
    /// | `label` | String | | never null | place and dates of the job |
    /// | `parameters` | String | | never null | parameters of the job, as JSON: task to parameters |
    /// | `path` | String | | the feature refers to no existing file | `up42.data_path` |
    /// | `size` | Int64 | bytes | no file | the file |
    /// | `geometry` | Binary | degrees, WGS 84 | none, or not readable | `geometry` as WKB (OGC 06-103r4), two dimensions |
    /// | `properties` | String | | never null | all properties, as JSON |
    /// | any other | see below | as in the block | not stated | the property of that name |
    /// The properties follow, sorted by name, except those with the name of a column above. A
    /// column is Boolean, Int64, Float64, Datetime(ms) (all values are instants, converted to UTC)
    /// or String if all its values are; lists, objects and mixed types are String with JSON text.
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let made = |text: fn(&ResultFeature) -> Option<String>| self.iter().map(text).collect();
        let frame = || {
            let mut frame = Frame::of(self.features())
                .text("job", |feature| Some(feature.job.as_str()))
                .text("label", |feature| Some(&feature.label))
                .strings("parameters", made(|one| serde_json::to_string(one.parameters()).ok()))
                .strings("path", made(|one| Some(one.path.as_ref()?.display().to_string())))
                .integer("size", |feature| i64::try_from(feature.size()?).ok())
                .binary("geometry", |feature| wkb_of(&feature.geometry))
                .strings("properties", made(|one| serde_json::to_string(&one.properties).ok()));
            for property in properties(self.iter().map(|feature| &feature.properties)) {
                if frame.column(&property.name).is_none() {
                    frame.push(property.column(&property.name, TimeUnit::Milliseconds)?);
                }
            }
            frame.finish()
        };
        frame().context("results to a DataFrame")
    }
}

fn wkb_of(geometry: &Value) -> Option<Vec<u8>> {
    geometry_from_json(geometry).ok().map(|shape| wkb::write(&shape))
}
