//! Search for the best choice of scenes.
//!
//! A few quick choices (`greedy.rs`) give a first best score. Then branch and bound goes through all
//! choices by deciding scene after scene, in or out. A branch is skipped if nothing in it can beat
//! the best score, by a lower bound of the cost:
//!
//! - the costs of clouds and prices of the chosen scenes remain, except what open scenes can save:
//!   each at most what it would save alone ([`View::net`]);
//! - missing ground has to be covered by open scenes, and each covers at most what it would cover
//!   alone: a fraction of a scene may be taken for a fraction of its cost;
//! - newly covered ground is at least as cloudy as in the clearest open scene over it.
//!
//! If this ends within the work limit, the best choice is proven. Otherwise the rest of the work is
//! spent on changes of the best choice.

use super::problem::{Problem, Score, View};

/// Work limit, in list entries of cells that are read: a third of a second as notebooks compile
/// this crate, some seconds without optimisation.
const MAX_WORK: u64 = 100_000_000;

/// Changes that are tried before branch and bound.
const FIRST_CHANGES: usize = 30;

/// Choice of scenes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) chosen: Vec<bool>,
    pub(super) score: Score,
    /// Whether no other choice is better.
    pub(super) is_proven: bool,
}

pub(super) fn best(problem: &Problem) -> Choice {
    best_within(problem, MAX_WORK)
}

fn best_within(problem: &Problem, work: u64) -> Choice {
    let mut search = Search::new(problem, work);
    for cheapest in [true, false] {
        let none = vec![false; problem.scenes.len()];
        let chosen = search.filled(none.clone(), &none, cheapest);
        search.improve(chosen, work / 2);
    }
    search.change(FIRST_CHANGES, work / 4);
    let mut chosen = vec![false; problem.scenes.len()];
    let mut open = vec![true; problem.scenes.len()];
    search.best.is_proven = search.decide(&mut chosen, &mut open, 0);
    if !search.best.is_proven {
        search.left += search.reserve;
        search.change(usize::MAX, 0);
    }
    search.best
}

pub(super) struct Search<'a> {
    pub(super) problem: &'a Problem,
    pub(super) best: Choice,
    /// Remaining work.
    pub(super) left: u64,
    /// Work reserved for the changes at the end.
    reserve: u64,
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem, work: u64) -> Self {
        let chosen = vec![false; problem.scenes.len()];
        let nothing = Choice { score: problem.score(&chosen), chosen, is_proven: false };
        let reserve = work / 4;
        Self { problem, best: nothing, left: work - reserve, reserve }
    }

    pub(super) fn keep(&mut self, chosen: &[bool], score: Score) {
        if score.beats(self.best.score) {
            self.best = Choice { chosen: chosen.to_vec(), score, is_proven: false };
        }
    }

    /// Goes through the choices that contain the chosen scenes and any of the open ones; returns
    /// `false` if the work limit is reached.
    fn decide(&mut self, chosen: &mut [bool], open: &mut [bool], count: usize) -> bool {
        let Some(left) = self.left.checked_sub(self.problem.size()) else { return false };
        self.left = left;
        let view = self.problem.view(chosen, open);
        self.keep(chosen, view.score);
        let room = self.problem.most - count;
        if room == 0 || !self.bound(&view, open, room).beats(self.best.score) {
            return true;
        }
        let Some(next) = branch(&view, open) else { return true };
        open[next] = false;
        chosen[next] = true;
        let with = self.decide(chosen, open, count + 1);
        chosen[next] = false;
        let done = with && self.decide(chosen, open, count);
        open[next] = true;
        done
    }

    /// Returns a score that no choice in the branch can beat.
    fn bound(&self, view: &View, open: &[bool], room: usize) -> Score {
        let scenes: Vec<usize> = (0..open.len()).filter(|scene| open[*scene]).collect();
        let mut reach: Vec<f64> = scenes.iter().map(|&scene| view.new[scene]).collect();
        reach.sort_unstable_by(|a, b| b.total_cmp(a));
        let reach = reach.iter().take(room).sum::<f64>().min(view.open_km2);
        // Sums of many cells have rounding errors: this difference counts as none.
        let missing = self.problem.steps(view.need - reach - 1e-6 * self.problem.step);
        let mut cost = view.score.cost + scenes.iter().map(|&scene| view.net[scene].min(0.0)).sum::<f64>();
        let mut need = view.need;
        if missing == 0 && need > 0.0 {
            cost += (view.open_cost - self.problem.cloud_cost * (view.open_km2 - need)).max(0.0);
            need -= scenes
                .iter()
                .filter(|&&scene| view.net[scene] <= 0.0)
                .map(|&scene| view.new[scene])
                .sum::<f64>();
            let pays = |scene: &usize| view.net[*scene] > 0.0 && view.new[*scene] > 0.0;
            let mut paid: Vec<usize> = scenes.into_iter().filter(pays).collect();
            let rate = |scene: usize| view.net[scene] / view.new[scene];
            paid.sort_unstable_by(|a, b| rate(*a).total_cmp(&rate(*b)).then(a.cmp(b)));
            for scene in paid {
                let part = (need / view.new[scene]).clamp(0.0, 1.0);
                cost += part * view.net[scene];
                need -= part * view.new[scene];
            }
        }
        Score { missing, cost }
    }
}

/// Returns the open scene to decide next: the one with the most new ground for its cost, or with
/// the largest saving; `None` if none improves the choice.
fn branch(view: &View, open: &[bool]) -> Option<usize> {
    let is_missing = view.need > 0.0;
    let helps =
        |scene: &usize| open[*scene] && (view.net[*scene] < -1e-12 || is_missing && view.new[*scene] > 0.0);
    let merit = |scene: usize| match is_missing && view.new[scene] > 0.0 {
        true => view.new[scene] / view.net[scene].max(1e-6),
        false => -view.net[scene] * 1e-9,
    };
    (0..open.len()).filter(helps).min_by(|a, b| merit(*b).total_cmp(&merit(*a)))
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Candidate, Cell};
    use super::*;
    use proptest::prelude::*;

    /// Generates random scenes over random cells.
    fn problem() -> impl Strategy<Value = Problem> {
        let scene = (0.2..3.0_f64, 0..4_u32, prop::option::of(0..400_u32));
        let cell = (0.01..5.0_f64, 1..u32::MAX);
        let costs = (0.0..0.2_f64, 0.0..0.02_f64, 0.5..=1.0_f64, 1..6_usize);
        (prop::collection::vec(scene, 1..=10), prop::collection::vec(cell, 1..30), costs).prop_map(
            |(scenes, cells, (cloud_cost, day_cost, share, most))| {
                let scenes: Vec<Candidate> = scenes
                    .into_iter()
                    .map(|(cost, cloud, day)| Candidate {
                        cost,
                        cloud: f64::from(cloud) / 4.0,
                        day: day.map(f64::from),
                    })
                    .collect();
                let over = |bits: u32| {
                    let mut over: Vec<u32> = (0..scenes.len() as u32)
                        .filter(|scene| bits.count_ones() > 16 || bits >> scene & 1 == 1)
                        .collect();
                    over.sort_by(|a, b| scenes[*a as usize].cloud.total_cmp(&scenes[*b as usize].cloud));
                    over
                };
                let cells = cells.into_iter().map(|(km2, bits)| Cell { km2, over: over(bits) });
                let cells: Vec<Cell> = cells.filter(|cell| !cell.over.is_empty()).collect();
                let need = share * cells.iter().map(|cell| cell.km2).sum::<f64>() - 0.001;
                // One problem in five has no limit on the number of scenes.
                let most = if most == 5 { usize::MAX } else { most };
                Problem { cells, scenes, need, step: 0.001, most, cloud_cost, day_cost }
            },
        )
    }

    fn choices(problem: &Problem) -> impl Iterator<Item = Vec<bool>> {
        let count = problem.scenes.len();
        let all = (0..1u32 << count).filter(|bits| bits.count_ones() as usize <= problem.most);
        all.map(move |bits| (0..count).map(|scene| bits >> scene & 1 == 1).collect())
    }

    proptest! {
        #[test]
        fn the_result_is_the_optimum(problem in problem()) {
            let found = best(&problem);
            prop_assert!(found.is_proven);
            prop_assert_eq!(problem.score(&found.chosen), found.score);
            prop_assert!(found.chosen.iter().filter(|chosen| **chosen).count() <= problem.most);
            for chosen in choices(&problem) {
                let other = problem.score(&chosen);
                prop_assert!(!other.beats(found.score), "{chosen:?} has {other:?}, found {found:?}");
            }
        }

        #[test]
        fn a_limited_search_is_at_least_as_good_as_greedy(problem in problem(), work in 0..3000_u64) {
            let found = best_within(&problem, work);
            let mut search = Search::new(&problem, 0);
            for cheapest in [true, false] {
                let none = vec![false; problem.scenes.len()];
                let greedy = problem.score(&search.filled(none.clone(), &none, cheapest));
                prop_assert!(!greedy.beats(found.score), "{greedy:?} {found:?}");
            }
        }
    }
}
