//! Heuristics for good choices of scenes, without a proof.

use super::search::Search;

impl Search<'_> {
    /// Adds scenes greedily until nothing is missing: the one with the most new area, relative to
    /// its cost if `cheapest`. Barred scenes are not added.
    pub(super) fn filled(&mut self, mut chosen: Vec<bool>, barred: &[bool], cheapest: bool) -> Vec<bool> {
        let count = chosen.iter().filter(|chosen| **chosen).count();
        for _ in count..self.problem.most {
            self.left = self.left.saturating_sub(self.problem.size());
            let open: Vec<bool> =
                chosen.iter().zip(barred).map(|(chosen, barred)| !chosen && !barred).collect();
            let view = self.problem.view(&chosen, &open);
            if view.need <= 0.0 {
                break;
            }
            let worth = |scene: usize| {
                let cloud = self.problem.cloud_cost * self.problem.scenes[scene].cloud;
                let cost = view.net[scene].max(0.0) + cloud * view.new[scene];
                if cheapest { view.new[scene] / cost.max(1e-9) } else { view.new[scene] }
            };
            let adds = (0..chosen.len()).filter(|scene| view.new[*scene] > 0.0);
            let Some(next) = adds.min_by(|a, b| worth(*b).total_cmp(&worth(*a))) else { break };
            chosen[next] = true;
        }
        chosen
    }

    /// Removes, adds and swaps single scenes while that improves the choice and at least `least`
    /// work is left.
    pub(super) fn improve(&mut self, mut chosen: Vec<bool>, least: u64) {
        let mut score = self.problem.score(&chosen);
        let size = self.problem.size();
        'better: loop {
            let (removable, others): (Vec<usize>, Vec<usize>) =
                (0..chosen.len()).partition(|scene| chosen[*scene]);
            let out = removable.iter().map(|&scene| (Some(scene), None));
            let room = removable.len() < self.problem.most;
            let into = others.iter().filter(|_| room).map(|&scene| (None, Some(scene)));
            let swaps = removable.iter().flat_map(|&a| others.iter().map(move |&b| (Some(a), Some(b))));
            for (out, into) in out.chain(into).chain(swaps) {
                if self.left < least + size {
                    break 'better;
                }
                self.left -= size;
                let mut changed = chosen.clone();
                out.into_iter().for_each(|scene| changed[scene] = false);
                into.into_iter().for_each(|scene| changed[scene] = true);
                let found = self.problem.score(&changed);
                if found.beats(score) {
                    (chosen, score) = (changed, found);
                    continue 'better;
                }
            }
            break;
        }
        self.keep(&chosen, score);
    }

    /// Removes some scenes from the best choice, fills it without one of them, removes scenes that
    /// are no longer needed, and keeps the result if it is better. The scenes are pseudo-random,
    /// and the same each time.
    pub(super) fn change(&mut self, rounds: usize, least: u64) {
        let mut rng = Rng(1);
        for _ in 0..rounds {
            let mut removable: Vec<usize> =
                (0..self.best.chosen.len()).filter(|scene| self.best.chosen[*scene]).collect();
            // A round evaluates the problem some ten times.
            if removable.is_empty() || self.left < least + 10 * self.problem.size() {
                return;
            }
            let mut chosen = self.best.chosen.clone();
            let mut barred = vec![false; chosen.len()];
            let removals = (1 + rng.below(5)).min(removable.len());
            for nth in 0..removals {
                let scene = removable.swap_remove(rng.below(removable.len()));
                chosen[scene] = false;
                barred[scene] = nth == 0;
            }
            let cheapest = rng.below(2) == 0;
            let mut chosen = self.filled(chosen, &barred, cheapest);
            while let Some(dispensable) = self.dispensable(&chosen) {
                chosen[dispensable] = false;
            }
            let score = self.problem.score(&chosen);
            self.keep(&chosen, score);
        }
    }

    /// Returns a scene without which the choice is better, among those that cover almost nothing
    /// alone.
    fn dispensable(&mut self, chosen: &[bool]) -> Option<usize> {
        let mut alone = vec![0.0; chosen.len()];
        for cell in &self.problem.cells {
            let mut over = cell.over.iter().filter(|scene| chosen[**scene as usize]);
            if let (Some(&scene), None) = (over.next(), over.next()) {
                alone[scene as usize] += cell.km2;
            }
        }
        let score = self.problem.score(chosen);
        let is_less = |scene: &usize| {
            let mut less = chosen.to_vec();
            less[*scene] = false;
            self.problem.score(&less).beats(score)
        };
        let dispensable: Vec<usize> =
            (0..chosen.len()).filter(|scene| chosen[*scene] && alone[*scene] <= self.problem.step).collect();
        self.left = self.left.saturating_sub((2 + dispensable.len() as u64) * self.problem.size());
        dispensable.into_iter().find(is_less)
    }
}

/// Pseudo-random number generator (Knuth, MMIX).
struct Rng(u64);

impl Rng {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}
