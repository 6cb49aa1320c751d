use polars::prelude::{DataFrame, TimeUnit};

use super::{Scene, Scenes};
use crate::frame::{Frame, properties};
use up42_core::error::{Context, Result};
use up42_core::geo::{Bbox, wkb};

impl Scenes {
    /// The scenes as a Polars DataFrame, a row each.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id` | String | | never null | `id` |
    /// | `collection` | String | | not said | `collection` |
    /// | `provider` | String | | not said | `providers`, `producer`, `providerName` |
    /// | `constellation` | String | | not said | `constellation`, `platform` |
    /// | `datetime` | Datetime(ms) | UTC | not said, or not readable | `datetime`, `acquisitionDate`, `start_datetime` |
    /// | `cloud_cover` | Float64 | % of the scene | not known, as for radar | `eo:cloud_cover`, `cloudCoverage` |
    /// | `resolution` | Float64 | m | not said | `gsd`, `resolution` |
    /// | `incidence_angle` | Float64 | degrees | not said | `view:incidence_angle`, `providerProperties.incidenceAngle` |
    /// | `delivery_time` | String | | not said | `deliveryTime`: `MINUTES`, `HOURS`, `DAYS` |
    /// | `aoi_coverage` | Float64 | % of the searched area | no footprint, or no search | computed, on the ellipsoid |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees | no footprint | box of `geometry` |
    /// | `geometry` | Binary | degrees, WGS 84 | no footprint | `geometry` as WKB (OGC 06-103r4), two dimensions |
    /// | `quicklook` | Boolean | | never null | an asset, or the classic endpoint |
    /// | `note` | String | | nothing odd | |
    /// | any other | see below | as the provider has it | not said | the property of that name |
    ///
    /// `west` is greater than `east` where a footprint runs across the antimeridian.
    ///
    /// The provider's properties follow in the order of their names, but for those whose
    /// name stands above. A column is Boolean, Int64, Float64, Datetime(ms) (all values
    /// are instants, now UTC) or String when all its values are; lists, objects and
    /// columns of several types are String, and hold JSON.
    ///
    /// # Errors
    ///
    /// Only when Polars refuses the columns.
    #[doc(alias = "as_dataframe")]
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        let scenes: Vec<_> = self.iter().collect();
        let frame = || {
            let mut frame = own_columns(&scenes)?;
            for property in properties(scenes.iter().map(|scene| &scene.properties)) {
                if frame.column(&property.name).is_none() {
                    frame.push(property.column(&property.name, TimeUnit::Milliseconds)?);
                }
            }
            frame.finish()
        };
        frame().context("scenes to a DataFrame")
    }
}

/// The columns whose names are ours.
pub(super) fn own_columns<'a, 'b>(scenes: &'b [&'a Scene]) -> Result<Frame<'b, &'a Scene>> {
    let boxes: Vec<_> = scenes.iter().map(|scene| Bbox::of(scene.footprint.as_ref()?)).collect();
    let side = |side: fn(&Bbox) -> f64| boxes.iter().map(|bbox| bbox.as_ref().map(side)).collect();
    let frame = Frame::of(scenes)
        .text("id", |scene| Some(&scene.id))
        .text("collection", |scene| scene.collection.as_deref())
        .text("provider", |scene| scene.provider.as_deref())
        .text("constellation", |scene| scene.constellation.as_deref())
        .instant("datetime", |scene| scene.datetime)?
        .number("cloud_cover", |scene| scene.cloud_cover)
        .number("resolution", |scene| scene.resolution)
        .number("incidence_angle", |scene| scene.incidence_angle)
        .text("delivery_time", |scene| scene.delivery_time.as_deref())
        .number("aoi_coverage", |scene| scene.aoi_coverage)
        .numbers("west", side(|bbox| bbox.west))
        .numbers("south", side(|bbox| bbox.south))
        .numbers("east", side(|bbox| bbox.east))
        .numbers("north", side(|bbox| bbox.north))
        .binary("geometry", |scene| scene.footprint.as_ref().map(wkb::write))
        .flag("quicklook", |scene| scene.has_quicklook())
        .text("note", |scene| scene.note.as_deref());
    Ok(frame)
}
