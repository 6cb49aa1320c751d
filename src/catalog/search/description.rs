//! Description of a search in words, for the maps of its result.

use std::ops::Bound;

use super::Search;
use up42_core::sanitize::sanitize;

impl Search {
    /// Returns the criteria that are set, as names and values.
    pub(in crate::catalog) fn describe(&self) -> Vec<(String, String)> {
        let mut words = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            words.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
        };
        let area =
            format!("{}, {:.1} km²", self.aoi.name().unwrap_or("area of interest"), self.aoi.area_km2());
        add("Area", Some(area).filter(|_| !self.is_anywhere()));
        let days = |(first, last): &(String, String)| match (first.as_str(), last.as_str()) {
            ("" | "..", "" | "..") => String::new(),
            ("" | "..", last) => format!("until {last}"),
            (first, "" | "..") => format!("from {first} on"),
            (first, last) => format!("{first} to {last}"),
        };
        add("Acquired", self.dates.as_ref().map(days));
        add("Collections", Some(self.collections.join(", ")));
        add("Sensors", Some(self.sensors.join(", ")));
        add("Scenes", (!self.ids.is_empty()).then(|| format!("{} by their ids", self.ids.len())));
        add("Cloud cover", self.max_cloud_cover.map(|percent| format!("at most {percent} %")));
        add("Resolution", range(self.resolution, "m"));
        add("Incidence angle", self.max_incidence_angle.map(|degrees| format!("at most {degrees}°")));
        add("Off nadir", self.max_off_nadir.map(|degrees| format!("at most {degrees}°")));
        add("Usage", Some(self.usage_types.join(", ")));
        add("Delivery", Some(self.delivery_times.join(", ")));
        let whole = self.cql2.iter().map(|filter| sanitize(&filter.to_string(), 200));
        let filters: Vec<String> = self.filters.iter().map(ToString::to_string).chain(whole).collect();
        add("Filters", Some(filters.join(", ")));
        add("Limit", Some(format!("{} scenes", self.limit)));
        words
    }
}

/// Describes a range, such as `0.5 to 2 m` or `at most 1 m`; `None` if both ends are open.
fn range((from, to): (Bound<f64>, Bound<f64>), unit: &str) -> Option<String> {
    let end = |bound: Bound<f64>| match bound {
        Bound::Included(value) => Some((value, "at least", "at most")),
        Bound::Excluded(value) => Some((value, "more than", "less than")),
        Bound::Unbounded => None,
    };
    match (end(from), end(to)) {
        (None, None) => None,
        (Some((from, _, _)), Some((to, _, _))) => Some(format!("{from} to {to} {unit}")),
        (Some((from, least, _)), None) => Some(format!("{least} {from} {unit}")),
        (None, Some((to, _, most))) => Some(format!("{most} {to} {unit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use up42_view::Aoi;

    #[test]
    fn the_description_of_a_search_contains_its_criteria() {
        let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76]).unwrap().named("Dakar");
        let search = Search::new(&aoi)
            .between("2019-01-01", "..")
            .collections(["phr", "spot"])
            .max_cloud_cover(20.0)
            .resolution(..=1.5)
            .filter("platform", super::super::Op::Eq, "PHR-1A")
            .cql2("gsd < 1 OR gsd = 1.5")
            .unwrap()
            .limit(12);
        let words_of = |search: &Search| -> Vec<String> {
            search.describe().into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
        };
        insta::assert_snapshot!(words_of(&search).join("\n"), @r#"
        Area: Dakar, 157.3 km²
        Acquired: from 2019-01-01 on
        Collections: phr, spot
        Cloud cover: at most 20 %
        Resolution: at most 1.5 m
        Filters: platform = "PHR-1A", gsd < 1 OR gsd = 1.5
        Limit: 12 scenes
        "#);
        insta::assert_snapshot!(words_of(&Search::new(&aoi)).join("\n"), @r"
        Area: Dakar, 157.3 km²
        Limit: 100 scenes
        ");
    }
}
