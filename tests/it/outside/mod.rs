//! Whatever comes from outside is shown as text, and as nothing else.
//!
//! A platform puts hostile strings into every field that is shown. A display goes to
//! standard output, so all of them are printed by a process of its own: this test binary,
//! asked for one ignored test. The tests of the browser open the same displays.

/// Shows a value as a cell does, and tells the test of the secrets of it.
macro_rules! display {
    ($value:expr) => {{
        let value = &$value;
        value.evcxr_display();
        $crate::outside::secrets::tell(value);
    }};
}

/// The same for a frame.
macro_rules! frame {
    ($frame:expr) => {{
        let frame = $frame;
        frame.show();
        $crate::outside::secrets::tell_frame(&frame);
    }};
}

mod account;
mod buy;
mod markup;
mod platform;
mod processes;
mod secrets;
mod show;
mod strings;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Stands before what one value prints.
pub const SHOWN: &str = "== shown ";
/// What the values may print at most, in bytes: tables, and maps with their pictures.
const MOST: usize = 1_500_000;

/// What the platform puts into each field.
fn texts() -> Vec<String> {
    if secrets::folder().is_some() { secrets::texts() } else { strings::all() }
}

/// One display: its name, and what it is by MIME type.
struct Display {
    name: String,
    html: String,
    text: String,
}

/// Everything that the ignored test prints, as evcxr would read it.
fn displays() -> Vec<Display> {
    let printed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outside::show::print", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    for secret in ["hunter2", "t0ken", account::EULA] {
        assert!(!printed.contains(secret), "a display tells `{secret}`");
    }
    printed.split(SHOWN).skip(1).map(display).collect()
}

/// Reads the lines as evcxr does: a marker stands at the beginning of a line.
fn display(printed: &str) -> Display {
    let (name, lines) = printed.split_once('\n').unwrap();
    let (mut html, mut text, mut inside) = (String::new(), String::new(), None);
    for line in lines.lines() {
        match (line.strip_prefix("EVCXR_BEGIN_CONTENT "), inside) {
            (Some(mime), None) => inside = Some(mime),
            _ if line == "EVCXR_END_CONTENT" => inside = None,
            _ => {
                assert!(!line.contains("EVCXR_"), "`{name}` forges a marker: {line:.200}");
                match inside {
                    Some("text/html") => writeln!(html, "{line}").unwrap(),
                    Some("text/plain") => writeln!(text, "{line}").unwrap(),
                    Some(mime) => assert_eq!(mime, "image/jpeg", "`{name}`"),
                    // Progress, and the lines of the tests themselves.
                    None => {}
                }
            }
        }
    }
    assert_eq!(inside, None, "`{name}` does not end");
    Display { name: name.to_owned(), html, text }
}

/// The displays as one page for the tests of the browser.
pub fn write(folder: &Path) {
    let all: String = displays()
        .iter()
        .map(|one| format!("<section id=\"{}\">\n{}</section>\n", one.name, one.html))
        .collect();
    let page =
        format!("<!doctype html><html><head><meta charset=\"utf-8\"></head><body>\n{all}</body></html>\n");
    fs::write(folder.join("outside.html"), page).unwrap();
}

#[test]
fn hostile_strings_are_only_ever_text() {
    let displays = displays();
    assert!(displays.len() > 80, "{}", displays.len());
    for Display { name, html, text } in &displays {
        if let Err(odd) = markup::check(html) {
            panic!("`{name}`: {odd}");
        }
        assert!(
            html.len() < MOST && text.len() < 40_000,
            "`{name}`: {} and {} bytes",
            html.len(),
            text.len()
        );
        assert!(!html.is_empty() && text.trim().len() > 3, "`{name}` shows nothing");
        for line in text.lines() {
            let odd = line.chars().find(|letter| letter.is_control() || strings::is_invisible(*letter));
            assert_eq!(odd, None, "`{name}`: {line:.300}");
            assert!(line.chars().count() <= 420, "`{name}`: a line of {} characters", line.chars().count());
        }
    }
}
