//! The viewer's modules as one script.
//!
//! The files in `assets/viewer` are ES modules. In a page they share one scope, in the order of
//! their imports: no name is declared twice, and a module imports only from those before it, which
//! the tests check. Comments and blanks are removed, because every map in a notebook contains the
//! viewer.

macro_rules! modules {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../assets/viewer/", $name, ".js")))),*] };
}

const MODULES: &[(&str, &str)] = modules!(
    "data" "signals" "mercator" "dom" "placement" "land" "scenes" "view" "pictures" "graticule" "scale_bar"
    "cover" "paint" "keys" "tools" "pointer" "basics" "list" "card" "panel" "timeline" "swipe" "save" "draw_area" "tiles" "main"
);

/// Returns the modules as one strict function, without comments.
pub fn joined(tiles: bool) -> String {
    let mut out = String::from("(() => {'use strict';\n");
    // Few maps ask for tiles: the others do without the module.
    for (_, source) in MODULES.iter().filter(|(name, _)| tiles || *name != "tiles") {
        let lines = source.lines().filter(|line| !line.starts_with("import "));
        let lines = lines.map(|line| line.strip_prefix("export ").unwrap_or(line));
        out.push_str(&bare(&lines.collect::<Vec<_>>().join("\n")));
    }
    out.push_str("})();\n");
    out
}

/// Removes comments and blanks between marks from a script. Text in quotes is unchanged, and lines
/// end where that may end a statement.
pub fn bare(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut in_comment = false;
    for line in source.lines().map(str::trim) {
        in_comment |= line.starts_with("/**");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            squeeze(line.split(" // ").next().unwrap_or(line), &mut out);
            if !out.ends_with(|last| ";{,([=>|&?:+".contains(last)) {
                out.push('\n');
            }
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

/// Removes comments and line breaks from a style sheet.
pub fn bare_style(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.starts_with("/*"));
    lines.collect::<String>().replace(";}", "}")
}

fn squeeze(line: &str, out: &mut String) {
    const MARKS: &str = "{}()[];,<>=+-*/%&|!?:";
    let mut quote = None;
    let mut before = '\n';
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied().unwrap_or('\n');
        match quote {
            Some(open) if letter == open && before != '\\' => quote = None,
            None if matches!(letter, '\'' | '"' | '`') => quote = Some(letter),
            // `a - -b` must not become `a--b`.
            None if letter == ' '
                && (MARKS.contains(before) || MARKS.contains(after))
                && !(before == after && "+-".contains(before)) =>
            {
                continue;
            }
            _ => {}
        }
        out.push(letter);
        before = letter;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn comments_are_removed_and_code_is_kept() {
        let source = "// a\n/** b\n *  c */\nconst x = `a + ${b - c}`, y = 1 - -1; // d\n\n  f('a , b');\n";
        assert_eq!(bare(source), "const x=`a + ${b - c}`,y=1- -1;f('a , b');");
        assert_eq!(bare_style("/* a */\n:root{\n  --a:1;\n}\n"), ":root{--a:1}");
    }

    /// Returns the names that a module declares at its outermost level.
    fn names(source: &str) -> Vec<&str> {
        let mut names = Vec::new();
        for line in source.lines() {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let line = line.strip_prefix("async ").unwrap_or(line);
            let Some((kind, rest)) = line.split_once(' ') else { continue };
            if kind == "const" || kind == "let" {
                // `let a = 0, b = 1;` gives two.
                let each =
                    rest.split(", ").filter(|_| kind == "let").chain(Some(rest).filter(|_| kind == "const"));
                names.extend(each.map(|part| part.split([' ', ';']).next().unwrap()));
            } else if kind == "function" {
                names.push(rest.split('(').next().unwrap());
            }
        }
        names
    }

    #[test]
    fn modules_are_joined_in_order_of_their_imports() {
        let mut given: BTreeMap<&str, &str> = BTreeMap::new();
        for (module, source) in MODULES {
            for line in source.lines().filter(|line| line.starts_with("import ")) {
                let (wanted, from) =
                    line.strip_prefix("import { ").unwrap().split_once(" } from './").unwrap();
                for name in wanted.split(", ") {
                    let from = from.strip_suffix(".js';").unwrap();
                    assert_eq!(given.get(name), Some(&from), "{module} imports {name}");
                    let used = source.lines().filter(|line| !line.starts_with("import ")).any(|line| {
                        line.split(|c: char| !c.is_alphanumeric() && c != '$').any(|word| word == name)
                    });
                    assert!(used, "{module} does not use {name}");
                }
            }
            for name in names(source) {
                assert_eq!(given.insert(name, module), None, "{name} is given twice, again in {module}");
            }
        }
        assert!(given.len() > 100, "{}", given.len());
    }
}
