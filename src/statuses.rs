//! The table of `JobStatus` and the code say the same of every status of every service.

use crate::jobs::JobStatus;
use crate::orders::OrderStatus;
use crate::{ordering, processes, processing};

const TABLE: &str = include_str!("jobs/status.rs");

/// How a service's words are read, in which file, and by which function.
type Reader = (fn(&str) -> JobStatus, &'static str, &'static str);

/// By the columns of the table.
fn readers() -> [Reader; 4] {
    [
        (JobStatus::read, include_str!("jobs/status.rs"), "fn read("),
        (processing::status, include_str!("processing/job.rs"), "fn status("),
        (|word| ordering::status(&OrderStatus::read(word)), include_str!("orders/status.rs"), "fn word("),
        (processes::status, include_str!("processes/job.rs"), "fn status("),
    ]
}

/// A status, whether it is the last one, and the words of each service.
fn rows() -> Vec<(JobStatus, bool, Vec<Vec<&'static str>>)> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("/// | ")?.strip_suffix('|'));
    let cells = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    // Without the head.
    let rows = cells.filter(|cells| matches!(cells[1], "yes" | "no"));
    rows.map(|cells| (JobStatus::from(cells[0]), cells[1] == "yes", cells[2..].iter().map(words).collect()))
        .collect()
}

/// What stands between backticks.
fn words<'a>(cell: &&'a str) -> Vec<&'a str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_table_says_what_the_code_does() {
    let rows = rows();
    assert_eq!(rows.len(), JobStatus::KNOWN.len(), "each status has a row");
    for (status, is_last, services) in &rows {
        assert!(JobStatus::KNOWN.contains(status), "{status}");
        assert_eq!(status.is_terminal(), *is_last, "{status}");
        assert_eq!(services.len(), 4, "{status}");
        for ((read, _, _), words) in readers().into_iter().zip(services) {
            words.iter().for_each(|word| assert_eq!(read(word), *status, "{word}"));
        }
    }
}

#[test]
fn every_word_that_the_code_knows_stands_in_the_table() {
    let rows = rows();
    // What the note below the table has.
    let others = ["PLACEMENT_FAILED", "DOWNLOAD_FAILED", "DELIVERY_INITIALIZATION_FAILED"];
    // The documentation of a client has it with a blank.
    let twice = ["NOT STARTED", "REJECTED"];
    for (column, (read, source, function)) in readers().into_iter().enumerate() {
        let (_, body) = source.split_once(function).unwrap();
        let (body, _) = body.split_once("\n    }\n").unwrap();
        for word in body.split('"').skip(1).step_by(2) {
            let is_told = rows.iter().any(|(_, _, services)| services[column].contains(&word));
            let is_known = !matches!(read(word), JobStatus::Unknown(_));
            assert_eq!(is_told, is_known && !twice.contains(&word), "{word} of column {column}");
            assert!(is_known || others.contains(&word), "{word}");
        }
    }
    others.iter().for_each(|word| assert!(TABLE.contains(&format!("`{word}`")), "{word}"));
}
