use std::cmp::Reverse;
use std::fmt;

use serde_json::{Map, Value};

use super::id::checked;
use super::{Project, optional, required};
use crate::client::{data, items};
use up42_core::error::{Context, Error, ErrorKind, Result};
use up42_core::sanitize::sanitize;
use up42_core::suggest::suggest;

/// A building block of workflows (`docs/up42-api.md`, 3.10 and 3.11).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Block {
    /// Id on the platform. Each version of a block has its own id.
    pub id: String,
    /// Technical name, such as `sobloo-s2-l1c-aoiclipped`.
    pub name: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Whether the block provides data (`DATA`) rather than processing it.
    pub is_data: bool,
    /// Version, such as `2.6.0`.
    pub version: Option<String>,
    /// Description by the block's provider.
    pub description: Option<String>,
    /// Name of the block's provider.
    pub provider: Option<String>,
    /// Whether a dry run queries this block for data.
    pub is_dry_run_supported: Option<bool>,
    /// Parameters: name to schema. Empty if the platform's list of blocks omits them;
    /// [`Project::block`] returns them.
    pub parameters: Map<String, Value>,
}

impl Project {
    /// Returns the available blocks, one entry per version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] on failure of the connection, [`ErrorKind::Response`] if the response
    /// is not a list of blocks.
    #[doc(alias = "get_blocks")]
    pub fn blocks(&self) -> Result<Vec<Block>> {
        let list = self.client().get("/blocks").and_then(data).and_then(|list| items(list, "data"));
        list.and_then(|list| list.iter().map(Block::read).collect()).context("list the blocks")
    }

    /// Returns one block with its details, by name, id or display name. A version is given after
    /// `@`; the default is the newest version.
    ///
    /// ```
    /// # use up42::Client;
    /// # let project = Client::simulator()?.project()?;
    /// let tiling = project.block("tiling")?;
    /// assert!(tiling.parameters.contains_key("tile_width"));
    /// assert_eq!(project.block("tiling@1.2.1")?.version.as_deref(), Some("1.2.1"));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the block or the version does not exist; the message lists
    /// the closest names or the available versions.
    #[doc(alias = "get_block_details")]
    pub fn block(&self, block: impl AsRef<str>) -> Result<Block> {
        let found = self.find_block(&self.blocks()?, block.as_ref())?;
        let details = || self.block_details(checked("block", &found.id)?);
        details().with_context(|| format!("block `{}`", found.name))
    }

    /// Returns the block by name, id or display name. The platform's list may lack older versions:
    /// an unlisted block is requested by its id.
    pub(super) fn find_block(&self, known: &[Block], wanted: &str) -> Result<Block> {
        let unlisted = |error| match checked("block", wanted) {
            Ok(id) if id.len() == UUID && id.contains('-') => match self.block_details(id) {
                Err(refused) if refused.kind() == ErrorKind::NotFound => Err(error),
                other => other.with_context(|| format!("block `{wanted}`")),
            },
            _ => Err(error),
        };
        find(known, wanted).cloned().or_else(unlisted)
    }

    fn block_details(&self, id: &str) -> Result<Block> {
        self.client().get(&format!("/blocks/{id}")).and_then(data).and_then(|json| Block::read(&json))
    }
}

/// Number of characters of a UUID.
const UUID: usize = 36;

impl Block {
    pub(super) fn read(json: &Value) -> Result<Self> {
        Ok(Self {
            id: required(json, "id")?,
            name: required(json, "name")?,
            display_name: optional(json, "displayName"),
            is_data: json.get("type").is_some_and(|kind| kind == "DATA"),
            version: optional(json, "version"),
            description: optional(json, "description"),
            provider: optional(json, "provider"),
            is_dry_run_supported: json.get("isDryRunSupported").and_then(Value::as_bool),
            parameters: json.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
        })
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name
            || self.id == name
            || self.display_name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    }

    /// Returns the version as numbers, for comparing the versions of one block.
    fn age(&self) -> Vec<u64> {
        let version = self.version.as_deref().unwrap_or_default();
        let number = |part: &str| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or(0)
        };
        version.split('.').map(number).collect()
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_data { "data" } else { "processing" };
        let version = self.version.as_ref().map(|version| format!(" {}", sanitize(version, 40)));
        write!(f, "Block({}{}, {kind})", sanitize(&self.name, 200), version.unwrap_or_default())
    }
}

/// Returns the block with this name, id or display name, in its newest version unless one is given;
/// otherwise an error with the closest names.
pub(super) fn find<'a>(blocks: &'a [Block], wanted: &str) -> Result<&'a Block> {
    // `max_by_key` returns the last maximum: reversed, so that of equal versions the first listed
    // is returned.
    let newest =
        |name: &str| blocks.iter().rev().filter(|block| block.is_called(name)).max_by_key(|b| b.age());
    if let Some(block) = newest(wanted) {
        return Ok(block);
    }
    let (name, version) = wanted.rsplit_once('@').unwrap_or((wanted, ""));
    if newest(name).is_none() {
        let near = suggest(blocks.iter().map(|block| block.name.as_str()), name);
        return Err(Error::invalid(format!("there is no block `{name}`: did you mean {near}?")));
    }
    let mut named: Vec<&Block> = blocks.iter().filter(|block| block.is_called(name)).collect();
    if let Some(block) = named.iter().find(|block| block.version.as_deref() == Some(version)) {
        return Ok(block);
    }
    named.sort_by_key(|block| Reverse(block.age()));
    let versions: Vec<_> = named.iter().filter_map(|block| block.version.as_deref()).take(10).collect();
    Err(Error::invalid(match versions.is_empty() {
        true => format!("the platform lists no versions of block `{name}`: give the id of the one you mean"),
        false => format!("block `{name}` has no version `{version}`, but {}", quoted(&versions)),
    }))
}

/// Formats names as `` `a`, `b` ``.
pub(super) fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn blocks() -> Vec<Block> {
        let block = |name: &str, version: Value| {
            Block::read(&json!({"id": format!("{name} {version}"), "name": name, "version": version}))
                .unwrap()
        };
        vec![
            block("tiling", json!("1.9.0")),
            block("tiling", json!("1.10.0")),
            block("tiling", json!("1.2")),
            block("ndvi", json!(null)),
        ]
    }

    #[test]
    fn the_newest_version_is_the_default() {
        let blocks = blocks();
        assert_eq!(find(&blocks, "tiling").unwrap().version.as_deref(), Some("1.10.0"));
        assert_eq!(find(&blocks, "tiling@1.2").unwrap().version.as_deref(), Some("1.2"));
        assert_eq!(find(&blocks, "ndvi null").unwrap().name, "ndvi");
    }

    #[test]
    fn the_error_of_an_unknown_block_suggests_others() {
        let message = |wanted: &str| find(&blocks(), wanted).unwrap_err().to_string();
        assert_eq!(message("tiling@7"), "block `tiling` has no version `7`, but `1.10.0`, `1.9.0`, `1.2`");
        assert_eq!(
            message("ndvi@1"),
            "the platform lists no versions of block `ndvi`: give the id of the one you mean"
        );
        assert!(message("tilling@1").starts_with("there is no block `tilling`: did you mean `tiling`"));
    }
}
