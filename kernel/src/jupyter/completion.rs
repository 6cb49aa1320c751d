//! Completion, documentation, and the check whether a cell is complete.

use ra_ap_syntax::{Edition, NodeOrToken, SourceFile, SyntaxKind};
use serde_json::{Value, json};

use crate::jupyter::engine::Engine;
use crate::jupyter::message::Message;

/// Returns the completions at the cursor.
pub fn complete(engine: &mut Engine, request: &Message) -> Value {
    let code = request.code();
    let position = to_bytes(code, cursor(request));
    let Ok(found) = engine.complete(code, position) else {
        return json!({
            "status": "ok", "matches": [], "metadata": {},
            "cursor_start": cursor(request), "cursor_end": cursor(request),
        });
    };
    let (start, end) = (to_characters(code, found.start_offset), to_characters(code, found.end_offset));
    let matches: Vec<&str> = found.completions.iter().map(|completion| completion.code.as_str()).collect();
    let types: Vec<Value> = found
        .completions
        .iter()
        .map(|completion| json!({ "text": completion.label, "type": completion.kind, "start": start, "end": end }))
        .collect();
    json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        "metadata": { "_jupyter_types_experimental": types },
    })
}

/// Returns the documentation of the item at the cursor.
pub fn inspect(engine: &mut Engine, request: &Message) -> Value {
    let code = request.code();
    let position = end_of_word(code, to_bytes(code, cursor(request)));
    let found = engine.inspect(code, position);
    let data = match &found {
        Some((text, html)) => json!({ "text/plain": text, "text/html": html }),
        None => json!({}),
    };
    json!({ "status": "ok", "found": found.is_some(), "data": data, "metadata": {} })
}

/// Returns whether Enter in a console runs the cell or continues it.
pub fn is_complete(code: &str) -> Value {
    if code.trim_start().starts_with([':', '!']) {
        return json!({ "status": "complete" });
    }
    let depth = depth(code);
    match depth {
        Some(0) => json!({ "status": "complete" }),
        Some(depth) => json!({ "status": "incomplete", "indent": "    ".repeat(depth) }),
        None => json!({ "status": "incomplete", "indent": "" }),
    }
}

/// Returns the number of open brackets; `None` inside a string or a comment.
fn depth(code: &str) -> Option<usize> {
    let mut depth = 0usize;
    let file = SourceFile::parse(code, Edition::Edition2024).syntax_node();
    for token in file.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        let text = token.text();
        match token.kind() {
            SyntaxKind::L_CURLY | SyntaxKind::L_PAREN | SyntaxKind::L_BRACK => depth += 1,
            SyntaxKind::R_CURLY | SyntaxKind::R_PAREN | SyntaxKind::R_BRACK => {
                depth = depth.saturating_sub(1)
            }
            SyntaxKind::STRING if text.starts_with('"') && (text.len() < 2 || !text.ends_with('"')) => {
                return None;
            }
            SyntaxKind::STRING if text.starts_with('r') && !is_raw_closed(text) => return None,
            SyntaxKind::COMMENT if text.starts_with("/*") && !text.ends_with("*/") => return None,
            _ => {}
        }
    }
    Some(depth)
}

fn is_raw_closed(text: &str) -> bool {
    let hashes = text[1..].chars().take_while(|character| *character == '#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    text.len() > 1 + hashes + end.len() && text.ends_with(&end)
}

fn cursor(request: &Message) -> usize {
    request.content["cursor_pos"]
        .as_u64()
        .and_then(|position| usize::try_from(position).ok())
        .unwrap_or_default()
}

/// Converts an offset in characters, as Jupyter counts, to bytes.
fn to_bytes(code: &str, characters: usize) -> usize {
    code.char_indices().nth(characters).map_or(code.len(), |(offset, _)| offset)
}

fn to_characters(code: &str, bytes: usize) -> usize {
    code.char_indices().take_while(|(offset, _)| *offset < bytes).count()
}

/// Returns the end of the word that the cursor is in.
fn end_of_word(code: &str, position: usize) -> usize {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    position + code[position..].find(|character| !is_word(character)).unwrap_or(code.len() - position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_in_characters() {
        let code = "é𝄞x";
        assert_eq!([0, 1, 2, 3, 9].map(|characters| to_bytes(code, characters)), [0, 2, 6, 7, 7]);
        assert_eq!([0, 2, 6, 7].map(|bytes| to_characters(code, bytes)), [0, 1, 2, 3]);
        assert_eq!(end_of_word("a.sort()", 3), 6);
    }

    #[test]
    fn a_cell_with_open_brackets_or_texts_is_incomplete() {
        let status = |code| is_complete(code)["status"].as_str().unwrap().to_owned();
        for code in ["1 + 1", "fn f() {}", "let s = \"{\";", ":dep serde", "// {", "r#\"a\"#", "'{'", "}"] {
            assert_eq!(status(code), "complete", "{code}");
        }
        for code in ["fn f() {", "let s = \"a", "vec![", "/* a", "let s = r#\"a\""] {
            assert_eq!(status(code), "incomplete", "{code}");
        }
        assert_eq!(is_complete("if a {\n    b(")["indent"], "        ");
    }
}
