//! Selection problem of a mosaic: cells of ground, the scenes over each, and the cost of a choice
//! of scenes. Contains no geometry.

use std::cmp::Ordering;

/// Candidates and requirements of a choice.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) cells: Vec<Cell>,
    pub(super) scenes: Vec<Candidate>,
    /// Area that has to be covered, in km².
    pub(super) need: f64,
    /// Step of missing area, in km²; smaller differences are ignored.
    pub(super) step: f64,
    /// Largest number of scenes.
    pub(super) most: usize,
    /// Cost of a km² that is completely under cloud.
    pub(super) cloud_cost: f64,
    pub(super) day_cost: f64,
}

/// Ground under the same scenes.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) km2: f64,
    /// Indices of scenes, the clearest first.
    pub(super) over: Vec<u32>,
}

/// Scene that may be chosen.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Cost of choosing it, its price included.
    pub(super) cost: f64,
    /// Share under cloud, 0 to 1.
    pub(super) cloud: f64,
    /// Acquisition time, in days since any fixed instant.
    pub(super) day: Option<f64>,
}

/// Score of a choice, less being better: the missing area is compared first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    pub(super) missing: u64,
    pub(super) cost: f64,
}

impl Score {
    /// Returns whether it is better by more than rounding.
    pub(super) fn beats(self, other: Self) -> bool {
        match self.missing.cmp(&other.missing) {
            Ordering::Equal => self.cost < other.cost - 1e-9,
            order => order.is_lt(),
        }
    }
}

/// Evaluation of a choice, and of each open scene that may be added to it.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) score: Score,
    /// Area still to be covered, in km²; 0 or less if none.
    pub(super) need: f64,
    /// Area that each open scene would add, in km².
    pub(super) new: Vec<f64>,
    /// Cost of each open scene, minus the cloud cost that it saves in the area already covered.
    pub(super) net: Vec<f64>,
    /// Area that only open scenes cover, in km².
    pub(super) open_km2: f64,
    /// Smallest cost of the clouds in that area.
    pub(super) open_cost: f64,
}

impl Problem {
    /// Returns the total length of all cells' lists: the work of one evaluation.
    pub(super) fn size(&self) -> u64 {
        self.cells.iter().map(|cell| cell.over.len() as u64 + 1).sum()
    }

    pub(super) fn score(&self, chosen: &[bool]) -> Score {
        let (mut covered, mut cloudy) = (0.0, 0.0);
        for cell in &self.cells {
            if let Some(&clearest) = cell.over.iter().find(|scene| chosen[**scene as usize]) {
                covered += cell.km2;
                cloudy += cell.km2 * self.scenes[clearest as usize].cloud;
            }
        }
        self.scored(chosen, covered, cloudy)
    }

    fn scored(&self, chosen: &[bool], covered: f64, cloudy: f64) -> Score {
        let picked = || self.scenes.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(scene, _)| scene);
        let cost: f64 = picked().map(|scene| scene.cost).sum();
        let cost =
            cost + self.cloud_cost * cloudy + self.day_cost * span(picked().filter_map(|scene| scene.day));
        Score { missing: self.steps(self.need - covered), cost }
    }

    pub(super) fn steps(&self, km2: f64) -> u64 {
        (km2 / self.step).ceil().max(0.0) as u64
    }

    /// Evaluates a choice; `open` are the scenes that may still be added.
    pub(super) fn view(&self, chosen: &[bool], open: &[bool]) -> View {
        let mut new = vec![0.0; self.scenes.len()];
        let mut net: Vec<f64> = self.scenes.iter().map(|scene| scene.cost).collect();
        let (mut covered, mut cloudy, mut open_km2, mut open_cost) = (0.0, 0.0, 0.0, 0.0);
        for cell in &self.cells {
            let clearest = cell.over.iter().position(|scene| chosen[*scene as usize]);
            match clearest {
                Some(at) => {
                    let cloud = self.scenes[cell.over[at] as usize].cloud;
                    covered += cell.km2;
                    cloudy += cell.km2 * cloud;
                    // The scenes before it are clearer.
                    for &scene in cell.over[..at].iter().filter(|scene| open[**scene as usize]) {
                        let less = cloud - self.scenes[scene as usize].cloud;
                        net[scene as usize] -= self.cloud_cost * cell.km2 * less;
                    }
                }
                None => {
                    let mut least = None;
                    for &scene in cell.over.iter().filter(|scene| open[**scene as usize]) {
                        new[scene as usize] += cell.km2;
                        least.get_or_insert(self.scenes[scene as usize].cloud);
                    }
                    if let Some(cloud) = least {
                        open_km2 += cell.km2;
                        open_cost += self.cloud_cost * cell.km2 * cloud;
                    }
                }
            }
        }
        let score = self.scored(chosen, covered, cloudy);
        View { score, need: self.need - covered, new, net, open_km2, open_cost }
    }
}

/// Returns the time from the first to the last day, in days; 0 if there is none.
pub(super) fn span(days: impl Iterator<Item = f64>) -> f64 {
    let (first, last) = days.fold((f64::MAX, f64::MIN), |(first, last), day| (first.min(day), last.max(day)));
    (last - first).max(0.0)
}
