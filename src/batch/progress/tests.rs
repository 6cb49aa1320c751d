use super::*;
use crate::batch::state::Event;
use crate::jobs::Job;
use up42_core::error::ErrorKind;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn state(items: usize) -> State {
    State::new(items, items, at(60))
}

fn set_status(state: &mut State, item: usize, status: &str) {
    let job = serde_json::json!({"id": item.to_string(), "status": status});
    state.apply(&Event::Intent { item, at: at(0) });
    state.apply(&Event::Seen { item, job: Job::read(&job).unwrap() });
}

fn line(progress: &mut Progress, state: &State, seconds: u64) -> Option<String> {
    progress.line(state, None, || Some(at(700)), at(seconds))
}

#[test]
fn a_line_has_the_counts_of_jobs_and_the_time_left() {
    let (mut state, mut progress) = (state(6), Progress::new(false));
    set_status(&mut state, 0, "SUCCEEDED");
    set_status(&mut state, 1, "FAILED");
    set_status(&mut state, 2, "RUNNING");
    set_status(&mut state, 3, "PENDING");
    set_status(&mut state, 4, "HIBERNATING");
    insta::assert_snapshot!(line(&mut progress, &state, 75).unwrap(), @"  75 s  2/6  1 succeeded, 1 without results, 1 running, 1 queued, 1 `HIBERNATING` (unknown status), 1 to come; about 12 min left");
    let last_error = Error::new(ErrorKind::Network, "the connection broke");
    let later = progress.line(&state, Some(&last_error), || None, at(8000)).unwrap();
    assert!(
        later.starts_with("2 h 13 min  2/6") && later.ends_with("; trying again: the connection broke"),
        "{later}"
    );
    (0..6).for_each(|item| set_status(&mut state, item, "SUCCEEDED"));
    let last = progress.line(&state, Some(&last_error), || None, at(8001)).unwrap();
    assert_eq!(last, "2 h 13 min  6/6  5 succeeded, 1 without results");
}

#[test]
fn a_long_run_has_few_lines_and_rarer_ones_without_changes() {
    let (mut progress, mut lines) = (Progress::new(false), Vec::new());
    let mut jobs = state(1_000);
    // One every minute.
    for number in 0..1_000 {
        set_status(&mut jobs, number, "RUNNING");
        lines.extend(line(&mut progress, &jobs, 60 * number as u64));
    }
    assert!((80..120).contains(&lines.len()), "{} lines", lines.len());
    let heartbeats: Vec<u64> =
        (60_000..70_000).step_by(10).filter(|second| line(&mut progress, &jobs, *second).is_some()).collect();
    let pauses: Vec<u64> = heartbeats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses[1..6], [120, 240, 480, 900, 900], "{heartbeats:?}");
}

#[test]
fn important_changes_are_printed_immediately_and_once() {
    let (mut state, mut progress) = (state(9), Progress::new(false));
    assert!(line(&mut progress, &state, 0).is_some());
    set_status(&mut state, 0, "RUNNING");
    assert_eq!(line(&mut progress, &state, 1), None, "it comes with the next line");
    set_status(&mut state, 0, "FAILED");
    assert!(line(&mut progress, &state, 1).unwrap().contains("1 without results"));
    set_status(&mut state, 1, "FAILED");
    assert_eq!(line(&mut progress, &state, 1), None);
    set_status(&mut state, 2, "HIBERNATING");
    assert!(line(&mut progress, &state, 1).unwrap().contains("`HIBERNATING`"));
    state.record_shortage(Error::new(ErrorKind::Credits, "403: Insufficient credits"));
    let shown = line(&mut progress, &state, 1).unwrap();
    assert!(shown.ends_with("; nothing is sent for now: 403: Insufficient credits"), "{shown}");
    set_status(&mut state, 3, "RUNNING");
    assert!(!line(&mut progress, &state, 100).unwrap().contains("nothing"));
    state.stop_sending(Error::invalid("580 credits are missing"));
    let shown = line(&mut progress, &state, 101).unwrap();
    assert!(shown.ends_with("; nothing more is sent: 580 credits are missing"), "{shown}");
    assert_eq!(line(&mut Progress::new(true), &state, 200), None);
}
