//! A cell's code, patched: so that an error tells its whole story, and its line.

use std::process::Output;

use anyhow::Result;
use ra_ap_syntax::ast::HasArgList;
use ra_ap_syntax::{AstNode, Edition, SourceFile, TextRange, ast};

/// What the patched places call.
const IN_CELL: &str = include_str!("in_cell.rs");

/// What Polars offers, where it is there.
const FRAMES: &str = "
shown! {
    [] ::up42::polars::prelude::DataFrame;
    [] ::up42::polars::prelude::Series;
    [] ::up42::polars::prelude::Column;
}
";

/// How evcxr turns the error of a `?` into the end of a cell (`error_trait_code`).
const BEFORE: &str = "impl<T: ";
const AFTER: &str = "> From<T> for EvcxrUserCodeError {";
const DISPLAY: &str = "std::fmt::Display";
const FUNCTION: &str = "fn from(error: T) -> Self {";
const MARK: &str = "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED);";
/// What asks for a value's display.
const METHOD: &str = "evcxr_display";
/// What shows a value that has none, and what does so instead.
const SEND: &str = "evcxr_send_text_plain(&format!(";
const SEND_MARKED: &str = "up42_cell::show_text(&format!(";

/// Which errors a `?` takes. Few kinds tell of their sources, and evcxr takes more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Errors {
    /// Those of the standard library's trait.
    Plain,
    /// What holds one: a `Box<dyn Error>`, an `anyhow::Error`.
    Held,
    /// Whatever can be shown, such as a text.
    Any,
}

/// How the last value is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Last {
    /// As we show it, or else as its type does.
    Ours,
    /// As its type does.
    Own,
    /// The same, and not patched: the kernel takes what its type prints for text.
    Alone,
}

/// Compiles the code with the patch that fits it. The last value is shown as its type does it
/// unless we are to show it.
pub fn fitting(
    code: &str,
    with_last: bool,
    mut compile: impl FnMut(&str) -> Result<Output>,
) -> Result<Output> {
    let last = if with_last { Last::Ours } else { Last::Own };
    for (errors, last) in [(Errors::Plain, last), (Errors::Held, last), (Errors::Any, Last::Own)] {
        let output = compile(&patched(code, errors, last))?;
        if output.status.success() || !is_to_blame(&String::from_utf8_lossy(&output.stderr)) {
            return Ok(output);
        }
    }
    compile(&patched(code, Errors::Any, Last::Alone))
}

/// The code with every line where it was.
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
        "{text}\n#[allow(warnings)]\nmod up42_cell {{\n{}{frames}}}\nuse up42_cell::Told as _;\n",
        module.join("\n")
    )
}

/// Whether rustc refuses the patch rather than the cell. Most values have no display,
/// which evcxr has to hear.
fn is_to_blame(messages: &str) -> bool {
    let ours = ["up42_cell", "EvcxrUserCodeError"];
    let is_about_display = messages.contains("\"E0599\"") && messages.contains(METHOD);
    !is_about_display && ours.iter().any(|word| messages.contains(word))
}

/// `From` for the error of a `?`: it knows the line, since `?` hands on who called it.
fn with_errors(code: &str, errors: Errors) -> Option<String> {
    let end = code.find(AFTER)?;
    let start = code[..end].rfind(BEFORE)? + BEFORE.len();
    let bound = &code[start..end];
    let function = end + code[end..].find(FUNCTION)?;
    let mark = function + code[function..].find(MARK)?;
    let (bound, story) = match (bound, errors) {
        (DISPLAY, Errors::Plain) => ("std::error::Error", "up42_cell::story(&error)"),
        (DISPLAY, Errors::Held) => {
            ("std::fmt::Display + std::ops::Deref<Target: std::error::Error>", "up42_cell::story(&*error)")
        }
        (DISPLAY, Errors::Any) => (DISPLAY, "format!(\"{error:#}\")"),
        // `:efmt` has chosen.
        (other, _) => (other, "format!(\"{error:?}\")"),
    };
    // The report says what this line would say, and more.
    let head: Vec<&str> = code[function..mark]
        .split('\n')
        .map(|line| if line.trim_start().starts_with("eprintln!") { "" } else { line })
        .collect();
    Some(format!(
        "{}{bound}{}#[track_caller] {}up42_cell::report(&{story}); {}",
        &code[..start],
        &code[end..function],
        head.join("\n"),
        &code[mark..]
    ))
}

/// The cell's last value, looked at before it is shown.
fn with_last_value(code: &str, last: Last) -> Option<String> {
    let file = SourceFile::parse(code, Edition::Edition2024).tree();
    let calls = file.syntax().descendants().filter_map(ast::MethodCallExpr::cast);
    let is_display = |call: &ast::MethodCallExpr| {
        call.name_ref().is_some_and(|name| name.text() == METHOD)
            && call.arg_list().is_some_and(|list| list.args().next().is_none())
    };
    // evcxr puts the value between lines of its own; no user's does so, and is last.
    let value = calls.filter(is_display).filter_map(|call| match call.receiver()? {
        ast::Expr::ParenExpr(value) => Some(value.syntax().text_range()),
        _ => None,
    });
    let lines = |range: &TextRange| {
        let text = &code[*range];
        text.starts_with("(\n") && text.ends_with("\n)")
    };
    let range = std::ops::Range::<usize>::from(value.filter(lines).last()?);
    // A trait of the user's may show what we show.
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

    /// As evcxr writes it.
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
    fn no_line_of_the_cell_moves() {
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
    fn other_code_stays_as_it_is() {
        let code = "pub fn a() {\n(Shape).evcxr_display();\n}\n";
        assert_eq!(patched(code, Errors::Plain, Last::Ours), code);
        let own = "trait Mine { fn evcxr_display(&self); }\npub fn a() {\n(\n1\n).evcxr_display();\n}\n";
        assert!(
            patched(own, Errors::Plain, Last::Ours).contains("(*up42_cell::last(&(\n1\n))).evcxr_display()")
        );
        assert_eq!(patched(own, Errors::Plain, Last::Alone), own);
    }

    #[test]
    fn the_patch_is_blamed_for_what_it_asks_more() {
        assert!(is_to_blame(r#"{"code":{"code":"E0277"},"message":"… for `EvcxrUserCodeError`"}"#));
        let shown =
            r#"{"code":{"code":"E0599"},"message":"no method named `evcxr_display` … `up42_cell::Last`"}"#;
        assert!(!is_to_blame(shown));
        assert!(!is_to_blame(r#"{"code":{"code":"E0308"},"message":"mismatched types"}"#));
    }

    /// What a cell prints that ends with these lines, compiled by rustc.
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
    fn a_question_mark_tells_the_story_and_the_line() {
        let told = |message: &str, line: u32| {
            format!("T error {{\"message\": \"{message}\", \"line\": {line}}}\nENDED")
        };
        let invalid = "invalid digit found in string";
        assert_eq!(printed("let n: i32 =\n\"seven\"\n.parse()?;\n"), told(invalid, 16));
        let held =
            "let failed: Result<i32, Box<dyn std::error::Error>> = Err(\"no\\nscenes\".into());\nfailed?;\n";
        assert_eq!(printed(held), told("no\\u000ascenes", 16));
        assert_eq!(printed("Err::<(), &str>(\"text\")?;\n"), told("text", 15));
        let both = "\"1\".parse::<i32>()?;\nErr::<(), String>(\"text\".to_owned())?;\n";
        assert_eq!(printed(both), told("text", 16));
    }

    #[test]
    fn a_last_err_is_an_error_and_all_else_is_shown() {
        let last = |value: &str| printed(&format!("(\n{value}\n).evcxr_display();\n"));
        let told = |message: &str| {
            format!("T show\nT error {{\"message\": \"{message}\", \"line\": 16, \"final\": true}}\nT shown")
        };
        let shown = |text: &str| format!("T show\nT begin text/plain\n{text}\nT end\nT shown");
        assert_eq!(last("\"x\".parse::<i32>()"), told("invalid digit found in string"));
        assert_eq!(last("Err::<u8, Box<dyn std::error::Error>>(\"gone\".into())"), told("gone"));
        assert_eq!(last("Err::<u8, String>(\"gone\".into())"), told("gone"));
        assert_eq!(last("Err::<u8, Vec<u8>>(vec![1])"), told("[1]"));
        assert_eq!(last("\"7\".parse::<i32>()"), shown("Ok(7)"));
        assert_eq!(last("(\n1, \"a\"\n)"), shown("(1, \"a\")"));
        let own =
            "{ struct S; impl S { fn evcxr_display(&self) { println!(\"mine\"); } } std::rc::Rc::new(S) }";
        assert_eq!(last(own), "T show\nmine\nT shown");
    }

    #[test]
    fn a_value_is_shown_as_marked_as_another_where_the_errors_leave_no_other_patch() {
        let own = "{ struct S; impl S { fn evcxr_display(&self) { println!(\"mine\"); } } S }";
        let shown = printed(&format!("Ok::<(), &str>(())?;\n(\n{own}\n).evcxr_display();\n"));
        assert_eq!(shown, "T show\nmine\nT shown");
        // evcxr's own line, after it has asked in vain for a display.
        let sent =
            "fn evcxr_send_text_plain(_: &str) {}\nevcxr_send_text_plain(&format!(\"{:?}\",&(\n1\n)));\n";
        assert_eq!(printed(sent), "T begin text/plain\n1\nT end");
    }
}
