//! Serde helpers for types without `Serialize`.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::blocks::{self, Block};

/// An instant as text.
pub(super) mod time {
    use super::*;
    use jiff::Timestamp;

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// An instant, if there is one.
pub(super) mod maybe_time {
    use super::*;
    use jiff::Timestamp;

    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(|at| at.to_string()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse()).transpose().map_err(D::Error::custom)
    }
}

/// A block by its id.
pub(super) mod block {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(block: &&'static Block, to: S) -> Result<S::Ok, S::Error> {
        block.id().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Block, D::Error> {
        let id = String::deserialize(from)?;
        blocks::by_id(&id).ok_or_else(|| D::Error::custom("there is no such block"))
    }
}
