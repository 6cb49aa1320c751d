use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fuzzing::head;
use super::*;
use crate::batch::policy::{Limits, OnFailure};
use crate::batch::state::State;
use crate::batch::state::tests::any_event::any_event;
use crate::jobs::Job;

fn item(number: usize) -> Item {
    let inputs = json!({"a:1": {"number": number}});
    let Value::Object(inputs) = inputs else { unreachable!() };
    Item {
        key: format!("{number:016x}"),
        parameters: JobParameters { label: format!("job {number}"), inputs },
    }
}

fn events() -> Vec<Event> {
    let at = Duration::from_millis(1_600_000_000_123);
    let job = |status: &str| {
        let json = json!({"id": "j", "name": "n", "status": status, "createdAt": "2020-01-01T00:00:00Z"});
        Job::read(&json).unwrap()
    };
    let error = Error::new(ErrorKind::Network, "the connection broke");
    vec![
        Event::Estimated { item: 1, lasts: Duration::from_millis(428_927) },
        Event::Intent { item: 0, at },
        Event::Submitted { item: 0, job: job("NOT_STARTED") },
        Event::Intent { item: 1, at },
        Event::Lost { item: 1, at, error: error.clone() },
        Event::Seen { item: 0, job: job("HIBERNATING") },
        Event::Absent { item: 1 },
        Event::Intent { item: 1, at },
        Event::Deferred { item: 1, at },
        Event::Intent { item: 1, at },
        Event::Rejected { item: 1, error: error.clone() },
        Event::Retried { item: 1 },
        Event::Seen { item: 0, job: job("FAILED") },
        Event::Finalized { item: 0, credits: Some(7), reason: Some("out of memory\n".into()) },
        Event::Intent { item: 1, at },
        Event::Lost { item: 1, at, error },
        Event::Unproven { item: 1 },
        Event::Retried { item: 0 },
        Event::Intent { item: 0, at },
        Event::Submitted { item: 0, job: job("RUNNING") },
        Event::Gone { item: 0 },
        Event::Retried { item: 0 },
    ]
}

#[test]
fn a_stored_batch_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports 2020");
    assert!(Journal::open(&path).unwrap().is_none());
    let mut journal = Journal::create(&path, &head()).unwrap();
    journal.add(&[item(0)]).unwrap();
    journal.add(&[item(1), item(2)]).unwrap();
    let renamed = JobParameters { label: "renamed".into(), ..item(1).parameters };
    journal.change(&[(1, &renamed)]).unwrap();
    journal.append(&events()).unwrap();
    let again = Journal::open(&path).unwrap().unwrap();
    assert_eq!(again.head().unwrap(), head());
    assert_eq!(again.items().unwrap(), [item(0), Item { parameters: renamed, ..item(1) }, item(2)]);
    assert_eq!(format!("{:?}", again.events().unwrap()), format!("{:?}", events()));
}

#[test]
fn each_kind_of_event_is_applied() {
    let mut state = begin();
    for event in events() {
        assert!(state.apply(&event), "{event:?}");
    }
}

/// Number of items in the journals below.
const ITEMS: usize = 2;

fn begin() -> State {
    State::new(ITEMS, 1, Duration::from_secs(60))
}

/// Applies lists of events and appends the events that change the state, as a run does. Returns the
/// appended events, the state before and after each, and the number of appended events at the end
/// of each list.
fn keep(journal: &mut Journal, lists: &[Vec<Event>]) -> (Vec<Event>, Vec<String>, Vec<usize>) {
    let mut state = begin();
    let (mut kept, mut states, mut ends) = (Vec::new(), vec![format!("{state:?}")], vec![0]);
    for list in lists {
        for event in list {
            if state.apply(event) {
                kept.push(event.clone());
                states.push(format!("{state:?}"));
            }
        }
        let before = *ends.last().unwrap();
        journal.append(&kept[before..]).unwrap();
        ends.push(kept.len());
    }
    (kept, states, ends)
}

/// Generates a valid sequence of events, followed by arbitrary events.
fn any_lists() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let lists = vec(vec(any_event(ITEMS), 1..6), 0..25);
    (0..=events().len(), lists).prop_map(|(length, mut lists)| {
        lists.insert(0, events()[..length].to_vec());
        lists
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_prefix_of_a_journal_gives_the_state_at_that_time(lists in any_lists()) {
        let mut journal = Journal::in_memory(&head()).unwrap();
        let (kept, states, _) = keep(&mut journal, &lists);
        let read = journal.events().unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{kept:?}"));
        for (length, state) in states.iter().enumerate() {
            let mut again = begin();
            prop_assert!(read[..length].iter().all(|event| again.apply(event)), "what was kept is news");
            prop_assert_eq!(&format!("{again:?}"), state, "after {} events", length);
        }
    }

    /// A copy of the file, made at any time, is a complete journal.
    #[test]
    fn a_copy_of_the_file_is_complete(lists in any_lists()) {
        let folder = tempfile::tempdir().unwrap();
        let path = Journal::path(folder.path(), "airports 2020");
        let mut journal = Journal::create(&path, &head()).unwrap();
        journal.add(&[item(0), item(1)]).unwrap();
        let (kept, ..) = keep(&mut journal, &lists);
        let copy = folder.path().join("copy.sqlite");
        std::fs::copy(&path, &copy).unwrap();
        let copy = Journal::open(&copy).unwrap().unwrap();
        prop_assert_eq!(format!("{:?}", copy.events().unwrap()), format!("{kept:?}"));
        prop_assert_eq!(copy.items().unwrap(), [item(0), item(1)]);
    }
}

#[test]
fn an_interrupted_change_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports");
    let mut journal = Journal::create(&path, &head()).unwrap();
    journal.append(&events()[..2]).unwrap();
    let torn = folder.path().join("torn.sqlite");
    let beside = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    // The pages of the change are in the file, but the transaction is not committed.
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE").unwrap();
    for number in 0..2000 {
        let insert = "INSERT INTO event (at, item, kind, data) VALUES ('', 0, 'intent', ?)";
        writer.execute(insert, [format!("{{\"ms\": {number}}}")]).unwrap();
    }
    std::fs::copy(&path, &torn).unwrap();
    std::fs::copy(beside(&path), beside(&torn)).unwrap();
    assert!(std::fs::metadata(&torn).unwrap().len() > 50_000, "it was written to");
    let again = Journal::open(&torn).unwrap().unwrap();
    assert_eq!(format!("{:?}", again.events().unwrap()), format!("{:?}", &events()[..2]));
}

#[test]
fn only_one_of_two_drivers_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports");
    let mut first = Journal::create(&path, &head()).unwrap();
    assert!(Journal::create(&path, &head()).is_err(), "it is there");
    first.add(&[item(0)]).unwrap();
    let mut second = Journal::open(&path).unwrap().unwrap();
    let watching = Journal::open(&path).unwrap().unwrap();
    first.append(&events()[..1]).unwrap();
    let error = second.append(&events()[1..2]).unwrap_err();
    assert!(error.to_string().contains("another program drives this batch now"), "{error}");
    for error in [
        second.add(&[item(1)]).unwrap_err(),
        second.charge_to(None).unwrap_err(),
        second.set_limits(Limits { max_credits: Some(7), ..Limits::default() }).unwrap_err(),
    ] {
        assert!(error.to_string().contains("another program drives this batch now"), "{error}");
    }
    // A program that watches may request a cancellation, and changes nothing else.
    watching.request_cancel().unwrap();
    assert!(first.take_cancel_request().unwrap() && !first.take_cancel_request().unwrap());
    first.append(&events()[1..2]).unwrap();
    let mut third = Journal::open(&path).unwrap().unwrap();
    third.append(&events()[2..3]).unwrap();
    assert!(first.append(&events()[3..4]).is_err(), "the other has gone on");
    assert_eq!(watching.events().unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn a_moved_or_deleted_journal_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports");
    let mut journal = Journal::create(&path, &head()).unwrap();
    let backup = folder.path().join("backup");
    std::fs::copy(&path, &backup).unwrap();
    std::fs::remove_file(&path).unwrap();
    let message = |journal: &mut Journal| journal.append(&events()[..1]).unwrap_err().to_string();
    assert!(message(&mut journal).ends_with("the file was moved, removed or replaced: run it again"));
    std::fs::rename(&backup, &path).unwrap();
    assert!(message(&mut journal).ends_with("the file was moved, removed or replaced: run it again"));
}

#[test]
fn a_copy_is_refused_and_a_moved_journal_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports");
    Journal::create(&path, &head()).unwrap().claim().unwrap();
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(&path, &copy).unwrap();
    let claim = || Journal::open(&copy).unwrap().unwrap().claim();
    let error = claim().unwrap_err();
    assert!(error.to_string().contains("airports.sqlite`, which is still there"), "{error}");
    std::fs::remove_file(&path).unwrap();
    // This file may be the original.
    std::fs::write(&path, "PNG").unwrap();
    assert!(claim().is_err());
    std::fs::remove_file(&path).unwrap();
    claim().unwrap();
    // The journal may be moved back.
    std::fs::rename(&copy, &path).unwrap();
    Journal::open(&path).unwrap().unwrap().claim().unwrap();
}

#[test]
fn the_limits_of_a_batch_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "airports");
    let mut journal = Journal::create(&path, &head()).unwrap();
    assert_eq!(journal.limits().unwrap(), Limits::default());
    let limits = Limits {
        max_credits: Some(500),
        max_concurrent: Some(3),
        lost_job_timeout: Some(Duration::from_millis(1500)),
        on_failure: Some(OnFailure::Stop),
    };
    journal.set_limits(limits).unwrap();
    let kept = Journal::open(&path).unwrap().unwrap().limits().unwrap();
    assert_eq!(kept, limits);
    let raised = Limits { max_credits: Some(900), ..Limits::default() };
    assert_eq!(raised.or(kept), Limits { max_credits: Some(900), ..limits }, "what is said now counts");
}

#[test]
fn each_name_has_its_own_file() {
    let folder = Path::new("up42-batches");
    let file = |name: &str| Journal::path(folder, name).file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(file("airports-2020"), "airports-2020.sqlite");
    let names = ["a b", "a/b", "a-b", "A-b", "../a", "..", ".a", "", "é", &"x".repeat(300)];
    let files: std::collections::HashSet<_> = names.iter().map(|name| file(name).to_lowercase()).collect();
    assert_eq!(files.len(), names.len(), "{files:?}");
    assert!(files.iter().all(|file| !file.starts_with('.') && file.len() < 110), "{files:?}");
}

#[test]
fn an_invalid_journal_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let message = || Journal::open(&path).unwrap_err().to_string();
    std::fs::write(&path, "PNG").unwrap();
    assert!(message().starts_with("journal `"), "{}", message());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert!(Journal::open(&path).unwrap().is_none(), "whoever began it was killed");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(message().ends_with("newer version of up42 (format 99): update this one"), "{}", message());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert!(message().contains("older version of up42 (format 3): go on with that version"), "{}", message());
}
