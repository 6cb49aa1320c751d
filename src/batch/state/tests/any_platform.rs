use proptest::collection::vec;
use proptest::prelude::*;

use super::platform::Platform;
use super::*;

/// Settings of the user, and the journal: all data that outlives a program.
struct Recorded {
    items: usize,
    limit: usize,
    excluded: Vec<usize>,
    budget: Option<(i64, Vec<i64>)>,
    events: Vec<Event>,
}

impl Recorded {
    /// Returns the state after a restart of the program.
    fn state(&self) -> State {
        let mut state = state(self.items, self.limit);
        self.excluded.iter().for_each(|item| state.exclude(*item));
        if let Some((credits, prices)) = &self.budget {
            state.set_max_credits(*credits, prices.clone());
        }
        assert!(self.events.iter().all(|event| state.apply(event)), "what was kept is news");
        state
    }

    fn record(&mut self, state: &mut State, events: impl IntoIterator<Item = Event>) {
        self.events.extend(events.into_iter().filter(|event| state.apply(event)));
    }
}

proptest! {
    /// A platform that responds in any way or not at all, whose jobs end in any way or never, and
    /// that others use too; and a program that is killed at any time and resumes from its journal:
    /// the limits of unfinished jobs and of credits hold, no item is created twice, and the batch
    /// ends.
    #[test]
    fn a_batch_ends_on_any_platform_within_the_limit(
        items in 1usize..20, limit in 1usize..6, answers in vec(0u8..16, 50..600),
        estimates in vec(0u64..9, 0..20), excluded in vec(0usize..60, 0..6),
        prices in vec(0i64..100, 20), budget in proptest::option::of(0i64..1500), mut retries in 0u32..4,
    ) {
        let excluded = excluded.into_iter().filter(|item| *item < items).collect();
        let budget = budget.map(|budget| (budget, prices.clone()));
        let mut recorded = Recorded { items, limit, excluded, budget, events: Vec::new() };
        let mut state = recorded.state();
        let estimated = estimates.into_iter().take(items).enumerate();
        recorded.record(&mut state, estimated.map(|(item, seconds)| Event::Estimated { item, lasts: at(seconds) }));
        let mut platform = Platform::new(prices);
        let (mut now, mut now_limit) = (Duration::ZERO, limit);
        let mut answers = answers.into_iter();
        let mut ended = false;
        for _ in 0..4000 {
            // When the arbitrary answers are used up, the platform behaves correctly, and time runs
            // faster.
            now += at(if answers.len() > 0 { 1 } else { 20 });
            let mut answer = || answers.next().unwrap_or(0);
            let (mut events, mut is_short, mut has_sent) = (Vec::new(), false, false);
            for action in state.next(now) {
                match action {
                    // A step either submits or polls.
                    Action::Poll if has_sent => {}
                    Action::Submit(item) => {
                        has_sent = true;
                        prop_assert!(!recorded.excluded.contains(&item));
                        let intent = Event::Intent { item, at: now };
                        prop_assert!(state.apply(&intent));
                        recorded.events.push(intent);
                        let id = item + 100 * state.retries(item) as usize;
                        let kind = answer();
                        match kind {
                            // The credits do not suffice.
                            12 => {
                                is_short = true;
                                events.push(Event::Deferred { item, at: now });
                            }
                            5 => events.push(Event::Deferred { item, at: now }),
                            6 => events.push(Event::Rejected { item, error: lost() }),
                            // The request was not carried out, and there was no response.
                            10 => events.push(Event::Lost { item, at: now, error: lost() }),
                            _ => {
                                // The last of many attempts was carried out, or the program was
                                // killed before the response, a while after the intent.
                                now += if matches!(kind, 9 | 11) { LOST_JOB_TIMEOUT } else { Duration::ZERO };
                                let lag = if matches!(kind, 8 | 9 | 11 | 14) { LOST_JOB_TIMEOUT / 2 } else { Duration::ZERO };
                                prop_assert!(platform.create(item, id, now + lag, answer()), "created twice");
                                                                match kind {
                                    7..=9 => events.push(Event::Lost { item, at: now, error: lost() }),
                                    11 => {}
                                    _ => events.push(Event::Submitted { item, job: job(id, "PENDING") }),
                                }
                            }
                        }
                    }
                    Action::Poll => {
                        let (is_there, has_list) = (answer(), answer() < 7);
                        for item in 0..items {
                            platform.go_on(item, answer(), state.phase(item).job().is_some());
                            if is_there == 13 {
                                // The platform cannot be reached, or has no list.
                                events.extend(state.evaluate_absence(item, now, false).filter(|_| has_list));
                            } else if let Some(job) = platform.show(item, now) {
                                events.push(Event::Seen { item, job });
                            } else {
                                events.extend(state.evaluate_absence(item, now, true));
                                events.extend(state.record_miss(item, now));
                            }
                        }
                        // Unfinished jobs of others.
                        let foreign = usize::from(answer() % 8);
                        now_limit = limit.min(8usize.saturating_sub(foreign)).max(1);
                        state.set_limit(now_limit);
                    }
                    Action::Finish => ended = true,
                }
            }
            recorded.record(&mut state, events);
            state.expire_unknown(now);
            if is_short {
                state.record_shortage(lost());
            }
            let unfinalized: Vec<usize> = (0..items).filter(|item| state.phase(*item).is_unfinalized()).collect();
            let finalized: Vec<_> = unfinalized.into_iter().filter_map(|item| platform.finalize(item, answer())).collect();
            recorded.record(&mut state, finalized);
            if has_sent {
                prop_assert!(platform.unfinished(&state) <= now_limit, "{platform:?}");
            }
            prop_assert!(recorded.budget.as_ref().is_none_or(|(budget, _)| platform.cost <= *budget));
            prop_assert_eq!(state.paid(), platform.finalized_credits);
            // There is an intent without a response: the program is restarted.
            if state.interrupted().next().is_some() {
                state = recorded.state();
                now_limit = limit;
                let interrupted: Vec<_> = state.interrupted().collect();
                recorded.record(&mut state, interrupted.into_iter().map(|item| Event::Lost { item, at: now, error: lost() }));
                state.restart_timers(now);
                ended = false;
            }
            if ended && retries > 0 {
                retries -= 1;
                let failed = (0..items).filter(|item| state.phase(*item).is_failed() && platform.forget(*item));
                let anew: Vec<_> = failed.map(|item| Event::Retried { item }).collect();
                ended = anew.is_empty();
                recorded.record(&mut state, anew);
            }
            if ended {
                break;
            }
        }
        prop_assert!(ended, "{state:?}");
        let shortage = state.shortage().is_some();
        state.stop_at_limit();
        for item in 0..items {
            let (phase, is_created) = (state.phase(item), platform.has(item));
            let is_right = match phase {
                Phase::Waiting => !is_created && (shortage || state.stop().is_some() || state.is_excluded(item)),
                Phase::Rejected { .. } => !is_created,
                Phase::Unproven { .. } => true,
                Phase::Created(_) => is_created && (phase.has_ended() || phase.is_abandoned()),
                Phase::Sending { .. } | Phase::Lost { .. } => false,
            };
            prop_assert!(is_right, "{item}: {phase:?} {platform:?}");
        }
    }
}
