//! Support code for patched cells: this file is appended to each of them as a module. It uses only
//! the standard library and keeps no state.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::panic::Location;

/// Returns the text of an error, followed by those of its sources.
pub fn error_chain<E: Error + ?Sized>(error: &E) -> String {
    let mut error_chain = format!("{error:#}");
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some errors include the text of their sources.
        if !error_chain.contains(&text) {
            error_chain.push_str(": ");
            error_chain.push_str(&text);
        }
        source = cause.source();
    }
    error_chain
}

/// Reports to the kernel the error that a `?` returns.
#[track_caller]
pub fn report(error_chain: &str) {
    let place = Location::caller();
    // A conversion that was called directly, not by a `?`, may be in any file.
    print_error(error_chain, if place.file().ends_with("lib.rs") { place.line() } else { 0 }, "");
}

/// Returns the prefix of lines for the kernel, which no text from outside contains.
fn tag() -> String {
    std::env::var("UP42_TAG").unwrap_or_default()
}

/// Prints the error as one line, with the whole chain of causes.
fn print_error(error_chain: &str, line: u32, more: &str) {
    println!("{} error {{\"message\": {}, \"line\": {line}{more}}}", tag(), quoted(error_chain));
}

/// Returns the text as a JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => quoted.push(character),
        }
    }
    quoted + "\""
}

/// Last value of a cell, with its line. It dereferences to the value, whose own `evcxr_display` is
/// called except for the types below, which have none. While it lives, the kernel accepts evcxr's
/// marks for displays, which are all that most types use.
pub struct Last<'a, T> {
    value: &'a T,
    line: u32,
}

/// Wraps the last value; called in the line before it.
#[track_caller]
pub fn last<T>(value: &T) -> Last<'_, T> {
    println!("{} show", tag());
    Last { value, line: Location::caller().line() + 1 }
}

impl<T> Drop for Last<'_, T> {
    fn drop(&mut self) {
        println!("{} shown", tag());
    }
}

impl<T> Deref for Last<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

/// Display of a last value. If several apply, rustc selects one by the number of references before
/// `Last`.
pub trait ShowLast {
    fn evcxr_display(&self);
}

/// Shows the value of an `Ok`; an `Err` fails the cell.
fn show_result<T: Debug, E: Debug>(last: &Last<'_, Result<T, E>>, error_chain: impl FnOnce(&E) -> String) {
    match last.value {
        Ok(_) => show(&last.value),
        Err(error) => print_error(&error_chain(error), last.line, ", \"final\": true"),
    }
}

impl<T: Debug, E: Error> ShowLast for &&&Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        show_result(self, error_chain);
    }
}

impl<T: Debug, E: Debug + Deref<Target: Error>> ShowLast for &&Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        show_result(self, |error| error_chain(&**error));
    }
}

impl<T: Debug, E: Debug + Display> ShowLast for &Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        show_result(self, |error| format!("{error:#}"));
    }
}

impl<T: Debug, E: Debug> ShowLast for Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        show_result(self, |error| format!("{error:?}"));
    }
}

/// Types of the standard library. evcxr would show them by `Debug` too, but only after a failed
/// build that tries their `evcxr_display`.
macro_rules! shown {
    ($([$($generic:ident),*] $type:ty;)*) => {
        $(impl<$($generic: Debug),*> ShowLast for Last<'_, $type> {
            fn evcxr_display(&self) {
                show(&self.value);
            }
        })*
    };
}

shown! {
    [] (); [] bool; [] char; [] &str; [] String;
    [] i8; [] i16; [] i32; [] i64; [] i128; [] isize;
    [] u8; [] u16; [] u32; [] u64; [] u128; [] usize; [] f32; [] f64;
    [] std::path::PathBuf; [] std::time::Duration;
    [A] Option<A>; [A] Vec<A>; [A] VecDeque<A>; [A] &[A];
    [K, V] HashMap<K, V>; [K, V] BTreeMap<K, V>; [A] HashSet<A>; [A] BTreeSet<A>;
    [A] (A,); [A, B] (A, B); [A, B, C] (A, B, C); [A, B, C, D] (A, B, C, D);
    [A, B, C, D, E] (A, B, C, D, E); [A, B, C, D, E, F] (A, B, C, D, E, F);
    [A, B, C, D, E, F, G] (A, B, C, D, E, F, G);
    [A, B, C, D, E, F, G, H] (A, B, C, D, E, F, G, H);
}

impl<A: Debug, const N: usize> ShowLast for Last<'_, [A; N]> {
    fn evcxr_display(&self) {
        show(&self.value);
    }
}

/// Shows the value by `Debug`, as evcxr does.
fn show(value: &dyn Debug) {
    show_text(&format!("{value:?}"));
}

/// Replaces evcxr's `evcxr_send_text_plain`.
pub fn show_text(text: &str) {
    let tag = tag();
    println!("{tag} begin text/plain\n{text}\n{tag} end");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    #[derive(Debug)]
    struct Failed(std::num::ParseIntError);

    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("read the table")
        }
    }

    impl Error for Failed {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn an_error_chain_names_each_source_once() {
        let error = "seven".parse::<i32>().unwrap_err();
        assert_eq!(error_chain(&error), "invalid digit found in string");
        let boxed: Box<dyn Error> = Box::new(Failed(error));
        assert_eq!(error_chain(&*boxed), "read the table: invalid digit found in string");
    }

    #[test]
    fn a_quoted_text_is_one_line_of_json() {
        let text = "a \"tab\"\t\\ and\n\0 é";
        let quoted = quoted(text);
        assert_eq!(quoted.lines().count(), 1, "{quoted}");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
    }
}
