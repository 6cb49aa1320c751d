//! Reduces sources to what rust-analyzer needs to infer types.
//!
//! Before a kernel is ready, rust-analyzer parses every file of each crate that it is given and
//! expands every macro. The type of a call is in the signature; bodies are most of the text.
//! Documentation stays where the user can look it up, which is not the case in a macro.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use ra_ap_syntax::ast::{HasAttrs, HasName};
use ra_ap_syntax::{
    AstNode, AstToken, Edition, NodeOrToken, SourceFile, SyntaxKind, SyntaxNode, SyntaxToken, T, TextRange,
    ast,
};

use crate::home::copy_folder_by;

/// Replacement of a function body.
const EMPTY: &str = "{loop{}}";

/// Attributes that affect neither types nor names.
const IDLE: [&str; 11] = [
    "allow",
    "cold",
    "inline",
    "must_use",
    "rustc_allow_const_fn_unstable",
    "rustc_const_stable",
    "rustc_const_unstable",
    "rustc_diagnostic_item",
    "rustc_inherit_overflow_checks",
    "stable",
    "track_caller",
];

/// Copies the Rust files of a folder, reduced.
pub fn copy_reduced(from: &Path, to: &Path) -> Result<()> {
    copy_folder_by(&copy_source, from, to)
}

fn copy_source(from: &Path, to: &Path) -> Result<()> {
    if from.extension().is_none_or(|end| end != "rs") {
        return Ok(());
    }
    let text = fs::read_to_string(from).with_context(|| format!("read `{}`", from.display()))?;
    fs::write(to, reduced(&text)).with_context(|| format!("write `{}`", to.display()))
}

/// Returns the file with empty function bodies and without its tests.
fn reduced(text: &str) -> String {
    let file = SourceFile::parse(text, Edition::Edition2021).tree();
    let mut cuts = Vec::new();
    for element in file.syntax().descendants_with_tokens() {
        match element {
            NodeOrToken::Node(node) => cuts.extend(cut(&node)),
            NodeOrToken::Token(token) => cuts.extend(comment(&token)),
        }
    }
    let mut kept = String::with_capacity(text.len() / 2);
    let mut end = 0;
    cuts.sort_by_key(|(cut, _)| (cut.start, usize::MAX - cut.end));
    for (cut, instead) in cuts {
        if cut.start >= end {
            kept.push_str(&text[end..cut.start]);
            kept.push_str(instead);
            end = cut.end;
        }
    }
    kept + &text[end..]
}

type Cut = (Range<usize>, &'static str);

/// Returns the parts of a node to replace, with their replacements.
fn cut(node: &SyntaxNode) -> Vec<Cut> {
    if let Some(function) = ast::Fn::cast(node.clone()) {
        // A constant function may give the length of an array, and only the body determines the
        // type behind an `impl Trait`.
        let returned = function.ret_type().map(|returned| returned.syntax().text().to_string());
        let is_needed =
            function.const_token().is_some() || returned.is_some_and(|text| text.contains("impl "));
        let body = function.body().filter(|_| !is_needed);
        return body.into_iter().map(|body| (range(body.syntax().text_range()), EMPTY)).collect();
    }
    if let Some(attribute) = ast::Attr::cast(node.clone()) {
        let path = attribute.path().map(|path| path.syntax().text().to_string());
        let is_idle = path.is_some_and(|path| IDLE.contains(&path.as_str()));
        return is_idle.then(|| (range(node.text_range()), "")).into_iter().collect();
    }
    if let Some(module) = ast::Module::cast(node.clone()) {
        let is_test = module.name().is_some_and(|name| name.text() == "tests")
            || module.attrs().any(|attribute| attribute.syntax().text() == "#[cfg(test)]");
        return is_test.then(|| (range(node.text_range()), "")).into_iter().collect();
    }
    if let Some(rules) = ast::MacroRules::cast(node.clone()) {
        return rules.token_tree().map(|tree| arms(tree.syntax())).unwrap_or_default();
    }
    Vec::new()
}

/// Returns the comment to cut, unless it is documentation that rust-analyzer can show.
fn comment(token: &SyntaxToken) -> Option<Cut> {
    let comment = ast::Comment::cast(token.clone())?;
    let is_in_macro = token.parent().is_some_and(|parent| parent.kind() == SyntaxKind::TOKEN_TREE);
    (is_in_macro || !comment.is_doc()).then(|| (range(token.text_range()), ""))
}

/// Returns the cuts in the expansions of a macro's arms; the patterns stay.
fn arms(rules: &SyntaxNode) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut is_written = false;
    for child in rules.children_with_tokens() {
        match child {
            NodeOrToken::Token(token) if token.kind() == T![>] => is_written = true,
            NodeOrToken::Node(node) if std::mem::take(&mut is_written) => written(&node, &mut cuts),
            _ => {}
        }
    }
    cuts
}

/// Collects cuts in a macro, where functions and attributes are mere tokens.
fn written(tree: &SyntaxNode, cuts: &mut Vec<Cut>) {
    let children: Vec<_> =
        tree.children_with_tokens().filter(|child| child.kind() != SyntaxKind::WHITESPACE).collect();
    let mut function = None;
    for (position, child) in children.iter().enumerate() {
        let before = position.checked_sub(1).map(|before| children[before].kind());
        match child {
            NodeOrToken::Token(token) => match token.kind() {
                T![fn] => function = Some(true),
                T![impl] => function = function.map(|_| false),
                T![;] => function = None,
                _ => {}
            },
            NodeOrToken::Node(node) => {
                let text = node.text().to_string();
                let name = text.trim_start_matches(['[', ' ']).split(|next: char| !is_name(next)).next();
                if before == Some(T![#]) && name.is_some_and(|name| IDLE.contains(&name) || name == "doc") {
                    let hash = children[position - 1].text_range();
                    cuts.push((range(hash.cover(node.text_range())), ""));
                } else if before == Some(T![$]) {
                    // A repetition needs the names in it.
                } else if let Some(is_empty) = function.filter(|_| text.starts_with('{')) {
                    function = None;
                    if is_empty {
                        cuts.push((range(node.text_range()), EMPTY));
                    }
                } else if !text.starts_with('(') {
                    written(node, cuts);
                }
            }
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn range(range: TextRange) -> Range<usize> {
    range.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_kept_and_bodies_are_removed() {
        let text = r#"
/// Doubles.
#[inline]
pub fn double(n: u32) -> u32 { fn inner() {} n * 2 }
pub const fn three() -> usize { 3 }
fn hidden() -> impl Iterator<Item = u32> { [1].into_iter() } // A note.
trait Shape { fn area(&self) -> f64; fn twice(&self) -> f64 { self.area() * 2.0 } }
#[cfg(test)]
mod checks { fn a() {} }
"#;
        let expected = r#"
/// Doubles.

pub fn double(n: u32) -> u32 {loop{}}
pub const fn three() -> usize { 3 }
fn hidden() -> impl Iterator<Item = u32> { [1].into_iter() } 
trait Shape { fn area(&self) -> f64; fn twice(&self) -> f64 {loop{}} }

"#;
        assert_eq!(reduced(text), expected);
    }

    #[test]
    fn bodies_in_macros_are_reduced_and_patterns_are_kept() {
        let text = r#"
macro_rules! whole {
    (fn $name:ident() { $body:expr }) => {
        /// Counts.
        #[doc = concat!("a", stringify!($name))]
        #[must_use]
        #[unstable(feature = "x")]
        pub const fn $name(self) -> u32 { self.0 + $body }
        fn all() -> impl Clone { 1 }
        mod inner { fn two() { 2 } }
    };
    ($($name:ident)*) => { $(fn $name() { $name })* };
}
"#;
        let expected = r#"
macro_rules! whole {
    (fn $name:ident() { $body:expr }) => {
        
        
        
        #[unstable(feature = "x")]
        pub const fn $name(self) -> u32 {loop{}}
        fn all() -> impl Clone { 1 }
        mod inner { fn two() {loop{}} }
    };
    ($($name:ident)*) => { $(fn $name() { $name })* };
}
"#;
        assert_eq!(reduced(text), expected);
    }
}
