use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

proptest! {
    /// A platform that answers anything, or nothing, and a program that is killed at any
    /// moment and goes on from what was kept: the limit holds, no item is created twice,
    /// and the batch ends.
    #[test]
    fn any_platform_is_served_within_the_limit(
        items in 1usize..20, limit in 1usize..6, answers in proptest::collection::vec(0u8..14, 50..400),
        estimates in proptest::collection::vec(0u64..9, 0..20),
    ) {
        let mut state = state(items, limit);
        let estimated = estimates.into_iter().enumerate();
        let estimated = estimated.map(|(item, seconds)| Event::Estimated { item, lasts: at(seconds) });
        let mut kept: Vec<Event> = estimated.filter(|event| state.apply(event)).collect();
        // What exists, and what of it no list shows yet or ever.
        let mut created: HashMap<usize, &str> = HashMap::new();
        let mut hidden: HashMap<usize, Duration> = HashMap::new();
        let mut now = Duration::ZERO;
        let mut answers = answers.into_iter();
        let mut ended = false;
        for _ in 0..3000 {
            now += Duration::from_secs(1);
            let (mut events, mut is_short) = (Vec::new(), false);
            for action in state.next(now) {
                match action {
                    Action::Submit(item) => {
                        let intent = Event::Intent { item, at: now };
                        prop_assert!(state.apply(&intent));
                        kept.push(intent);
                        match answers.next().unwrap_or(0) {
                            // The credits do not suffice.
                            12 => {
                                is_short = true;
                                events.push(Event::Deferred { item, at: now });
                            }
                            5 => events.push(Event::Deferred { item, at: now }),
                            6 => events.push(Event::Rejected { item, error: lost() }),
                            // Never carried out, and no answer.
                            10 => events.push(Event::Lost { item, at: now, error: lost() }),
                            answer => {
                                prop_assert!(created.insert(item, "RUNNING").is_none(), "created twice");
                                match answer {
                                    7 => events.push(Event::Lost { item, at: now, error: lost() }),
                                    8 => {
                                        hidden.insert(item, now + SETTLE / 2);
                                        events.push(Event::Lost { item, at: now, error: lost() });
                                    }
                                    // It left in the last of many attempts.
                                    9 => {
                                        now += SETTLE;
                                        hidden.insert(item, now + SETTLE / 2);
                                        events.push(Event::Lost { item, at: now, error: lost() });
                                    }
                                    // Killed before the answer, a while after the intent.
                                    11 => {
                                        now += SETTLE;
                                        hidden.insert(item, now + SETTLE / 2);
                                    }
                                    _ => events.push(Event::Submitted { item, job: job(item, "PENDING") }),
                                }
                            }
                        }
                    }
                    // It cannot be reached, or has no list.
                    Action::Poll if answers.next() == Some(13) => {
                        if answers.next().is_some_and(|answer| answer < 7) {
                            events.extend((0..items).filter_map(|item| state.judge(item, now, false)));
                        }
                    }
                    Action::Poll => {
                        let listed: HashSet<usize> = created
                            .keys()
                            .copied()
                            .filter(|item| hidden.get(item).is_none_or(|until| now >= *until))
                            .collect();
                        for item in 0..items {
                            if !listed.contains(&item) {
                                events.extend(state.judge(item, now, true));
                                continue;
                            }
                            let status = created.get_mut(&item).unwrap();
                            if answers.next().unwrap_or(0) == 0 {
                                *status = "SUCCEEDED";
                            }
                            events.push(Event::Seen { item, job: job(item, status) });
                        }
                    }
                    Action::Finish => ended = true,
                }
            }
            kept.extend(events.into_iter().filter(|event| state.apply(event)));
            if is_short {
                state.run_short(lost());
            }
            // What nobody waits for an answer to any more: the program starts again.
            if state.orphans().next().is_some() {
                state = State::new(items, limit, SETTLE);
                kept.iter().for_each(|event| { state.apply(event); });
                let orphans: Vec<_> = state.orphans().collect();
                let lost = orphans.into_iter().map(|item| Event::Lost { item, at: now, error: lost() });
                kept.extend(lost.filter(|event| state.apply(event)).collect::<Vec<_>>());
            }
            prop_assert!(created.values().filter(|status| **status == "RUNNING").count() <= limit);
            if ended {
                break;
            }
        }
        prop_assert!(ended);
        let is_created = |item: &usize| created.contains_key(item);
        let is_rejected = |item: &usize| matches!(state.phase(*item), Phase::Rejected { .. });
        let is_unsent = |item: &usize| state.shortage().is_some() && state.phase(*item).is_waiting();
        let is_unproven = |item: &usize| matches!(state.phase(*item), Phase::Unproven { .. });
        let is_known = |item: &usize| is_created(item) || is_rejected(item) || is_unsent(item) || is_unproven(item);
        prop_assert!((0..items).all(|item| is_known(&item)), "none is missing");
        prop_assert!((0..items).all(|item| !(is_created(&item) && (is_rejected(&item) || is_unsent(&item)))));
    }
}
