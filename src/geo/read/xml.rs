//! As much of XML as KML needs: tags and text, one after the other. Nothing here
//! recurses, and a document that ends early simply ends.

/// A piece of a document.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// A start tag's name, without its prefix.
    Open(&'a str),
    /// An end tag's name; follows at once on a tag that closes itself.
    Close(&'a str),
    Text(String),
}

/// The pieces of a document, without its comments and instructions.
pub(super) struct Pieces<'a> {
    rest: &'a str,
    closing: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(document: &'a str) -> Self {
        Self { rest: document, closing: None }
    }

    /// Takes what lies before the mark, and the mark.
    fn until(&mut self, mark: &str) -> &'a str {
        let (before, after) = self.rest.split_once(mark).unwrap_or((self.rest, ""));
        self.rest = after;
        before
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.closing.take() {
            return Some(Piece::Close(name));
        }
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = rest;
                return Some(Piece::Text(self.until("]]>").to_owned()));
            }
            let end = match self.rest {
                rest if rest.starts_with("<!--") => "-->",
                rest if rest.starts_with("<?") => "?>",
                rest if rest.starts_with("<!") => ">",
                _ => break,
            };
            self.until(end);
        }
        let Some(rest) = self.rest.strip_prefix('<') else {
            let end = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(Piece::Text(unescaped(text)));
        };
        let length = tag_length(rest);
        let (tag, rest) = rest.split_at(length);
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        if let Some(name) = tag.strip_prefix('/') {
            return Some(Piece::Close(local(name)));
        }
        let name = local(tag);
        self.closing = tag.ends_with('/').then_some(name);
        Some(Piece::Open(name))
    }
}

/// Up to the `>`; those in quotes do not count.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '>' => return at,
            _ => {}
        }
    }
    tag.len()
}

fn local(tag: &str) -> &str {
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or(tag);
    name.rsplit(':').next().unwrap_or(name)
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        match entity {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => code.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_comes_apart_into_tags_and_text() {
        let document = "<?xml version='1.0'?><!DOCTYPE kml><k:a x='>'>1 &amp; &#x32;&unknown;<!-- <b> --><![CDATA[<i>]]><c/></k:a>";
        let pieces: Vec<_> = Pieces::of(document).collect();
        let text = |text: &str| Piece::Text(text.into());
        use Piece::{Close, Open};
        assert_eq!(
            pieces,
            [Open("a"), text("1 & 2&unknown;"), text("<i>"), Open("c"), Close("c"), Close("a")]
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[<>/&;!?\\[\\]\\-a\"' é]{0,60}") {
            prop_assert!(Pieces::of(&text).count() <= 2 * text.len());
        }
    }
}
