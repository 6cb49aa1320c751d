mod any_service;
mod platform;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use serde_json::Map;

use super::*;
use crate::batch::journal::Head;
use crate::batch::plan::{Kind, Owner};
use crate::batch::policy::OnFailure;
use crate::batch::report::JobRecord;
use crate::batch::state::Phase;
use crate::jobs::JobParameters;
use platform::{Broken, Platform, Sort};
use up42_core::error::ErrorKind;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn run_start(items: usize) -> RunStart {
    let [host, scope_id, id, name] = ["h", "p", "w", "w"].map(str::to_owned);
    let owner = Owner { kind: Kind::Workflow, host, scope_id, id, name, budget: None };
    let head = Head { name: "b".into(), run: "r".into(), owner, created: String::new() };
    let mut journal = Journal::in_memory(&head).unwrap();
    let item = |number: usize| Item {
        key: number.to_string(),
        parameters: JobParameters::new(
            format!("job {number}"),
            Map::from_iter([("label".to_owned(), format!("job {number}").into())]),
        ),
    };
    let items: Vec<Item> = (0..items).map(item).collect();
    journal.add(&items).unwrap();
    let state = State::new(items.len(), 5, Duration::from_secs(60));
    let indices = (0..items.len()).rev().collect();
    RunStart { journal, state, items, indices, started: Duration::ZERO, existed: false }
}

fn run_to_end(platform: &Platform, policy: &Policy, start: RunStart) -> State {
    try_to_drive(platform, policy, start).unwrap()
}

fn try_to_drive(platform: &Platform, policy: &Policy, start: RunStart) -> Result<State> {
    let limit = Limit { service: 5, user: 5 };
    Run::new((platform, platform), "b", policy, start, limit).unwrap().run_to_end().map(|result| result.state)
}

/// Records the item's job as created before the run.
fn created(start: &mut RunStart, item: usize, job: crate::jobs::Job) {
    start.state.apply(&Event::Intent { item, at: Duration::ZERO });
    start.state.apply(&Event::Submitted { item, job });
}

fn policy() -> Policy {
    Policy { is_quiet: true, ..Policy::default() }
}

#[test]
fn an_incomplete_list_proves_nothing_and_the_batch_ends() {
    for (list, is_sent_again) in [
        (Broken::No, true),
        (Broken::Entry, false),
        (Broken::Pages, false),
        (Broken::Failing, false),
        (Broken::Late, false),
        (Broken::Never, false),
    ] {
        let platform = Platform { losses: 1.into(), list, ..Platform::default() };
        let state = run_to_end(&platform, &policy(), run_start(1));
        assert_eq!(state.phase(0).has_succeeded(), is_sent_again);
        assert_eq!(platform.made().len(), usize::from(is_sent_again));
        // The request failed after 100 s.
        let settled = at(if is_sent_again { 100 + 60 } else { 100 + 5 * 60 });
        assert!(platform.now() >= settled, "{:?}", platform.now());
    }
}

#[test]
fn jobs_are_polled_by_ids_if_the_service_supports_it() {
    let platform = Platform { lasts: at(100), by_ids: true, list: Broken::Never, ..Platform::default() };
    let state = run_to_end(&platform, &policy(), run_start(12));
    assert!(state.phases().iter().all(Phase::has_succeeded), "the list is not needed");
}

#[test]
fn jobs_without_names_are_matched_by_their_inputs() {
    let nameless = || Platform { lasts: at(10_000), sort: Sort::Telling, ..Platform::default() };
    let lost = |platform: &Platform, jobs: &[(&str, bool)]| {
        let mut start = run_start(2);
        start.state.apply(&Event::Intent { item: 0, at: at(0) });
        for (label, is_known) in jobs {
            let job = platform.has(label, "SUCCEEDED");
            if *is_known {
                created(&mut start, 1, job);
            }
        }
        let state = run_to_end(platform, &policy(), start);
        (format!("{:?}", state.phase(0).job().map(|job| job.id.to_string())), platform.made().len())
    };
    let platform = nameless();
    assert_eq!(lost(&platform, &[("job 0", false), ("job 1", true)]).0, "Some(\"0\")", "it was that one");
    let platform = nameless();
    let (id, made) = lost(&platform, &[("job 0", false), ("job 0", false), ("job 1", true)]);
    assert_eq!((id.as_str(), made), ("None", 3), "the match is ambiguous, and none is sent");
    let platform = nameless();
    let (id, made) = lost(&platform, &[("job 1", true)]);
    assert_eq!((id.as_str(), made), ("Some(\"1\")", 2), "there was none: it is sent");
}

#[test]
fn a_batch_continues_after_hours_without_a_network() {
    let outage = Some([at(150), at(20_000)]);
    let platform = Platform { lasts: at(100), losses: 1.into(), outage, ..Platform::default() };
    let start = run_start(12);
    let state = run_to_end(&platform, &policy(), start);
    assert!(state.phases().iter().all(Phase::has_succeeded), "{:?}", state.phases());
    assert_eq!(platform.made().len(), 12, "each once, the lost one too");
    assert!(platform.now() > at(20_000));
    let requests = platform.requests.load(Ordering::SeqCst);
    assert!(requests < 2_000, "{requests} requests");
}

#[test]
fn a_batch_continues_after_hours_of_sleep() {
    let platform = Platform { lasts: at(100), sleep: 40_000.into(), ..Platform::default() };
    let state = run_to_end(&platform, &policy(), run_start(12));
    assert!(state.phases().iter().all(|phase| phase.has_succeeded() && phase.credits() == Some(7)));
    assert!(platform.made().len() == 12 && platform.now() > at(40_000));
}

#[test]
fn jobs_are_sent_longest_first_also_when_resumed() {
    let platform = Platform { lasts: at(100), ..Platform::default() };
    let mut first = run_start(12);
    let events: Vec<Event> =
        (0..12).map(|item| Event::Estimated { item, lasts: at(item as u64 % 6) }).collect();
    first.journal.append(&events).unwrap();
    let mut second = run_start(12);
    for event in first.journal.events().unwrap() {
        second.state.apply(&event);
    }
    run_to_end(&platform, &policy(), second);
    let labels: Vec<String> = platform.made().into_iter().map(|made| made.label).collect();
    let longest_first = [5, 11, 4, 10, 3, 9, 2, 8, 1, 7, 0, 6].map(|item| format!("job {item}"));
    // Requests that are sent together arrive in any order.
    let together = |labels: &[String]| -> Vec<Vec<String>> {
        labels
            .chunks(5)
            .map(|chunk| {
                let mut chunk = chunk.to_vec();
                chunk.sort();
                chunk
            })
            .collect()
    };
    assert_eq!(together(&labels), together(&longest_first));
}

#[test]
fn a_batch_without_credits_keeps_sent_jobs_and_names_the_missing_credits() {
    let platform = Platform { lasts: at(100), affordable: Some(7), ..Platform::default() };
    let state = run_to_end(&platform, &policy(), run_start(10));
    assert_eq!(state.phases().iter().filter(|phase| phase.has_succeeded()).count(), 7);
    assert_eq!(state.waiting().count(), 3, "none is lost, and none refused");
    assert_eq!(
        state.stop().unwrap().to_string(),
        "3 more jobs may cost up to 3000 credits, and the balance is 1420: 1580 credits are missing; add some, and \
         run the batch again: 403: Insufficient credits to run job"
    );
    let broke = Platform { affordable: Some(0), ..Platform::default() };
    let error = try_to_drive(&broke, &policy(), run_start(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credits);
    assert!(error.to_string().contains("580 credits are missing"), "{error}");
}

#[test]
fn a_batch_without_credits_continues_when_some_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "b");
    let fresh = run_start(10);
    let journal = Journal::create(&path, &fresh.journal.head().unwrap()).unwrap();
    let mut platform = Platform { lasts: at(100), affordable: Some(7), ..Platform::default() };
    run_to_end(&platform, &policy(), RunStart { journal, ..fresh });
    platform.affordable = None;
    let (journal, mut again) = (Journal::open(&path).unwrap().unwrap(), run_start(10));
    for event in journal.events().unwrap() {
        again.state.apply(&event);
    }
    let state = run_to_end(&platform, &policy(), RunStart { journal, ..again });
    assert!(state.phases().iter().all(Phase::has_succeeded) && state.stop().is_none());
    assert_eq!(platform.made().len(), 10);
}

#[test]
fn after_429_one_job_is_sent_at_a_time() {
    let platform = Platform { lasts: at(1000), slots: Some(1), ..Platform::default() };
    platform.has("theirs", "RUNNING");
    platform.jobs.lock().unwrap()[0].ends = at(50_000);
    platform.jobs.lock().unwrap()[0].ending = "SUCCEEDED";
    let state = run_to_end(&platform, &policy(), run_start(3));
    assert!(state.phases().iter().all(Phase::has_succeeded));
    assert_eq!(platform.made().len(), 4);
    let requests = platform.requests.load(Ordering::SeqCst);
    assert!((1600..2000).contains(&requests), "one each half minute: {requests} requests");
}

#[test]
fn on_finished_is_called_once_with_the_complete_record() {
    let finished = Arc::new(Mutex::new(Vec::new()));
    let platform = Platform { silence: 3.into(), ..Platform::default() };
    let (mut policy, hook) = (policy(), finished.clone());
    policy.on_finished = Some(Arc::new(move |record: &JobRecord| {
        hook.lock().unwrap().push((record.label.clone(), record.index, record.cost()));
    }));
    run_to_end(&platform, &policy, run_start(2));
    let mut finished = finished.lock().unwrap().clone();
    finished.sort();
    assert_eq!(finished, [("job 0".into(), 1, Some(7)), ("job 1".into(), 0, Some(7))]);
}

#[test]
fn reading_of_logs_is_retried_a_limited_number_of_times() {
    for (silence, reason) in
        [(3, "out of memory"), (1000, "the job is failed, and its logs cannot be read: 500")]
    {
        let platform = Platform { silence: silence.into(), ..Platform::default() };
        let mut start = run_start(1);
        created(&mut start, 0, platform.has("b", "FAILED"));
        let state = run_to_end(&platform, &policy(), start);
        let Phase::Created(created) = state.phase(0) else { panic!("{:?}", state.phase(0)) };
        assert_eq!(created.end.as_ref().unwrap().reason.as_deref(), Some(reason));
        assert!(platform.now() < at(200));
    }
}

#[test]
fn a_cancelled_batch_sends_nothing_and_keeps_excluded_jobs() {
    let platform = Platform::default();
    let mut start = run_start(3);
    (0..2).for_each(|item| created(&mut start, item, platform.has("b", "RUNNING")));
    start.state.exclude(0);
    start.journal.request_cancel().unwrap();
    run_to_end(&platform, &policy(), start);
    assert_eq!(platform.made().len(), 2, "the third was not sent");
    assert_eq!(*platform.cancelled.lock().unwrap(), ["1"]);
}

#[test]
fn excluded_jobs_do_not_stop_the_batch() {
    let platform = Platform::default();
    let (mut start, mut policy) = (run_start(2), policy());
    created(&mut start, 0, platform.has("b", "FAILED"));
    start.state.exclude(0);
    policy.limits.on_failure = Some(OnFailure::Stop);
    let state = run_to_end(&platform, &policy, start);
    assert!(state.stop().is_none() && state.phase(1).has_succeeded());
}

#[test]
fn a_deadline_counts_from_the_call_and_is_no_error() {
    let platform = Platform::default();
    let (mut start, mut policy) = (run_start(3), policy());
    start.state.set_max_credits(10, vec![7, 7, 0]);
    created(&mut start, 0, platform.has("b", "RUNNING"));
    policy.deadline = Some(at(10));
    // Another kernel ran it for 8 s.
    *platform.now.lock().unwrap() = at(8);
    assert!(run_to_end(&platform, &policy, start).stop().is_none());
    assert_eq!(platform.now(), at(10));
}

#[test]
fn after_the_deadline_nothing_is_sent() {
    let platform = Platform { sleep: 60.into(), lasts: at(1), ..Platform::default() };
    let policy = Policy { deadline: Some(at(30)), ..policy() };
    let state = run_to_end(&platform, &policy, run_start(12));
    assert_eq!(platform.made().len(), 5, "the sleep was longer than the deadline");
    assert!(state.phase(0).has_succeeded() && state.phase(11).is_waiting() && state.stop().is_none());
}

#[test]
fn a_deadline_is_checked_between_a_few_requests() {
    // Each request takes 100 s.
    let platform = Platform { losses: 40.into(), ..Platform::default() };
    let policy = Policy { deadline: Some(at(30)), ..policy() };
    let mut start = run_start(40);
    start.state.set_limit(100);
    let limit = Limit { service: 100, user: 100 };
    Run::new((&platform, &platform), "b", &policy, start, limit).unwrap().run_to_end().unwrap();
    assert_eq!(platform.losses.load(Ordering::SeqCst), 40 - CONCURRENT_REQUESTS, "what was not sent");
}

#[test]
fn an_unknown_status_neither_ends_a_job_nor_blocks_others() {
    let platform = Platform::default();
    let mut start = run_start(2);
    created(&mut start, 0, platform.has("b", "HIBERNATING"));
    let state = run_to_end(&platform, &policy(), start);
    assert!(platform.now() >= at(3600) && platform.now() < at(3700), "{:?}", platform.now());
    assert!(!state.phase(0).has_ended() && state.phase(1).has_succeeded());
}
