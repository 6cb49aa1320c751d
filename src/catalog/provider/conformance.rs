use std::fmt;

use serde_json::Value;

/// Abilities of a STAC API, by its conformance classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::catalog) struct Conformance {
    /// The filter extension with CQL2 as JSON.
    pub(super) cql2_json: bool,
    /// The filter extension with CQL2 as text.
    pub(super) cql2_text: bool,
    /// The older query extension.
    pub(super) query: bool,
    /// The sort extension.
    pub(super) sort: bool,
    /// The fields extension.
    pub(super) fields: bool,
}

impl Conformance {
    /// Reads `conformsTo`. The classes are URLs with different versions; only extensions of item
    /// search count, not those of other resources.
    pub(super) fn read(document: &Value) -> Self {
        let classes = document.get("conformsTo").and_then(Value::as_array);
        let any =
            |test: &dyn Fn(&str) -> bool| classes.into_iter().flatten().filter_map(Value::as_str).any(test);
        let filter = any(&|class| {
            class.contains("item-search#filter")
                || class.contains("/ogcapi-features-3/") && class.ends_with("/filter")
        });
        Self {
            cql2_json: filter && any(&|class| class.ends_with("cql2-json")),
            cql2_text: filter && any(&|class| class.ends_with("cql2-text")),
            query: any(&|class| class.ends_with("item-search#query")),
            sort: any(&|class| class.ends_with("item-search#sort")),
            fields: any(&|class| class.ends_with("item-search#fields")),
        }
    }

    /// Returns the filters of the server, in words.
    pub(super) fn filters(&self) -> &'static str {
        match self {
            Self { cql2_json: true, .. } => "filters by CQL2 JSON",
            Self { query: true, .. } => "filters by `query`",
            Self { cql2_text: true, .. } => "filters by CQL2 text",
            _ => "filters by area, dates and ids",
        }
    }
}

impl fmt::Display for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.filters(), if self.sort { "sorts" } else { "does not sort" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(classes: &[&str]) -> Conformance {
        Conformance::read(&json!({"conformsTo": classes}))
    }

    #[test]
    fn classes_of_every_version_are_recognized() {
        let offers = read(&[
            "https://api.stacspec.org/v1.0.0-rc.2/item-search#filter",
            "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
            "https://api.stacspec.org/v1.1.0/item-search#sort",
        ]);
        assert_eq!(offers, Conformance { cql2_json: true, sort: true, ..Conformance::default() });
        let old = read(&["https://api.stacspec.org/v1.0.0-beta.5/item-search#query"]);
        assert_eq!(old, Conformance { query: true, ..Conformance::default() });
    }

    #[test]
    fn classes_of_other_resources_are_ignored() {
        let offers = read(&[
            "https://api.stacspec.org/v1.0.0/collection-search#query",
            "https://api.stacspec.org/v1.1.0/ogcapi-features#sort",
            "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
            "https://api.stacspec.org/v1.0.0-rc.1/collection-search#filter",
        ]);
        assert_eq!(offers, Conformance::default());
        assert_eq!(Conformance::read(&json!({"conformsTo": "x"})), Conformance::default());
    }
}
