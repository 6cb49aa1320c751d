use crate::catalog::Search;

/// Members that a scene is read from, by their names in the fields extension.
const OWN: [&str; 18] = [
    "id",
    "type",
    "stac_version",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
    "properties.start_datetime",
    "properties.end_datetime",
    "properties.eo:cloud_cover",
    "properties.gsd",
    "properties.view:incidence_angle",
    "properties.view:off_nadir",
    "properties.constellation",
    "properties.platform",
    "properties.providers",
];

/// Returns the fields that the server has to send of each scene; `None` for all. Properties that
/// the search filters by are included, since they are checked again here.
pub(super) fn wanted(search: &Search) -> Option<Vec<String>> {
    if search.fields.is_empty() {
        return None;
    }
    let mut wanted: Vec<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    let filtered = search.conditions().into_iter().map(|filter| filter.property);
    for name in filtered.chain(search.fields.iter().cloned()) {
        let name = name.strip_prefix("properties.").unwrap_or(&name);
        let property = format!("properties.{name}");
        if !OWN.contains(&name) && !wanted.contains(&property) {
            wanted.push(property);
        }
    }
    Some(wanted)
}
