pub(in crate::batch) mod any_event;
mod any_platform;
mod platform;

use serde_json::json;

use super::lost_jobs::MAX_MISSES;
use super::*;
use crate::jobs::Job;
use up42_core::error::ErrorKind;

const LOST_JOB_TIMEOUT: Duration = Duration::from_secs(60);

fn state(items: usize, limit: usize) -> State {
    State::new(items, limit, LOST_JOB_TIMEOUT)
}

fn job(id: usize, status: &str) -> Job {
    Job::read(&json!({"id": id.to_string(), "status": status})).unwrap()
}

fn lost() -> Error {
    Error::new(ErrorKind::Network, "the connection broke")
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn create(state: &mut State, item: usize, status: &str) {
    state.apply(&Event::Intent { item, at: at(0) });
    state.apply(&Event::Submitted { item, job: job(item, status) });
}

fn lose(state: &mut State, item: usize) {
    state.apply(&Event::Intent { item, at: at(0) });
    state.apply(&Event::Lost { item, at: at(0), error: lost() });
}

#[test]
fn a_free_slot_is_used_immediately() {
    let mut state = state(3, 2);
    assert_eq!(state.next(at(0)), [Action::Submit(0), Action::Submit(1)]);
    (0..2).for_each(|item| create(&mut state, item, "NOT_STARTED"));
    assert_eq!(state.next(at(0)), [Action::Poll]);
    state.apply(&Event::Seen { item: 1, job: job(1, "SUCCEEDED") });
    assert_eq!(state.next(at(0)), [Action::Submit(2), Action::Poll]);
}

#[test]
fn an_estimate_counts_until_the_cost_is_known() {
    let mut state = state(5, 5);
    create(&mut state, 0, "SUCCEEDED");
    state.apply(&Event::Finalized { item: 0, credits: Some(7), reason: None });
    create(&mut state, 1, "RUNNING");
    state.apply(&Event::Intent { item: 2, at: at(0) });
    let refused = Error::new(ErrorKind::InvalidInput, "no such block");
    state.apply(&Event::Rejected { item: 2, error: refused });
    state.exclude(3);
    assert_eq!(state.unpriced(), [1, 4]);
}

#[test]
fn after_429_the_pause_grows() {
    let mut state = state(4, 5);
    defer(&mut state, [0, 1, 2], 1);
    assert_eq!(state.next(at(2)), []);
    assert_eq!(state.next(at(6)), [Action::Submit(0)], "one is tried, and not three that are refused");
    let rests: Vec<u64> = (0..4)
        .map(|_| {
            let now = (0..).find(|now| !state.next(at(*now)).is_empty()).unwrap();
            defer(&mut state, [0], now);
            (now..).find(|later| !state.next(at(*later)).is_empty()).unwrap() - now
        })
        .collect();
    assert_eq!(rests, [10, 20, 30, 30], "the longer it lasts the less it is asked");
    create(&mut state, 0, "RUNNING");
    assert_eq!(state.next(at(1000)), [Action::Submit(1), Action::Submit(2), Action::Submit(3), Action::Poll]);
}

/// Defers items that were sent together, as without a free slot or a network.
fn defer(state: &mut State, items: impl IntoIterator<Item = usize>, seconds: u64) {
    for item in items {
        state.apply(&Event::Intent { item, at: at(seconds) });
        state.apply(&Event::Deferred { item, at: at(seconds) });
    }
}

#[test]
fn the_longest_jobs_are_sent_first_and_others_in_order() {
    let mut state = state(5, 2);
    for (item, seconds) in [(1, 10), (3, 30), (4, 30)] {
        assert!(state.apply(&Event::Estimated { item, lasts: at(seconds) }));
    }
    assert_eq!(state.waiting().collect::<Vec<_>>(), [3, 4, 1, 0, 2]);
    assert_eq!(state.next(at(0)), [Action::Submit(3), Action::Submit(4)]);
    assert!(!state.apply(&Event::Estimated { item: 3, lasts: at(30) }), "that is no news");
    assert!(state.apply(&Event::Estimated { item: 3, lasts: at(1) }));
    assert_eq!(state.waiting().collect::<Vec<_>>(), [4, 1, 3, 0, 2]);
}

#[test]
fn missing_credits_pause_the_batch_until_a_job_ends() {
    let mut state = state(4, 3);
    create(&mut state, 0, "RUNNING");
    defer(&mut state, [1, 2], 0);
    let refusal = Error::new(ErrorKind::Credits, "403: Insufficient credits");
    state.record_shortage(refusal.clone());
    assert_eq!(state.next(at(100)), [Action::Poll], "what runs may turn out to be cheaper");
    state.apply(&Event::Seen { item: 0, job: job(0, "SUCCEEDED") });
    assert_eq!(state.next(at(100)), [Action::Submit(1)], "one is tried");
    create(&mut state, 1, "RUNNING");
    assert_eq!(state.next(at(100)), [Action::Submit(2), Action::Poll], "and the next");
    defer(&mut state, [2], 100);
    state.record_shortage(refusal);
    assert_eq!(state.next(at(200)), [Action::Poll]);
    state.apply(&Event::Seen { item: 1, job: job(1, "SUCCEEDED") });
    assert_eq!(state.next(at(200)), [Action::Submit(2)]);
    defer(&mut state, [2], 200);
    state.record_shortage(state.shortage().unwrap().clone());
    assert_eq!(state.next(at(300)), [Action::Finish], "nothing runs that could leave something");
    assert!(state.phase(2).is_waiting() && state.phase(3).is_waiting(), "neither is lost nor refused");
    assert!(state.stop().is_none() && state.shortage().is_some());
}

#[test]
fn an_unknown_status_blocks_a_slot_for_a_limited_time() {
    let mut state = state(2, 1);
    create(&mut state, 0, "HIBERNATING");
    for seconds in (10..3600).step_by(10) {
        state.expire_unknown(at(seconds));
        assert_eq!(state.next(at(seconds)), [Action::Poll]);
    }
    state.expire_unknown(at(3610));
    assert_eq!(state.next(at(3610)), [Action::Submit(1), Action::Poll], "it may have ended");
    create(&mut state, 1, "SUCCEEDED");
    assert_eq!(state.next(at(3620)), [Action::Poll, Action::Finish]);
    assert!(!state.phase(0).has_ended() && state.phase(0).is_abandoned(), "nobody knows");
    state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") });
    state.expire_unknown(at(3630));
    assert_eq!(state.next(at(3630)), [Action::Poll], "it is awake");
}

#[test]
fn a_lost_item_is_sent_again_when_its_absence_is_proven() {
    let mut state = state(1, 1);
    lose(&mut state, 0);
    assert_eq!(state.next(at(1)), [Action::Poll]);
    assert!(state.evaluate_absence(0, at(59), true).is_none(), "the list may lag");
    assert!(state.evaluate_absence(0, at(61), false).is_none(), "it may stand further down");
    assert!(!state.wants_whole_list(at(59)) && state.wants_whole_list(at(60)));
    assert!(state.evaluate_absence(0, at(60), true).is_none(), "a row may be between two pages");
    let absent = state.evaluate_absence(0, at(61), true).unwrap();
    assert!(matches!(absent, Event::Absent { item: 0 }));
    assert!(state.apply(&absent));
    assert_eq!(state.next(at(61)), [Action::Submit(0)]);
}

#[test]
fn absence_is_counted_from_when_the_answer_was_given_up() {
    let mut state = state(1, 1);
    state.apply(&Event::Intent { item: 0, at: at(0) });
    state.apply(&Event::Lost { item: 0, at: at(100), error: lost() });
    assert!(!state.wants_whole_list(at(159)) && state.wants_whole_list(at(160)));
    assert!((101..160).all(|now| state.evaluate_absence(0, at(now), true).is_none()));
}

#[test]
fn a_changed_clock_delays_nothing_and_proves_nothing() {
    let mut state = state(2, 2);
    state.apply(&Event::Intent { item: 0, at: at(5000) });
    state.apply(&Event::Deferred { item: 0, at: at(5000) });
    state.apply(&Event::Intent { item: 1, at: at(5000) });
    state.apply(&Event::Lost { item: 1, at: at(5000), error: lost() });
    state.restart_timers(at(10));
    assert_eq!(state.next(at(15)), [Action::Submit(0), Action::Poll]);
    assert!(state.wants_whole_list(at(70)));
    // The clock jumps ahead from one run to the next: the time between them is unknown.
    state.restart_timers(at(90_000));
    assert!(!state.wants_whole_list(at(90_059)) && state.wants_whole_list(at(90_060)));
}

#[test]
fn a_lost_item_without_proof_becomes_unproven() {
    let mut state = state(2, 1);
    lose(&mut state, 0);
    assert_eq!(state.next(at(299)), [Action::Poll], "it may hold the only slot");
    assert!(state.evaluate_absence(0, at(60), false).is_none());
    let unproven = state.evaluate_absence(0, at(300), false).unwrap();
    assert!(matches!(unproven, Event::Unproven { item: 0 }));
    state.apply(&unproven);
    assert_eq!(state.next(at(300)), [Action::Submit(1)]);
    state.apply(&Event::Seen { item: 0, job: job(7, "RUNNING") });
    assert_eq!(state.next(at(300)), [Action::Poll], "found after all");
}

#[test]
fn after_an_outage_absence_needs_two_complete_lists() {
    let mut state = state(1, 1);
    lose(&mut state, 0);
    assert!(state.evaluate_absence(0, at(9000), false).is_none(), "its first answer is a 502");
    assert!(state.evaluate_absence(0, at(9001), true).is_none());
    assert!(matches!(state.evaluate_absence(0, at(9002), true), Some(Event::Absent { .. })));
}

#[test]
fn a_request_that_was_under_way_at_the_end_is_lost() {
    let mut state = state(2, 2);
    state.apply(&Event::Intent { item: 1, at: at(0) });
    assert_eq!(state.interrupted().collect::<Vec<_>>(), [1]);
    assert_eq!(state.next(at(1000)), [Action::Submit(0)], "it is not sent again by itself");
}

#[test]
fn a_stopped_batch_waits_for_created_jobs() {
    let mut state = state(3, 2);
    create(&mut state, 0, "PENDING");
    state.apply(&Event::Intent { item: 1, at: at(0) });
    state.apply(&Event::Rejected { item: 1, error: lost() });
    state.stop_sending(lost());
    assert_eq!(state.next(at(0)), [Action::Poll]);
    state.apply(&Event::Seen { item: 0, job: job(0, "SUCCEEDED") });
    assert_eq!(state.next(at(0)), [Action::Finish]);
}

#[test]
fn a_job_missing_on_the_platform_ends_after_some_polls() {
    let mut state = state(1, 1);
    create(&mut state, 0, "RUNNING");
    for miss in 0..2 * u64::from(MAX_MISSES) {
        assert!(state.record_miss(0, at(miss)).is_none(), "the platform may lag behind");
    }
    state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") });
    for miss in 1..u64::from(MAX_MISSES) {
        assert!(state.record_miss(0, at(1000 * miss)).is_none(), "{miss} misses");
    }
    assert_eq!(state.next(at(9000)), [Action::Poll]);
    let event = state.record_miss(0, at(9000)).unwrap();
    assert!(state.apply(&event));
    assert_eq!(state.next(at(9000)), [Action::Finish]);
    assert!(state.phase(0).is_unfinalized());
    assert!(state.apply(&Event::Retried { item: 0 }), "the user may send it anew");
}

#[test]
fn an_unknown_status_is_not_final_and_a_final_one_does_not_change() {
    let mut state = state(1, 1);
    create(&mut state, 0, "HIBERNATING");
    assert_eq!(state.next(at(0)), [Action::Poll]);
    assert!(state.apply(&Event::Seen { item: 0, job: job(0, "FAILED") }));
    assert!(!state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") }), "a list that lags");
    assert_eq!(state.next(at(0)), [Action::Finish]);
}

#[test]
fn only_failed_jobs_are_retried() {
    let mut state = state(4, 4);
    create(&mut state, 0, "SUCCEEDED");
    create(&mut state, 1, "FAILED");
    create(&mut state, 2, "RUNNING");
    lose(&mut state, 3);
    let anew: Vec<_> = (0..4).map(|item| state.apply(&Event::Retried { item })).collect();
    assert_eq!(anew, [false, true, false, false]);
    assert_eq!(state.next(at(0)), [Action::Submit(1), Action::Poll]);
    assert_eq!([state.retries(0), state.retries(1)], [0, 1], "its name is another");
}

#[test]
fn excluded_items_are_neither_sent_nor_awaited() {
    let mut state = state(3, 2);
    create(&mut state, 0, "RUNNING");
    [0, 1].into_iter().for_each(|item| state.exclude(item));
    assert_eq!(state.next(at(0)), [Action::Submit(2), Action::Poll], "it still holds its slot");
    create(&mut state, 2, "SUCCEEDED");
    assert_eq!(state.next(at(0)), [Action::Poll, Action::Finish]);
}

#[test]
fn no_job_is_sent_beyond_max_credits() {
    let mut state = state(3, 3);
    state.set_max_credits(100, vec![60, 60, 10]);
    assert_eq!(state.most(), 130);
    assert_eq!(state.next(at(0)), [Action::Submit(0)], "two may cost 120");
    create(&mut state, 0, "RUNNING");
    assert_eq!(state.next(at(0)), [Action::Poll], "the first may turn out to be cheaper");
    state.apply(&Event::Seen { item: 0, job: job(0, "SUCCEEDED") });
    state.apply(&Event::Finalized { item: 0, credits: Some(30), reason: None });
    assert_eq!(state.next(at(0)), [Action::Submit(1), Action::Submit(2)]);
    create(&mut state, 1, "SUCCEEDED");
    state.apply(&Event::Finalized { item: 1, credits: Some(65), reason: None });
    assert_eq!(state.next(at(0)), [Action::Finish], "5 are left");
    state.stop_at_limit();
    let message = state.stop().unwrap().to_string();
    assert_eq!(message, "95 of the limit of 100 credits are spent, too little is left for one more job");
}

#[test]
fn the_cost_of_a_failed_job_counts_after_a_retry() {
    let mut state = state(1, 1);
    state.set_max_credits(100, vec![60]);
    create(&mut state, 0, "FAILED");
    state.apply(&Event::Finalized { item: 0, credits: Some(50), reason: None });
    state.apply(&Event::Retried { item: 0 });
    assert_eq!((state.most(), state.next(at(0)), state.paid()), (110, vec![Action::Finish], 50));
}

#[test]
fn a_possible_cost_counts_after_a_retry() {
    let mut state = state(3, 3);
    state.set_max_credits(200, vec![60, 50, 40]);
    lose(&mut state, 0);
    state.apply(&Event::Unproven { item: 0 });
    create(&mut state, 1, "FAILED");
    state.apply(&Event::Finalized { item: 1, credits: None, reason: None });
    state.apply(&Event::Intent { item: 2, at: at(0) });
    state.apply(&Event::Rejected { item: 2, error: lost() });
    (0..3).for_each(|item| assert!(state.apply(&Event::Retried { item })));
    assert_eq!((state.most(), state.paid()), (60 + 50 + 60 + 50 + 40, 0));
    assert_eq!(state.next(at(0)), [Action::Submit(0)], "110 may be paid, and 50 more are too much");
}
