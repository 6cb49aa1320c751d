use std::cmp::Ordering;

use crate::catalog::Scene;

/// Order of the scenes of a search. Scenes without the value come last; equal scenes are ordered by
/// id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortBy {
    /// Lowest cloud cover first.
    CloudCover,
    /// Latest acquisition first.
    #[default]
    Newest,
    /// Earliest acquisition first.
    Oldest,
    /// Finest resolution first.
    Resolution,
    /// Smallest incidence angle first (`view:incidence_angle`).
    IncidenceAngle,
    /// Largest share of the searched area first. No server can sort by it: see
    /// [`Catalog::search`](crate::catalog::Catalog::search).
    AoiCoverage,
}

impl SortBy {
    /// Returns the STAC property to sort by, and whether in descending order; `None` if only the
    /// client knows the value.
    pub(in crate::catalog) fn property(self) -> Option<(&'static str, bool)> {
        match self {
            Self::CloudCover => Some(("eo:cloud_cover", false)),
            Self::Newest => Some(("datetime", true)),
            Self::Oldest => Some(("datetime", false)),
            Self::Resolution => Some(("gsd", false)),
            Self::IncidenceAngle => Some(("view:incidence_angle", false)),
            Self::AoiCoverage => None,
        }
    }

    fn compare(self, a: &Scene, b: &Scene) -> Ordering {
        let number = |figure: fn(&Scene) -> Option<f64>| known_first(figure(a), figure(b), f64::total_cmp);
        let time = |order: fn(&jiff::Timestamp, &jiff::Timestamp) -> Ordering| {
            known_first(a.datetime, b.datetime, order)
        };
        match self {
            Self::CloudCover => number(|scene| scene.cloud_cover),
            Self::Newest => time(|a, b| b.cmp(a)),
            Self::Oldest => time(Ord::cmp),
            Self::Resolution => number(|scene| scene.resolution),
            Self::IncidenceAngle => number(|scene| scene.incidence_angle),
            Self::AoiCoverage => number(|scene| Some(-scene.aoi_coverage?)),
        }
    }
}

fn known_first<T>(a: Option<T>, b: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => order(&a, &b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Compares two scenes by the keys in turn, and then by id.
pub(in crate::catalog) fn order(a: &Scene, b: &Scene, keys: &[SortBy]) -> Ordering {
    let ordered = keys.iter().map(|key| key.compare(a, b)).find(|ordering| ordering.is_ne());
    ordered.unwrap_or_else(|| (&a.id, &a.collection).cmp(&(&b.id, &b.collection)))
}

/// Returns whether a server that sorts by these keys sent `a` before `b` against them. A value that
/// a scene lacks proves nothing, since servers place such scenes differently.
pub(in crate::catalog) fn contradicts(a: &Scene, b: &Scene, keys: &[SortBy]) -> bool {
    let is_known = |scene: &Scene, key: &SortBy| {
        key.property()
            .is_some_and(|(name, _)| scene.properties.get(name).is_some_and(|value| !value.is_null()))
    };
    let known = keys.iter().take_while(|key| is_known(a, key) && is_known(b, key));
    known.map(|key| key.compare(a, b)).find(|ordering| ordering.is_ne()).is_some_and(Ordering::is_gt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sorted(keys: &[SortBy]) -> String {
        let scene = |id: &str, properties: Value| {
            Scene::read(&json!({"id": id, "properties": properties}), "https://host")
        };
        let mut scenes = [
            scene("d", json!({})),
            scene("c", json!({"eo:cloud_cover": 5, "gsd": 2, "datetime": "2020-01-01"})),
            scene("b", json!({"eo:cloud_cover": 5, "gsd": 1, "datetime": "2020-01-02"})),
            scene("a", json!({"eo:cloud_cover": 7, "gsd": 2, "datetime": "2020-01-01"})),
        ];
        scenes.sort_by(|a, b| order(a, b, keys));
        scenes.map(|scene| scene.id).concat()
    }

    #[test]
    fn only_known_values_contradict_an_order() {
        let scene =
            |properties: Value| Scene::read(&json!({"id": "a", "properties": properties}), "https://host");
        let (clear, cloudy) =
            (scene(json!({"eo:cloud_cover": 5})), scene(json!({"eo:cloud_cover": 7, "gsd": 1})));
        let keys = [SortBy::CloudCover, SortBy::Resolution];
        assert!(contradicts(&cloudy, &clear, &keys) && !contradicts(&clear, &cloudy, &keys));
        assert!(!contradicts(&cloudy, &clear, &[SortBy::Resolution, SortBy::CloudCover]));
        assert!(!contradicts(&clear, &clear, &keys));
        // The server may have placed a scene without this instant anywhere.
        let lasted = scene(json!({"datetime": null, "start_datetime": "2019-01-01T00:00:00Z"}));
        let later = scene(json!({"datetime": "2020-01-01T00:00:00Z"}));
        assert!(!contradicts(&lasted, &later, &[SortBy::Newest]));
    }

    #[test]
    fn keys_are_compared_in_order_and_unknown_values_come_last() {
        assert_eq!(sorted(&[SortBy::Newest]), "bacd");
        assert_eq!(sorted(&[SortBy::Oldest]), "acbd");
        assert_eq!(sorted(&[SortBy::CloudCover]), "bcad");
        assert_eq!(sorted(&[SortBy::CloudCover, SortBy::Oldest]), "cbad");
        assert_eq!(sorted(&[SortBy::Resolution, SortBy::CloudCover]), "bcad");
        assert_eq!(sorted(&[]), "abcd");
    }
}
