//! Patches a cell's code so that errors report all their causes and their line.

use std::process::Output;

use anyhow::Result;
use ra_ap_syntax::ast::HasArgList;
use ra_ap_syntax::{AstNode, Edition, SourceFile, TextRange, ast};

/// Support code that patched code calls.
const IN_CELL: &str = include_str!("in_cell.rs");

/// Displays of Polars types, for cells that use the library.
const FRAMES: &str = "
shown! {
    [] ::up42::polars::prelude::DataFrame;
    [] ::up42::polars::prelude::Series;
    [] ::up42::polars::prelude::Column;
}
";

/// Parts of the code by which evcxr turns the error of a `?` into the end of a cell
/// (`error_trait_code`).
const BEFORE: &str = "impl<T: ";
const AFTER: &str = "> From<T> for EvcxrUserCodeError {";
const DISPLAY: &str = "std::fmt::Display";
const FUNCTION: &str = "fn from(error: T) -> Self {";
const MARK: &str = "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED);";
/// Method that displays a value.
const METHOD: &str = "evcxr_display";
/// Call that shows a value without a display; the next constant replaces it.
const SEND: &str = "evcxr_send_text_plain(&format!(";
const SEND_MARKED: &str = "up42_cell::show_text(&format!(";

/// Types of errors that a `?` converts. evcxr accepts more types than have sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Errors {
    /// Types that implement `std::error::Error`.
    Plain,
    /// Types that dereference to one: `Box<dyn Error>`, `anyhow::Error`.
    Held,
    /// Types that implement `Display`, such as text.
    Any,
}

/// Display of the last value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Last {
    /// Our display if there is one, else that of the value's type.
    Ours,
    /// Display of the value's type.
    Own,
    /// Display of the value's type, without the patch: the kernel treats it as text.
    Alone,
}

/// Compiles the code with the first patch that rustc accepts; `with_last` allows our display of the
/// last value.
pub fn fitting(
    code: &str,
    with_last: bool,
    mut compile: impl FnMut(&str) -> Result<Output>,
) -> Result<Output> {
    let last = if with_last { Last::Ours } else { Last::Own };
    for (errors, last) in [(Errors::Plain, last), (Errors::Held, last), (Errors::Any, Last::Own)] {
        let output = compile(&patched(code, errors, last))?;
        if output.status.success() || !is_patch_rejected(&String::from_utf8_lossy(&output.stderr)) {
            return Ok(output);
        }
    }
    compile(&patched(code, Errors::Any, Last::Alone))
}

/// Returns the patched code, with every line at the same number.
fn patched(code: &str, errors: Errors, last: Last) -> String {
    let mut text = with_last_value(code, last).unwrap_or_else(|| code.replace(SEND, SEND_MARKED));
    text = with_errors(&text, errors).unwrap_or(text);
    if text == code {
        return text;
    }
    let (module, _) = IN_CELL.split_once("#[cfg(test)]").unwrap_or((IN_CELL, ""));
    let module = module.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>();
    let frames = if code.contains("up42::") { FRAMES } else { "" };
    format!(
        "{text}\n#[allow(warnings)]\nmod up42_cell {{\n{}{frames}}}\nuse up42_cell::ShowLast as _;\n",
        module.join("\n")
    )
}

/// Returns whether rustc rejects the patch rather than the cell. That a value has no display is
/// common, and evcxr must see that error.
fn is_patch_rejected(messages: &str) -> bool {
    let ours = ["up42_cell", "EvcxrUserCodeError"];
    let is_about_display = messages.contains("\"E0599\"") && messages.contains(METHOD);
    !is_about_display && ours.iter().any(|word| messages.contains(word))
}

/// Patches `From` for the error of a `?`. It knows the line, since `?` passes on its caller.
fn with_errors(code: &str, errors: Errors) -> Option<String> {
    let end = code.find(AFTER)?;
    let start = code[..end].rfind(BEFORE)? + BEFORE.len();
    let bound = &code[start..end];
    let function = end + code[end..].find(FUNCTION)?;
    let mark = function + code[function..].find(MARK)?;
    let (bound, error_chain) = match (bound, errors) {
        (DISPLAY, Errors::Plain) => ("std::error::Error", "up42_cell::error_chain(&error)"),
        (DISPLAY, Errors::Held) => (
            "std::fmt::Display + std::ops::Deref<Target: std::error::Error>",
            "up42_cell::error_chain(&*error)",
        ),
        (DISPLAY, Errors::Any) => (DISPLAY, "format!(\"{error:#}\")"),
        // Set by `:efmt`.
        (other, _) => (other, "format!(\"{error:?}\")"),
    };
    // The report replaces the text that this line would print.
    let head: Vec<&str> = code[function..mark]
        .split('\n')
        .map(|line| if line.trim_start().starts_with("eprintln!") { "" } else { line })
        .collect();
    Some(format!(
        "{}{bound}{}#[track_caller] {}up42_cell::report(&{error_chain}); {}",
        &code[..start],
        &code[end..function],
        head.join("\n"),
        &code[mark..]
    ))
}

/// Wraps the cell's last value before it is displayed.
fn with_last_value(code: &str, last: Last) -> Option<String> {
    let file = SourceFile::parse(code, Edition::Edition2024).tree();
    let calls = file.syntax().descendants().filter_map(ast::MethodCallExpr::cast);
    let is_display = |call: &ast::MethodCallExpr| {
        call.name_ref().is_some_and(|name| name.text() == METHOD)
            && call.arg_list().is_some_and(|list| list.args().next().is_none())
    };
    // Only evcxr puts the value between lines of its own, and it is the last such call.
    let value = calls.filter(is_display).filter_map(|call| match call.receiver()? {
        ast::Expr::ParenExpr(value) => Some(value.syntax().text_range()),
        _ => None,
    });
    let lines = |range: &TextRange| {
        let text = &code[*range];
        text.starts_with("(\n") && text.ends_with("\n)")
    };
    let range = std::ops::Range::<usize>::from(value.filter(lines).last()?);
    // A trait of the user's may display the types that we display.
    let has_trait = || {
        let mut traits = file.syntax().descendants().filter_map(ast::Trait::cast);
        traits.any(|item| item.syntax().text().to_string().contains(METHOD))
    };
    let lead = match last {
        Last::Alone => return None,
        Last::Ours if !has_trait() => "&&&&",
        Last::Ours | Last::Own => "*",
    };
    Some(format!(
        "{}({lead}up42_cell::last(&{})){}",
        &code[..range.start],
        &code[range.clone()],
        &code[range.end..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const VALUE: &str = "(\n(\n1, 2\n)\n).evcxr_display();\n";

    /// Cell as evcxr writes it.
    const CELL: &str = r#"#![allow(unused_imports, unused_mut, dead_code)]

            struct EvcxrUserCodeError {}
            impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError {
                fn from(error: T) -> Self {
                    eprintln!("{}", error);
                    println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
                    EvcxrUserCodeError {}
                }
            }
        
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_1(x: *mut u8) -> *mut u8 {
let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {
(
(
1, 2
)
).evcxr_display();
Ok(())})();
x
}
"#;

    #[test]
    fn line_numbers_of_the_cell_are_unchanged() {
        let places = [
            "impl<T: ",
            "fn from(",
            "println!(",
            "&up42_cell::last(&(",
            "(*up42_cell::last(&(",
            ")).evcxr_display();",
        ];
        let cases = [(Errors::Plain, Last::Ours), (Errors::Held, Last::Own), (Errors::Any, Last::Alone)];
        for (errors, last) in cases {
            let patched = patched(CELL, errors, last);
            let lines = CELL.lines().zip(patched.lines()).filter(|(old, new)| old != new);
            for (old, new) in lines.filter(|(old, _)| !old.contains("eprintln!")) {
                assert!(places.iter().any(|place| new.contains(place)), "{old:?} became {new:?}");
            }
        }
    }

    #[test]
    fn other_code_is_unchanged() {
        let code = "pub fn a() {\n(Shape).evcxr_display();\n}\n";
        assert_eq!(patched(code, Errors::Plain, Last::Ours), code);
        let own = "trait Mine { fn evcxr_display(&self); }\npub fn a() {\n(\n1\n).evcxr_display();\n}\n";
        assert!(
            patched(own, Errors::Plain, Last::Ours).contains("(*up42_cell::last(&(\n1\n))).evcxr_display()")
        );
        assert_eq!(patched(own, Errors::Plain, Last::Alone), own);
    }

    #[test]
    fn errors_of_the_patch_are_recognized() {
        assert!(is_patch_rejected(r#"{"code":{"code":"E0277"},"message":"… for `EvcxrUserCodeError`"}"#));
        let shown =
            r#"{"code":{"code":"E0599"},"message":"no method named `evcxr_display` … `up42_cell::Last`"}"#;
        assert!(!is_patch_rejected(shown));
        assert!(!is_patch_rejected(r#"{"code":{"code":"E0308"},"message":"mismatched types"}"#));
    }

    /// Compiles a cell that ends with these lines, and returns its output.
    fn printed(cell: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let [file, program] = ["lib.rs", "program"].map(|name| folder.path().join(name));
        let mark = "mod evcxr_internal_runtime { pub const USER_ERROR_OCCURRED: &str = \"ENDED\"; }\n";
        let main = "fn main() { run_user_code_1(std::ptr::null_mut()); }\n";
        let (before, after) = (CELL.split_once(VALUE).unwrap().0, CELL.split_once(VALUE).unwrap().1);
        let output = fitting(&[before, cell, after, mark, main].concat(), true, |code| {
            std::fs::write(&file, code)?;
            let mut rustc = Command::new("rustc");
            rustc.args(["--edition", "2024", "--error-format=json", "-o"]);
            Ok(rustc.arg(&program).arg(&file).output()?)
        });
        let output = output.unwrap();
        assert!(output.status.success(), "{cell}: {}", String::from_utf8_lossy(&output.stderr));
        let output = Command::new(&program).env("UP42_TAG", "T").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_question_mark_reports_the_error_chain_and_the_line() {
        let error_line = |message: &str, line: u32| {
            format!("T error {{\"message\": \"{message}\", \"line\": {line}}}\nENDED")
        };
        let invalid = "invalid digit found in string";
        assert_eq!(printed("let n: i32 =\n\"seven\"\n.parse()?;\n"), error_line(invalid, 16));
        let held =
            "let failed: Result<i32, Box<dyn std::error::Error>> = Err(\"no\\nscenes\".into());\nfailed?;\n";
        assert_eq!(printed(held), error_line("no\\u000ascenes", 16));
        assert_eq!(printed("Err::<(), &str>(\"text\")?;\n"), error_line("text", 15));
        let both = "\"1\".parse::<i32>()?;\nErr::<(), String>(\"text\".to_owned())?;\n";
        assert_eq!(printed(both), error_line("text", 16));
    }

    #[test]
    fn a_final_err_is_an_error_and_other_values_are_shown() {
        let last = |value: &str| printed(&format!("(\n{value}\n).evcxr_display();\n"));
        let error_line = |message: &str| {
            format!("T show\nT error {{\"message\": \"{message}\", \"line\": 16, \"final\": true}}\nT shown")
        };
        let shown = |text: &str| format!("T show\nT begin text/plain\n{text}\nT end\nT shown");
        assert_eq!(last("\"x\".parse::<i32>()"), error_line("invalid digit found in string"));
        assert_eq!(last("Err::<u8, Box<dyn std::error::Error>>(\"gone\".into())"), error_line("gone"));
        assert_eq!(last("Err::<u8, String>(\"gone\".into())"), error_line("gone"));
        assert_eq!(last("Err::<u8, Vec<u8>>(vec![1])"), error_line("[1]"));
        assert_eq!(last("\"7\".parse::<i32>()"), shown("Ok(7)"));
        assert_eq!(last("(\n1, \"a\"\n)"), shown("(1, \"a\")"));
        let own =
            "{ struct S; impl S { fn evcxr_display(&self) { println!(\"mine\"); } } std::rc::Rc::new(S) }";
        assert_eq!(last(own), "T show\nmine\nT shown");
    }

    #[test]
    fn values_are_tagged_with_every_patch() {
        let own = "{ struct S; impl S { fn evcxr_display(&self) { println!(\"mine\"); } } S }";
        let shown = printed(&format!("Ok::<(), &str>(())?;\n(\n{own}\n).evcxr_display();\n"));
        assert_eq!(shown, "T show\nmine\nT shown");
        // evcxr's own line, after the build with a display failed.
        let sent =
            "fn evcxr_send_text_plain(_: &str) {}\nevcxr_send_text_plain(&format!(\"{:?}\",&(\n1\n)));\n";
        assert_eq!(printed(sent), "T begin text/plain\n1\nT end");
    }
}
