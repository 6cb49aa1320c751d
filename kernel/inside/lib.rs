//! Helper library that runs in the cell process: flushes what cells print, reports panics, and
//! marks the end of their output.
//!
//! It is a separate library that shares the standard library with the cells, and so their stdout
//! and their panic hook. It is compiled when the kernel is installed.

use std::ffi::c_void;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::Duration;

/// Prefix of each line for the proxy; no cell knows it.
static TAG: OnceLock<String> = OnceLock::new();
static START: Once = Once::new();
/// Address of our panic hook: a cell may replace it.
static HOOK: AtomicUsize = AtomicUsize::new(0);

/// Longest delay of text without a newline.
const FLUSH: Duration = Duration::from_millis(30);

/// Called like a cell, after each cell: everything that the cell has printed is in the pipes by
/// then, and a line in each pipe marks the end.
#[unsafe(no_mangle)]
pub extern "C" fn up42_fence(variables: *mut c_void) -> *mut c_void {
    START.call_once(start);
    let is_ours = match is_hook_ours() {
        true => "ours",
        false => "theirs",
    };
    let line = format!("{} fence {is_ours}\n", TAG.get().map_or("", String::as_str));
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(line.as_bytes());
    let _ = stdout.flush();
    drop(stdout);
    let _ = io::stderr().write_all(line.as_bytes());
    variables
}

fn start() {
    let _ = TAG.set(std::env::var("UP42_TAG").unwrap_or_default());
    let cells = thread::current().id();
    let hook: Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> =
        Box::new(move |info| report_panic(info, thread::current().id() == cells));
    HOOK.store(address(&*hook), Ordering::Relaxed);
    panic::set_hook(hook);
    thread::spawn(|| {
        loop {
            thread::sleep(FLUSH);
            let _ = io::stdout().flush();
        }
    });
}

fn is_hook_ours() -> bool {
    let hook = panic::take_hook();
    let is_ours = address(&*hook) == HOOK.load(Ordering::Relaxed);
    panic::set_hook(hook);
    is_ours
}

/// Returns the hook's address, which is unique since the hook captures a value.
fn address(hook: &(dyn Fn(&PanicHookInfo<'_>) + Send + Sync)) -> usize {
    std::ptr::from_ref(hook).cast::<()>() as usize
}

/// Reports a panic on stderr, which is unbuffered: a cell may panic while it prints.
fn report_panic(info: &PanicHookInfo<'_>, in_cell: bool) {
    let message = info.payload_as_str().unwrap_or("a value that is no text");
    let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
    let thread = thread::current();
    let report = format!(
        "{} panic {{\"message\": {}, \"file\": {}, \"line\": {line}, \"thread\": {}, \"in_cell\": {in_cell}}}\n",
        TAG.get().map_or("", String::as_str),
        json(message),
        json(file),
        json(thread.name().unwrap_or("unnamed")),
    );
    let _ = io::stderr().write_all(report.as_bytes());
}

fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if (control as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
