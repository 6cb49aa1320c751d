use maud::{PreEscaped, html};

use super::cell::{Cell, StatusKind, badge};
use super::table::STYLE;
use super::text::width;
use crate::MimeBundle;
use up42_core::sanitize::sanitize;

/// Card of one value: a title and facts, for example of a client, a project or a workflow.
#[derive(Clone, Debug)]
pub struct Card {
    title: String,
    badge: Option<(StatusKind, String)>,
    facts: Vec<(String, Cell)>,
    notes: Vec<String>,
}

impl Card {
    /// Starts a card without facts.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), badge: None, facts: Vec::new(), notes: Vec::new() }
    }

    /// Sets the badge beside the title.
    pub fn badge(mut self, kind: StatusKind, word: impl Into<String>) -> Self {
        self.badge = Some((kind, word.into()));
        self
    }

    /// Adds a fact: name and value.
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<Cell>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// Adds a line below the facts.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns the card as HTML and text.
    pub fn bundle(&self) -> MimeBundle {
        MimeBundle { html: self.to_html(), jpeg: None, text: self.to_text() }
    }

    fn to_html(&self) -> String {
        let page = html! {
            div.up42 {
                style { (PreEscaped(STYLE)) }
                div.up42-card {
                    p.up42-title {
                        b { bdi { (sanitize(&self.title, 200)) } }
                        @if let Some((kind, word)) = &self.badge { " " (badge(*kind, word)) }
                    }
                    table.up42-facts {
                        tbody {
                            @for (name, value) in &self.facts {
                                tr { th scope="row" { bdi { (sanitize(name, 60)) } } td { (value.to_html()) } }
                            }
                        }
                    }
                    @for note in &self.notes { p.up42-note { bdi { (sanitize(note, 400)) } } }
                }
            }
        };
        page.into_string()
    }

    fn to_text(&self) -> String {
        let mut text = sanitize(&self.title, 200);
        if let Some((kind, word)) = &self.badge {
            text.push_str(&format!(" [{} {}]", kind.glyph(), sanitize(word, 80)));
        }
        text.push('\n');
        let facts: Vec<_> = self.facts.iter().map(|(name, value)| (sanitize(name, 60), value)).collect();
        let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, value) in &facts {
            let gap = " ".repeat(widest - width(name));
            text.push_str(&format!("  {name}{gap}  {}\n", value.to_text()));
        }
        for note in &self.notes {
            text.push_str(&format!("  {}\n", sanitize(note, 400)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_lists_its_facts() {
        let card = Card::new("UP42 client")
            .badge(StatusKind::Neutral, "simulator")
            .fact("Project", Cell::id("demo-project"))
            .fact("Credits", Cell::Number(12_500.0, 0))
            .note("nothing here costs money");
        insta::assert_snapshot!(card.to_text(), @r"
        UP42 client [◇ simulator]
          Project  demo-project
          Credits  12,500
          nothing here costs money
        ");
        assert!(card.to_html().contains("<th scope=\"row\"><bdi>Credits</bdi></th><td>12,500</td>"));
    }
}
