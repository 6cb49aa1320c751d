//! Parser of well-known text of coordinate systems (OGC 01-009 and 18-010r11).

/// Largest nesting depth of a definition.
const DEEPEST: usize = 32;

/// Largest length of a definition, in bytes.
const LONGEST: usize = 100_000;

/// Element of the form `KEYWORD["name",1,CHILD[…]]`.
#[derive(Debug, Default, PartialEq)]
pub struct Node<'a> {
    pub keyword: &'a str,
    /// Texts without their quotes, numbers and words.
    pub values: Vec<&'a str>,
    pub children: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    pub fn is(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.keyword.eq_ignore_ascii_case(keyword))
    }

    /// Returns the first child with one of the keywords.
    pub fn child(&self, keywords: &[&str]) -> Option<&Node<'a>> {
        self.children.iter().find(|child| child.is(keywords))
    }

    pub fn name(&self) -> &'a str {
        self.values.first().copied().unwrap_or_default()
    }

    pub fn number(&self, at: usize) -> Option<f64> {
        self.values.get(at)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// Parses a text; `None` if it is not valid.
pub fn parse(text: &str) -> Option<Node<'_>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut open: Vec<Node> = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (value, after) = quoted.split_once('"')?;
            open.last_mut()?.values.push(value);
            rest = after;
        } else {
            let end = rest.find(|c: char| "[](),\"".contains(c) || c.is_whitespace()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let after = after.trim_start();
            match after.strip_prefix(['[', '(']) {
                Some(inside) if !word.is_empty() => {
                    open.push(Node { keyword: word, ..Node::default() });
                    if open.len() > DEEPEST {
                        return None;
                    }
                    rest = inside.trim_start();
                    continue;
                }
                _ if word.is_empty() && !after.starts_with([']', ')', ',']) => return None,
                _ if word.is_empty() => rest = after,
                _ => {
                    open.last_mut()?.values.push(word);
                    rest = after;
                }
            }
        }
        // Closes elements up to the next comma.
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix(',') {
                rest = after.trim_start();
                break;
            }
            rest = rest.strip_prefix([']', ')'])?;
            let node = open.pop()?;
            match open.last_mut() {
                Some(parent) => parent.children.push(node),
                None => return rest.trim().is_empty().then_some(node),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_definition_is_parsed_as_a_tree() {
        let tree =
            parse(r#"GEOGCS["x y", DATUM["d",SPHEROID["s",6378137.0,298.25]], UNIT["Degree",0.0174] ]"#)
                .unwrap();
        assert_eq!((tree.keyword, tree.name(), tree.children.len()), ("GEOGCS", "x y", 2));
        let spheroid = tree.child(&["DATUM"]).and_then(|datum| datum.child(&["SPHEROID"])).unwrap();
        assert_eq!(spheroid.number(2), Some(298.25));
        assert_eq!(parse(&"A[".repeat(100_000)), None);
        assert_eq!(parse("A[1] B[2]"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[A\\[\\](),\" 1é]{0,60}") {
            parse(&text);
        }
    }
}
