//! Test: the table of `JobStatus` and the code say the same of every status of every service.

use crate::jobs::JobStatus;
use crate::orders::OrderStatus;
use crate::{orders, processes};

const TABLE: &str = include_str!("jobs/status.md");

/// Words of services and what they are read as.
type Words = Vec<(String, JobStatus)>;

/// The words that the code reads, by the columns of the table.
fn read_by_code() -> [Words; 4] {
    let of = |words: &[(&str, JobStatus)]| -> Words {
        words.iter().map(|(word, status)| ((*word).to_owned(), status.clone())).collect()
    };
    // A workflow's job is never rejected, but a journal may have one of another service.
    let workflow = JobStatus::KNOWN.into_iter().filter(|status| *status != JobStatus::Rejected);
    let ordered = OrderStatus::KNOWN.iter().map(|order| (order.word().to_owned(), orders::status(order)));
    [
        workflow.map(|status| (status.word().to_owned(), status)).collect(),
        of(&processes::UP42_STATUSES),
        ordered.collect(),
        of(&processes::OGC_STATUSES),
    ]
}

/// A status, whether it is the last one, and the words of each service.
fn rows() -> Vec<(JobStatus, bool, Vec<Vec<&'static str>>)> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let cells = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    // Without the head.
    let rows = cells.filter(|cells| matches!(cells[1], "yes" | "no"));
    rows.map(|cells| (JobStatus::from(cells[0]), cells[1] == "yes", cells[2..].iter().map(words).collect()))
        .collect()
}

/// The words between backticks.
fn words<'a>(text: &&'a str) -> Vec<&'a str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_status_has_a_row() {
    let rows = rows();
    assert_eq!(rows.len(), JobStatus::KNOWN.len());
    for status in JobStatus::KNOWN {
        let row = rows.iter().find(|(told, ..)| *told == status);
        let (_, is_last, services) = row.unwrap_or_else(|| panic!("{status} has no row"));
        assert_eq!((status.is_terminal(), services.len()), (*is_last, 4), "{status}");
        assert_eq!(JobStatus::read(status.word()), status);
    }
    assert_eq!(JobStatus::read("NOT STARTED"), JobStatus::NotStarted, "the documentation of a client");
}

#[test]
fn the_table_has_the_words_that_the_code_reads() {
    let rows = rows();
    for (column, read) in read_by_code().into_iter().enumerate() {
        let (unknown, mut read): (Words, Words) =
            read.into_iter().partition(|(_, status)| matches!(status, JobStatus::Unknown(_)));
        let cells = rows.iter().map(|(status, _, services)| (status, &services[column]));
        let mut told: Words = cells
            .flat_map(|(status, words)| words.iter().map(|word| ((*word).to_owned(), status.clone())))
            .collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        read.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(told, read, "column {column}");
        let note: Vec<&str> =
            TABLE.lines().filter(|line| !line.starts_with('|')).flat_map(|line| words(&line)).collect();
        for (word, _) in unknown {
            assert!(note.contains(&word.as_str()), "the note below the table has `{word}`");
        }
    }
}
