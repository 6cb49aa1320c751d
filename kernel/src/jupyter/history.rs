//! The cells that this kernel has run.

use serde_json::{Value, json};

use crate::jupyter::message::Message;

/// History of one session; notebooks store their cells themselves.
#[derive(Debug, Default)]
pub struct History {
    cells: Vec<(u32, String)>,
}

impl History {
    /// Adds a cell.
    pub fn add(&mut self, number: u32, code: &str) {
        self.cells.push((number, code.to_owned()));
    }

    /// Answers a [history
    /// request](https://jupyter-client.readthedocs.io/en/stable/messaging.html#history).
    pub fn answer(&self, request: &Message) -> Value {
        let content = &request.content;
        let number = |name: &str| content[name].as_i64();
        let count = number("n").and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
        let found: Vec<&(u32, String)> = match content["hist_access_type"].as_str() {
            Some("range") => {
                let start = number("start").unwrap_or(0);
                let stop = number("stop").unwrap_or(i64::MAX);
                let is_this_session = number("session").is_none_or(|session| session == 0);
                self.cells
                    .iter()
                    .filter(|(number, _)| is_this_session && (start..stop).contains(&i64::from(*number)))
                    .collect()
            }
            Some("search") => {
                let pattern = content["pattern"].as_str().unwrap_or("*");
                let is_unique = request.flag("unique", false);
                let is_last = |index: usize, code: &str| {
                    !is_unique || self.cells[index + 1..].iter().all(|(_, later)| later != code)
                };
                let cells = self.cells.iter().enumerate();
                let found =
                    cells.filter(|(index, (_, code))| matches(pattern, code) && is_last(*index, code));
                let found: Vec<_> = found.map(|(_, cell)| cell).collect();
                found[found.len().saturating_sub(count)..].to_vec()
            }
            _ => self.cells[self.cells.len().saturating_sub(count)..].iter().collect(),
        };
        let with_output = request.flag("output", false);
        let entry = |(number, code): &(u32, String)| match with_output {
            true => json!([0, number, [code, null]]),
            false => json!([0, number, code]),
        };
        json!({ "status": "ok", "history": found.into_iter().map(entry).collect::<Vec<_>>() })
    }
}

/// Returns whether the text matches the pattern with the wildcards `*` and `?`.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    match pattern_rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_rest.as_str();
            text.char_indices().any(|(start, _)| matches(rest, &text[start..])) || matches(rest, "")
        }
        Some(first) => text.chars().next().is_some_and(|character| {
            (first == '?' || first == character)
                && matches(pattern_rest.as_str(), &text[character.len_utf8()..])
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_number_and_text() {
        let mut history = History::default();
        for (number, code) in [(1, "let a = 1;"), (2, "a + 1"), (3, "show(a)")] {
            history.add(number, code);
        }
        let count_of = |history: &History, content| {
            let request = Message { content, ..Message::default() };
            history.answer(&request)["history"].as_array().unwrap().len()
        };
        let count = |content| count_of(&history, content);
        assert_eq!(count(json!({"hist_access_type": "tail", "n": 2})), 2);
        assert_eq!(count(json!({"hist_access_type": "range", "session": 0, "start": 2, "stop": 9})), 2);
        assert_eq!(count(json!({"hist_access_type": "search", "pattern": "*a + ?*", "n": 5})), 1);
        assert_eq!(count(json!({"hist_access_type": "search", "pattern": "a"})), 0);
        history.add(4, "a + 1");
        let unique = json!({"hist_access_type": "search", "pattern": "a*", "unique": true});
        assert_eq!(count_of(&history, unique), 1);
    }
}
