//! Portable file names from external names: ids, assets, entries of archives.

use std::collections::{HashMap, HashSet};

use crate::hash::hex;
use crate::redact;

/// Largest length of a name without its extension, in bytes, and the length to which a longer name
/// is cut before a hash is added. With an extension and `.part.lock` it fits every file system.
const LONGEST: usize = 180;
const CUT: usize = 160;
/// Bytes of the hash that marks a changed name.
const HASH: usize = 4;
/// Device names that Windows reserves in every folder, with any extension; `COM1` to `COM9` and
/// `LPT1` to `LPT9` are reserved, too.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Returns whether Windows, Linux and macOS all accept a file name ("Naming Files, Paths, and
/// Namespaces" in the documentation of Windows, which is the strictest).
pub fn is_portable(name: &str) -> bool {
    let is_refused = |letter: char| letter.is_control() || "<>:\"/\\|?*".contains(letter);
    !name.is_empty()
        && name.len() <= 255
        && !name.contains(is_refused)
        && !name.ends_with(['.', ' '])
        && !is_device(name)
}

/// Returns a portable name: the name itself, if it consists of letters, digits and `-_. `, is not
/// hidden and not too long. A changed name contains a hash of the original, so that different names
/// stay different.
pub fn portable(name: &str) -> String {
    let clean = clean(name);
    if clean == name { clean } else { marked(&clean, name) }
}

/// Returns a portable name that differs from those of other names also where case is ignored: a
/// name that is not in lower case contains a hash. It depends on `name` alone, so other files of
/// the folder do not change it.
pub fn case_insensitive(name: &str) -> String {
    let portable = portable(name);
    if portable == name && name.to_lowercase() != name { marked(&portable, name) } else { portable }
}

/// Returns portable names for the files of one folder, given the identity and the preferred name of
/// each. Names that differ in case alone, which are one file on some systems, all contain a hash of
/// their identity, so they do not depend on the order of the files.
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

/// Inserts a hash of `whole` into a portable name, before its extension.
pub fn marked(portable: &str, whole: &str) -> String {
    let (stem, ending) = split(portable);
    format!("{}-{}{ending}", &stem[..stem.floor_char_boundary(CUT)], hex(whole, HASH))
}

fn clean(name: &str) -> String {
    // File names are displayed, and are part of shared notebooks: secrets are removed.
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

/// Splits a name before the dot of its extension; the second part is empty if there is none.
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
    // Windows treats superscript digits as digits here.
    let is_number = |text: &str| matches!(text, "¹" | "²" | "³") || matches!(text.as_bytes(), [b'1'..=b'9']);
    let is_port = |kind: &str| stem.strip_prefix(kind).is_some_and(is_number);
    DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_invalid_on_some_system_are_changed_and_get_a_hash() {
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
    fn names_that_differ_only_in_case_become_distinct() {
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
        assert_eq!(case_insensitive("a-1"), "a-1");
        assert_ne!(case_insensitive("A-1").to_lowercase(), case_insensitive("a-1"));
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_portable_name(text in "\\PC{0,200}") {
            let name = portable(&text);
            prop_assert!(is_portable(&name) && !name.contains(['/', '\\', ':']) && !name.starts_with('.'), "{}", name);
            prop_assert_eq!(portable(&name), name.clone(), "it is plain then");
        }
    }
}
