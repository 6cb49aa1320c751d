use std::fmt;

use serde_json::Value;

use super::{Project, optional, required};
use crate::client::{data, items};
use crate::closest::closest;
use crate::error::{Context, Error, Result};
use crate::plain::plain;

/// A building block of workflows (API reference, 3.10).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Block {
    /// The platform's id.
    pub id: String,
    /// The technical name, such as `sobloo-s2-l1c-aoiclipped`.
    pub name: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// Whether it brings data in (`DATA`) rather than processing it.
    pub is_data: bool,
}

impl Project {
    /// The blocks that workflows are made of.
    ///
    /// # Errors
    ///
    /// Those of the network, and a list that is none.
    #[doc(alias = "get_blocks")]
    pub fn blocks(&self) -> Result<Vec<Block>> {
        let read = |json: &Value| {
            Ok(Block {
                id: required(json, "id")?,
                name: required(json, "name")?,
                display_name: optional(json, "displayName"),
                is_data: json.get("type").is_some_and(|kind| kind == "DATA"),
            })
        };
        let list = self.client().get("/blocks").and_then(data).and_then(|list| items(list, "data"));
        list.and_then(|list| list.iter().map(read).collect()).context("list the blocks")
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_data { "data" } else { "processing" };
        write!(f, "Block({}, {kind})", plain(&self.name, 200))
    }
}

/// The block with a name, an id or a display name; else an error that names the
/// closest ones.
pub(super) fn find<'a>(blocks: &'a [Block], wanted: &str) -> Result<&'a Block> {
    let is_it = |block: &&Block| {
        block.name == wanted
            || block.id == wanted
            || block.display_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    blocks.iter().find(is_it).ok_or_else(|| {
        let near = closest(blocks.iter().map(|block| block.name.as_str()), wanted);
        Error::invalid(format!("there is no block `{wanted}`: did you mean {near}?"))
    })
}
