//! Ids stand in paths of the API, so what would lead elsewhere is refused.

use crate::error::{Error, Result};

/// The id, if it can be one; `of` is what it is the id of.
pub(crate) fn checked<'a>(of: &str, id: &'a str) -> Result<&'a str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match !id.is_empty() && id.len() <= 100 && id.chars().all(is_plain) {
        true => Ok(id),
        false => Err(Error::invalid(format!(
            "`{id}` is no id of a {of}: ids are like `31e82142-5823-4fbc-8c2a-9d1c7a0e4f55`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leads_elsewhere_is_an_id() {
        assert_eq!(checked("job", "31e82142-5823_a").unwrap(), "31e82142-5823_a");
        for odd in ["", "..", "a/b", "a?b", "a b", "%2e", "é", &"a".repeat(101)] {
            assert!(checked("job", odd).is_err(), "{odd}");
        }
    }
}
