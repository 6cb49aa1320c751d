//! Criteria of a search, and whether a scene meets them.

use std::ops::Bound;

use serde_json::Value;

use super::{Filter, Op, Search, SortBy};
use crate::catalog::Scene;
use up42_core::error::{Context, Error, Result};
use up42_core::time::{DateRange, parse_timestamp};

impl Search {
    /// Returns the acquisition interval in the format of the APIs; `None` if there is none.
    pub(in crate::catalog) fn interval(&self) -> Result<Option<String>> {
        Ok(self.range()?.map(DateRange::to_interval))
    }

    fn range(&self) -> Result<Option<DateRange>> {
        let Some((start, end)) = &self.dates else { return Ok(None) };
        DateRange::parse(start, end).map(Some).context("search")
    }

    /// Returns the sort keys; [`SortBy::Newest`] if none is set.
    pub(in crate::catalog) fn order(&self) -> &[SortBy] {
        if self.sort_by.is_empty() { &[SortBy::Newest] } else { &self.sort_by }
    }

    /// Returns every condition on a property, by its STAC name.
    pub(in crate::catalog) fn conditions(&self) -> Vec<Filter> {
        let at_most = |property: &str, most: Option<f64>| Some(Filter::new(property, Op::Le, most?));
        let bound = |bound: Bound<f64>, included, excluded| match bound {
            Bound::Included(metres) => Some(Filter::new("gsd", included, metres)),
            Bound::Excluded(metres) => Some(Filter::new("gsd", excluded, metres)),
            Bound::Unbounded => None,
        };
        let own = [
            at_most("eo:cloud_cover", self.max_cloud_cover),
            bound(self.resolution.0, Op::Ge, Op::Gt),
            bound(self.resolution.1, Op::Le, Op::Lt),
            at_most("view:incidence_angle", self.max_incidence_angle),
            at_most("view:off_nadir", self.max_off_nadir),
        ];
        own.into_iter().flatten().chain(self.filters.iter().map(Filter::of_whole_days)).collect()
    }

    /// Returns whether a scene meets the criteria except the area, which is checked elsewhere.
    /// `conditions` are [`conditions`](Self::conditions).
    ///
    /// Members that a scene may lack, such as its usage types, are checked only if the scene has
    /// them: the server has filtered by them.
    pub(in crate::catalog) fn takes(&self, scene: &Scene, conditions: &[Filter]) -> bool {
        let instant = |key: &str| scene.properties.get(key)?.as_str().and_then(parse_timestamp);
        let lasted = instant("start_datetime").zip(instant("end_datetime"));
        let taken = lasted.or(scene.datetime.map(|at| (at, at)));
        let is_in_time = match (self.range(), taken) {
            (Ok(Some(range)), Some((first, last))) => range.overlaps(first, last),
            _ => true,
        };
        is_in_time
            && (self.ids.is_empty() || self.ids.contains(&scene.id))
            && says(scene, "up42:usageType", &self.usage_types)
            && says(scene, "deliveryTime", &self.delivery_times)
            && conditions.iter().all(|filter| filter.holds(scene))
    }

    pub(in crate::catalog) fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::invalid(message).context("search"));
        self.range()?;
        if self.limit == 0 {
            return wrong("limit 0 finds nothing: ask for at least 1 scene".into());
        }
        self.filters.iter().try_for_each(Filter::check).context("search")?;
        let figures = [
            ("cloud cover", self.max_cloud_cover, 100.0, " %"),
            ("incidence angle", self.max_incidence_angle, 90.0, "°"),
            ("off-nadir angle", self.max_off_nadir, 90.0, "°"),
        ];
        for (what, figure, most, unit) in figures {
            if let Some(figure) = figure.filter(|figure| !(0.0..=most).contains(figure)) {
                return wrong(format!("{what} {figure} is not between 0 and {most}{unit}"));
            }
        }
        let metres = |bound: Bound<f64>| match bound {
            Bound::Included(metres) | Bound::Excluded(metres) => Some(metres),
            Bound::Unbounded => None,
        };
        let (finest, coarsest) = (metres(self.resolution.0), metres(self.resolution.1));
        let is_size = |metres: &f64| metres.is_finite() && *metres >= 0.0;
        if let Some(metres) = finest.into_iter().chain(coarsest).find(|metres| !is_size(metres)) {
            return wrong(format!("resolution {metres} m is no size of a pixel"));
        }
        match finest.zip(coarsest) {
            Some((finest, coarsest)) if finest > coarsest => {
                wrong(format!("resolution {finest} to {coarsest} m is empty: the finest comes first"))
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether a scene has one of the wanted words under a key, or no value.
fn says(scene: &Scene, key: &str, wanted: &[String]) -> bool {
    let is_wanted = |value: &Value| {
        value.as_str().is_some_and(|value| wanted.iter().any(|word| word.eq_ignore_ascii_case(value)))
    };
    match scene.properties.get(key) {
        _ if wanted.is_empty() => true,
        Some(Value::Array(value)) => value.iter().any(is_wanted),
        Some(value) => is_wanted(value),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Aoi;
    use serde_json::json;

    fn search() -> Search {
        Search::new(Aoi::from_bbox([0.0, 0.0, 1.0, 1.0]).unwrap())
    }

    fn takes(search: Search, properties: Value) -> bool {
        let scene = Scene::read(&json!({"id": "a", "properties": properties}), "https://host");
        search.takes(&scene, &search.conditions())
    }

    #[test]
    fn every_criterion_is_checked() {
        let item = json!({
            "datetime": "2020-01-02T00:00:00Z", "gsd": 0.5, "eo:cloud_cover": 10, "view:off_nadir": 12.5,
            "deliveryTime": "HOURS", "up42:usageType": ["DATA"],
        });
        let holds = |search| takes(search, item.clone());
        assert!(holds(search().resolution(..=0.5)) && !holds(search().resolution(..0.5)));
        assert!(holds(search().resolution(0.5..1.0)) && !holds(search().resolution(0.6..)));
        assert!(holds(search().max_off_nadir(12.5)) && !holds(search().max_off_nadir(12.0)));
        assert!(!holds(search().max_incidence_angle(90.0)), "it is not known");
        assert!(holds(search().ids(["a"])) && !holds(search().ids(["b"])));
        assert!(holds(search().usage_types(["data"])) && !holds(search().usage_types(["ANALYTICS"])));
        assert!(holds(search().delivery_times(["HOURS"])) && !holds(search().delivery_times(["DAYS"])));
        assert!(takes(search().delivery_times(["DAYS"]), json!({})), "the server filters");
    }

    #[test]
    fn a_period_matches_by_any_part() {
        let lasted = json!({
            "datetime": null, "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2020-01-31T00:00:00Z",
        });
        assert!(takes(search().between("2020-01-30", "2020-02-02"), lasted.clone()));
        assert!(!takes(search().between("2020-02-01", ".."), lasted));
    }

    #[test]
    fn impossible_criteria_are_errors() {
        let message = |search: Search| search.check().unwrap_err().to_string();
        assert_eq!(
            message(search().resolution(2.0..=1.0)),
            "search: resolution 2 to 1 m is empty: the finest comes first"
        );
        assert_eq!(
            message(search().resolution(..f64::NAN)),
            "search: resolution NaN m is no size of a pixel"
        );
        assert_eq!(
            message(search().max_off_nadir(-1.0)),
            "search: off-nadir angle -1 is not between 0 and 90°"
        );
        assert_eq!(
            message(search().filter("gsd", Op::In, 1)),
            "search: filter `gsd in 1`: `in` needs a list of texts or numbers"
        );
    }
}
