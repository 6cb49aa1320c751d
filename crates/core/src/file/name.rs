//! Names of files that come from outside: ids, assets, entries of archives.

use std::collections::{HashMap, HashSet};

use crate::hash::hex;
use crate::redact;

/// Bytes of a name before its ending, and those that are left before a hash: with an ending and
/// `.part.lock` it fits every file system.
const LONGEST: usize = 180;
const CUT: usize = 160;
/// Bytes of the hash that a changed name is marked with.
const HASH: usize = 4;
/// Devices that Windows has in every folder, whatever stands behind their dot; `COM1` to `COM9`
/// and `LPT1` to `LPT9` are some, too.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Returns whether Windows, Linux and macOS all take it for a file's name ("Naming Files, Paths, and
/// Namespaces" in the documentation of Windows, which is the strictest).
pub fn is_portable(name: &str) -> bool {
    let is_refused = |letter: char| letter.is_control() || "<>:\"/\\|?*".contains(letter);
    !name.is_empty()
        && name.len() <= 255
        && !name.contains(is_refused)
        && !name.ends_with(['.', ' '])
        && !is_device(name)
}

/// Returns a portable name: the name itself, where it has nothing but letters, digits and
/// `-_. `, is not hidden and not long. A name that had to be changed is marked with a hash of the
/// whole, so that two names stay two.
pub fn portable(name: &str) -> String {
    let clean = clean(name);
    if clean == name { clean } else { marked(&clean, name) }
}

/// Returns a portable name that differs from all others by more than the case of its letters. It
/// depends on nothing else, so it stays the same whatever lies beside it.
pub fn caseless(name: &str) -> String {
    let portable = portable(name);
    if portable == name && name.to_lowercase() != name { marked(&portable, name) } else { portable }
}

/// Returns portable names for the files of one folder, given the identity and the preferred name
/// of each. Names that differ in case alone, which are one file on some systems, are all marked
/// with a hash of their identity, so the order of the files changes nothing.
pub fn distinct(files: &[(String, String)]) -> Vec<String> {
    let mut owners: HashMap<String, HashSet<&str>> = HashMap::new();
    for (identity, name) in files {
        owners.entry(portable(name).to_lowercase()).or_default().insert(identity);
    }
    let given = files.iter().map(|(identity, name)| {
        let portable = portable(name);
        if owners[&portable.to_lowercase()].len() > 1 { marked(&portable, identity) } else { portable }
    });
    given.collect()
}

/// Adds a hash of the whole name or identity to a portable name, before its ending.
pub fn marked(portable: &str, whole: &str) -> String {
    let (stem, ending) = split(portable);
    format!("{}-{}{ending}", &stem[..stem.floor_char_boundary(CUT)], hex(whole, HASH))
}

fn clean(name: &str) -> String {
    // File names are shown, and stay when a notebook is handed on.
    let name = redact::data(name);
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_. ".contains(letter);
    let clean: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let (stem, ending) = split(&clean);
    let length = if stem.len() <= LONGEST { stem.len() } else { stem.floor_char_boundary(CUT) };
    let mut clean = format!("{}{ending}", &stem[..length]);
    if clean.starts_with(['.', ' ']) {
        clean.replace_range(..1, "_");
    }
    if clean.ends_with(['.', ' ']) {
        clean.replace_range(clean.len() - 1.., "_");
    }
    if clean.is_empty() || is_device(&clean) { format!("_{clean}") } else { clean }
}

/// Splits a name before the dot of its ending; the second part is empty where there is none.
fn split(name: &str) -> (&str, &str) {
    let is_ending =
        |end: &str| (1..=8).contains(&end.len()) && end.chars().all(|one| one.is_ascii_alphanumeric());
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && is_ending(end) => name.split_at(stem.len()),
        _ => (name, ""),
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    // Windows takes superscript digits for digits here.
    let is_number = |text: &str| matches!(text, "¹" | "²" | "³") || matches!(text.as_bytes(), [b'1'..=b'9']);
    let is_port = |kind: &str| stem.strip_prefix(kind).is_some_and(is_number);
    DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_some_system_refuses_are_changed_and_marked() {
        for plain in
            ["multispectral.tif", "PHR1A_2019-05-03.1", "b 1.TIF", "Gärten.tif", "com10.tif", "console"]
        {
            assert_eq!(portable(plain), plain);
        }
        for odd in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "a:b.tif",
            "NUL",
            "nul.tif",
            "Aux .json",
            "com1.tif",
            "LPT9",
            "COM¹",
            "a.",
            "a ",
            ".hidden",
            "a\u{202e}b",
            "a\nb",
            "a?b",
            &"a".repeat(200),
        ] {
            let name = portable(odd);
            assert!(name != odd && is_portable(&name) && !name.starts_with('.'), "{odd}: {name}");
        }
        assert_eq!(
            portable("scene_10:30.tif").replace(&hex("scene_10:30.tif", HASH), "HASH"),
            "scene_10_30-HASH.tif"
        );
        for refused in ["", "a:b", "NUL", "aux.json", "a.", "a ", "a\u{7}", "a*b", &"é".repeat(128)] {
            assert!(!is_portable(refused), "{refused}");
        }
    }

    #[test]
    fn names_that_differ_in_case_are_told_apart_in_any_order() {
        let file = |what: &str, name: &str| (what.to_owned(), name.to_owned());
        let files = [file("B1", "B1.tif"), file("b1", "b1.tif"), file("b2", "b2.tif"), file("x", "b2.TIF")];
        let names = distinct(&files);
        let lower: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), 4, "{names:?}");
        let mut turned: Vec<_> = files.to_vec();
        turned.reverse();
        let mut again = distinct(&turned);
        again.reverse();
        assert_eq!(again, names);
        assert_eq!(distinct(&files[..1]), ["B1.tif"]);
        assert_eq!(
            distinct(&[files[2].clone(), files[2].clone()]),
            ["b2.tif", "b2.tif"],
            "one thing, one file"
        );
        assert_eq!(caseless("a-1"), "a-1");
        assert_ne!(caseless("A-1").to_lowercase(), caseless("a-1"));
    }

    proptest! {
        #[test]
        fn a_name_is_made_of_anything(text in "\\PC{0,200}") {
            let name = portable(&text);
            prop_assert!(is_portable(&name) && !name.contains(['/', '\\', ':']) && !name.starts_with('.'), "{}", name);
            prop_assert_eq!(portable(&name), name.clone(), "it is plain then");
        }
    }
}
