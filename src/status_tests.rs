//! Test: the table of `JobStatus` matches the code for all statuses of all services.

use crate::jobs::JobStatus;
use crate::orders::OrderStatus;
use crate::{orders, processes};

const TABLE: &str = include_str!("jobs/status.md");

/// Words of a service, and their statuses.
type Words = Vec<(String, JobStatus)>;

/// Returns the words that the code reads, by the table's columns.
fn read_by_code() -> [Words; 4] {
    let of = |words: &[(&str, JobStatus)]| -> Words {
        words.iter().map(|(word, status)| ((*word).to_owned(), status.clone())).collect()
    };
    // Jobs of workflows are never rejected, but a journal may contain jobs of other services.
    let workflow = JobStatus::KNOWN.into_iter().filter(|status| *status != JobStatus::Rejected);
    let ordered = OrderStatus::KNOWN.iter().map(|order| (order.word().to_owned(), orders::status(order)));
    [
        workflow.map(|status| (status.word().to_owned(), status)).collect(),
        of(&processes::UP42_STATUSES),
        ordered.collect(),
        of(&processes::OGC_STATUSES),
    ]
}

/// Returns each status, whether it is final, and the words of each service.
fn rows() -> Vec<(JobStatus, bool, Vec<Vec<&'static str>>)> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let cells = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    // Skips the head of the table.
    let rows = cells.filter(|cells| matches!(cells[1], "yes" | "no"));
    rows.map(|cells| (JobStatus::from(cells[0]), cells[1] == "yes", cells[2..].iter().map(words).collect()))
        .collect()
}

/// Returns the words between backticks.
fn words<'a>(text: &&'a str) -> Vec<&'a str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_status_has_a_row() {
    let rows = rows();
    assert_eq!(rows.len(), JobStatus::KNOWN.len());
    for status in JobStatus::KNOWN {
        let row = rows.iter().find(|(listed, ..)| *listed == status);
        let (_, is_last, services) = row.unwrap_or_else(|| panic!("{status} has no row"));
        assert_eq!((status.is_terminal(), services.len()), (*is_last, 4), "{status}");
        assert_eq!(JobStatus::read(status.word()), status);
    }
    assert_eq!(JobStatus::read("NOT STARTED"), JobStatus::NotStarted, "the documentation of a client");
}

#[test]
fn the_table_lists_the_words_that_the_code_parses() {
    let rows = rows();
    for (column, read) in read_by_code().into_iter().enumerate() {
        let (unknown, mut read): (Words, Words) =
            read.into_iter().partition(|(_, status)| matches!(status, JobStatus::Unknown(_)));
        let cells = rows.iter().map(|(status, _, services)| (status, &services[column]));
        let mut listed: Words = cells
            .flat_map(|(status, words)| words.iter().map(|word| ((*word).to_owned(), status.clone())))
            .collect();
        listed.sort_by(|a, b| a.0.cmp(&b.0));
        read.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(listed, read, "column {column}");
        let note: Vec<&str> =
            TABLE.lines().filter(|line| !line.starts_with('|')).flat_map(|line| words(&line)).collect();
        for (word, _) in unknown {
            assert!(note.contains(&word.as_str()), "the note below the table has `{word}`");
        }
    }
}
