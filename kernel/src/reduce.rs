//! Sources without what rust-analyzer does not need to tell a type.
//!
//! It parses every file of every crate that it is shown before a kernel is ready. The
//! type of a call stands in the signature; bodies are most of the text.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use ra_ap_syntax::ast::{HasAttrs, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxNode, ast};

use crate::home::copy_folder_by;

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

/// The file with empty functions and without its tests.
fn reduced(text: &str) -> String {
    let file = SourceFile::parse(text, Edition::Edition2021).tree();
    let mut kept = String::with_capacity(text.len() / 2);
    let mut end = 0;
    for node in file.syntax().descendants() {
        let Some((cut, instead)) = cut(&node).filter(|(cut, _)| cut.start >= end) else { continue };
        kept.push_str(&text[end..cut.start]);
        kept.push_str(instead);
        end = cut.end;
    }
    kept + &text[end..]
}

/// What is left out of a node, and what stands there instead.
fn cut(node: &SyntaxNode) -> Option<(Range<usize>, &'static str)> {
    let range = |node: &SyntaxNode| Range::<usize>::from(node.text_range());
    if let Some(function) = ast::Fn::cast(node.clone()) {
        // A constant may be the length of an array, and the body is the only word on
        // what an `impl Trait` is.
        let returned = function.ret_type().map(|returned| returned.syntax().text().to_string());
        let is_needed =
            function.const_token().is_some() || returned.is_some_and(|text| text.contains("impl "));
        let body = function.body().filter(|_| !is_needed)?;
        return Some((range(body.syntax()), "{loop{}}"));
    }
    let module = ast::Module::cast(node.clone())?;
    let is_test = module.name().is_some_and(|name| name.text() == "tests")
        || module.attrs().any(|attribute| attribute.syntax().text() == "#[cfg(test)]");
    is_test.then(|| (range(module.syntax()), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_stay_and_bodies_go() {
        let text = r#"
/// Doubles.
pub fn double(n: u32) -> u32 { fn inner() {} n * 2 }
pub const fn three() -> usize { 3 }
fn hidden() -> impl Iterator<Item = u32> { [1].into_iter() }
trait Shape { fn area(&self) -> f64; fn twice(&self) -> f64 { self.area() * 2.0 } }
macro_rules! make { () => { fn made() { 1 } } }
#[cfg(test)]
mod checks { fn a() {} }
"#;
        let expected = r#"
/// Doubles.
pub fn double(n: u32) -> u32 {loop{}}
pub const fn three() -> usize { 3 }
fn hidden() -> impl Iterator<Item = u32> { [1].into_iter() }
trait Shape { fn area(&self) -> f64; fn twice(&self) -> f64 {loop{}} }
macro_rules! make { () => { fn made() { 1 } } }

"#;
        assert_eq!(reduced(text), expected);
    }
}
