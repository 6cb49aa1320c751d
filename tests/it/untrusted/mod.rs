//! Tests that text from other sources is shown as text only.
//!
//! A platform puts hostile strings into every field that is shown. Displays are printed to standard
//! output, so a separate process prints them: this test binary with one ignored test. The browser
//! tests open the same displays.

/// Shows a value as a cell does, and records it for the test of secrets.
macro_rules! display {
    ($value:expr) => {{
        let value = &$value;
        value.evcxr_display();
        $crate::untrusted::secrets::record(value);
    }};
}

/// Shows a frame as a cell does, and records it for the test of secrets.
macro_rules! frame {
    ($frame:expr) => {{
        let frame = $frame;
        frame.show();
        $crate::untrusted::secrets::record_frame(&frame);
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

/// Line before the output of one value.
pub const SHOWN: &str = "== shown ";
/// Largest output of the values, in bytes: tables, and maps with their pictures.
const MOST: usize = 1_500_000;

/// Returns the strings that the platform puts into each field.
fn texts() -> Vec<String> {
    if secrets::folder().is_some() { secrets::texts() } else { strings::all() }
}

/// Display of a value, with its name and its representations.
struct Display {
    name: String,
    html: String,
    text: String,
}

/// Returns all displays that the ignored test prints, parsed as evcxr does.
fn displays() -> Vec<Display> {
    let printed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "untrusted::show::print", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    for secret in ["hunter2", "t0ken", account::EULA] {
        assert!(!printed.contains(secret), "a display contains `{secret}`");
    }
    printed.split(SHOWN).skip(1).map(display).collect()
}

/// Parses the lines as evcxr does: a marker is at the beginning of a line.
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
                    // Progress, and the test runner's own lines.
                    None => {}
                }
            }
        }
    }
    assert_eq!(inside, None, "`{name}` does not end");
    Display { name: name.to_owned(), html, text }
}

/// Writes the displays as one page for the browser tests.
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
fn hostile_strings_are_shown_as_text() {
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
