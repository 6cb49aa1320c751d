use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// State of an item in a second, simpler model.
#[derive(Clone, Debug, PartialEq)]
enum ModelState {
    /// No job exists: the item was not sent, was proven absent, or is retried.
    Unsent,
    Sent,
    Lost,
    Unproven,
    Refused,
    Job {
        job: Box<Job>,
        is_missing: bool,
        is_finalized: bool,
    },
}

impl ModelState {
    fn has_ended(&self) -> bool {
        matches!(self, Self::Job { job, is_missing, .. } if *is_missing || job.status.is_terminal())
    }

    /// Returns whether the job is, or may be, unfinished on the platform.
    fn may_run(&self) -> bool {
        matches!(self, Self::Sent | Self::Lost) || (matches!(self, Self::Job { .. }) && !self.has_ended())
    }

    /// Returns the state after an event; `None` if the event does not fit.
    fn after(&self, event: &Event) -> Option<Self> {
        let begun =
            |job: &Job| Self::Job { job: Box::new(job.clone()), is_missing: false, is_finalized: false };
        Some(match (self, event) {
            (_, Event::Estimated { .. }) => self.clone(),
            (Self::Unsent, Event::Intent { .. }) => Self::Sent,
            (Self::Sent, Event::Deferred { .. }) | (Self::Lost, Event::Absent { .. }) => Self::Unsent,
            (Self::Sent, Event::Rejected { .. }) => Self::Refused,
            (Self::Sent, Event::Lost { .. }) => Self::Lost,
            (Self::Lost, Event::Unproven { .. }) => Self::Unproven,
            (
                Self::Sent | Self::Lost | Self::Unproven,
                Event::Submitted { job, .. } | Event::Seen { job, .. },
            ) => begun(job),
            // The journal did not contain the job.
            (Self::Unsent, Event::Seen { job, .. }) => begun(job),
            (Self::Job { job: known, is_missing, .. }, Event::Seen { job, .. })
                if known.id == job.id && !known.status.is_terminal() =>
            {
                match !is_missing && known.status == job.status {
                    true => self.clone(),
                    false => begun(job),
                }
            }
            (Self::Job { job, is_finalized, .. }, Event::Gone { .. }) if !self.has_ended() => {
                Self::Job { job: job.clone(), is_missing: true, is_finalized: *is_finalized }
            }
            (Self::Job { job, is_missing, is_finalized: false }, Event::Finalized { .. })
                if self.has_ended() =>
            {
                Self::Job { job: job.clone(), is_missing: *is_missing, is_finalized: true }
            }
            (Self::Refused | Self::Unproven, Event::Retried { .. }) => Self::Unsent,
            (Self::Job { job, .. }, Event::Retried { .. })
                if self.has_ended() && job.status.word() != "SUCCEEDED" =>
            {
                Self::Unsent
            }
            _ => return None,
        })
    }
}

/// Change that may happen to a state at any time.
#[derive(Clone, Debug)]
enum Step {
    Event(Box<Event>),
    Limit(usize),
    Exclude(usize),
    Shortage,
    Expire(Duration),
}

const ITEMS: usize = 6;

pub(in crate::batch) fn any_job() -> impl Strategy<Value = Job> {
    let words =
        ["NOT_STARTED", "RUNNING", "CANCELLING", "SUCCEEDED", "FAILED", "CANCELLED", "ERROR", "DOZING"];
    (0usize..3, proptest::sample::select(words.to_vec())).prop_map(|(id, status)| job(id, status))
}

/// Generates events of any kind, also of an item that does not exist.
pub(in crate::batch) fn any_event(items: usize) -> impl Strategy<Value = Event> {
    let time = (0u64..100_000_000).prop_map(Duration::from_millis);
    let error =
        proptest::sample::select(vec![ErrorKind::Network, ErrorKind::Server, ErrorKind::InvalidInput]);
    let error = (error, any::<String>()).prop_map(|(kind, message)| Error::new(kind, message));
    let credits = proptest::option::of(-10i64..1000);
    let parts = (0u8..12, 0..=items, time, error, any_job(), credits, proptest::option::of(any::<String>()));
    parts.prop_map(|(kind, item, at, error, job, credits, reason)| match kind {
        0 => Event::Estimated { item, lasts: at },
        1 => Event::Intent { item, at },
        2 => Event::Submitted { item, job },
        3 => Event::Deferred { item, at },
        4 => Event::Rejected { item, error },
        5 => Event::Lost { item, at, error },
        6 => Event::Seen { item, job },
        7 => Event::Gone { item },
        8 => Event::Absent { item },
        9 => Event::Unproven { item },
        10 => Event::Finalized { item, credits, reason },
        _ => Event::Retried { item },
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => any_event(ITEMS).prop_map(|event| Step::Event(Box::new(event))),
        1 => (0usize..6).prop_map(Step::Limit),
        1 => (0..ITEMS).prop_map(Step::Exclude),
        1 => Just(Step::Shortage),
        1 => (0u64..100_000).prop_map(|seconds| Step::Expire(at(seconds))),
    ]
}

/// Checks that the actions stay within the limit and create no job twice.
fn check(
    state: &State,
    known: &[ModelState],
    limit: usize,
    now: Duration,
) -> Result<Vec<Action>, TestCaseError> {
    let actions = state.next(now);
    let mut sent = 0;
    for action in &actions {
        let Action::Submit(item) = action else { continue };
        prop_assert_eq!(&known[*item], &ModelState::Unsent, "created twice");
        prop_assert!(!state.is_excluded(*item));
        sent += 1;
    }
    let may_run = |item: &usize| known[*item].may_run() && !state.phase(*item).is_abandoned();
    let running = (0..known.len()).filter(may_run).count();
    prop_assert!(sent == 0 || running + sent <= limit, "{running} run, {sent} more");
    Ok(actions)
}

/// Applies an event to the state and to the model, and compares them.
fn apply(state: &mut State, known: &mut [ModelState], event: &Event) -> Result<(), TestCaseError> {
    let before = format!("{state:?}");
    // The job of an item that was retried belongs to no item any more.
    let is_former = |stands: &ModelState| matches!((stands, event), (ModelState::Unsent, Event::Seen { job, .. }) if state.retried_jobs.contains(&job.id));
    let stands = known.get(event.item()).filter(|stands| !is_former(stands));
    let after = stands.and_then(|stands| stands.after(event));
    let is_news = state.apply(event);
    match after {
        Some(after) => {
            let is_change = after != known[event.item()];
            prop_assert!(is_news || !is_change, "{event:?}");
            prop_assert!(is_news <= (is_change || matches!(event, Event::Estimated { .. })), "{event:?}");
            known[event.item()] = after;
        }
        None => prop_assert!(!is_news && format!("{state:?}") == before, "{event:?}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Events in any order, also ones that no platform causes: events that do not fit change
    /// nothing, nothing is sent beyond the limit or twice, and a correct platform brings the batch
    /// to its end from any state.
    #[test]
    fn any_events_are_applied_or_refused(
        steps in vec(any_step(), 0..200), limit in 1usize..5, times in vec(0u64..100_000, 1..20),
        exists in vec(any::<bool>(), ITEMS), start in 0u64..200_000, ends in vec(any_job(), ITEMS),
    ) {
        let (mut state, mut known, mut limit) = (state(ITEMS, limit), vec![ModelState::Unsent; ITEMS], limit);
        for (step, seconds) in steps.iter().zip(times.iter().cycle()) {
            match step {
                Step::Event(event) => apply(&mut state, &mut known, event)?,
                Step::Limit(jobs) => {
                    limit = (*jobs).max(1);
                    state.set_limit(*jobs);
                }
                Step::Exclude(item) => state.exclude(*item),
                Step::Shortage => state.record_shortage(lost()),
                Step::Expire(now) => state.expire_unknown(*now),
            }
            check(&state, &known, limit, at(*seconds))?;
        }
        let mut now = at(start);
        for item in state.interrupted().collect::<Vec<_>>() {
            apply(&mut state, &mut known, &Event::Lost { item, at: now, error: lost() })?;
        }
        state.restart_timers(now);
        let mut is_over = false;
        for _ in 0..1000 {
            let mut events = Vec::new();
            for action in check(&state, &known, limit, now)? {
                match action {
                    Action::Submit(item) => {
                        apply(&mut state, &mut known, &Event::Intent { item, at: now })?;
                        events.push(Event::Submitted { item, job: job(item, "RUNNING") });
                    }
                    Action::Poll => {
                        for item in 0..ITEMS {
                            let status = ends[item].status.word();
                            let status = if ends[item].status.is_terminal() { status } else { "SUCCEEDED" };
                            let seen = |id: &str| Job::read(&json!({"id": id, "status": status})).unwrap();
                            let phase = state.phase(item);
                            if let Some(id) = phase.unfinished_id() {
                                events.push(Event::Seen { item, job: seen(id.as_str()) });
                            } else if phase.is_lost() && exists[item] {
                                events.push(Event::Seen { item, job: seen("found") });
                            } else {
                                events.extend(state.evaluate_absence(item, now, true));
                            }
                        }
                    }
                    Action::Finish => is_over = true,
                }
            }
            events.iter().try_for_each(|event| apply(&mut state, &mut known, event))?;
            state.expire_unknown(now);
            if is_over {
                break;
            }
            now += at(1);
        }
        prop_assert!(is_over, "{state:?}");
    }
}
