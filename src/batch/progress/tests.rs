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

fn see(state: &mut State, item: usize, status: &str) {
    let job = serde_json::json!({"id": item.to_string(), "status": status});
    state.apply(&Event::Intent { item, at: at(0) });
    state.apply(&Event::Seen { item, job: Job::read(&job).unwrap() });
}

fn line(progress: &mut Progress, state: &State, seconds: u64) -> Option<String> {
    progress.line(state, None, || Some(at(700)), at(seconds))
}

#[test]
fn a_line_tells_where_the_jobs_stand_and_how_long_they_will_take() {
    let (mut state, mut progress) = (state(6), Progress::new(false));
    see(&mut state, 0, "SUCCEEDED");
    see(&mut state, 1, "FAILED");
    see(&mut state, 2, "RUNNING");
    see(&mut state, 3, "PENDING");
    see(&mut state, 4, "HIBERNATING");
    insta::assert_snapshot!(line(&mut progress, &state, 75).unwrap(), @"  75 s  2/6  1 succeeded, 1 without results, 1 running, 1 queued, 1 `HIBERNATING`, a status not known here, 1 to come; about 12 min left");
    let last_error = Error::new(ErrorKind::Network, "the connection broke");
    let later = progress.line(&state, Some(&last_error), || None, at(8000)).unwrap();
    assert!(
        later.starts_with("2 h 13 min  2/6") && later.ends_with("; trying again: the connection broke"),
        "{later}"
    );
    (0..6).for_each(|item| see(&mut state, item, "SUCCEEDED"));
    let last = progress.line(&state, Some(&last_error), || None, at(8001)).unwrap();
    assert_eq!(last, "2 h 13 min  6/6  5 succeeded, 1 without results");
}

#[test]
fn a_long_run_has_few_lines_and_silence_backs_off() {
    let (mut progress, mut lines) = (Progress::new(false), Vec::new());
    let mut jobs = state(1_000);
    // One every minute.
    for number in 0..1_000 {
        see(&mut jobs, number, "RUNNING");
        lines.extend(line(&mut progress, &jobs, 60 * number as u64));
    }
    assert!((80..120).contains(&lines.len()), "{} lines", lines.len());
    let heartbeats: Vec<u64> =
        (60_000..70_000).step_by(10).filter(|second| line(&mut progress, &jobs, *second).is_some()).collect();
    let pauses: Vec<u64> = heartbeats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses[1..6], [120, 240, 480, 900, 900], "{heartbeats:?}");
}

#[test]
fn what_matters_is_told_at_once_and_once() {
    let (mut state, mut progress) = (state(9), Progress::new(false));
    assert!(line(&mut progress, &state, 0).is_some());
    see(&mut state, 0, "RUNNING");
    assert_eq!(line(&mut progress, &state, 1), None, "it comes with the next line");
    see(&mut state, 0, "FAILED");
    assert!(line(&mut progress, &state, 1).unwrap().contains("1 without results"));
    see(&mut state, 1, "FAILED");
    assert_eq!(line(&mut progress, &state, 1), None);
    see(&mut state, 2, "HIBERNATING");
    assert!(line(&mut progress, &state, 1).unwrap().contains("`HIBERNATING`"));
    state.run_short(Error::new(ErrorKind::Credits, "403: Insufficient credits"));
    let shown = line(&mut progress, &state, 1).unwrap();
    assert!(shown.ends_with("; nothing is sent for now: 403: Insufficient credits"), "{shown}");
    see(&mut state, 3, "RUNNING");
    assert!(!line(&mut progress, &state, 100).unwrap().contains("nothing"));
    state.stop_sending(Error::invalid("580 credits are missing"));
    let shown = line(&mut progress, &state, 101).unwrap();
    assert!(shown.ends_with("; nothing more is sent: 580 credits are missing"), "{shown}");
    assert_eq!(line(&mut Progress::new(true), &state, 200), None);
}
