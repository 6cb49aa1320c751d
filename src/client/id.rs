//! Validation of ids. They become parts of API paths, so characters that change a path are
//! rejected.

use up42_core::error::{Error, Result};

/// Returns the id if it is valid; `of` is its kind for the message, such as `job`.
pub(crate) fn checked<'a>(of: &str, id: &'a str) -> Result<&'a str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match !id.is_empty() && id.len() <= 100 && id.chars().all(is_plain) {
        true => Ok(id),
        false => Err(Error::invalid(format!(
            "`{id}` is not a valid {of} id: ids are like `31e82142-5823-4fbc-8c2a-9d1c7a0e4f55`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_change_the_path_are_refused() {
        assert_eq!(checked("job", "31e82142-5823_a").unwrap(), "31e82142-5823_a");
        for odd in ["", "..", "a/b", "a?b", "a b", "%2e", "é", &"a".repeat(101)] {
            let error = checked("order", odd).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{odd}` is not a valid order id: ")), "{error}");
        }
    }
}
