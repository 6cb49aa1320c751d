pub(in crate::batch) mod any_event;
mod any_platform;
mod platform;

use serde_json::json;

use super::lost_jobs::MISSES;
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
fn a_slot_that_comes_free_is_filled_at_once() {
    let mut state = state(3, 2);
    assert_eq!(state.next(at(0)), [Action::Submit(0), Action::Submit(1)]);
    (0..2).for_each(|item| create(&mut state, item, "NOT_STARTED"));
    assert_eq!(state.next(at(0)), [Action::Poll]);
    state.apply(&Event::Seen { item: 1, job: job(1, "SUCCEEDED") });
    assert_eq!(state.next(at(0)), [Action::Submit(2), Action::Poll]);
}

#[test]
fn a_price_counts_until_what_was_paid_is_known() {
    let mut state = state(5, 5);
    create(&mut state, 0, "SUCCEEDED");
    state.apply(&Event::Finalized { item: 0, credits: Some(7), reason: None });
    create(&mut state, 1, "RUNNING");
    state.apply(&Event::Intent { item: 2, at: at(0) });
    let refused = Error::new(ErrorKind::InvalidInput, "no such block");
    state.apply(&Event::Rejected { item: 2, error: refused });
    state.leave_out(3);
    assert_eq!(state.unpriced(), [1, 4]);
}

#[test]
fn a_full_project_is_waited_out() {
    let mut state = state(4, 5);
    turn_away(&mut state, [0, 1, 2], 1);
    assert_eq!(state.next(at(2)), []);
    assert_eq!(state.next(at(6)), [Action::Submit(0)], "one is tried, and not three that are refused");
    let rests: Vec<u64> = (0..4)
        .map(|_| {
            let now = (0..).find(|now| !state.next(at(*now)).is_empty()).unwrap();
            turn_away(&mut state, [0], now);
            (now..).find(|later| !state.next(at(*later)).is_empty()).unwrap() - now
        })
        .collect();
    assert_eq!(rests, [10, 20, 30, 30], "the longer it lasts the less it is asked");
    create(&mut state, 0, "RUNNING");
    assert_eq!(state.next(at(1000)), [Action::Submit(1), Action::Submit(2), Action::Submit(3), Action::Poll]);
}

/// Defers items that were sent together, as without a free slot or a network.
fn turn_away(state: &mut State, items: impl IntoIterator<Item = usize>, seconds: u64) {
    for item in items {
        state.apply(&Event::Intent { item, at: at(seconds) });
        state.apply(&Event::Deferred { item, at: at(seconds) });
    }
}

#[test]
fn the_longest_are_sent_first_and_the_others_in_order() {
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
fn credits_that_are_missing_pause_and_what_ends_may_leave_enough() {
    let mut state = state(4, 3);
    create(&mut state, 0, "RUNNING");
    turn_away(&mut state, [1, 2], 0);
    let refusal = Error::new(ErrorKind::Credits, "403: Insufficient credits");
    state.run_short(refusal.clone());
    assert_eq!(state.next(at(100)), [Action::Poll], "what runs may turn out to be cheaper");
    state.apply(&Event::Seen { item: 0, job: job(0, "SUCCEEDED") });
    assert_eq!(state.next(at(100)), [Action::Submit(1)], "one is tried");
    create(&mut state, 1, "RUNNING");
    assert_eq!(state.next(at(100)), [Action::Submit(2), Action::Poll], "and the next");
    turn_away(&mut state, [2], 100);
    state.run_short(refusal);
    assert_eq!(state.next(at(200)), [Action::Poll]);
    state.apply(&Event::Seen { item: 1, job: job(1, "SUCCEEDED") });
    assert_eq!(state.next(at(200)), [Action::Submit(2)]);
    turn_away(&mut state, [2], 200);
    state.run_short(state.shortage().unwrap().clone());
    assert_eq!(state.next(at(300)), [Action::Finish], "nothing runs that could leave something");
    assert!(state.phase(2).is_waiting() && state.phase(3).is_waiting(), "neither is lost nor refused");
    assert!(state.stop().is_none() && state.shortage().is_some());
}

#[test]
fn an_unknown_status_holds_up_nothing_for_ever() {
    let mut state = state(2, 1);
    create(&mut state, 0, "HIBERNATING");
    for seconds in (10..3600).step_by(10) {
        state.watch(at(seconds));
        assert_eq!(state.next(at(seconds)), [Action::Poll]);
    }
    state.watch(at(3610));
    assert_eq!(state.next(at(3610)), [Action::Submit(1), Action::Poll], "it may have ended");
    create(&mut state, 1, "SUCCEEDED");
    assert_eq!(state.next(at(3620)), [Action::Poll, Action::Finish]);
    assert!(!state.phase(0).has_ended() && state.phase(0).is_set_aside(), "nobody knows");
    state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") });
    state.watch(at(3630));
    assert_eq!(state.next(at(3630)), [Action::Poll], "it is awake");
}

#[test]
fn a_lost_item_is_sent_again_when_it_is_proven_that_it_was_not_created() {
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
fn a_request_may_leave_until_its_answer_is_given_up() {
    let mut state = state(1, 1);
    state.apply(&Event::Intent { item: 0, at: at(0) });
    state.apply(&Event::Lost { item: 0, at: at(100), error: lost() });
    assert!(!state.wants_whole_list(at(159)) && state.wants_whole_list(at(160)));
    assert!((101..160).all(|now| state.evaluate_absence(0, at(now), true).is_none()));
}

#[test]
fn a_clock_that_is_set_delays_nothing_and_proves_nothing() {
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
fn a_lost_item_without_a_proof_waits_for_the_user() {
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
fn a_platform_that_is_back_after_hours_has_its_time_to_answer() {
    let mut state = state(1, 1);
    lose(&mut state, 0);
    assert!(state.evaluate_absence(0, at(9000), false).is_none(), "its first answer is a 502");
    assert!(state.evaluate_absence(0, at(9001), true).is_none());
    assert!(matches!(state.evaluate_absence(0, at(9002), true), Some(Event::Absent { .. })));
}

#[test]
fn what_was_being_sent_when_the_program_ended_is_lost() {
    let mut state = state(2, 2);
    state.apply(&Event::Intent { item: 1, at: at(0) });
    assert_eq!(state.orphans().collect::<Vec<_>>(), [1]);
    assert_eq!(state.next(at(1000)), [Action::Submit(0)], "it is not sent again by itself");
}

#[test]
fn what_stops_the_batch_leaves_created_jobs_running() {
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
fn a_job_that_the_platform_forgot_does_not_last_for_ever() {
    let mut state = state(1, 1);
    create(&mut state, 0, "RUNNING");
    for miss in 0..2 * u64::from(MISSES) {
        assert!(state.miss(0, at(miss)).is_none(), "the platform may lag behind");
    }
    state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") });
    for miss in 1..u64::from(MISSES) {
        assert!(state.miss(0, at(1000 * miss)).is_none(), "{miss} misses");
    }
    assert_eq!(state.next(at(9000)), [Action::Poll]);
    let gone = state.miss(0, at(9000)).unwrap();
    assert!(state.apply(&gone));
    assert_eq!(state.next(at(9000)), [Action::Finish]);
    assert!(state.phase(0).is_unfinalized());
    assert!(state.apply(&Event::Retried { item: 0 }), "the user may send it anew");
}

#[test]
fn an_unknown_status_is_not_the_end_and_the_end_is_the_end() {
    let mut state = state(1, 1);
    create(&mut state, 0, "HIBERNATING");
    assert_eq!(state.next(at(0)), [Action::Poll]);
    assert!(state.apply(&Event::Seen { item: 0, job: job(0, "FAILED") }));
    assert!(!state.apply(&Event::Seen { item: 0, job: job(0, "RUNNING") }), "a list that lags");
    assert_eq!(state.next(at(0)), [Action::Finish]);
}

#[test]
fn only_what_failed_is_sent_anew() {
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
fn what_is_left_out_is_neither_sent_nor_waited_for() {
    let mut state = state(3, 2);
    create(&mut state, 0, "RUNNING");
    [0, 1].into_iter().for_each(|item| state.leave_out(item));
    assert_eq!(state.next(at(0)), [Action::Submit(2), Action::Poll], "it still holds its slot");
    create(&mut state, 2, "SUCCEEDED");
    assert_eq!(state.next(at(0)), [Action::Poll, Action::Finish]);
}

#[test]
fn nothing_is_sent_beyond_the_limit() {
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
    state.give_up();
    let message = state.stop().unwrap().to_string();
    assert_eq!(message, "95 of the limit of 100 credits are spent, too little is left for one more job");
}

#[test]
fn what_a_failed_job_cost_counts_when_it_is_sent_anew() {
    let mut state = state(1, 1);
    state.set_max_credits(100, vec![60]);
    create(&mut state, 0, "FAILED");
    state.apply(&Event::Finalized { item: 0, credits: Some(50), reason: None });
    state.apply(&Event::Retried { item: 0 });
    assert_eq!((state.most(), state.next(at(0)), state.paid()), (110, vec![Action::Finish], 50));
}

#[test]
fn what_may_have_been_paid_counts_when_it_is_sent_anew() {
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
