//! Random searches around existing items.

use std::f64::consts::TAU;

use geo::{Centroid, Geometry, LineString, MultiPolygon, Polygon};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use up42::Aoi;
use up42::catalog::{Op, Search, SortBy};

use super::Question;
use super::brute::{Condition, Item, Key, Wanted};

const ORDERS: [(SortBy, Key); 5] = [
    (SortBy::CloudCover, Key::Up("eo:cloud_cover")),
    (SortBy::Newest, Key::Newest),
    (SortBy::Oldest, Key::Oldest),
    (SortBy::Resolution, Key::Up("gsd")),
    (SortBy::IncidenceAngle, Key::Up("view:incidence_angle")),
];

const COLLECTIONS: [&str; 5] =
    ["landsat-c2-l2", "naip", "planet-disaster-data", "sentinel-1-grd", "sentinel-2-l2a"];

/// Returns searches whose parts are mostly chosen around one item: otherwise most would find
/// nothing.
pub fn question(items: Vec<Item>) -> impl Strategy<Value = Question> {
    any::<Index>().prop_flat_map(move |lead| around(items.clone(), lead))
}

/// Returns mostly the same item, sometimes another one.
fn pick(lead: Index) -> impl Strategy<Value = Index> + Clone {
    prop_oneof![4 => Just(lead), 1 => any::<Index>()]
}

fn around(items: Vec<Item>, lead: Index) -> impl Strategy<Value = Question> {
    let (of_dates, of_ids, of_filters) = (items.clone(), items.clone(), items.clone());
    let own = COLLECTIONS.iter().position(|name| *name == lead.get(&items).collection).unwrap();
    let collections = proptest::sample::subsequence(&COLLECTIONS[..], 1..4).prop_map(move |mut names| {
        names.push(COLLECTIONS[own]);
        names
    });
    let few = proptest::sample::subsequence(&COLLECTIONS[..], 1..3);
    (
        area(items, lead),
        proptest::option::weighted(0.4, dates(of_dates, lead)),
        proptest::option::weighted(0.4, prop_oneof![3 => collections, 1 => few]),
        proptest::option::weighted(
            0.1,
            vec(pick(lead).prop_map(move |pick| pick.get(&of_ids).id.clone()), 1..40),
        ),
        proptest::option::weighted(0.3, prop_oneof![1 => Just(0.0), 4 => 0.0..100.0_f64]),
        proptest::option::weighted(0.1, (0.0..12.0_f64, 0.0..30.0_f64)),
        vec((pick(lead), any::<Index>(), 0..5_usize).prop_map(move |picks| filter(&of_filters, picks)), 0..3),
        vec(select(&ORDERS[..]), 0..3),
        prop_oneof![1..12_usize, 90..320_usize],
    )
        .prop_map(|(area, dates, collections, ids, clouds, metres, filters, orders, limit)| {
            let mut search = Search::new(area.0).limit(limit);
            let mut conditions = Vec::new();
            if let Some((from, to)) = &dates {
                search = search.between(from.to_string(), to.to_string());
            }
            if let Some(percent) = clouds {
                search = search.max_cloud_cover(percent);
                conditions.push(Condition::Between("eo:cloud_cover".into(), 0.0, percent));
            }
            if let Some((finest, more)) = metres {
                search = search.resolution(finest..=finest + more);
                conditions.push(Condition::Between("gsd".into(), finest, finest + more));
            }
            for (name, op, value, condition) in filters.into_iter().flatten() {
                search = search.filter(name, op, value);
                conditions.push(condition);
            }
            for (order, _) in &orders {
                search = search.then_by(*order);
            }
            let texts = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let collections = texts(collections.unwrap_or_default());
            let ids = ids.unwrap_or_default();
            let keys = orders.into_iter().map(|(_, key)| key).collect::<Vec<_>>();
            let wanted = Wanted {
                area: area.1,
                dates,
                collections: collections.clone(),
                ids: ids.clone(),
                conditions,
                keys: if keys.is_empty() { vec![Key::Newest] } else { keys },
            };
            Question { search: search.collections(collections).ids(ids), wanted }
        })
}

/// Returns one or two polygons around some items: boxes, or stars whose corners surround their
/// centre.
fn area(items: Vec<Item>, lead: Index) -> impl Strategy<Value = (Aoi, Geometry)> {
    let corner = (0.05..1.0_f64, 0.0..1.0_f64);
    let part = (pick(lead), 0.05..20.0_f64, -0.4..0.4_f64, -0.4..0.4_f64, vec(corner, 3..9));
    let near = vec(part, 1..3).prop_map(move |parts| {
        let shapes = parts.into_iter().map(|(pick, size, east, north, corners)| {
            let middle = pick.get(&items).shape.centroid().unwrap();
            let (x, y) = (middle.x() + east * size, middle.y() + north * size);
            star(x.clamp(-159.0, 159.0), y.clamp(-69.0, 69.0), size, &corners)
        });
        let shapes: Vec<Polygon> = shapes.collect();
        let json = |polygon: &Polygon| {
            let ring: Vec<[f64; 2]> = polygon.exterior().coords().map(|at| [at.x, at.y]).collect();
            json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        };
        let features: Vec<Value> = shapes.iter().map(json).collect();
        let text = json!({"type": "FeatureCollection", "features": features}).to_string();
        (Aoi::from_geojson(&text).unwrap(), Geometry::MultiPolygon(MultiPolygon::new(shapes)))
    });
    let earth = Just(()).prop_map(|()| {
        let whole = [-180.0, -90.0, 180.0, 90.0];
        let shape = geo::Rect::new((whole[0], whole[1]), (whole[2], whole[3])).to_polygon();
        (Aoi::from_bbox(whole).unwrap(), Geometry::Polygon(shape))
    });
    prop_oneof![4 => near, 1 => earth]
}

fn star(x: f64, y: f64, size: f64, corners: &[(f64, f64)]) -> Polygon {
    let count = corners.len() as f64;
    let ring = corners.iter().enumerate().map(|(nth, (reach, turn))| {
        // Each corner has its own range of angles, so that no two edges cross.
        let angle = TAU * (nth as f64 + 0.9 * turn) / count;
        (x + reach * size * angle.cos(), y + reach * size * angle.sin())
    });
    Polygon::new(LineString::from(ring.collect::<Vec<_>>()), vec![])
}

fn dates(items: Vec<Item>, lead: Index) -> impl Strategy<Value = (Timestamp, Timestamp)> {
    let end = move || {
        let items = items.clone();
        (pick(lead), -100_000..100_000_i64)
            .prop_map(move |(pick, seconds)| pick.get(&items).at + SignedDuration::from_secs(seconds))
    };
    (end(), end()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

/// Returns a condition on a property of an item, with its value.
fn filter(
    items: &[Item],
    (item, key, kind): (Index, Index, usize),
) -> Option<(String, Op, Value, Condition)> {
    let properties: Vec<_> = item.get(items).properties.iter().collect();
    let (name, value) = key.get(&properties);
    let name = (*name).clone();
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            let (op, test): (Op, fn(&f64, &f64) -> bool) = [
                (Op::Eq, f64::eq as fn(&f64, &f64) -> bool),
                (Op::Lt, |has, most| has < most),
                (Op::Le, |has, most| has <= most),
                (Op::Gt, |has, least| has > least),
                (Op::Ge, |has, least| has >= least),
            ][kind];
            Some((name.clone(), op, number.into(), Condition::Number(name, test, number)))
        }
        // Instants are compared as such, not as text; other tests check them.
        Value::String(text) if text.parse::<Timestamp>().is_err() => {
            let other = key.get(items).properties.get(&name).and_then(Value::as_str).unwrap_or("nothing");
            let values = vec![text.clone(), other.to_owned()];
            Some(match kind {
                0 | 1 => {
                    (name.clone(), Op::Eq, text.clone().into(), Condition::OneOf(name, vec![text.clone()]))
                }
                2 => (name.clone(), Op::Ne, text.clone().into(), Condition::Not(name, text.clone())),
                _ => (name.clone(), Op::In, values.clone().into(), Condition::OneOf(name, values)),
            })
        }
        _ => None,
    }
}
