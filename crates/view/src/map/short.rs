//! A script with short names.
//!
//! The same name becomes the same letters everywhere, so the script stays the same
//! program as long as no name of ours is that of the browser. Names after a point, keys of
//! objects and the browser's own ([`BROWSER`]) stay. Two names may share their letters when
//! no statement holds both: at most one of them is known outside its statement.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Words of the language.
const LANGUAGE: &str = "break case catch const continue default delete do else false finally for function if in instanceof let new null of return switch this throw true try typeof undefined void while yield async await";

/// What the browser gives, as far as the viewer uses it without a point before it.
const BROWSER: &str = "Array Blob Boolean Date Image Infinity JSON Map Math Number Object Path2D Promise ResizeObserver Response Set String URL Uint8Array addEventListener clearInterval clearTimeout createImageBitmap devicePixelRatio document getComputedStyle matchMedia navigator performance requestAnimationFrame self setInterval setTimeout";

/// Letters for names, in an order that deflates well.
const LETTERS: &str = "etnairoslcdupmhgfybvwxkSjqEzATCNOIRPLDMUHFBGVWYXKQJZ_$";

/// What a piece of the script is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A name that may be replaced.
    Name,
    /// The same, where it also names a key: `{ name }`.
    Shorthand,
    /// Anything else, blanks and text in quotes included.
    Other,
}

struct Piece<'a> {
    text: &'a str,
    kind: Kind,
    statement: usize,
    /// Outside all functions but the one around the script.
    outer: bool,
}

/// Gives all names of a joined script their letters.
pub fn shortened(script: &str) -> String {
    let pieces = pieces(script);
    let letters = letters(&pieces);
    let mut out = String::with_capacity(script.len());
    for piece in &pieces {
        match (piece.kind, letters.get(piece.text)) {
            (Kind::Name, Some(short)) => out.push_str(short),
            (Kind::Shorthand, Some(short)) => {
                out.push_str(piece.text);
                out.push(':');
                out.push_str(short);
            }
            _ => out.push_str(piece.text),
        }
    }
    out
}

/// The most frequent names get the shortest letters that are free wherever they stand.
fn letters<'a>(pieces: &[Piece<'a>]) -> HashMap<&'a str, String> {
    let mut names: BTreeMap<&str, (usize, BTreeSet<usize>, bool)> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| piece.kind != Kind::Other) {
        let (count, statements, outer) = names.entry(piece.text).or_default();
        *count += 1;
        statements.insert(piece.statement);
        *outer |= piece.outer;
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    let single = LETTERS.chars().map(String::from);
    let double = LETTERS.chars().flat_map(|a| LETTERS.chars().map(move |b| format!("{a}{b}")));
    let all: Vec<String> = single.chain(double).filter(|short| !is_word(LANGUAGE, short)).collect();
    let mut taken: HashMap<&str, (BTreeSet<usize>, bool)> = HashMap::new();
    let mut letters = HashMap::new();
    for (name, (_, statements, outer)) in names {
        let free = |short: &&String| {
            let Some((there, by_outer)) = taken.get(short.as_str()) else { return true };
            !(outer && *by_outer) && statements.is_disjoint(there)
        };
        let Some(short) = all.iter().find(free) else { continue };
        let (there, by_outer) = taken.entry(short).or_default();
        there.extend(statements);
        *by_outer |= outer;
        letters.insert(name, short.clone());
    }
    letters
}

fn is_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// An opened bracket.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Round,
    Block,
    /// Of an object or of a pattern.
    Object,
    /// `${` in a template.
    Template,
}

fn pieces(script: &str) -> Vec<Piece<'_>> {
    let tokens = tokens(script);
    let solid: Vec<usize> = (0..tokens.len()).filter(|&i| !tokens[i].0.trim().is_empty()).collect();
    let mut pieces: Vec<Piece> = tokens
        .iter()
        .map(|(text, _)| Piece { text, kind: Kind::Other, statement: 0, outer: false })
        .collect();
    let mut statement = 0;
    // In `const { a, b } = …` outside all functions.
    let mut in_pattern = false;
    for (n, &i) in solid.iter().enumerate() {
        let (text, open) = (tokens[i].0, &tokens[i].1);
        let before = n.checked_sub(1).map_or("", |n| tokens[solid[n]].0);
        let after = solid.get(n + 1).map_or("", |&i| tokens[i].0);
        pieces[i].statement = statement;
        // `(() => {` is around everything.
        let outside = open.len() == 2;
        in_pattern = (in_pattern && !outside) || (outside && matches!(before, "const" | "let"));
        pieces[i].outer = outside || in_pattern;
        let ends =
            text == ";" || (text == "}" && matches!(after, "const" | "let" | "function" | "for" | "if"));
        statement += usize::from(outside && ends);
        let is_name = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
        if !is_name || before == "." || is_word(LANGUAGE, text) || is_word(BROWSER, text) {
            continue;
        }
        let in_object = open.last() == Some(&Open::Object) && matches!(before, "{" | ",");
        pieces[i].kind = match after {
            ":" | "(" if in_object => Kind::Other,
            "," | "}" | "=" if in_object => Kind::Shorthand,
            _ => Kind::Name,
        };
    }
    pieces
}

/// The words and marks of a script, each with the brackets that are open around it.
fn tokens(script: &str) -> Vec<(&str, Vec<Open>)> {
    let mut tokens: Vec<(&str, Vec<Open>)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut before = "";
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let in_template = first == '}' && open.last() == Some(&Open::Template);
        let length = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            _ if in_template || first == '`' => template(rest),
            '\'' | '"' => closing(rest, first),
            '/' if matches!(before, "" | "(" | "," | "=" | ":" | "!" | "&" | "|" | "?" | "=>" | ";") => {
                let end = closing(rest, '/');
                end + rest[end..].find(|c: char| !c.is_alphabetic()).unwrap_or(0)
            }
            _ if is_wordy(first) => rest.find(|c| !is_wordy(c)).unwrap_or(rest.len()),
            _ if rest.starts_with("=>") => 2,
            _ if rest.starts_with("...") => 3,
            _ => first.len_utf8(),
        };
        let (text, tail) = rest.split_at(length);
        rest = tail;
        if in_template || matches!(first, ')' | ']') || text == "}" {
            open.pop();
        }
        tokens.push((text, open.clone()));
        if text.ends_with("${") {
            open.push(Open::Template);
        } else if matches!(text, "(" | "[") {
            open.push(Open::Round);
        } else if text == "{" {
            let block =
                matches!(before, "" | ")" | "=>" | "else" | "do" | "try" | "finally" | ";" | "{" | "}");
            open.push(if block { Open::Block } else { Open::Object });
        }
        if !text.trim().is_empty() {
            before = text;
        }
    }
    tokens
}

fn is_wordy(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of a text in quotes, or of a pattern between strokes.
fn closing(text: &str, quote: char) -> usize {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if quote == '/' && matches!(c, '[' | ']') {
            in_class = c == '[';
        } else if c == quote && !in_class {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// The length of a template's text up to its end, or to the code in it.
fn template(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            '\\' => drop(letters.next()),
            '`' => return at + 1,
            '$' if letters.peek().is_some_and(|&(_, next)| next == '{') => return at + 2,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_letters_and_all_else_stays() {
        let script = "(() => {\nconst first = ({ point, wide = 1 }) => {\nlet sum = 0, pattern = /[/a]first/g;\nreturn `first ${point.first + sum} '`;\n};\nfunction* other(sum) {\nyield { first, key: sum ? other : 'first' }, document.first;\n}\n})();\n";
        insta::assert_snapshot!(shortened(script), @r"
        (() => {
        const t = ({ point:n, wide:i = 1 }) => {
        let e = 0, a = /[/a]first/g;
        return `first ${n.first + e} '`;
        };
        function* n(e) {
        yield { first:t, key: e ? n : 'first' }, document.first;
        }
        })();
        ");
    }

    #[test]
    fn names_share_letters_only_apart() {
        let script = "(() => {\nconst a1 = (b1, c1) => b1 + c1;\nconst [d1, f1] = [(e1) => a1(e1)];\nd1();\nf1();\n})();";
        insta::assert_snapshot!(shortened(script), @r"
        (() => {
        const e = (t, n) => t + n;
        const [a, i] = [(t) => e(t)];
        a();
        i();
        })();
        ");
    }
}
