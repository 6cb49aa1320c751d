//! Journals with changed or arbitrary content, for [`fuzzing`](crate::fuzzing).

use std::fs;
use std::path::Path;
use std::str;
use std::time::Duration;

use rusqlite::params;
use serde_json::Map;

use super::{Head, Journal, record};
use crate::batch::plan::{Item, Kind, Owner};
use crate::batch::state::State;
use crate::jobs::JobParameters;

/// Number of items in the plan to which the events belong.
const ITEMS: usize = 3;

/// Reads a journal file, or text with one event per line: the item's number, the kind, the data.
pub(crate) fn journal(bytes: &[u8], folder: &Path) {
    if bytes.starts_with(b"SQLite") {
        let path = folder.join("a.sqlite");
        fs::write(&path, bytes).unwrap();
        if let Ok(Some(journal)) = Journal::open(&path) {
            replay(&journal);
        }
    } else if let Ok(text) = str::from_utf8(bytes) {
        replay(&of_lines(text));
    }
}

/// Returns the head of a journal, also for unit tests.
pub(super) fn head() -> Head {
    let owner = Owner {
        host: "api.up42.com".into(),
        kind: Kind::Order,
        scope_id: "p".into(),
        id: "w".into(),
        name: "airports".into(),
        budget: Some("pilot".into()),
    };
    Head {
        name: "airports 2020".into(),
        run: "0a1b2c3d".into(),
        owner,
        created: "2020-01-01T00:00:00Z".into(),
    }
}

fn of_lines(text: &str) -> Journal {
    let mut journal = Journal::in_memory(&head()).unwrap();
    let item = |number: usize| Item {
        key: format!("{number:016x}"),
        parameters: JobParameters { label: format!("job {number}"), inputs: Map::new() },
    };
    journal.add(&(0..ITEMS).map(item).collect::<Vec<_>>()).unwrap();
    let events = text.lines().filter_map(|line| {
        let (item, rest) = line.split_once(' ')?;
        let (kind, data) = rest.split_once(' ')?;
        Some((item.parse::<i64>().ok()?, kind, data))
    });
    let insert = "INSERT INTO event (at, item, kind, data) VALUES ('2020-01-01T00:00:00Z', ?, ?, ?)";
    for (item, kind, data) in events {
        journal.connection.execute(insert, params![item, kind, data]).unwrap();
    }
    journal
}

/// Applies the events, and writes and reads each of them again.
fn replay(journal: &Journal) {
    let limits = journal.limits().unwrap_or_default();
    let _ = (journal.head(), journal.last_change());
    let (Ok(items), Ok(events)) = (journal.items(), journal.events()) else { return };
    let mut state = State::new(items.len(), 2, limits.lost_job_timeout());
    for event in &events {
        state.apply(event);
        let (kind, data) = record::write(event);
        let again = record::read(event.item(), kind, &data.to_string()).expect("it is read again");
        // Not all fields: messages are shortened when they are written, possibly again.
        let (kind_again, data_again) = record::write(&again);
        assert_eq!(kind_again, kind);
        assert!(["id", "ms", "credits"].into_iter().all(|name| data_again[name] == data[name]));
    }
    let now = Duration::from_secs(1_600_000_000);
    state.restart_timers(now);
    assert!(state.next(now).len() <= 2 * items.len() + 8);
    let _ = (state.is_fully_submitted(now), state.pause(now), state.paid(), state.most());
}
