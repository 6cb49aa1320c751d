//! Suggestions for unknown names.

/// Returns the three names most similar to `wanted`, such as `` `a`, `b`, `c` ``.
pub fn suggest<'a>(names: impl IntoIterator<Item = &'a str>, wanted: &str) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_key(|name| std::cmp::Reverse(common_letters(name, wanted)));
    names.truncate(3);
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the number of pairs of adjacent letters in `b` that `a` has as well, regardless of case.
fn common_letters(a: &str, b: &str) -> usize {
    let pairs =
        |text: &str| text.to_lowercase().into_bytes().windows(2).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let known = pairs(a);
    pairs(b).iter().filter(|pair| known.contains(pair)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_comes_first() {
        let names = ["naip", "sentinel-2-l1c", "sentinel-2-l2a", "landsat-c2-l2"];
        assert_eq!(suggest(names, "Sentinel2 L2A"), "`sentinel-2-l2a`, `sentinel-2-l1c`, `landsat-c2-l2`");
    }
}
