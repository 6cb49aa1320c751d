//! What a patched cell is given: this file, as a module at its end. Only the standard
//! library is known here, and nothing is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::panic::Location;

/// What an error says, and what its sources add.
pub fn story<E: Error + ?Sized>(error: &E) -> String {
    let mut story = format!("{error:#}");
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some tell of their sources themselves.
        if !story.contains(&text) {
            story.push_str(": ");
            story.push_str(&text);
        }
        source = cause.source();
    }
    story
}

/// Tells the kernel of the error that a `?` hands on.
#[track_caller]
pub fn report(story: &str) {
    let place = Location::caller();
    // A conversion that was called, and not by a `?`, may stand anywhere.
    tell(story, if place.file().ends_with("lib.rs") { place.line() } else { 0 }, "");
}

/// Begins the lines that are meant for the kernel; no text from outside holds it.
fn tag() -> String {
    std::env::var("UP42_TAG").unwrap_or_default()
}

/// One line, whatever the story holds.
fn tell(story: &str, line: u32, more: &str) {
    println!("{} error {{\"message\": {}, \"line\": {line}{more}}}", tag(), quoted(story));
}

/// The text as JSON.
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

/// A cell's last value, and its line. It leads to the value's own `evcxr_display`, but for
/// the types below, which have none. For as long as it lives the kernel takes evcxr's marks
/// for displays, which are all that most types know.
pub struct Last<'a, T> {
    value: &'a T,
    line: u32,
}

/// Stands in the line before the value.
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

/// How a last value is told. Which of several is taken, rustc tells by the number of
/// references before `Last`.
pub trait Told {
    fn evcxr_display(&self);
}

/// An `Err` fails the cell.
fn tell_result<T: Debug, E: Debug>(last: &Last<'_, Result<T, E>>, story: impl FnOnce(&E) -> String) {
    match last.value {
        Ok(_) => show(&last.value),
        Err(error) => tell(&story(error), last.line, ", \"final\": true"),
    }
}

impl<T: Debug, E: Error> Told for &&&Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        tell_result(self, story);
    }
}

impl<T: Debug, E: Debug + Deref<Target: Error>> Told for &&Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        tell_result(self, |error| story(&**error));
    }
}

impl<T: Debug, E: Debug + Display> Told for &Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        tell_result(self, |error| format!("{error:#}"));
    }
}

impl<T: Debug, E: Debug> Told for Last<'_, Result<T, E>> {
    fn evcxr_display(&self) {
        tell_result(self, |error| format!("{error:?}"));
    }
}

/// Types of the standard library, which evcxr would show by `Debug` after it has asked
/// rustc in vain for their display.
macro_rules! shown {
    ($([$($generic:ident),*] $type:ty;)*) => {
        $(impl<$($generic: Debug),*> Told for Last<'_, $type> {
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

impl<A: Debug, const N: usize> Told for Last<'_, [A; N]> {
    fn evcxr_display(&self) {
        show(&self.value);
    }
}

/// As evcxr does.
fn show(value: &dyn Debug) {
    show_text(&format!("{value:?}"));
}

/// Stands in the place of evcxr's `evcxr_send_text_plain`.
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
    fn a_story_holds_the_sources_once() {
        let error = "seven".parse::<i32>().unwrap_err();
        assert_eq!(story(&error), "invalid digit found in string");
        let boxed: Box<dyn Error> = Box::new(Failed(error));
        assert_eq!(story(&*boxed), "read the table: invalid digit found in string");
    }

    #[test]
    fn a_quoted_text_is_one_line_of_json() {
        let text = "a \"tab\"\t\\ and\n\0 é";
        let quoted = quoted(text);
        assert_eq!(quoted.lines().count(), 1, "{quoted}");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
    }
}
