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

fn known(items: usize) -> Known {
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
    let places = (0..items.len()).rev().collect();
    Known { journal, state, items, places, began: Duration::ZERO, was_begun: false }
}

fn run_to_end(platform: &Platform, policy: &Policy, known: Known) -> State {
    try_to_drive(platform, policy, known).unwrap()
}

fn try_to_drive(platform: &Platform, policy: &Policy, known: Known) -> Result<State> {
    let limit = Limit { service: 5, asked: 5 };
    Run::new((platform, platform), "b", policy, known, limit).unwrap().run_to_end().map(|left| left.state)
}

/// Records the item's job as created before the run.
fn created(known: &mut Known, item: usize, job: crate::jobs::Job) {
    known.state.apply(&Event::Intent { item, at: Duration::ZERO });
    known.state.apply(&Event::Submitted { item, job });
}

fn policy() -> Policy {
    Policy { is_quiet: true, ..Policy::default() }
}

#[test]
fn a_list_that_may_not_be_whole_proves_nothing_and_the_batch_ends() {
    for (list, is_sent_again) in [
        (Broken::No, true),
        (Broken::Entry, false),
        (Broken::Pages, false),
        (Broken::Failing, false),
        (Broken::Late, false),
        (Broken::Never, false),
    ] {
        let platform = Platform { losses: 1.into(), list, ..Platform::default() };
        let state = run_to_end(&platform, &policy(), known(1));
        assert_eq!(state.phase(0).has_succeeded(), is_sent_again);
        assert_eq!(platform.made().len(), usize::from(is_sent_again));
        // The request failed after 100 s.
        let settled = at(if is_sent_again { 100 + 60 } else { 100 + 5 * 60 });
        assert!(platform.now() >= settled, "{:?}", platform.now());
    }
}

#[test]
fn jobs_are_asked_for_by_ids_where_that_is_known() {
    let platform = Platform { lasts: at(100), by_ids: true, list: Broken::Never, ..Platform::default() };
    let state = run_to_end(&platform, &policy(), known(12));
    assert!(state.phases().iter().all(Phase::has_succeeded), "the list is not needed");
}

#[test]
fn where_jobs_have_no_names_what_they_were_asked_tells_them_apart() {
    let nameless = || Platform { lasts: at(10_000), sort: Sort::Telling, ..Platform::default() };
    let lost = |platform: &Platform, jobs: &[(&str, bool)]| {
        let mut known = known(2);
        known.state.apply(&Event::Intent { item: 0, at: at(0) });
        for (label, is_known) in jobs {
            let job = platform.has(label, "SUCCEEDED");
            if *is_known {
                created(&mut known, 1, job);
            }
        }
        let state = run_to_end(platform, &policy(), known);
        (format!("{:?}", state.phase(0).job().map(|job| job.id.to_string())), platform.made().len())
    };
    let platform = nameless();
    assert_eq!(lost(&platform, &[("job 0", false), ("job 1", true)]).0, "Some(\"0\")", "it was that one");
    let platform = nameless();
    let (told, made) = lost(&platform, &[("job 0", false), ("job 0", false), ("job 1", true)]);
    assert_eq!((told.as_str(), made), ("None", 3), "nobody knows which, and none is sent");
    let platform = nameless();
    let (told, made) = lost(&platform, &[("job 1", true)]);
    assert_eq!((told.as_str(), made), ("Some(\"1\")", 2), "there was none: it is sent");
}

#[test]
fn a_network_that_is_gone_for_hours_is_waited_out() {
    let gone = Some([at(150), at(20_000)]);
    let platform = Platform { lasts: at(100), losses: 1.into(), gone, ..Platform::default() };
    let known = known(12);
    let state = run_to_end(&platform, &policy(), known);
    assert!(state.phases().iter().all(Phase::has_succeeded), "{:?}", state.phases());
    assert_eq!(platform.made().len(), 12, "each once, the lost one too");
    assert!(platform.now() > at(20_000));
    let requests = platform.requests.load(Ordering::SeqCst);
    assert!(requests < 2_000, "{requests} requests");
}

#[test]
fn a_machine_that_sleeps_for_hours_goes_on() {
    let platform = Platform { lasts: at(100), sleep: 40_000.into(), ..Platform::default() };
    let state = run_to_end(&platform, &policy(), known(12));
    assert!(state.phases().iter().all(|phase| phase.has_succeeded() && phase.credits() == Some(7)));
    assert!(platform.made().len() == 12 && platform.now() > at(40_000));
}

#[test]
fn jobs_are_sent_longest_first_also_by_the_next_run() {
    let platform = Platform { lasts: at(100), ..Platform::default() };
    let mut first = known(12);
    let events: Vec<Event> =
        (0..12).map(|item| Event::Estimated { item, lasts: at(item as u64 % 6) }).collect();
    first.journal.append(&events).unwrap();
    let mut second = known(12);
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
fn credits_that_run_out_leave_what_was_sent_and_say_how_many_are_missing() {
    let platform = Platform { lasts: at(100), affordable: Some(7), ..Platform::default() };
    let state = run_to_end(&platform, &policy(), known(10));
    assert_eq!(state.phases().iter().filter(|phase| phase.has_succeeded()).count(), 7);
    assert_eq!(state.waiting().count(), 3, "none is lost, and none refused");
    assert_eq!(
        state.stop().unwrap().to_string(),
        "3 more jobs may cost up to 3000 credits, and the balance is 1420: 1580 credits are missing; add some, and \
         run the batch again: 403: Insufficient credits to run job"
    );
    let broke = Platform { affordable: Some(0), ..Platform::default() };
    let error = try_to_drive(&broke, &policy(), known(2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credits);
    assert!(error.to_string().contains("580 credits are missing"), "{error}");
}

#[test]
fn a_batch_that_ran_short_goes_on_when_there_are_credits() {
    let folder = tempfile::tempdir().unwrap();
    let path = Journal::path(folder.path(), "b");
    let fresh = known(10);
    let journal = Journal::create(&path, &fresh.journal.head().unwrap()).unwrap();
    let mut platform = Platform { lasts: at(100), affordable: Some(7), ..Platform::default() };
    run_to_end(&platform, &policy(), Known { journal, ..fresh });
    platform.affordable = None;
    let (journal, mut again) = (Journal::open(&path).unwrap().unwrap(), known(10));
    for event in journal.events().unwrap() {
        again.state.apply(&event);
    }
    let state = run_to_end(&platform, &policy(), Known { journal, ..again });
    assert!(state.phases().iter().all(Phase::has_succeeded) && state.stop().is_none());
    assert_eq!(platform.made().len(), 10);
}

#[test]
fn a_full_project_is_tried_again_with_one_job() {
    let platform = Platform { lasts: at(1000), slots: Some(1), ..Platform::default() };
    platform.has("theirs", "RUNNING");
    platform.jobs.lock().unwrap()[0].ends = at(50_000);
    platform.jobs.lock().unwrap()[0].ending = "SUCCEEDED";
    let state = run_to_end(&platform, &policy(), known(3));
    assert!(state.phases().iter().all(Phase::has_succeeded));
    assert_eq!(platform.made().len(), 4);
    let requests = platform.requests.load(Ordering::SeqCst);
    assert!((1600..2000).contains(&requests), "one each half minute: {requests} requests");
}

#[test]
fn a_job_is_told_once_and_whole() {
    let finished = Arc::new(Mutex::new(Vec::new()));
    let platform = Platform { silence: 3.into(), ..Platform::default() };
    let (mut policy, hook) = (policy(), finished.clone());
    policy.on_finished = Some(Arc::new(move |record: &JobRecord| {
        hook.lock().unwrap().push((record.label.clone(), record.index, record.cost()));
    }));
    run_to_end(&platform, &policy, known(2));
    let mut finished = finished.lock().unwrap().clone();
    finished.sort();
    assert_eq!(finished, [("job 0".into(), 1, Some(7)), ("job 1".into(), 0, Some(7))]);
}

#[test]
fn logs_that_cannot_be_read_are_asked_for_again_and_not_for_ever() {
    for (silence, reason) in
        [(3, "out of memory"), (1000, "the job is failed, and its logs cannot be read: 500")]
    {
        let platform = Platform { silence: silence.into(), ..Platform::default() };
        let mut known = known(1);
        created(&mut known, 0, platform.has("b", "FAILED"));
        let state = run_to_end(&platform, &policy(), known);
        let Phase::Created(created) = state.phase(0) else { panic!("{:?}", state.phase(0)) };
        assert_eq!(created.end.as_ref().unwrap().reason.as_deref(), Some(reason));
        assert!(platform.now() < at(200));
    }
}

#[test]
fn a_cancelled_batch_sends_nothing_and_leaves_alone_what_is_left_out() {
    let platform = Platform::default();
    let mut known = known(3);
    (0..2).for_each(|item| created(&mut known, item, platform.has("b", "RUNNING")));
    known.state.leave_out(0);
    known.journal.request_cancel().unwrap();
    run_to_end(&platform, &policy(), known);
    assert_eq!(platform.made().len(), 2, "the third was not sent");
    assert_eq!(*platform.cancelled.lock().unwrap(), ["1"]);
}

#[test]
fn what_is_left_out_stops_nothing() {
    let platform = Platform::default();
    let (mut known, mut policy) = (known(2), policy());
    created(&mut known, 0, platform.has("b", "FAILED"));
    known.state.leave_out(0);
    policy.limits.on_failure = Some(OnFailure::Stop);
    let state = run_to_end(&platform, &policy, known);
    assert!(state.stop().is_none() && state.phase(1).has_succeeded());
}

#[test]
fn a_deadline_is_not_a_budget_and_counts_from_when_the_user_asked() {
    let platform = Platform::default();
    let (mut known, mut policy) = (known(3), policy());
    known.state.set_max_credits(10, vec![7, 7, 0]);
    created(&mut known, 0, platform.has("b", "RUNNING"));
    policy.deadline = Some(at(10));
    // Another kernel ran it for 8 s.
    *platform.now.lock().unwrap() = at(8);
    assert!(run_to_end(&platform, &policy, known).stop().is_none());
    assert_eq!(platform.now(), at(10));
}

#[test]
fn after_the_deadline_nothing_is_sent() {
    let platform = Platform { sleep: 60.into(), lasts: at(1), ..Platform::default() };
    let policy = Policy { deadline: Some(at(30)), ..policy() };
    let state = run_to_end(&platform, &policy, known(12));
    assert_eq!(platform.made().len(), 5, "the sleep was longer than the deadline");
    assert!(state.phase(0).has_succeeded() && state.phase(11).is_waiting() && state.stop().is_none());
}

#[test]
fn a_deadline_is_heard_between_a_few_requests() {
    // Each request takes 100 s.
    let platform = Platform { losses: 40.into(), ..Platform::default() };
    let policy = Policy { deadline: Some(at(30)), ..policy() };
    let mut known = known(40);
    known.state.set_limit(100);
    let limit = Limit { service: 100, asked: 100 };
    Run::new((&platform, &platform), "b", &policy, known, limit).unwrap().run_to_end().unwrap();
    assert_eq!(platform.losses.load(Ordering::SeqCst), 40 - CONCURRENT_REQUESTS, "what was not sent");
}

#[test]
fn a_status_that_nobody_knows_ends_nothing_and_holds_up_nothing() {
    let platform = Platform::default();
    let mut known = known(2);
    created(&mut known, 0, platform.has("b", "HIBERNATING"));
    let state = run_to_end(&platform, &policy(), known);
    assert!(platform.now() >= at(3600) && platform.now() < at(3700), "{:?}", platform.now());
    assert!(!state.phase(0).has_ended() && state.phase(1).has_succeeded());
}
