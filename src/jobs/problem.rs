use up42_core::error::{Error, Result};
use up42_core::sanitize::sanitize;

/// Largest number of problems in one error.
const SHOWN: usize = 5;
/// Longest text of a problem, in characters.
const LONGEST: usize = 300;

/// Reason why a job cannot be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// Parameter, or the column that it was read from; empty for a problem of the whole job.
    pub(super) field: String,
    /// Description of the problem, and of a valid value.
    pub(super) message: String,
}

/// Job that cannot be sent, such as `` row 3 (`Dakar`) ``, and its problems.
pub(super) type InvalidJob = (String, Vec<Problem>);

impl Problem {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Returns one error for all problems of `all` jobs or rows: the first problems, and the number of
/// others.
pub(super) fn refuse(all: &str, faulty: &[InvalidJob]) -> Result<()> {
    let problems: Vec<_> =
        faulty.iter().flat_map(|(job, found)| found.iter().map(move |one| (job, one))).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let short = |text: &str| sanitize(text, LONGEST);
    let lines = problems.iter().take(SHOWN).map(|(job, problem)| match problem.field.as_str() {
        "" => format!("{}: {}", short(job), short(&problem.message)),
        field => format!("{}, `{}`: {}", short(job), short(field), short(&problem.message)),
    });
    let lines: Vec<_> = lines.collect();
    let more = match problems.len() - lines.len() {
        0 => String::new(),
        1 => "; and 1 more problem".to_owned(),
        more => format!("; and {more} more problems"),
    };
    Err(Error::invalid(format!("{} of {all} cannot be sent: {}{more}", faulty.len(), lines.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problems_are_listed_and_the_others_counted() {
        let faulty = |row: usize| (format!("row {row}"), vec![Problem::new("limit", "0 is less than 1")]);
        let rows: Vec<_> = (0..7).map(faulty).collect();
        insta::assert_snapshot!(refuse("400 rows", &rows).unwrap_err(), @"7 of 400 rows cannot be sent: row 0, `limit`: 0 is less than 1; row 1, `limit`: 0 is less than 1; row 2, `limit`: 0 is less than 1; row 3, `limit`: 0 is less than 1; row 4, `limit`: 0 is less than 1; and 2 more problems");
        assert!(refuse("400 rows", &[]).is_ok());
    }
}
