use crate::catalog::Search;

/// The members that a scene is made of, by the names of the fields extension.
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

/// What a server has to send of each scene; `None` where all was asked for. What the
/// search filters by is looked at again here.
pub(super) fn wanted(search: &Search) -> Option<Vec<String>> {
    let conditions = search.conditions();
    let asked = search.fields.iter().map(String::as_str);
    let named = conditions.iter().map(|filter| filter.property.as_str()).chain(asked);
    let named = named.map(|name| format!("properties.{}", name.strip_prefix("properties.").unwrap_or(name)));
    let mut wanted: Vec<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    for name in named {
        let member = name.strip_prefix("properties.").is_some_and(|name| OWN.contains(&name));
        if !member && !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    (!search.fields.is_empty()).then_some(wanted)
}
