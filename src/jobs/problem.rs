use up42_core::error::{Error, Result};
use up42_core::sanitize::sanitize;

/// Problems that one error tells.
const SHOWN: usize = 5;
/// The longest text of a problem, in characters.
const LONGEST: usize = 300;

/// What keeps a job from being sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// The parameter, or the column that it comes from; nothing when it is all of the job.
    pub(super) field: String,
    /// What is wrong with it, and what would be right.
    pub(super) message: String,
}

/// A job that cannot be sent, such as `` row 3 (`Dakar`) ``, and why.
pub(super) type Faulty = (String, Vec<Problem>);

impl Problem {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// One error for all that is wrong with so many jobs or rows: the first problems, and
/// how many there are besides.
pub(super) fn refuse(all: &str, faulty: &[Faulty]) -> Result<()> {
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
    fn the_first_problems_are_told_and_the_others_counted() {
        let faulty = |row: usize| (format!("row {row}"), vec![Problem::new("limit", "0 is less than 1")]);
        let rows: Vec<_> = (0..7).map(faulty).collect();
        insta::assert_snapshot!(refuse("400 rows", &rows).unwrap_err(), @"7 of 400 rows cannot be sent: row 0, `limit`: 0 is less than 1; row 1, `limit`: 0 is less than 1; row 2, `limit`: 0 is less than 1; row 3, `limit`: 0 is less than 1; row 4, `limit`: 0 is less than 1; and 2 more problems");
        assert!(refuse("400 rows", &[]).is_ok());
    }
}
