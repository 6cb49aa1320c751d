//! A strict parser of the HTML of displays. Unknown markup is an error.

/// Allowed elements, with their allowed attributes.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("b", &[]),
    ("bdi", &[]),
    ("br", &[]),
    ("code", &[]),
    ("div", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("iframe", &["title", "sandbox", "allow", "srcdoc"]),
    ("img", &["alt", "width", "height", "src"]),
    ("p", &[]),
    ("pre", &[]),
    ("script", &[]),
    ("small", &[]),
    ("span", &[]),
    ("style", &[]),
    ("table", &["aria-label"]),
    ("tbody", &[]),
    ("td", &["data-sort"]),
    ("tfoot", &[]),
    ("th", &["scope"]),
    ("thead", &[]),
    ("tr", &[]),
];
const VOID: &[&str] = &["br", "img"];

/// Checks the HTML. Fails on an unknown element or attribute, an element that is not closed, or a
/// source that is not a picture.
pub fn check(html: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('/') {
            let (name, after) = after.split_once('>').ok_or("a tag without an end")?;
            if open.pop() != Some(name) {
                return Err(format!("`</{name:.80}>` closes nothing"));
            }
            rest = after;
            continue;
        }
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let known = ELEMENTS.iter().find(|(known, _)| *known == name);
        let (name, allowed) = known.ok_or_else(|| format!("an element `<{rest:.80}`"))?;
        rest = attributes(after, name, allowed)?;
        if ["script", "style"].contains(name) {
            let (content, after) = rest.split_once(&format!("</{name}>")).ok_or("raw text without an end")?;
            if content.contains("globalThis.ran") || content.contains("<!--") {
                return Err(format!("text from outside in a {name}: {content:.200}"));
            }
            rest = after;
        } else if !VOID.contains(name) {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("not closed: {open:?}")) }
}

/// Reads the attributes up to the end of the tag.
fn attributes<'a>(mut rest: &'a str, element: &str, allowed: &[&str]) -> Result<&'a str, String> {
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return Ok(after);
        }
        let inside = rest.strip_prefix(' ').ok_or_else(|| format!("in <{element}: `{rest:.80}`"))?;
        let (name, after) = inside.split_once("=\"").ok_or("an attribute without a value")?;
        let (value, after) = after.split_once('"').ok_or("a value without an end")?;
        let is_ours = ["class", "style"].contains(&name) || allowed.contains(&name);
        if !is_ours || (name == "class" && !value.split(' ').all(|class| class.starts_with("up42"))) {
            return Err(format!("an attribute `{name:.80}={value:.80}` of <{element}>"));
        }
        if name == "src"
            && !["data:image/jpeg;base64,", "data:image/png;base64,", "data:image/svg+xml;base64,"]
                .iter()
                .any(|own| value.starts_with(own))
        {
            return Err(format!("a source `{value:.80}`"));
        }
        if name == "sandbox" && value.contains("same-origin") {
            return Err("a frame that is not shut in".to_owned());
        }
        if name == "style"
            && ["url(", "expression", "behavior", "@import"].iter().any(|odd| value.contains(odd))
        {
            return Err(format!("a style `{value:.80}`"));
        }
        rest = after;
    }
}

#[test]
fn the_checker_finds_invalid_markup() {
    assert_eq!(
        check(
            "<div class=\"up42\"><b>a &lt; b</b><br><img alt=\"x\" src=\"data:image/png;base64,AA\"></div>"
        ),
        Ok(())
    );
    for odd in [
        "<div>",
        "</div>",
        "<b></div>",
        "<a></a>",
        "<svg/onload=x>",
        "<b onclick=\"x\"></b>",
        "<b title=x></b>",
        "<img src=\"x\">",
        "<div class=\"jp-Button\"></div>",
        "<iframe sandbox=\"allow-same-origin\"></iframe>",
        "<script>globalThis.ran=1</script>",
        "<!-- -->",
        "<p style=\"background:url(x)\"></p>",
    ] {
        assert!(check(odd).is_err(), "{odd}");
    }
}
