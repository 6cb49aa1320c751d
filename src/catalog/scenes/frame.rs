use polars::prelude::{DataFrame, TimeUnit};

use super::{Scene, Scenes};
use crate::frame::{Frame, properties};
use up42_core::error::{Context, Result};
use up42_core::geo::{Bbox, wkb};

impl Scenes {
    /// Returns the scenes as a Polars DataFrame, one row each.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id` | String | | never null | `id` |
    /// | `collection` | String | | missing | `collection` |
    /// | `provider` | String | | missing | `providers`, `producer`, `providerName` |
    /// | `constellation` | String | | missing | `constellation`, `platform` |
    /// | `datetime` | Datetime(ms) | UTC | missing or unreadable | `datetime`, `acquisitionDate`, `start_datetime` |
    /// | `cloud_cover` | Float64 | % of the scene | unknown, as for radar | `eo:cloud_cover`, `cloudCoverage` |
    /// | `resolution` | Float64 | m | missing | `gsd`, `resolution` |
    /// | `incidence_angle` | Float64 | degrees | missing | `view:incidence_angle`, `providerProperties.incidenceAngle` |
    /// | `delivery_time` | String | | missing | `deliveryTime`: `MINUTES`, `HOURS`, `DAYS` |
    /// | `aoi_coverage` | Float64 | % of the searched area | no footprint, or no search | computed, on the ellipsoid |
    /// | `west`, `south`, `east`, `north` | Float64 | degrees | no footprint | box of `geometry` |
    /// | `geometry` | Binary | degrees, WGS 84 | no footprint | `geometry` as WKB (OGC 06-103r4), two dimensions |
    /// | `quicklook` | Boolean | | never null | an asset, or the classic endpoint |
    /// | `note` | String | | no problem | |
    /// | any other | see below | as the provider has it | missing | the property of that name |
    ///
    /// `west` is greater than `east` if a footprint crosses the antimeridian.
    ///
    /// The provider's properties follow in the order of their names, except those whose name is in
    /// the table. A column is Boolean, Int64, Float64, Datetime(ms) (all values are instants,
    /// converted to UTC) or String if all its values are of that type; lists, objects and columns
    /// of several types are String, and contain JSON.
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
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

/// Returns the library's own columns, without the provider's properties.
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
