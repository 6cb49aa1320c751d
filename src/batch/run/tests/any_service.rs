//! Services of each kind, with lost responses: no job is created twice.

use proptest::collection::vec;
use proptest::prelude::*;

use super::platform::Sort;
use super::*;
use crate::jobs::JobStatus;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Responses are lost, with and without a job; the list is late, and others run jobs of the
    /// same kind. Each job is created at most once, and the batch ends. Where jobs have names, or
    /// the list contains their inputs, all jobs succeed in the end; where the list contains
    /// neither, jobs that may exist wait for the user.
    #[test]
    fn no_job_is_created_twice_by_any_service(
        sort in prop::sample::select(vec![Sort::Named, Sort::ByIds, Sort::Telling, Sort::Silent]),
        items in 1usize..12, answers in vec(0u8..10, 0..60), lag in 0u64..30, theirs in 0usize..3,
    ) {
        let platform = Platform {
            lasts: at(40), by_ids: sort == Sort::ByIds, sort, lag: at(lag),
            answers: Mutex::new(answers), ..Platform::default()
        };
        (0..theirs).for_each(|number| drop(platform.has(&format!("theirs {number}"), "SUCCEEDED")));
        let state = run_to_end(&platform, &policy(), run_start(items));
        let made = platform.made();
        for item in 0..items {
            let label = format!("job {item}");
            let count = made.iter().filter(|made| made.label == label).count();
            prop_assert!(count <= 1, "{label} was created {count} times");
            let phase = state.phase(item);
            match phase {
                Phase::Unproven { .. } => prop_assert_eq!(sort, Sort::Silent),
                _ => {
                    prop_assert!(phase.has_succeeded() && count == 1, "{:?}", phase);
                    prop_assert_eq!(phase.status(), Some(&JobStatus::Succeeded));
                }
            }
        }
    }
}
